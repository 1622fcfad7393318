//! What the tests of the core share: one shopper, one order, one event of each kind.
#![allow(dead_code)] // each test binary uses its own part

pub mod audit;
pub mod events;
pub mod paths;
pub mod world;

use ids::{AccountId, PaymentHash, PurchaseId, TermsHash, UnixMs};
use money::{Bps, Currency, Money, Msat, Ppm, Rate, Sat};
use purchase::{
    Charge, ChargeKind, ClaimOn, Creation, Event, Flow, FundsSource, Merchant, Policy, Purchase, Quote, QuoteInput,
    Stepped, Tip, make_quote, step,
};

pub const START: UnixMs = UnixMs(1_000_000);
pub const QUOTE_MS: u64 = 600_000;
pub const HOLD_MS: u64 = 500_000;
pub const OPEN_MS: u64 = 3_600_000;
pub const ANSWER_MS: u64 = 1_200;
/// The reference amount, 496,758 sat.
pub const QUOTED_MSAT: u64 = 496_758_000;
pub const VENDOR_MSAT: u64 = 490_000_000;
pub const HEIGHT: u32 = 1_000;
/// Far enough for a claim now and for a send to a vendor.
pub const CLAIM_DEADLINE: u32 = HEIGHT + 90;
pub const MARGIN_BLOCKS: u32 = 10;
pub const VENDOR_BLOCKS: u32 = 60;
pub const STORE: &str = "store-1";

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn msat(value: u64) -> Msat {
    Msat::new(value).unwrap()
}

pub fn hash(byte: u8) -> PaymentHash {
    PaymentHash([byte; 32])
}

pub fn rate(text: &str) -> Rate {
    Rate::parse(text, Currency::USD).unwrap()
}

pub const TIP: Tip = Tip { height: HEIGHT, fresh: true };

pub fn quote(number: u32, given_at: UnixMs) -> Quote {
    make_quote(&QuoteInput {
        number,
        order_total: usd("27.11"),
        fee: Money::zero(Currency::USD),
        executable: rate("5500"),
        spread: Ppm(7_748),
        observed_at: given_at,
        expires_at: given_at.plus_ms(QUOTE_MS),
        market: None,
    })
    .unwrap()
}

pub fn policy(flow: Flow, claim_on: ClaimOn) -> Policy {
    Policy {
        flow,
        claim_on,
        funds_source: (flow == Flow::PaidFirst).then_some(FundsSource::OnChain),
        tolerance_minor: 50,
        splits: false,
        check_minor_max: 100,
        checks_max: 1,
        blocked_categories: vec!["7995".to_owned()],
        blocked_countries: vec!["PRK".to_owned()],
        hold_ms_max: HOLD_MS,
        card_open_ms_max: OPEN_MS,
        answer_ms_max: ANSWER_MS,
        deadline_margin_blocks: MARGIN_BLOCKS,
        min_final_cltv_delta: 80,
        price_fall_max: Bps(200),
        vendor_blocks_max: VENDOR_BLOCKS,
        sale_attempts_max: 2,
    }
}

pub fn creation(policy: Policy) -> Creation {
    let quoted = policy.flow != Flow::CardFirst;
    let gift = policy.flow == Flow::GiftCard;
    Creation {
        id: PurchaseId([7; 16]),
        account: AccountId([8; 16]),
        store_host: "shop.example".to_owned(),
        store_name: "shop".to_owned(),
        currency: Currency::USD,
        policy,
        refund_to: None,
        told: None,
        product_id: gift.then(|| "shop_example-usa".to_owned()),
        quote: quoted.then(|| quote(1, START)),
        terms_hash: quoted.then_some(TermsHash([9; 32])),
    }
}

pub fn merchant(acceptor_id: &str) -> Merchant {
    Merchant {
        acceptor_id: acceptor_id.to_owned(),
        descriptor: "SP* SHOP".to_owned(),
        category: "5735".to_owned(),
        country: "USA".to_owned(),
    }
}

pub fn charge(charge_id: &str, request_id: &str, amount: &str) -> Charge {
    let amount = usd(amount);
    Charge {
        charge_id: charge_id.to_owned(),
        request_id: request_id.to_owned(),
        kind: if amount.is_zero() { ChargeKind::ZeroCheck } else { ChargeKind::Authorization },
        amount,
        merchant_amount: amount,
        merchant: merchant(STORE),
        executable: Some(rate("5500")),
        tip: TIP,
    }
}

pub fn asks(charge: Charge) -> Event {
    Event::ChargeRequested(Box::new(charge))
}

pub fn quote_given(number: u32, at: UnixMs) -> Event {
    Event::QuoteGiven { quote: quote(number, at), terms_hash: TermsHash([9; 32]) }
}

pub fn invoice_issued(number: u32, payment_hash: PaymentHash) -> Event {
    Event::InvoiceIssued { number, payment_hash, bolt11: format!("lnbcrt{number}") }
}

pub fn htlc_held(payment_hash: PaymentHash) -> Event {
    Event::HtlcHeld { payment_hash, amount_msat: msat(QUOTED_MSAT), claim_deadline: CLAIM_DEADLINE, tip: TIP }
}

pub fn htlc_claimed(payment_hash: PaymentHash) -> Event {
    Event::HtlcClaimed { payment_hash, amount_msat: msat(QUOTED_MSAT) }
}

pub fn card_created() -> Event {
    Event::CardCreated { card: "card-1".to_owned() }
}

pub fn reveal() -> Event {
    Event::RevealRequested { executable: Some(rate("5500")), tip: TIP }
}

pub fn vendor_ordered() -> Event {
    Event::VendorOrdered {
        order_id: "order-1".to_owned(),
        payment_hash: hash(1),
        bolt11: "lnbcrtvendor".to_owned(),
        amount_msat: msat(VENDOR_MSAT),
        final_cltv_delta: 9,
    }
}

pub fn funds_requested() -> Event {
    Event::FundsRequested { target: "bcrt1-first".to_owned(), seen_msat: Msat::ZERO }
}

pub fn funds_seen() -> Event {
    Event::FundsRequested { target: "bcrt1-seen".to_owned(), seen_msat: msat(QUOTED_MSAT) }
}

pub fn funds_arrived(amount_msat: u64) -> Event {
    Event::FundsArrived { amount_msat: msat(amount_msat), executable: Some(rate("5500")) }
}

pub fn captured(charge_id: &str, amount: &str) -> Event {
    Event::ChargeCaptured { charge_id: charge_id.to_owned(), amount: usd(amount) }
}

pub fn reversed(charge_id: &str, amount: &str) -> Event {
    Event::ChargeReversed { charge_id: charge_id.to_owned(), amount: usd(amount) }
}

pub fn sale_closed(attempt: u32, sold: u64) -> Event {
    Event::SaleClosed {
        attempt,
        sold: Sat::new(sold).unwrap(),
        proceeds: usd("27.38"),
        fee_minor: 4,
        fee_sat: Sat::ZERO,
    }
}

/// One thing happens; panics unless it is applied.
pub fn applied(purchase: Option<&Purchase>, event: &Event, now: UnixMs) -> purchase::Step {
    match step(purchase, event, now) {
        Ok(Stepped::Applied(step)) => *step,
        other => panic!("{} is not applied: {other:?}", event.name()),
    }
}

/// A purchase to which all of this has happened, a millisecond apart.
pub fn after(policy: Policy, events: &[Event]) -> Purchase {
    let mut purchase = applied(None, &Event::Created(Box::new(creation(policy))), START).purchase;
    let mut now = START;
    for event in events {
        now = now.plus_ms(1);
        if matches!(event, Event::QuoteExpired) {
            now = now.plus_ms(QUOTE_MS);
        }
        purchase = applied(Some(&purchase), event, now).purchase;
    }
    purchase
}
