//! The part of a wallet that pays, for whoever pays with it on somebody's behalf.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning_invoice::Bolt11Invoice;
use ldk_node::{Node, NodeError};

use super::outcome::{self, Journal};
use super::{Outcome, WalletError, blocking};

/// Pays from a wallet that somebody else keeps running.
#[derive(Clone)]
pub struct Hand {
    node: Arc<Node>,
    journal: Arc<Journal>,
}

impl Hand {
    pub(super) const fn new(node: Arc<Node>, journal: Arc<Journal>) -> Self {
        Self { node, journal }
    }

    /// As [`super::HandWallet::pay`].
    ///
    /// # Errors
    /// Its errors.
    pub async fn pay(&self, bolt11: &str) -> Result<[u8; 32], WalletError> {
        self.pay_with(bolt11, |node, invoice| node.bolt11_payment().send(invoice, None)).await
    }

    pub(super) async fn pay_with(
        &self,
        bolt11: &str,
        send: impl FnOnce(&Node, &Bolt11Invoice) -> Result<PaymentId, NodeError> + Send + 'static,
    ) -> Result<[u8; 32], WalletError> {
        let invoice = Bolt11Invoice::from_str(bolt11);
        let invoice = invoice.map_err(|error| WalletError::Invoice(error.to_string()))?;
        let hash: [u8; 32] = *invoice.payment_hash().as_ref();
        let before = self.journal.known(&hash);
        if let Some(None | Some(Outcome::Succeeded { .. })) = before {
            return Err(WalletError::AlreadyPaid);
        }
        self.journal.begin(hash);
        match self.call(move |node| send(node, &invoice)).await {
            Ok(_) => Ok(hash),
            Err(error) => {
                self.journal.abandon(hash, before);
                Err(match error {
                    WalletError::Node(NodeError::DuplicatePayment) => WalletError::AlreadyPaid,
                    error => error,
                })
            }
        }
    }

    /// As [`super::HandWallet::wait_outcome`].
    ///
    /// # Errors
    /// Its errors.
    pub async fn wait_outcome(&self, hash: [u8; 32], within: Duration) -> Result<Outcome, WalletError> {
        let mut outcomes = self.journal.subscribe();
        let known = {
            let first = outcomes.borrow_and_update();
            first.get(&hash).cloned()
        };
        // Not tried in this process: it may have ended in an earlier one.
        if let (None, Some(outcome)) = (known, outcome::stored(&self.node, &hash)) {
            return Ok(outcome);
        }
        let ended = outcomes.wait_for(|outcomes| matches!(outcomes.get(&hash), Some(Some(_))));
        match tokio::time::timeout(within, ended).await {
            Ok(Ok(outcomes)) => {
                let outcome = outcomes.get(&hash).cloned().flatten();
                outcome.ok_or_else(|| WalletError::Task("the journal forgot an outcome".to_owned()))
            }
            Ok(Err(error)) => Err(WalletError::Task(error.to_string())),
            Err(_) => Err(WalletError::Deadline("the outcome of an invoice".to_owned())),
        }
    }

    /// Whether this process of the wallet has begun to pay a hash, whatever came of it.
    pub fn has_begun(&self, hash: &[u8; 32]) -> bool {
        self.journal.known(hash).is_some()
    }

    /// Runs a call of the node's where it may block.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Node) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, WalletError> {
        let node = Arc::clone(&self.node);
        Ok(blocking(move || call(&node)).await??)
    }
}
