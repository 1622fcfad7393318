//! A wallet collects a refund by itself.

use crate::lnurl::{path, path_of};
use crate::refunds::voided;
use crate::setup::{PASSWORD, Server, Shopper};
use axum::http::StatusCode;
use serde_json::{Value, json};

struct Link<'a> {
    server: &'a Server,
    path: String,
    amount_msat: u64,
}

impl<'a> Link<'a> {
    async fn of(ada: &Shopper<'a>, refund: &Value) -> Self {
        let offer = format!("/v1/refunds/{}/link", refund["id"].as_str().unwrap());
        let offered = ada.post(&offer, "", &json!({ "password": PASSWORD })).await.ok();
        let path = path_of(offered["lnurl"].as_str().unwrap());
        Self { server: ada.server, path, amount_msat: offered["amount_msat"].as_u64().unwrap() }
    }

    async fn ask(&self, path: &str) -> Value {
        let answer = self.server.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    async fn reason(&self, path: &str) -> String {
        let answer = self.ask(path).await;
        assert_eq!(answer["status"], "ERROR", "{answer}");
        answer["reason"].as_str().unwrap().to_owned()
    }

    /// Where the wallet brings its invoice.
    async fn callback(&self) -> String {
        let offer = self.ask(&self.path).await;
        assert_eq!(offer["tag"], "withdrawRequest");
        assert_eq!((offer["minWithdrawable"].as_u64(), offer["maxWithdrawable"].as_u64()), {
            (Some(self.amount_msat), Some(self.amount_msat))
        });
        let k1 = offer["k1"].as_str().unwrap();
        assert_eq!(k1.len(), 64);
        format!("{}?k1={k1}&pr=", path(offer["callback"].as_str().unwrap()))
    }
}

async fn state(ada: &Shopper<'_>) -> Value {
    ada.get("/v1/refunds").await.ok()["refunds"][0].clone()
}

#[tokio::test]
async fn a_wallet_collects_what_is_owed_once() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let refund = voided(&server, &ada).await;
    let link = Link::of(&ada, &refund).await;
    // $27.11 at the middle of the market, 5,457.386 USD/BTC, rounded down.
    assert_eq!(link.amount_msat, 496_757_971);
    let callback = link.callback().await;
    let good = format!("lnfor{}x1", link.amount_msat);

    // What is wrong is refused with its reason, and the link stays good.
    for (pr, word) in [
        (String::new(), "no BOLT 11 invoice"),
        ("nonsense".to_owned(), "no BOLT 11 invoice"),
        (format!("lnok{}", "q".repeat(5_000)), "too long"),
        ("lnok1".to_owned(), "exactly 496757971"),
        (format!("lnfor{}x1", link.amount_msat + 1), "exactly 496757971"),
        (format!("lnfor{}x1", link.amount_msat - 1), "exactly 496757971"),
        (format!("lnfor{}xold", link.amount_msat), "expired"),
    ] {
        let reason = link.reason(&format!("{callback}{pr}")).await;
        assert!(reason.contains(word), "{pr}: {reason}");
    }
    assert_eq!(state(&ada).await["state"], "awaiting_destination");

    assert_eq!(link.ask(&format!("{callback}{good}")).await, json!({ "status": "OK" }));
    server.refund_past(&refund, "preparing").await;
    let taken = state(&ada).await;
    assert_eq!((taken["state"].as_str(), taken["sent_msat"].as_u64()), (Some("sending"), Some(link.amount_msat)));
    assert_eq!(taken["destination"]["invoice"], good);
    // Repeated it is known; another invoice, and the link itself, are over.
    assert_eq!(link.ask(&format!("{callback}{}", good.to_uppercase())).await, json!({ "status": "OK" }));
    assert!(link.reason(&format!("{callback}lnfor{}x2", link.amount_msat)).await.contains("used already"));
    assert!(link.reason(&link.path).await.contains("used already"));
    assert_eq!(state(&ada).await["payment_hash"], taken["payment_hash"], "one live hash");
}

/// The price is the link's, whatever the market does until it is used; then a new link has a new one.
#[tokio::test]
async fn a_link_keeps_its_price_and_ends() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let refund = voided(&server, &ada).await;
    let first = Link::of(&ada, &refund).await;
    let callback = first.callback().await;
    let good = format!("{callback}lnfor{}x1", first.amount_msat);
    server.later(5 * 60_000).await;
    assert!(first.reason(&good).await.contains("expired"));
    assert_eq!(state(&ada).await["state"], "awaiting_destination", "nothing is lost");

    let second = Link::of(&ada, &refund).await;
    assert!(first.reason(&first.path).await.starts_with("There is no such thing"), "replaced");
    let callback = second.callback().await;
    // Typed in meanwhile: one destination, and the link is none any more.
    let typed = json!({ "bolt11": "lnok1", "password": PASSWORD });
    let give = format!("/v1/refunds/{}/destination", refund["id"].as_str().unwrap());
    ada.post(&give, "d1", &typed).await.ok();
    let reason = second.reason(&format!("{callback}lnfor{}x1", second.amount_msat)).await;
    assert!(reason.starts_with("There is no such thing"), "{reason}");
}

#[tokio::test]
async fn a_link_takes_the_password_and_opens_one_refund() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let refund = voided(&server, &ada).await;
    let offer = format!("/v1/refunds/{}/link", refund["id"].as_str().unwrap());
    assert_eq!(ada.post(&offer, "", &json!({})).await.problem(), (403, "password_needed".to_owned()));
    let guess = json!({ "password": "guess guess guess" });
    assert_eq!(ada.post(&offer, "", &guess).await.problem(), (403, "wrong_password".to_owned()));
    let eve = server.shopper("eve").await;
    assert_eq!(eve.post(&offer, "", &json!({ "password": PASSWORD })).await.problem().1, "not_found");
    let link = Link::of(&ada, &refund).await;
    let cut = &link.path[..link.path.len() - 64];
    for path in
        [format!("{cut}{}", "0".repeat(64)), format!("{cut}x"), format!("/lnurl/withdraw/{}/00", "0".repeat(32))]
    {
        assert!(link.reason(&path).await.starts_with("There is no such thing"), "{path}");
    }
    // Only the hash of the secret is in the database.
    let k1 = &link.path[link.path.len() - 64..];
    let rows = server.engine.refund(refund["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
    assert!(!serde_json::to_string(&rows).unwrap().contains(k1));
    server.prices.gone.store(true, std::sync::atomic::Ordering::SeqCst);
    let answer = ada.post(&offer, "", &json!({ "password": PASSWORD })).await;
    assert_eq!(answer.problem(), (503, "price_unavailable".to_owned()));
    assert_eq!(link.ask(&link.path).await["tag"], "withdrawRequest", "the old one is still good");
}
