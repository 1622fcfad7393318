//! The Lightning Network's figures, as data and as a page.

use crate::setup::{Options, Server};
use async_trait::async_trait;
use axum::http::Method;
use base64::Engine as _;
use ids::NodeId;
use network::{Day, Figures, Snapshot, Watch};
use ports::{Clock as _, ForwardingPolicy, NetworkGraph, NetworkView, Outcome, OwnChannel};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Four nodes in a row, channels of 1, 2 and 3 million satoshi.
struct Row;

#[async_trait]
impl NetworkView for Row {
    async fn graph(&self) -> Outcome<NetworkGraph> {
        let mut graph = NetworkGraph::default();
        for number in 1..=3 {
            let ends = [number, number + 1].map(|end| NodeId([2; 33].map(|_: u8| end)));
            let channel = graph.channel(number.into(), ends).unwrap();
            channel.capacity_sat = Some(u64::from(number) * 1_000_000);
            let policy = ForwardingPolicy {
                enabled: true,
                base_msat: 0,
                proportional_ppm: 1,
                cltv_delta: 40,
                htlc_min_msat: 1_000,
                htlc_max_msat: u64::from(number) * 990_000_000,
                updated_at_secs: 0,
            };
            channel.policies = [Some(policy), None];
        }
        Outcome::Done(graph)
    }

    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
        Outcome::Done(Vec::new())
    }
}

async fn server() -> Server {
    let server = Server::with(Options::default()).await;
    let today = Day::of(server.clock.now()).0;
    let then = Figures { nodes: 5, channels: 2, capacity_sat: 8_000_000, measured: 2, median_channel_sat: 2_000_000 };
    let kept = vec![Snapshot { day: Day(today - 30), figures: then }];
    drop(server);
    let network = Arc::new(Watch::new(Arc::new(Row), bitcoin::Network::Regtest, kept));
    let server = Server::with(Options { network: network.clone(), ..Options::default() }).await;
    network.look(server.clock.now()).await.unwrap();
    server
}

#[tokio::test]
async fn figures_changes_and_what_could_carry_an_amount() {
    let server = server().await;
    let seen = server.get("/v1/network?amount_sat=1500000").await.ok();
    let figure = |now: u64, change: i64| json!({ "now": now, "change_30d_bps": change });
    assert_eq!(seen["figures"]["nodes"], figure(4, -2_000));
    assert_eq!(seen["figures"]["channels"], figure(3, 5_000));
    assert_eq!(seen["figures"]["capacity_sat"], figure(6_000_000, -2_500));
    assert_eq!(seen["figures"]["mean_channel_sat"], figure(2_000_000, -5_000));
    assert_eq!(seen["figures"]["median_channel_sat"], figure(2_000_000, 0));
    let rate_micro = seen["usd_rate_micro"].as_u64().unwrap();
    let minor = 6_000_000 * u128::from(rate_micro) / 1_000_000 / 1_000_000;
    assert_eq!(seen["figures"]["capacity_usd_minor"], json!(u64::try_from(minor).unwrap()));
    assert_eq!(seen["could_carry"], json!({ "amount_sat": 1_500_000, "channels": 2 }));
    assert_eq!(seen["days"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("/v1/network").await.ok()["could_carry"], Value::Null);
}

#[tokio::test]
async fn a_page_without_scripts_whose_style_is_the_only_one() {
    let server = server().await;
    let answer = server.get("/network?amount_sat=1500000").await;
    assert_eq!(answer.status, 200);
    let page = &answer.text;
    for part in ["-20.00 %", "+50.00 %", "0.06000000 BTC", "<strong>2</strong>", "0.01500000 BTC", "<polyline"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
}

#[tokio::test]
async fn before_anything_is_heard_it_says_so() {
    let server = Server::start().await;
    let seen = server.get("/v1/network?amount_sat=1").await.ok();
    assert_eq!(
        (&seen["figures"], &seen["could_carry"], &seen["heard_at_ms"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(server.get("/network").await.text.contains("Nothing has been heard of it yet"));
}

#[tokio::test]
async fn an_amount_that_is_none_is_refused_in_words_of_this_page() {
    let server = server().await;
    for (amount, code, words) in
        [("0", "amount_zero", "satoshi"), ("2100000000000001", "amount_above_limit", "bitcoin")]
    {
        for path in ["/network", "/v1/network"] {
            let answer = server.get(&format!("{path}?amount_sat={amount}")).await;
            assert!(answer.text.contains(words) && !answer.text.contains("order total"), "{}", answer.text);
            assert_eq!(answer.problem().1, code, "{path}");
        }
    }
}

#[tokio::test]
async fn the_chance_tells_of_our_channels_and_is_for_shoppers_alone() {
    let server = server().await;
    assert_eq!(server.get("/v1/network/chance?amount_sat=1000").await.problem(), (401, "unauthorized".to_owned()));
    let shopper = server.shopper("ella").await;
    let chance = shopper.get("/v1/network/chance?amount_sat=1000").await.ok();
    assert_eq!(chance["amount_sat"], 1_000);
    // Nobody in this row is connected to us.
    assert!(chance["from"].as_array().unwrap().iter().all(|from| from["chance_ppm"] == 0), "{chance}");
    for (query, code) in [
        ("amount_sat=0", "amount_zero"),
        ("amount_sat=18446744073709551615", "amount_above_limit"),
        ("amount_sat=-1", "invalid_query"),
        ("amount_sat=1&more=1", "invalid_query"),
        ("", "invalid_query"),
    ] {
        let answer = shopper.call(Method::GET, &format!("/v1/network/chance?{query}"), "", &Value::Null).await;
        assert_eq!(answer.problem().1, code, "{query}");
    }
}
