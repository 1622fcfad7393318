//! What a purchase asks of a node that holds, whoever speaks to it: our adapter, or the small client of the bare node.

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use bitcoin::hashes::{Hash as _, sha256};
use ids::PaymentHash;
use money::Msat;
use ports::{Description, HoldInvoiceRequest, LightningNode, NodeEvent, Outcome, Preimage};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Only a failure takes so long.
pub const STEP_WITHIN: Duration = Duration::from_secs(120);
pub const EXPIRY_SECS: u32 = 3_600;
/// As the server asks for by default.
pub const FINAL_CLTV: u16 = 80;
/// Above the server's smallest hold, and small enough for hundreds in one channel.
pub const AMOUNT_MSAT: u64 = 6_000_000;

/// One hold's secret.
#[derive(Debug, Clone, Copy)]
pub struct Kit {
    pub preimage: [u8; 32],
    pub hash: [u8; 32],
}

impl Kit {
    /// Another one every time.
    pub fn next() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let seed = format!("bench of nodes {}", MADE.fetch_add(1, Ordering::Relaxed));
        let preimage = sha256::Hash::hash(seed.as_bytes()).to_byte_array();
        Self { preimage, hash: sha256::Hash::hash(&preimage).to_byte_array() }
    }
}

#[async_trait]
pub trait Holder: Send + Sync {
    /// An invoice that is held when it is paid.
    async fn invoice(&self, kit: &Kit) -> Result<String>;
    /// Hands the preimage to the node.
    async fn claim(&self, kit: &Kit) -> Result<()>;
    /// When the node said what.
    fn board(&self) -> &Board;
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    held: Option<Instant>,
    claimed: Option<Instant>,
}

/// When each hold was seen held and claimed.
pub struct Board(watch::Sender<HashMap<[u8; 32], Seen>>);

impl Board {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(HashMap::new())))
    }

    pub fn note_held(&self, hash: [u8; 32]) {
        let now = Instant::now();
        self.0.send_modify(|seen| seen.entry(hash).or_default().held = Some(now));
    }

    pub fn note_claimed(&self, hash: [u8; 32]) {
        let now = Instant::now();
        self.0.send_modify(|seen| seen.entry(hash).or_default().claimed = Some(now));
    }

    pub async fn held(&self, hash: [u8; 32]) -> Result<Instant> {
        self.wait(hash, |seen| seen.held).await.context("the node does not say that it holds")
    }

    pub async fn claimed(&self, hash: [u8; 32]) -> Result<Instant> {
        self.wait(hash, |seen| seen.claimed).await.context("the node does not confirm the claim")
    }

    async fn wait(&self, hash: [u8; 32], of: impl Fn(&Seen) -> Option<Instant>) -> Result<Instant> {
        let mut seen = self.0.subscribe();
        let there = seen.wait_for(|seen| seen.get(&hash).and_then(&of).is_some());
        let seen = tokio::time::timeout(STEP_WITHIN, there).await??;
        seen.get(&hash).and_then(of).context("it was there")
    }
}

/// A node behind the server's port, with what the engine does with its events: each is acknowledged before the next.
pub struct Ours {
    node: Arc<dyn LightningNode>,
    board: Arc<Board>,
    events: JoinHandle<()>,
}

impl Ours {
    pub fn new(node: Arc<dyn LightningNode>) -> Self {
        let board = Board::new();
        let (of_node, notes) = (Arc::clone(&node), Arc::clone(&board));
        let events = tokio::spawn(async move {
            loop {
                match of_node.next_event().await {
                    NodeEvent::HtlcHeld { payment_hash, .. } => notes.note_held(payment_hash.0),
                    NodeEvent::HtlcClaimed { payment_hash, .. } => notes.note_claimed(payment_hash.0),
                    other => tracing::warn!(?other, "an event that no hold of the bench has"),
                }
                let acknowledged = of_node.ack_event().await;
                if !matches!(acknowledged, Outcome::Done(())) {
                    tracing::error!(?acknowledged, "an event cannot be acknowledged");
                }
            }
        });
        Self { node, board, events }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.events.abort();
    }
}

fn done<T>(outcome: Outcome<T>) -> Result<T> {
    match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Rejected(rejection) => anyhow::bail!("refused: {}: {}", rejection.code, rejection.message),
        Outcome::NotSent(why) | Outcome::Unknown(why) => anyhow::bail!("{why}"),
    }
}

#[async_trait]
impl Holder for Ours {
    async fn invoice(&self, kit: &Kit) -> Result<String> {
        let request = HoldInvoiceRequest {
            payment_hash: PaymentHash(kit.hash),
            amount_msat: Msat::new(AMOUNT_MSAT)?,
            description: Description::Text("bench".to_owned()),
            expiry_secs: EXPIRY_SECS,
            min_final_cltv_delta: FINAL_CLTV,
        };
        Ok(done(self.node.create_hold_invoice(request).await)?.bolt11)
    }

    async fn claim(&self, kit: &Kit) -> Result<()> {
        done(self.node.claim(PaymentHash(kit.hash), Preimage(kit.preimage), Msat::new(AMOUNT_MSAT)?).await)
    }

    fn board(&self) -> &Board {
        &self.board
    }
}
