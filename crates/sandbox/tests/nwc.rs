//! A wallet over Nostr, asked by a client: what it says, when, and what it leaves undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sandbox::nwc::{Ended, Pays, Refused, Relay, WalletService, pay_invoice};
use tokio::sync::Notify;

const WITHIN: Duration = Duration::from_secs(20);
const PREIMAGE: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// Pays when told to, as a hold is claimed; refuses what it is told to refuse.
#[derive(Default)]
struct Paying {
    begun: AtomicU32,
    begins: Notify,
    claimed: Notify,
}

#[async_trait]
impl Pays for Paying {
    async fn pay(&self, bolt11: &str) -> Result<Ended, Refused> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.begins.notify_one();
        if bolt11 == "too much" {
            return Err(Refused("QUOTA_EXCEEDED"));
        }
        self.claimed.notified().await;
        Ok(Ended::Paid { preimage: PREIMAGE.to_owned(), fees_msat: 7 })
    }

    async fn look_up(&self, _payment_hash: &str) -> Option<Ended> {
        None
    }
}

async fn wallet() -> (Relay, WalletService, Arc<Paying>) {
    let relay = Relay::start().await.expect("a relay");
    let paying = Arc::new(Paying::default());
    let service = WalletService::start(&relay, Arc::clone(&paying) as Arc<dyn Pays>).expect("a wallet");
    (relay, service, paying)
}

#[tokio::test]
async fn an_answer_stays_out_until_the_hold_is_claimed() {
    let (_relay, service, paying) = wallet().await;
    let asked = pay_invoice(service.connection(), "lnbcrt1").await.expect("asked");
    tokio::time::timeout(WITHIN, paying.begins.notified()).await.expect("the wallet begins");
    paying.claimed.notify_one();
    assert_eq!(asked.preimage(WITHIN).await.expect("an answer"), PREIMAGE);
    assert_eq!(paying.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let (_relay, service, _paying) = wallet().await;
    let asked = pay_invoice(service.connection(), "too much").await.expect("asked");
    let refused = asked.preimage(WITHIN).await.expect_err("refused");
    assert!(format!("{refused:#}").contains("QuotaExceeded"), "{refused:#}");
}

#[tokio::test]
async fn another_secret_is_not_served() {
    let (_relay, service, paying) = wallet().await;
    let (head, tail) = service.connection().split_once("secret=").expect("a secret");
    let stranger = format!("{head}secret={}{}", "11".repeat(32), &tail[64..]);
    let _asked = pay_invoice(&stranger, "lnbcrt1").await.expect("said");
    let own = pay_invoice(service.connection(), "too much").await.expect("asked");
    own.preimage(WITHIN).await.expect_err("refused");
    assert_eq!(paying.begun.load(Ordering::SeqCst), 1, "only the own client's request was done");
}

#[tokio::test]
async fn a_string_that_is_none_is_refused() {
    for text in ["", "lnbcrt1", "nostr+walletconnect://00?relay=ws://127.0.0.1:1"] {
        assert!(pay_invoice(text, "lnbcrt1").await.is_err(), "{text}");
    }
}
