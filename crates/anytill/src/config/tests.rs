//! The configuration as an operator meets it: text in, settings or complaints out.

use super::load::{ConfigError, from_text};
use super::*;
use money::{Currency, Money};

const NO_ENV: [(String, String); 0] = [];

fn read(text: &str) -> Result<Config, ConfigError> {
    from_text(text, "anytill.toml", NO_ENV)
}

fn read_env(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
    from_text("", "anytill.toml", vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn the_defaults_are_a_configuration() {
    let config = read("").unwrap();
    assert_eq!(config.server.listen.port(), 8_780);
    assert_eq!(config.chain.network, Network::Signet);
    assert_eq!(config.node.seed, SecretRef::File("seed.words".into()));
    assert_eq!(config.limits.purchase_max, [Money::new(50_000, Currency::USD).unwrap()]);
    assert!(config.stores.is_empty());
}

#[test]
fn the_file_wins_over_the_defaults_and_the_environment_over_the_file() {
    let text = "[server]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n[served]\ncurrencies = [\"EUR\"]\n\
                [issuer]\ncurrency = \"EUR\"\n[limits]\npurchase_min = [\"1.00 EUR\"]\npurchase_max = [\"2.00 EUR\"]\n\
                day_max = \"3.00 EUR\"\n[[stores]]\nhost = \"shop.example\"\nclaim_on = \"reveal\"";
    let vars = [("ANYTILL_SERVER__LISTEN", "[::1]:9000"), ("ANYTILL_DATA", "/elsewhere"), ("OTHER__KEY", "1")];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = from_text(text, "anytill.toml", vars).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:9000");
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.served.currencies, [Currency::EUR]);
    assert_eq!(config.stores[0].claim_on, Some(purchase::ClaimOn::Reveal));
    assert_eq!(config.stores[0].tolerance_minor, None);
}

#[test]
fn an_lnd_is_named_by_address_certificate_and_macaroon() {
    let config = read(
        "[node]\nkind = \"lnd\"\n[[lnd]]\nurl = \"https://127.0.0.1:8080\"\ncertificate = \"lnd.cert\"\nmacaroon = \"file:lnd.macaroon\"",
    );
    let config = config.unwrap();
    assert_eq!((config.node.kind, config.lnd.len()), (NodeKind::Lnd, 1));
    assert_eq!(config.lnd[0].macaroon, SecretRef::File("lnd.macaroon".into()));
}

#[test]
fn environment_variables_have_the_type_of_their_setting() {
    let config = read_env(&[
        ("ANYTILL_CHAIN__USER", "0123"),
        ("ANYTILL_PURCHASE__HOLD_SECS", "60"),
        ("ANYTILL_NODE__LISTEN", "[\"127.0.0.1:0\"]"),
        ("ANYTILL_ISSUER__API_KEY", "env:LITHIC_KEY"),
        ("ANYTILL_ISSUER__DECLINE_ON_TIMEOUT_CONFIRMED", "true"),
    ])
    .unwrap();
    assert_eq!(config.chain.user, "0123");
    assert_eq!(config.purchase.hold_secs, 60);
    assert_eq!(config.node.listen, ["127.0.0.1:0"]);
    assert_eq!(config.issuer.api_key, SecretRef::Env("LITHIC_KEY".to_owned()));
    assert!(config.issuer.decline_on_timeout_confirmed);
}

/// What is written, and what the complaint has to say.
const REFUSED: &[(&str, &[&str])] = &[
    ("[issuer]\nvendor = \"stripe\"\naccount_token = \"x\"", &["issuer.account_token", "Lithic"]),
    ("[issuer]\ncardholder = \"ich_1\"", &["issuer.cardholder", "Stripe"]),
    ("[issuer]\nvendor = \"stripe\"\n[purchase]\nanswer_ms_max = 1800", &["purchase.answer_ms_max", "1700"]),
    ("[server]\nlisen = \"127.0.0.1:1\"", &["anytill.toml", "`server.lisen`", "`server.listen`"]),
    ("[sever]\nlisten = \"127.0.0.1:1\"", &["`sever`", "[server]"]),
    ("network = \"regtest\"", &["`network`", "[chain]"]),
    ("[server]\nhold_secs = 1", &["`server.hold_secs`", "[purchase]"]),
    ("server = 1", &["`server` is a section"]),
    ("[node]\nkind = \"lnd\"", &["lnd", "listed once"]),
    ("[lnd]\nurl = \"https://127.0.0.1:8080\"", &["[[lnd]]"]),
    ("[[lnd]]\nurl = \"https://h:1\"\ncertificate = \"c\"\nmacaroon = \"file:m\"", &["lnd", "node.kind"]),
    (
        "[node]\nkind = \"lnd\"\n[[lnd]]\nurl = \"http://h:1\"\ncertificate = \"c\"\nmacaroon = \"\"",
        &["lnd.url", "lnd.macaroon"],
    ),
    ("[[lnd]]\nurl = \"https://h:1\"\ncertificat = \"c\"", &["`lnd.certificat`", "`certificate`"]),
    ("[stores]\nhost = \"a.example\"", &["[[stores]]"]),
    ("[[stores]]\nhost = \"a.example\"\ntolerence_minor = 1", &["`stores.tolerence_minor`", "`tolerance_minor`"]),
    ("[[stores]]\nname = \"A\"", &["stores", "host"]),
    ("[[stores]]\nhost = \"https://a.example/\"", &["stores.host"]),
    ("[[stores]]\nhost = \"a.example\"\n[[stores]]\nhost = \"a.example\"", &["stores.host", "one rule"]),
    ("[server]\nlisten = 5", &["server.listen"]),
    ("[server]\nlisten = \"everywhere\"", &["server.listen"]),
    ("[server]\npublic_url = \"shop.example\"", &["server.public_url"]),
    ("[chain]\nnetwork = \"mainnet\"", &["chain.network", "bitcoin"]),
    ("[chain]\nsource = \"bitcoind\"", &["chain.url", "chain.user", "chain.password"]),
    ("[chain]\nsource = \"electrum\"", &["chain.url", "ssl://"]),
    ("[node]\nseed = \"\"", &["node.seed"]),
    ("[node]\npeers_zero_conf = [\"02\"]", &["node.peers_zero_conf", "hex"]),
    ("[purchase]\nspread_ppm = -1", &["purchase.spread_ppm"]),
    ("[purchase]\nspread_ppm = 1.5", &["purchase.spread_ppm"]),
    ("[purchase]\nmin_final_cltv_delta = 40", &["purchase.min_final_cltv_delta"]),
    ("[purchase]\ndeadline_margin_blocks = 41", &["purchase.deadline_margin_blocks"]),
    ("[purchase]\nhold_secs = 21600", &["purchase.deadline_margin_blocks", "hold window"]),
    ("[purchase]\nclaim_on = \"never\"", &["purchase.claim_on"]),
    ("[limits]\npurchase_max = [\"500 usd\"]", &["limits.purchase_max", "usd"]),
    ("[limits]\npurchase_max = [\"500.001 USD\"]", &["limits.purchase_max"]),
    ("[limits]\npurchase_max = [\"5000.00 USD\"]", &["purchase_max <= day_max"]),
    ("[served]\ncurrencies = [\"USD\", \"EUR\"]", &["EUR", "bill in USD", "limits.purchase_min"]),
    ("[limits]\nday_max = \"1000.00 EUR\"", &["limits.day_max", "served"]),
    ("[limits]\nday_max = 1000", &["limits.day_max"]),
    ("[blocked]\ncategories = [\"79\"]", &["blocked.categories"]),
    ("[blocked]\ncountries = [\"usa\"]", &["blocked.countries"]),
    ("[blocked]\nmerchant_countries = [\"U\"]", &["blocked.merchant_countries"]),
    ("[served]\nlocal_stores = true", &["served.local_stores", "regtest"]),
    ("[prices]\nvenues_min = 6", &["prices.venues_min"]),
    ("[prices]\nquiet_ms = 28001", &["prices.quiet_ms"]),
    (
        "[prices]\nvenues = [{ vendor = \"kraken\", base_url = \"\" }, { vendor = \"kraken\", base_url = \"\" }]",
        &["prices.venues", "once"],
    ),
    ("[prices]\nvenues = [{ vendor = \"mtgox\", base_url = \"\" }]", &["prices.venues", "mtgox"]),
    (
        "[sources.coinbase]\nclient_id = \"a\"",
        &["coinbase.client_secret", "coinbase.api_key", "coinbase.private_key", "coinbase.receive"],
    ),
    ("[gift_cards]\nvendor = \"amazon\"", &["gift_cards.vendor", "bitrefill"]),
    ("[gift_cards]\nvendor = \"bitrefill\"", &["gift_cards.api_key", "main network", "vendor_node.enabled"]),
    ("[gift_cards]\ncatalogue_secs_max = 0", &["gift_cards.catalogue_secs_max"]),
    (
        "[gift_cards]\nproducts = [{ host = \"https://a.example\", country = \"US\", product = \"a\" }]",
        &["gift_cards.products"],
    ),
    ("[gift_cards]\nproducts = [{ host = \"a.example\", product = \"a\" }]", &["gift_cards.products", "country"]),
    ("[prices]\nvenues = [{ vendor = \"kraken\" }]", &["prices.venues", "base_url"]),
    ("[prices]\nage_ms_max = 100", &["prices.age_ms_max"]),
    ("[treasury]\nissuer_float_keep = [\"5.00 EUR\"]", &["treasury.issuer_float_keep", "served currency"]),
    (
        "[treasury]\nissuer_float_keep = [\"5.00 USD\"]\nissuer_float_target = [\"4.00 USD\"]",
        &["treasury.issuer_float_", "keep <= warn <= target"],
    ),
    (
        "[treasury]\nvendor_outbound_sat_keep = 5\nvendor_outbound_sat_min = 4",
        &["treasury.vendor_outbound_sat_", "keep <= min"],
    ),
    (
        "[treasury]\nexchange_bitcoin_sat_min = 5\nexchange_bitcoin_sat_max = 4",
        &["treasury.exchange_bitcoin_sat_", "min <= target"],
    ),
    ("[treasury]\nnode_outbound_sat_target = 5\nnode_outbound_sat_max = 4", &["treasury.node_outbound_sat_"]),
    ("[log]\nformat = \"xml\"", &["log.format"]),
    ("[log\nformat = 1", &["anytill.toml: line 1"]),
];

#[test]
fn what_is_wrong_is_named() {
    for (text, words) in REFUSED {
        let error = read(text).map(|_| ()).expect_err(text).to_string();
        for word in *words {
            assert!(error.contains(word), "{text}\n{error}");
        }
    }
}

#[test]
fn a_wrong_environment_is_named() {
    for (name, value, word) in [
        ("ANYTILL_SERVER__LISEN", "127.0.0.1:1", "`server.listen`"),
        ("ANYTILL_SEVER__LISTEN", "127.0.0.1:1", "ANYTILL_SEVER__LISTEN"),
        ("ANYTILL_PURCHASE__HOLD_SECS", "soon", "purchase.hold_secs"),
    ] {
        let error = read_env(&[(name, value)]).map(|_| ()).expect_err(name).to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_secret_as_a_value_is_refused_and_not_repeated() {
    let keys = [
        "chain.password",
        "node.seed",
        "issuer.api_key",
        "issuer.events_secret",
        "exchange.private_key",
        "sources.coinbase.client_secret",
        "sources.coinbase.api_key",
        "sources.coinbase.private_key",
        "gift_cards.api_key",
    ];
    for key in keys {
        let (section, name) = key.split_once('.').unwrap();
        for literal in ["\"hunter2\"", "4711", "1.25", "[\"hunter2\"]", "{ value = \"hunter2\" }", "\"env:hunter 2\""] {
            let error = read(&format!("[{section}]\n{name} = {literal}")).map(|_| ()).expect_err(key).to_string();
            assert!(error.contains(key) && error.contains("env:"), "{error}");
            assert!(!error.contains("hunter") && !error.contains("4711") && !error.contains("1.25"), "{error}");
        }
    }
    let error = read("[issuer]\napi_key = hunter2").map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
    let error = read_env(&[("ANYTILL_ISSUER__API_KEY", "hunter2")]).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("issuer.api_key") && !error.contains("hunter2"), "{error}");
}

#[test]
fn all_problems_are_told_at_once() {
    let error = read("[server]\nlisen = 1\n[log]\nfromat = 1").unwrap_err();
    assert_eq!(error.problems.len(), 2, "{error}");
    let error = read("[purchase]\nhold_secs = 0\nspread_ppm = 900000").unwrap_err();
    assert_eq!(error.problems.len(), 2, "{error}");
}

#[test]
fn every_key_of_a_store_rule_is_known() {
    let rule = "[[stores]]\nhost = \"a.example:8080\"\nname = \"A\"\nclaim_on = \"authorization\"\nsplits = true\n\
                tolerance_minor = 0\ncard_open_secs = 60";
    assert_eq!(read(rule).unwrap().stores.len(), 1);
    assert_eq!(rule.lines().count() - 1, super::model::STORE_KEYS.len());
}

/// `docs/operating/configuration.md` shows the defaults as they are. `ANYTILL_WRITE_DOCS=1` writes them there.
#[test]
fn the_page_shows_the_defaults() {
    const MARKS: [&str; 2] = ["<!-- defaults: begin -->\n", "<!-- defaults: end -->\n"];
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating/configuration.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    let wanted = format!("{before}{}```toml\n{DEFAULT}```\n{}{after}", MARKS[0], MARKS[1]);
    if std::env::var_os("ANYTILL_WRITE_DOCS").is_some() {
        return std::fs::write(path, &wanted).unwrap();
    }
    assert!(page == wanted, "run this test again with ANYTILL_WRITE_DOCS=1");
}

/// The example on the page is a configuration.
#[test]
fn the_example_on_the_page_is_read() {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating/configuration.md"));
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(read(example).unwrap().server.public_url, "https://pay.example");
}
