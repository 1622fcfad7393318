//! No secret is in the clear in a log (at its most talkative), an answer to a mistake, a metric, what a command shows,
//! a file or a column of a database.
//!
//! A new kind of secret: make the server have one, and add it to [`known`] (what the configuration refers to by
//! `env:NAME` is there by itself) or to the list of the test that learns it.

use crate::common::World;
use crate::evidence::{Evidence, SEED_FILE, copy, kept_with, with_body};
use crate::search::Needles;
use crate::shopper::{Shopper, TOTAL_MINOR, wallet};
use crate::vendors::{GiftCards, the_others};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outbound::{Method, Request};
use rustix::process::Signal;
use sandbox::lithic::{CardRef, Charge};
use sandbox::wallet::Outcome;
use serde_json::Value;
use std::time::Duration;

/// From the claim to the payer's receipt.
const RECEIPT_WITHIN: Duration = Duration::from_secs(60);
const PIN_KEYS: [&str; 4] = ["pin", "Pin", "PIN", "redemption_pin"];

/// What an operator runs while something is wrong, as text and as JSON.
const COMMANDS: [&[&str]; 22] = [
    &["doctor"],
    &["doctor", "--json"],
    &["ledger"],
    &["ledger", "--json"],
    &["treasury"],
    &["treasury", "--json"],
    &["reconcile"],
    &["reconcile", "--json"],
    &["rates"],
    &["rates", "--json"],
    &["parked", "list"],
    &["parked", "list", "--json"],
    &["borne", "list"],
    &["borne", "list", "--json"],
    &["node", "balances", "--json"],
    &["node", "channels", "--json"],
    &["node", "holds", "--json"],
    &["node", "peers", "--json"],
    &["node", "id", "--json"],
    &["key"],
    &["key", "--json"],
    &["config"],
];

/// As much as there is to say, of everything.
fn talkative(world: &mut World) {
    world.more_secrets.push(("METRICS_TOKEN", format!("metrics-{}", hex::encode(rand::random::<[u8; 12]>()))));
    world.settings.extend([
        ("ANYTILL_LOG__FILTER", "trace".to_owned()),
        ("ANYTILL_NODE__LOG_LEVEL", "trace".to_owned()),
        ("ANYTILL_SERVER__METRICS_TOKEN", "env:METRICS_TOKEN".to_owned()),
    ]);
}

/// Seed words and what comes from them, and all that the configuration refers to.
fn known(world: &World) -> Needles {
    let words = std::fs::read_to_string(world.data().join(SEED_FILE)).unwrap();
    let seed = bip39::Mnemonic::parse(words.trim()).unwrap();
    let mut needles = Needles::secret("seed words", words.trim());
    needles = needles.and(Needles::bytes("seed", &seed.to_seed("")));
    needles = needles.and(Needles::bytes("entropy of the seed", &seed.to_entropy()));
    // Half of them are as good as a leak.
    let half: Vec<&str> = words.split_whitespace().take(12).collect();
    needles = needles.and(Needles::secret("half of the seed words", &half.join(" ")));
    for (name, secret) in world.secrets() {
        needles = needles.and(Needles::secret(name, &secret));
        let coded = secret.strip_prefix("whsec_").unwrap_or(&secret);
        if let Some(plain) = STANDARD.decode(coded).ok().filter(|plain| plain.len() >= 8) {
            needles = needles.and(Needles::bytes(&format!("{name}, decoded"), &plain));
        }
        if secret.contains("-----BEGIN") {
            let lines = secret.split("\\n").filter(|line| !line.starts_with("--"));
            let body: String = lines.clone().collect();
            needles = needles.and(Needles::bytes(&format!("{name}, decoded"), &STANDARD.decode(body).unwrap()));
            for line in lines.filter(|line| line.len() >= 16) {
                needles = needles.and(Needles::secret(&format!("a line of {name}"), line));
            }
        }
    }
    needles
}

fn secret_of(world: &World, name: &str) -> String {
    world.secrets().into_iter().find(|(of, _)| *of == name).unwrap().1
}

/// Every mistake with a secret in it that somebody could make.
async fn mistakes(evidence: &mut Evidence, world: &World, issuer: &str) {
    for hook in ["charge", "events"] {
        for name in ["ISSUER_AUTHORIZATION", "ISSUER_EVENTS"] {
            let secret = secret_of(world, name);
            let path = format!("/webhooks/{issuer}/{hook}");
            let request = with_body(Method::Post, &path, &format!(r#"{{ "secret": "{secret}" }}"#));
            let request = request.header("webhook-signature", format!("v1,{secret}"));
            let request = request.header("stripe-signature", format!("t=1,v1={secret}"));
            evidence.refused(request.header("webhook-id", secret), hook).await;
        }
    }
    let token = secret_of(world, "METRICS_TOKEN");
    let request = Request::get(format!("/v1/metrics?token={token}")).header("authorization", format!("Bearer {token}"));
    evidence.refused(request, "metrics elsewhere").await;
}

/// As [`mistakes`], of a shopper.
async fn mistakes_of(evidence: &mut Evidence, shopper: &Shopper, invitation: &str, id: &str, code: &str) {
    let Shopper { login, password, token, recovery_code, .. } = shopper;
    let bearer = |token: &str| format!("Bearer {token}");
    let own = |request: Request| request.header("authorization", bearer(token));
    evidence
        .refused(Request::get("/v1/purchases").header("authorization", bearer(&format!("{token}0"))), "token")
        .await;
    evidence.refused(Request::get("/v1/purchases").header("authorization", token.as_str()), "no scheme").await;
    evidence.refused(own(Request::get(format!("/v1/{token}"))), "token in the path").await;
    evidence.refused(own(Request::get(format!("/v1/gift-cards?token={token}"))), "token in the query").await;
    for (what, path, body) in [
        ("password of another", "/v1/login", format!(r#"{{"login":"x","password":"{password}","device_name":"d"}}"#)),
        ("not JSON", "/v1/login", format!(r#"{{"login":"{login}","password":"{password}""#)),
        ("unknown field", "/v1/login", format!(r#"{{"login":"{login}","{password}":1}}"#)),
        ("list", "/v1/login", format!(r#"{{"login":"{login}","password":["{password}"],"device_name":"d"}}"#)),
        ("as a login", "/v1/login", format!(r#"{{"login":"{password}","password":7,"device_name":"d"}}"#)),
        ("as a device", "/v1/login", format!(r#"{{"login":"x","password":"y","device_name":"{password}"}}"#)),
        (
            "recovery code",
            "/v1/recover",
            format!(r#"{{"login":"x","recovery_code":"{recovery_code}","new_password":"{password}"}}"#),
        ),
        (
            "used invitation",
            "/v1/register",
            format!(r#"{{"login":"b","password":"{password}","device_name":"d","invitation":"{invitation}"}}"#),
        ),
    ] {
        evidence.refused(with_body(Method::Post, path, &body), what).await;
    }
    for (what, method, path, body) in [
        ("short key", Method::Post, format!("/v1/purchases/{id}/reveal"), format!(r#"{{"public_key":"{code}"}}"#)),
        ("no purchase", Method::Post, format!("/v1/purchases/{token}/cancel"), "{}".to_owned()),
        ("store", Method::Post, "/v1/purchases".to_owned(), format!(r#"{{"store_host":"{code}","nonce":"{token}"}}"#)),
        (
            "destination",
            Method::Put,
            "/v1/account/refund-destination".to_owned(),
            format!(r#"{{"lightning_address":"{code}","password":"{password}"}}"#),
        ),
    ] {
        let key = hex::encode(rand::random::<[u8; 16]>());
        let request = with_body(method, &path, &body).header("idempotency-key", key);
        evidence.refused(own(request), what).await;
    }
}

/// What is no secret is found in each place by the same search, so the search looks there.
fn the_search_looks_everywhere(evidence: &Evidence, world: &World, login: &str, id: &str) {
    let places = |text: &str| evidence.everywhere_with(world, &Needles::secret("control", text));
    let seen = |found: &[String], place: &str| found.iter().any(|what| what.contains(place));
    let by_login = places(login);
    assert!(seen(&by_login, "(accounts.login)"), "{by_login:#?}");
    let by_id = places(id);
    for place in ["/log\")", "(aggregates.id)", "(outbox.key)"] {
        assert!(seen(&by_id, place), "{place}: {by_id:#?}");
    }
    assert!(seen(&places("application/json"), "/log\")") || seen(&places("anytill::"), "/log\")"));
    assert!(seen(&places("anytill_accepting"), "(/metrics)"));
    assert!(seen(&places("/v1/problems/"), ": 4"), "no answer says what was wrong");
    let node = world.ok(&["node", "id"]);
    assert!(seen(&places(&node[..66]), "(anytill node id --json)"));
    assert!(seen(&places("ldk_node"), "ldk.log\")") || seen(&places("channelmanager"), "ldk.log\")"));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_purchases_and_shoppers_are_nowhere() {
    let own = tempfile::tempdir().unwrap();
    let mut world = World::new().await;
    talkative(&mut world);
    let gift_cards = GiftCards::set_up(&mut world, &own.path().join("vendor")).await;
    let server = world.serve();
    let http = server.ready["http_url"].as_str().unwrap();
    let payer = wallet(&world, &own.path().join("payer"), &server.ready).await;
    gift_cards.open_channel(&world).await;
    let codes: Vec<Value> = serde_json::from_str(&world.ok(&["invite", "--json"])).unwrap();
    let invitation = codes[0]["code"].as_str().unwrap();
    let shopper = Shopper::register(http, invitation).await;

    // A card, looked at while its HTLC is held.
    let purchase = shopper.buy().await;
    let id = purchase["id"].as_str().unwrap();
    let hash = payer.pay(purchase["invoice"]["bolt11"].as_str().unwrap()).await.unwrap();
    shopper.until(id, "card_ready").await;
    let card = shopper.reveal(id).await;
    let before_the_claim = own.path().join("before");
    copy(world.data().parent().unwrap(), &before_the_claim);
    let card_needles = Needles::card(&card.number, &card.security_code);
    let charged = world.issuer.charge(Charge::new(CardRef::Typed(card), TOTAL_MINOR, "USD")).await.unwrap();
    assert!(charged.is_approved(), "{:?}", charged.outcome);
    world.issuer.capture(&charged.token.unwrap(), TOTAL_MINOR).unwrap();
    shopper.until(id, "completed").await;
    let Outcome::Succeeded { preimage, .. } = payer.wait_outcome(hash, RECEIPT_WITHIN).await.unwrap() else {
        panic!("the payer has no receipt");
    };
    let preimage = Needles::bytes("preimage", &preimage);
    let found = kept_with(&before_the_claim, &preimage).found;
    assert!(found.is_empty(), "before the claim: {found:#?}");
    assert!(!kept_with(&world.data(), &preimage).found.is_empty(), "the node has it by now: the search is blind");

    let (code, pin) = gift_cards.bought(&shopper, &payer).await;
    let mut evidence = Evidence::of(http);
    mistakes(&mut evidence, &world, "lithic").await;
    mistakes_of(&mut evidence, &shopper, invitation, id, &code).await;
    evidence.metrics(&secret_of(&world, "METRICS_TOKEN")).await;
    evidence.commands(&world, &COMMANDS);
    evidence.commands(&world, &[&["parked", "explain", id]]);
    the_search_looks_everywhere(&evidence, &world, &shopper.login, id);

    let needles = [
        known(&world),
        card_needles,
        Needles::secret("gift card's code", &code),
        Needles::secret("gift card's code without hyphens", &code.replace('-', "")),
        Needles::named("gift card's PIN", &PIN_KEYS, &pin),
        Needles::secret("device token", &shopper.token),
        Needles::secret("password", &shopper.password),
        Needles::secret("recovery code", &shopper.recovery_code),
        Needles::secret("invitation", invitation),
    ];
    let needles = needles.into_iter().fold(Needles::default(), Needles::and);
    let found = evidence.everywhere_with(&world, &needles);
    assert!(found.is_empty(), "while it runs: {found:#?}");

    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());
    evidence.commands(&world, &[&["doctor"], &["ledger"], &["parked", "list"], &["parked", "explain", id]]);
    let found = evidence.everywhere_with(&world, &needles);
    assert!(found.is_empty(), "after the stop: {found:#?}");
    payer.stop().await.unwrap();
    gift_cards.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_other_vendors_are_nowhere() {
    let mut world = World::new().await;
    talkative(&mut world);
    let _others = the_others(&mut world).await;
    let server = world.serve();
    let mut evidence = Evidence::of(server.ready["http_url"].as_str().unwrap());
    mistakes(&mut evidence, &world, "stripe").await;
    evidence.metrics(&secret_of(&world, "METRICS_TOKEN")).await;
    evidence.commands(&world, &COMMANDS);
    let answered = evidence.answers_with(&Needles::secret("control", "stripe answers"));
    assert!(!answered.is_empty(), "{}", world.ok(&["doctor"]));
    let needles = known(&world);
    let found = evidence.everywhere_with(&world, &needles);
    assert!(found.is_empty(), "{found:#?}");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());
    let found = evidence.everywhere_with(&world, &needles);
    assert!(found.is_empty(), "after the stop: {found:#?}");
}

/// The keys are wrong, and what vendors and server say of that has none of them.
#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_are_not_repeated() {
    let mut world = World::new().await;
    talkative(&mut world);
    let wrong = |name: &str| format!("{name}{}", hex::encode(rand::random::<[u8; 16]>()));
    world.more_secrets.extend([("ISSUER_KEY", wrong("")), ("EXCHANGE_KEY", wrong("key"))]);
    let server = world.serve();
    let mut evidence = Evidence::of(server.ready["http_url"].as_str().unwrap());
    evidence.commands(&world, &COMMANDS);
    for advice in ["see the rights of issuer.api_key", "exchange.api_key and exchange.private_key belong together"] {
        assert!(
            !evidence.answers_with(&Needles::secret("control", advice)).is_empty(),
            "a wrong key was taken: {advice}"
        );
    }
    let found = evidence.everywhere_with(&world, &known(&world));
    assert!(found.is_empty(), "{found:#?}");
}
