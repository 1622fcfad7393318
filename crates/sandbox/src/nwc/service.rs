//! The wallet's side of NIP-47: hears requests of its one client, has them done, answers.

use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use nostr::nips::nip44;
use nostr::nips::nip47::{Method, Nip47Ciphers, Nip47Tag, NostrWalletConnectUri, Request, RequestParams};
use nostr::prelude::{Event, EventBuilder, FinalizeEvent as _, Keys, Kind, PublicKey, RelayUrl, Tag, Timestamp};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::task::{JoinHandle, JoinSet};

use super::relay::{Board, Relay};

const METHODS: [&str; 3] = ["pay_invoice", "lookup_invoice", "get_info"];

/// How an invoice that was paid, or tried, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Pending,
    /// Preimage in hex.
    Paid {
        preimage: String,
        fees_msat: u64,
    },
    Failed,
}

/// A code of NIP-47, `PAYMENT_FAILED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub &'static str);

/// What pays behind the service.
#[async_trait]
pub trait Pays: Send + Sync + 'static {
    /// Answers once the invoice has an end; a hold may keep that out for long.
    async fn pay(&self, bolt11: &str) -> Result<Ended, Refused>;

    /// By payment hash in hex; `None`: never heard of.
    async fn look_up(&self, payment_hash: &str) -> Option<Ended>;
}

/// A running wallet service with one connection; stops when dropped.
pub struct WalletService {
    uri: String,
    serving: JoinHandle<()>,
}

impl WalletService {
    /// With keys of its own and a fresh secret for its client.
    ///
    /// # Errors
    /// When the relay has no address that can be written into a connection string.
    pub fn start(relay: &Relay, pays: Arc<dyn Pays>) -> Result<Self> {
        let (keys, client) = (Keys::generate(), Keys::generate());
        let relays = vec![RelayUrl::parse(relay.url()).context("the relay's address")?];
        let uri = NostrWalletConnectUri::new(keys.public_key(), relays, client.secret_key().clone(), None).to_string();
        let board = relay.board();
        // Heard from here on, so that no request falls between the string and the service.
        let (_, news) = board.listen();
        let info = EventBuilder::new(Kind::WalletConnectInfo, METHODS.join(" "))
            .tag(Nip47Tag::Encryption(Nip47Ciphers::NIP44V2));
        board.post(info.finalize(&keys).context("the info event")?);
        let desk = Arc::new(Desk { keys, client: client.public_key(), board, pays });
        Ok(Self { uri, serving: tokio::spawn(serve(desk, news)) })
    }

    /// For the client. Has the secret: whoever has it can spend.
    pub fn connection(&self) -> &str {
        &self.uri
    }
}

impl Drop for WalletService {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Desk {
    keys: Keys,
    client: PublicKey,
    board: Board,
    pays: Arc<dyn Pays>,
}

async fn serve(desk: Arc<Desk>, mut news: broadcast::Receiver<Event>) {
    // Ended with the service: what the wallet has begun to pay goes on by itself.
    let mut under_way = JoinSet::new();
    loop {
        match news.recv().await {
            Ok(event) => {
                if event.kind == Kind::WalletConnectRequest && event.pubkey == desk.client && !event.is_expired() {
                    let desk = Arc::clone(&desk);
                    under_way.spawn(async move { desk.answer(&event).await });
                }
                while under_way.try_join_next().is_some() {}
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

impl Desk {
    async fn answer(&self, asked: &Event) {
        let sealed = nip44::decrypt(self.keys.secret_key(), &self.client, &asked.content);
        let Ok(request) = sealed.map_err(|_| ()).and_then(|text| Request::from_json(text).map_err(|_| ())) else {
            tracing::info!("a request that the simulated wallet cannot read");
            return;
        };
        let method = request.method.clone();
        let done = self.done(request).await;
        if let Err(error) = self.say(asked, &method, done) {
            tracing::error!(%error, "an answer of the simulated wallet");
        }
    }

    async fn done(&self, request: Request) -> Result<Value, Refused> {
        match request.params {
            RequestParams::GetInfo => {
                Ok(json!({ "alias": "Anytill's simulated wallet", "network": "regtest", "methods": METHODS }))
            }
            RequestParams::PayInvoice(pay) => match self.pays.pay(&pay.invoice).await? {
                Ended::Paid { preimage, fees_msat } => Ok(json!({ "preimage": preimage, "fees_paid": fees_msat })),
                Ended::Pending | Ended::Failed => Err(Refused("PAYMENT_FAILED")),
            },
            RequestParams::LookupInvoice(look) => {
                let hash = look.payment_hash.ok_or(Refused("NOT_FOUND"))?;
                let ended = self.pays.look_up(&hash).await.ok_or(Refused("NOT_FOUND"))?;
                Ok(looked_up(&hash, ended))
            }
            _ => Err(Refused("NOT_IMPLEMENTED")),
        }
    }

    fn say(&self, asked: &Event, method: &Method, done: Result<Value, Refused>) -> Result<()> {
        let (result, error) = match done {
            Ok(result) => (result, Value::Null),
            Err(Refused(code)) => (Value::Null, json!({ "code": code, "message": "as simulated" })),
        };
        let body = json!({ "result_type": method.as_str(), "result": result, "error": error }).to_string();
        let sealed = nip44::encrypt(self.keys.secret_key(), &self.client, body, nip44::Version::V2)?;
        let tags = [Tag::public_key(self.client), Tag::event(asked.id)];
        let answer = EventBuilder::new(Kind::WalletConnectResponse, sealed).tags(tags);
        self.board.post(answer.finalize(&self.keys)?);
        Ok(())
    }
}

fn looked_up(payment_hash: &str, ended: Ended) -> Value {
    let (state, preimage, fees_msat) = match ended {
        Ended::Pending => ("pending", None, 0),
        Ended::Paid { preimage, fees_msat } => ("settled", Some(preimage), fees_msat),
        Ended::Failed => ("failed", None, 0),
    };
    let now = Timestamp::now().as_secs();
    json!({
        "type": "outgoing", "state": state, "payment_hash": payment_hash, "preimage": preimage,
        "fees_paid": fees_msat, "created_at": now,
    })
}
