//! The payer's wallet as one that takes requests over Nostr (NIP-47): the demo's shopper pays through it, and so can the
//! extension.

use super::payer::Payer;
use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use sandbox::nwc::{Asked, Ended, Pays, Refused, Relay, WalletService, pay_invoice};
use sandbox::wallet::{Hand, Outcome, WalletError};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Longer than any hold.
const OUTCOME_WITHIN: Duration = Duration::from_secs(6 * 3_600);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Relay, wallet service and what was asked of it.
pub struct Remote {
    _relay: Relay,
    service: WalletService,
    asked: Mutex<HashMap<[u8; 32], Asked>>,
}

impl Remote {
    pub async fn start(payer: &Payer) -> Result<Self> {
        let relay = Relay::start().await?;
        let behind = match payer {
            Payer::Ldk(wallet) => Behind::Ldk(wallet.hand()),
            Payer::Lnd(wallet) => Behind::Lnd(Payer::Lnd(Arc::clone(wallet))),
            Payer::Electrum(_) => bail!("no wallet service is on Electrum"),
        };
        let service = WalletService::start(&relay, Arc::new(behind))?;
        Ok(Self { _relay: relay, service, asked: Mutex::default() })
    }

    /// For a client. Has the secret.
    pub fn connection(&self) -> &str {
        self.service.connection()
    }

    /// Asks the wallet over Nostr; done when it has begun.
    pub async fn pay(&self, payer: &Payer, bolt11: &str, within: Duration) -> Result<[u8; 32]> {
        let hash = hash_of(bolt11).context("not an invoice")?;
        let asked = pay_invoice(self.connection(), bolt11).await?;
        self.asked.lock().await.insert(hash, asked);
        let deadline = Instant::now() + within;
        while !payer.has_begun(&hash) {
            ensure!(Instant::now() < deadline, "the wallet was asked and has not begun to pay");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(hash)
    }

    /// The wallet's answer to what was asked, if it was asked: a preimage that is the right one.
    pub async fn proof(&self, hash: [u8; 32], within: Duration) -> Result<Option<String>> {
        let Some(asked) = self.asked.lock().await.remove(&hash) else { return Ok(None) };
        let preimage = asked.preimage(within).await?;
        let bytes = hex::decode(&preimage).context("a preimage in hex")?;
        ensure!(Sha256::digest(bytes).as_slice() == hash, "the wallet's preimage is of another hash");
        Ok(Some(preimage))
    }
}

enum Behind {
    Ldk(Hand),
    Lnd(Payer),
}

impl Behind {
    async fn begin(&self, bolt11: &str) -> Result<[u8; 32], WalletError> {
        match self {
            Self::Ldk(hand) => hand.pay(bolt11).await,
            Self::Lnd(payer) => payer.pay(bolt11).await,
        }
    }

    async fn outcome(&self, hash: [u8; 32], within: Duration) -> Result<Outcome, WalletError> {
        match self {
            Self::Ldk(hand) => hand.wait_outcome(hash, within).await,
            Self::Lnd(payer) => payer.wait_outcome(hash, within).await,
        }
    }

    fn has_begun(&self, hash: &[u8; 32]) -> bool {
        match self {
            Self::Ldk(hand) => hand.has_begun(hash),
            Self::Lnd(payer) => payer.has_begun(hash),
        }
    }
}

#[async_trait]
impl Pays for Behind {
    async fn pay(&self, bolt11: &str) -> Result<Ended, Refused> {
        let hash = match self.begin(bolt11).await {
            Ok(hash) => hash,
            // Asked twice is paid once: the answer to both is what becomes of it.
            Err(WalletError::AlreadyPaid) => hash_of(bolt11).ok_or(Refused("OTHER"))?,
            Err(WalletError::Invoice(_)) => return Err(Refused("OTHER")),
            Err(_) => return Err(Refused("PAYMENT_FAILED")),
        };
        Ok(ended(self.outcome(hash, OUTCOME_WITHIN).await))
    }

    async fn look_up(&self, payment_hash: &str) -> Option<Ended> {
        let mut hash = [0; 32];
        hex::decode_to_slice(payment_hash, &mut hash).ok()?;
        let outcome = self.outcome(hash, Duration::ZERO).await;
        (outcome.is_ok() || self.has_begun(&hash)).then(|| ended(outcome))
    }
}

fn ended(outcome: Result<Outcome, WalletError>) -> Ended {
    match outcome {
        Ok(Outcome::Succeeded { preimage, fee_msat }) => {
            Ended::Paid { preimage: hex::encode(preimage), fees_msat: fee_msat }
        }
        Ok(Outcome::Failed { .. }) => Ended::Failed,
        Err(_) => Ended::Pending,
    }
}

fn hash_of(bolt11: &str) -> Option<[u8; 32]> {
    let invoice: lightning_invoice::Bolt11Invoice = bolt11.parse().ok()?;
    Some(*invoice.payment_hash().as_ref())
}
