//! Shoppers of the null server, over HTTP: what their extension, their wallet, the store and the issuer do.

use super::null::{NullNode, NullServer};
use anyhow::{Context as _, Result, bail, ensure};
use ids::PaymentHash;
use money::Msat;
use sandbox::lithic::sign;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CALL_WITHIN: Duration = Duration::from_secs(60);
const PASSWORD: &str = "as good as any other";
/// The album.
const TOTAL_MINOR: u64 = 2_711;

/// One shopper with a device token and a connection pool of its own.
pub struct Shopper {
    http: reqwest::Client,
    base: String,
    token: String,
    webhook_secret: String,
    node: Arc<NullNode>,
}

/// A purchase that waits to be paid.
pub struct Quoted {
    id: String,
    payment_hash: PaymentHash,
    amount_msat: Msat,
}

/// A purchase under way, with a card that can be charged.
pub struct Open {
    id: String,
    changes: Changes,
}

impl Shopper {
    pub async fn register(server: &NullServer, number: usize) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(CALL_WITHIN).build()?;
        let mut shopper = Self {
            http,
            base: server.http.clone(),
            token: String::new(),
            webhook_secret: server.webhook_secret.clone(),
            node: Arc::clone(&server.node),
        };
        let body = json!({ "login": format!("shopper-{number}"), "password": PASSWORD, "device_name": "bench" });
        let registered = shopper.post("/v1/register", &body).await?;
        shopper.token = registered["token"].as_str().context("no token")?.to_owned();
        Ok(shopper)
    }

    /// Quoted, with a signed invoice: the whole answer is there.
    pub async fn create(&self) -> Result<Quoted> {
        let body = json!({
            "store_host": "store.example", "total": { "minor": TOTAL_MINOR, "currency": "USD" }, "nonce": random_hex(),
        });
        let made = self.post("/v1/purchases", &body).await?;
        ensure!(made["state"] == "invoiced", "no invoice: {made}");
        let text = |pointer: &str| made.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let amount = made.pointer("/quote/amount_msat").and_then(Value::as_u64).context("no amount")?;
        Ok(Quoted {
            id: text("/id").to_owned(),
            payment_hash: text("/invoice/payment_hash").parse().ok().context("no payment hash")?,
            amount_msat: Msat::new(amount)?,
        })
    }

    /// From the store's page to the end: created, paid, card, number, charged, approved, sold, captured, completed.
    pub async fn whole(&self) -> Result<()> {
        let open = self.open().await?;
        self.charge(&open).await?;
        self.capture(open).await
    }

    /// From the store's page to the revealed card: created, paid and held. Its changes are followed, as the extension
    /// does.
    pub async fn open(&self) -> Result<Open> {
        let quoted = self.create().await?;
        let mut changes = self.follow(&quoted.id).await?;
        self.node.paid(quoted.payment_hash, quoted.amount_msat);
        changes.until("card_ready").await?;
        // Any point of the curve will do: nobody reads it here.
        let body = json!({ "public_key": hex::encode([9u8; 32]) });
        self.post(&format!("/v1/purchases/{}/reveal", quoted.id), &body).await?;
        Ok(Open { id: quoted.id, changes })
    }

    /// The store charges, and the answer is yes: how long the issuer waited for it.
    pub async fn charge(&self, open: &Open) -> Result<Duration> {
        let body = charge(&open.id);
        let begun = Instant::now();
        let answer = self.webhook("charge", &body).await?;
        let took = begun.elapsed();
        ensure!(answer["result"] == "APPROVED", "not approved: {answer}");
        Ok(took)
    }

    /// The store captures what was approved, and the purchase ends.
    pub async fn capture(&self, mut open: Open) -> Result<()> {
        self.webhook("events", &captured(&open.id)).await?;
        open.changes.until("completed").await
    }

    async fn follow(&self, id: &str) -> Result<Changes> {
        let url = format!("{}/v1/purchases/{id}/events", self.base);
        let response = self.http.get(url).bearer_auth(&self.token).send().await?.error_for_status()?;
        Ok(Changes { response, text: String::new() })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let mut request = self.http.post(format!("{}{path}", self.base)).json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !path.ends_with("/reveal") && !path.ends_with("/register") {
            request = request.header("idempotency-key", random_hex());
        }
        read(path, request.send().await?).await
    }

    /// Signed as the issuer signs (Standard Webhooks).
    async fn webhook(&self, hook: &str, body: &Value) -> Result<Value> {
        let (id, body) = (format!("msg_{}", random_hex()), body.to_string());
        let now_s = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let path = format!("/webhooks/lithic/{hook}");
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header("webhook-signature", sign(&self.webhook_secret, &id, now_s, body.as_bytes()))
            .header("webhook-timestamp", now_s)
            .header("webhook-id", id);
        read(&path, request.body(body).send().await?).await
    }
}

async fn read(path: &str, response: reqwest::Response) -> Result<Value> {
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).with_context(|| format!("{path}: not JSON: {text}"))
}

/// A purchase's server-sent events.
struct Changes {
    response: reqwest::Response,
    text: String,
}

impl Changes {
    /// Reads until an event shows this state.
    async fn until(&mut self, state: &str) -> Result<()> {
        let shown = format!(r#""state":"{state}","#);
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                if event.contains(&shown) {
                    return Ok(());
                }
            }
            match self.response.chunk().await? {
                Some(chunk) => self.text.push_str(std::str::from_utf8(&chunk)?),
                None => bail!("the stream of events ended before `{state}`"),
            }
        }
    }
}

fn card_of(id: &str) -> String {
    format!("purchase:{id}")
}

/// The store charges the card: the issuer's real-time authorization request.
fn charge(id: &str) -> Value {
    let amount = json!({ "amount": TOTAL_MINOR, "currency": "USD" });
    json!({
        "event_type": "card_authorization.approval_request",
        "token": format!("charge-{id}"),
        "status": "AUTHORIZATION",
        "card": { "token": card_of(id) },
        "amounts": { "cardholder": amount, "merchant": amount },
        "merchant": { "acceptor_id": "174030075991", "descriptor": "STORE.EXAMPLE", "mcc": "5735", "country": "USA" },
    })
}

/// The store captures: the issuer's transaction with both of its events.
fn captured(id: &str) -> Value {
    let event = |token: &str, kind: &str, created: &str| {
        json!({
            "token": format!("{token}-{id}"), "type": kind, "result": "APPROVED", "created": created,
            "effective_polarity": "DEBIT", "amounts": { "cardholder": { "amount": TOTAL_MINOR, "currency": "USD" } },
        })
    };
    json!({
        "event_type": "card_transaction.updated",
        "token": format!("charge-{id}"),
        "card_token": card_of(id),
        "events": [
            event("authorized", "AUTHORIZATION", "2026-01-01T00:00:00Z"),
            event("captured", "CLEARING", "2026-01-01T00:00:01Z"),
        ],
    })
}

fn random_hex() -> String {
    let mut bytes = [0u8; 16];
    rand::fill(&mut bytes[..]);
    hex::encode(bytes)
}
