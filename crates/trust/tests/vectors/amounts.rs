//! Plain decimals read and written, and the arithmetic of a quote.

use ids::UnixMs;
use money::{Currency, DecimalError, Money, Ppm, Rate};
use purchase::{Market, Quote, QuoteInput, make_quote};
use serde_json::{Value, json};

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency of the tests")
}

fn parsed(text: &str, code: &str) -> Value {
    match Money::parse(text, currency(code)) {
        Ok(money) => json!({ "text": text, "currency": code, "minor": money.minor().to_string() }),
        Err(error) => {
            let fault = match error {
                DecimalError::NotANumber => "not_a_number",
                DecimalError::TooManyDecimals(_) => "too_many_decimals",
                DecimalError::TooLarge => "too_large",
            };
            json!({ "text": text, "currency": code, "fault": fault })
        }
    }
}

fn written(minor: u64, code: &str) -> Value {
    let money = Money::new(minor, currency(code)).expect("an amount of the tests");
    json!({ "minor": minor.to_string(), "currency": code, "decimal": money.decimal() })
}

/// Total, fee, executable price, spread in millionths.
pub const QUOTES: &[(&str, &str, &str, &str, u32)] = &[
    ("27.11", "0", "5457.386", "USD", 0),
    ("27.11", "0", "5500", "USD", 7_748),
    ("27.11", "0.50", "100000", "USD", 5_000),
    ("0.01", "0", "5457.386", "USD", 0),
    ("99999.99", "12.34", "64123.456789", "EUR", 15_000),
    ("3000", "0", "15000000", "JPY", 0),
    ("3001", "30", "15123456.5", "JPY", 10_000),
    ("3.000", "0", "30000", "KWD", 0),
    ("12.345", "0.1", "29876.543", "KWD", 7_500),
    ("123.45", "0", "85000.000001", "CHF", 999_999),
];

pub fn quote(index: usize) -> Quote {
    let (total, fee, executable, code, spread) = QUOTES[index];
    let currency = currency(code);
    let amount = |text| Money::parse(text, currency).expect("an amount of the tests");
    let executable = Rate::parse(executable, currency).expect("a rate of the tests");
    // On either side of the executable price.
    let away = Ppm(9 + 1_000 * u32::try_from(index).expect("few"));
    let consolidated =
        if index.is_multiple_of(2) { executable.less_spread_floor(away) } else { executable.plus_spread_ceil(away) };
    let rate = consolidated.expect("a rate of the tests");
    make_quote(&QuoteInput {
        number: 1,
        order_total: amount(total),
        fee: amount(fee),
        executable,
        spread: Ppm(spread),
        observed_at: UnixMs(1_763_870_000_000),
        expires_at: UnixMs(1_763_870_600_000),
        market: Some(Market { rate, observed_at: UnixMs(1_763_869_999_000), venues: 4, table: None }),
    })
    .expect("a quote of the tests")
}

fn quoted(index: usize) -> Value {
    let quote = quote(index);
    let parts = quote.parts().expect("fits").expect("has a market");
    json!({
        "currency": quote.order_total.currency().code(),
        "total_minor": quote.order_total.minor().to_string(),
        "fee_minor": quote.fee.minor().to_string(),
        "consolidated_micro": quote.market.as_ref().map(|market| market.rate.micro_per_btc().to_string()),
        "executable_micro": quote.executable.micro_per_btc().to_string(),
        "spread_ppm": quote.spread.0.to_string(),
        "rate_micro": quote.rate.micro_per_btc().to_string(),
        "rate": quote.rate.decimal(),
        "amount_msat": quote.amount_msat.get().to_string(),
        "order_msat": parts.order_msat.to_string(),
        "fee_msat": parts.fee_msat.to_string(),
        "slippage_msat": parts.slippage_msat.to_string(),
        "slippage_ppm": parts.slippage_ppm.to_string(),
        "spread_msat": parts.spread_msat.to_string(),
        "rounding_msat": parts.rounding_msat.to_string(),
        "btc": quote.amount_msat.sat_floor().btc_string(),
    })
}

pub fn vectors() -> Value {
    let texts = [
        ("27.11", "USD"),
        ("27.1", "USD"),
        ("27", "USD"),
        ("27.110", "USD"),
        ("0", "USD"),
        ("0.00", "USD"),
        ("007.5", "USD"),
        ("3000", "JPY"),
        ("3000.0", "JPY"),
        ("3.000", "KWD"),
        ("3.0005", "KWD"),
        ("27.111", "USD"),
        ("0.5", "JPY"),
        ("90071992547409.92", "USD"),
        ("90071992547409.93", "USD"),
        ("99999999999999999999999", "USD"),
        ("", "USD"),
        (".5", "USD"),
        ("5.", "USD"),
        ("-1", "USD"),
        ("+1", "USD"),
        ("1,5", "USD"),
        ("1.234,56", "EUR"),
        ("1,234.56", "USD"),
        ("1e3", "USD"),
        ("0x10", "USD"),
        (" 1", "USD"),
        ("1 ", "USD"),
        ("1_000", "USD"),
        ("$1", "USD"),
        ("1.2.3", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("\u{0663}", "USD"),
        ("\u{ff11}", "JPY"),
    ];
    let amounts = [(2_711, "USD"), (0, "USD"), (5, "USD"), (100, "USD"), (3_000, "JPY"), (3_000, "KWD"), (1, "KWD")];
    json!({
        "about": "parse: plain decimal to minor units, exact or a fault. format: the reverse. quote: rate = floor(executable * (1000000 - spread_ppm) / 1000000); amount = ceil((total + fee) / rate) in whole satoshi. Rates are millionths of the major unit for one bitcoin.",
        "parse": texts.iter().map(|(text, code)| parsed(text, code)).collect::<Vec<_>>(),
        "format": amounts.iter().map(|(minor, code)| written(*minor, code)).collect::<Vec<_>>(),
        "format_max": written(Money::MINOR_MAX, "USD"),
        "quote": (0..QUOTES.len()).map(quoted).collect::<Vec<_>>(),
    })
}
