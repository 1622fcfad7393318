//! The shopper's wallet: a Lightning node of its own, in ldk-node, LND or Electrum.

use super::electrum::ElectrumPayer;
use super::rail::{self, Scanned};
use bitcoin::secp256k1::PublicKey;
use clap::ValueEnum;
use lightning_invoice::Bolt11Invoice;
use sandbox::chain::Chain;
use sandbox::lnd::{Lnd, LndError, LndOutcome, PayWith};
use sandbox::wallet::{Outcome, PayerWallet, WalletError};
use serde_json::Value;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Whose software pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PayerName {
    /// The demo's own: ldk-node; on the chain a wallet of one key.
    Ldk,
    /// A wallet on LND.
    Lnd,
    /// Electrum, which nobody here wrote.
    Electrum,
    /// A wallet that is asked over Nostr (NIP-47): on LND where its programs are given, else on ldk-node. With --keep its
    /// connection string is shown, for the extension.
    Nwc,
}

/// What the payer has, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Exact once `at_rest`.
    pub total_msat: u64,
    pub in_flight_msat: u64,
    /// Nothing is in flight, opening or closing.
    pub at_rest: bool,
}

pub enum Payer {
    Ldk(PayerWallet),
    Lnd(Arc<LndPayer>),
    Electrum(Arc<ElectrumPayer>),
}

/// A wallet on LND, with a channel to the server's node.
pub struct LndPayer {
    lnd: Lnd,
    begun: Mutex<HashSet<[u8; 32]>>,
}

const BLOCKS_AT_A_TIME: u32 = 6;

impl Payer {
    /// The wallet on ldk-node.
    pub fn ldk(&self) -> anyhow::Result<&PayerWallet> {
        match self {
            Self::Ldk(wallet) => Ok(wallet),
            Self::Lnd(_) | Self::Electrum(_) => anyhow::bail!("the payer is no ldk-node"),
        }
    }

    /// The invoice in a code that was scanned; Electrum reads it by its own modules.
    pub async fn read(&self, code: &str) -> anyhow::Result<String> {
        match (self, rail::scan(code)?) {
            (_, Scanned::Lnurl(_)) => anyhow::bail!("an LNURL is fetched from for an amount, which is not said here"),
            (Self::Electrum(wallet), Scanned::Bolt11(_)) => {
                Ok(wallet.electrum().read_code(code, 0).await?.to_lowercase())
            }
            (_, Scanned::Bolt11(bolt11)) => Ok(bolt11),
        }
    }

    /// Begins to pay and gives the hash. What failed can be tried again.
    pub async fn pay(&self, bolt11: &str) -> Result<[u8; 32], WalletError> {
        match self {
            Self::Ldk(wallet) => wallet.pay(bolt11).await,
            Self::Lnd(wallet) => wallet.pay(bolt11).await,
            Self::Electrum(wallet) => wallet.pay(bolt11),
        }
    }

    /// [`WalletError::Deadline`] while it is held, for example.
    pub async fn wait_outcome(&self, hash: [u8; 32], within: Duration) -> Result<Outcome, WalletError> {
        match self {
            Self::Ldk(wallet) => wallet.wait_outcome(hash, within).await,
            Self::Lnd(wallet) => match wallet.lnd.outcome(&hash, within).await {
                Ok(LndOutcome::Succeeded { preimage, fee_msat }) => Ok(Outcome::Succeeded { preimage, fee_msat }),
                Ok(LndOutcome::Failed { reason }) => Ok(Outcome::Failed { reason }),
                Err(LndError::Late { what, .. }) => Err(WalletError::Deadline(what)),
                Err(error) => Err(error.into()),
            },
            Self::Electrum(wallet) => wallet.wait_outcome(hash, within).await,
        }
    }

    pub fn has_begun(&self, hash: &[u8; 32]) -> bool {
        match self {
            Self::Ldk(wallet) => wallet.has_begun(hash),
            Self::Lnd(wallet) => wallet.begun.lock().unwrap_or_else(PoisonError::into_inner).contains(hash),
            Self::Electrum(wallet) => wallet.has_begun(hash),
        }
    }

    /// Its HTLC is out, and nobody has claimed it: the proof that the payer still has the money.
    pub async fn unclaimed(&self, hash: &[u8; 32]) -> Result<bool, WalletError> {
        match self {
            Self::Ldk(wallet) => Ok(wallet.outgoing_pending(hash).is_some()),
            Self::Lnd(wallet) => Ok(wallet.lnd.htlcs_out(hash).await? > 0),
            Self::Electrum(wallet) => wallet.unclaimed(hash).await,
        }
    }

    pub async fn balance(&self) -> Result<Balance, WalletError> {
        match self {
            Self::Ldk(wallet) => {
                let balance = wallet.balance()?;
                let (total_msat, in_flight_msat) = (balance.total_msat(), balance.in_flight_msat);
                Ok(Balance { total_msat, in_flight_msat, at_rest: balance.is_at_rest() })
            }
            Self::Lnd(wallet) => Ok(wallet.balance().await?),
            Self::Electrum(wallet) => wallet.balance().await,
        }
    }

    /// Who waits for a close has to mine.
    pub async fn balance_at_rest(&self, within: Duration) -> Result<Balance, WalletError> {
        match self {
            Self::Ldk(wallet) => {
                wallet.balance_at_rest(within).await?;
                self.balance().await
            }
            Self::Lnd(wallet) => {
                let look = || async { wallet.balance().await.ok().filter(|balance| balance.at_rest) };
                match wallet.lnd.until("rest", within, look).await {
                    Ok(balance) => Ok(balance),
                    Err(LndError::Late { what, .. }) => Err(WalletError::Deadline(what)),
                    Err(error) => Err(error.into()),
                }
            }
            Self::Electrum(wallet) => wallet.balance_at_rest(within).await,
        }
    }

    /// It has seen the chain as it is now.
    pub async fn sync(&self, chain: &Chain, within: Duration) -> Result<(), WalletError> {
        let height = chain.height().await?;
        match self {
            Self::Ldk(wallet) => wallet.sync_to(height, within).await.map(drop),
            Self::Lnd(wallet) => Ok(wallet.lnd.sync_to(height, within).await?),
            Self::Electrum(wallet) => Ok(wallet.electrum().sync_to(height, within).await?),
        }
    }

    pub async fn mine_until_at_rest(&self, chain: &Chain, within: Duration) -> Result<Balance, WalletError> {
        match self {
            Self::Ldk(wallet) => {
                wallet.mine_until_at_rest(chain, within).await?;
                self.balance().await
            }
            Self::Lnd(_) | Self::Electrum(_) => {
                let deadline = tokio::time::Instant::now() + within;
                loop {
                    self.sync(chain, within).await?;
                    let balance = self.balance().await?;
                    if balance.at_rest {
                        return Ok(balance);
                    }
                    if tokio::time::Instant::now() >= deadline {
                        return Err(WalletError::Deadline(format!("the chain to resolve a close, now {balance:?}")));
                    }
                    chain.mine(BLOCKS_AT_A_TIME).await?;
                }
            }
        }
    }

    pub async fn has_channel(&self) -> Result<bool, WalletError> {
        match self {
            Self::Ldk(wallet) => Ok(!wallet.channels().is_empty()),
            Self::Lnd(wallet) => Ok(!wallet.channels().await?.is_empty()),
            Self::Electrum(wallet) => Ok(wallet.electrum().channels().await?.iter().any(|one| one["state"] == "OPEN")),
        }
    }

    /// Something can be paid to this node.
    pub async fn reaches(&self, node: &str) -> Result<bool, WalletError> {
        match self {
            Self::Ldk(wallet) => Ok(wallet.channels().iter().any(|channel| channel.is_usable)),
            Self::Lnd(wallet) => Ok(wallet.lnd.path(node, 1_000, Duration::ZERO).await.is_ok()),
            Self::Electrum(wallet) => Ok(wallet.electrum().has_usable(node).await?),
        }
    }

    pub async fn connect(&self, node: PublicKey, to: SocketAddr) -> Result<(), WalletError> {
        match self {
            Self::Ldk(wallet) => wallet.connect(node, to).await,
            Self::Lnd(wallet) => Ok(wallet.lnd.connect(&node.to_string(), to, Duration::ZERO).await?),
            Self::Electrum(wallet) => Ok(wallet.electrum().connect(&node.to_string(), to).await?),
        }
    }

    /// Of no amount: what is owed in the store's currency is priced when it is paid.
    pub async fn refund_invoice(&self) -> anyhow::Result<String> {
        match self {
            Self::Ldk(wallet) => super::address::open_invoice(Arc::clone(wallet.node())).await,
            Self::Lnd(wallet) => Ok(wallet.lnd.receive(0).await?),
            Self::Electrum(wallet) => Ok(wallet.electrum().receive(0, "Anytill refund").await?),
        }
    }

    /// An invoice of the wallet's own for this amount.
    pub async fn receive(&self, amount_msat: u64, description: &str, expiry_secs: u32) -> Result<String, WalletError> {
        match self {
            Self::Ldk(wallet) => wallet.receive(amount_msat, description, expiry_secs).await,
            Self::Lnd(wallet) => Ok(wallet.lnd.receive(amount_msat).await?),
            Self::Electrum(wallet) => {
                let whole = amount_msat.is_multiple_of(1_000).then_some(amount_msat / 1_000);
                let sat = whole.ok_or_else(|| WalletError::Inexact("Electrum asks for whole satoshis".to_owned()))?;
                Ok(wallet.electrum().receive(sat, description).await?)
            }
        }
    }

    pub async fn stop(self) -> Result<(), WalletError> {
        match self {
            Self::Ldk(wallet) => wallet.stop().await,
            // Whoever still has a part in it ends it by letting go.
            Self::Lnd(wallet) => match Arc::into_inner(wallet) {
                Some(wallet) => Ok(wallet.lnd.stop().await.map(drop)?),
                None => Ok(()),
            },
            Self::Electrum(wallet) => match Arc::into_inner(wallet) {
                Some(wallet) => wallet.stop().await,
                None => Ok(()),
            },
        }
    }
}

impl LndPayer {
    pub fn new(lnd: Lnd) -> Self {
        Self { lnd, begun: Mutex::new(HashSet::new()) }
    }

    pub fn lnd(&self) -> &Lnd {
        &self.lnd
    }

    async fn pay(&self, bolt11: &str) -> Result<[u8; 32], WalletError> {
        let invoice = Bolt11Invoice::from_str(bolt11).map_err(|error| WalletError::Invoice(error.to_string()))?;
        let hash = *AsRef::<[u8; 32]>::as_ref(invoice.payment_hash());
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
        self.lnd.pay(bolt11, PayWith::default()).await?;
        Ok(hash)
    }

    async fn channels(&self) -> Result<Vec<Value>, LndError> {
        let answer = self.lnd.get("/v1/channels").await?;
        Ok(answer["channels"].as_array().cloned().unwrap_or_default())
    }

    /// What is in flight counts as ours, in whole satoshi.
    async fn balance(&self) -> Result<Balance, LndError> {
        let number = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0u64);
        // Looked at before and after: what was claimed in between is in only one of the answers.
        let quiet_before = self.channels().await?.into_iter().flat_map(pending_htlcs).next().is_none();
        let pending = self.lnd.get("/v1/channels/pending").await?;
        let none = |name: &str| pending[name].as_array().is_none_or(Vec::is_empty);
        let kinds = ["pending_open_channels", "pending_force_closing_channels", "waiting_close_channels"];
        let in_channels = self.lnd.get("/v1/balance/channels").await?;
        let on_chain = self.lnd.get("/v1/balance/blockchain").await?;
        let htlcs: Vec<Value> = self.channels().await?.into_iter().flat_map(pending_htlcs).collect();
        let out = htlcs.iter().filter(|htlc| htlc["incoming"] == false);
        let in_flight_msat = out.map(|htlc| number(&htlc["amount"]) * 1_000).sum();
        let sat = number(&on_chain["total_balance"]) + number(&pending["total_limbo_balance"]);
        Ok(Balance {
            total_msat: number(&in_channels["local_balance"]["msat"]) + in_flight_msat + sat * 1_000,
            in_flight_msat,
            at_rest: quiet_before && htlcs.is_empty() && kinds.into_iter().all(none),
        })
    }
}

fn pending_htlcs(channel: Value) -> Vec<Value> {
    channel["pending_htlcs"].as_array().cloned().unwrap_or_default()
}
