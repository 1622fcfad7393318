//! The bare ldk-node of the bench as a node that holds: its calls, its events, and nothing else.

use super::holder::{AMOUNT_MSAT, Board, EXPIRY_SECS, Holder, Kit};
use anyhow::{Result, anyhow};
use async_trait::async_trait;
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use ldk_node::{Event, Node};
use lightning_invoice::{Bolt11InvoiceDescription, Description};
use std::sync::Arc;
use tokio::task::JoinHandle;

pub struct BareLdk {
    node: Arc<Node>,
    board: Arc<Board>,
    events: JoinHandle<()>,
}

impl BareLdk {
    pub fn new(node: Arc<Node>) -> Self {
        let board = Board::new();
        let (of_node, notes) = (Arc::clone(&node), Arc::clone(&board));
        let events = tokio::spawn(async move {
            loop {
                match of_node.next_event_async().await {
                    Event::PaymentClaimable { payment_hash, .. } => notes.note_held(payment_hash.0),
                    Event::PaymentReceived { payment_hash, .. } => notes.note_claimed(payment_hash.0),
                    _ => {}
                }
                if let Err(error) = tokio::task::block_in_place(|| of_node.event_handled()) {
                    tracing::error!(%error, "an event cannot be acknowledged");
                }
            }
        });
        Self { node, board, events }
    }
}

impl Drop for BareLdk {
    fn drop(&mut self) {
        self.events.abort();
    }
}

#[async_trait]
impl Holder for BareLdk {
    async fn invoice(&self, kit: &Kit) -> Result<String> {
        let (node, hash) = (Arc::clone(&self.node), PaymentHash(kit.hash));
        let made = tokio::task::spawn_blocking(move || -> Result<String> {
            let text = Description::new("bench".to_owned()).map_err(|error| anyhow!("{error}"))?;
            let text = Bolt11InvoiceDescription::Direct(text);
            Ok(node.bolt11_payment().receive_for_hash(AMOUNT_MSAT, &text, EXPIRY_SECS, hash)?.to_string())
        });
        made.await?
    }

    async fn claim(&self, kit: &Kit) -> Result<()> {
        let (node, hash, preimage) = (Arc::clone(&self.node), PaymentHash(kit.hash), PaymentPreimage(kit.preimage));
        let claim = move || node.bolt11_payment().claim_for_hash(hash, AMOUNT_MSAT, preimage);
        Ok(tokio::task::spawn_blocking(claim).await??)
    }

    fn board(&self) -> &Board {
        &self.board
    }
}
