//! A shopper who pays on the chain, from a wallet of one key.

use anyhow::{Context, Result, ensure};
use bitcoin::{Address, Network, Transaction, Txid};
use sandbox::chain::{Chain, Coin, Coins};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// One coin of the payer's: two albums and the fees.
const COIN_SAT: u64 = 1_000_000;
/// A P2WPKH spend at two satoshis a vbyte.
pub const FEE_SAT: u64 = 300;

pub struct OnChain {
    pub coins: Coins,
    chain: Chain,
    own: Mutex<Own>,
}

/// What is the payer's own doing.
#[derive(Default)]
struct Own {
    given_sat: u64,
    given: BTreeSet<Txid>,
    sent: BTreeSet<Txid>,
    /// Of the fees of refunds.
    not_own_sat: u64,
}

impl OnChain {
    pub fn start(chain: &Chain) -> Result<Self> {
        let coins = Coins::new(chain.clone(), rand::random())?;
        Ok(Self { coins, chain: chain.clone(), own: Mutex::default() })
    }

    /// A table for the server's configuration. The spread is that of Lightning, so that the album costs the same.
    pub fn tables(quote_secs: u32) -> String {
        format!("\n[sources.onchain]\nenabled = true\nspread_ppm = 7748\nquote_secs = {quote_secs}\n")
    }

    pub async fn coin(&self) -> Result<Coin> {
        let coin = self.coins.coin(COIN_SAT).await?;
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.given_sat += COIN_SAT;
        own.given.insert(coin.outpoint.txid);
        Ok(coin)
    }

    /// Sends to the address of a BIP 21 URI, or in place of what was sent before.
    pub async fn pay(&self, coin: Coin, to: &Address, sat: u64, fee_sat: u64) -> Result<Transaction> {
        let tx = self.coins.spend(coin, to, sat, fee_sat)?;
        let txid = self.coins.send(&tx).await?;
        self.own.lock().unwrap_or_else(PoisonError::into_inner).sent.insert(txid);
        Ok(tx)
    }

    /// Of what it was given, so much is there: its own fees, and those of refunds to it, are the chain's and left out.
    pub async fn left_sat(&self) -> Result<i64> {
        let (given_sat, given, sent, not_own_sat) = {
            let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            (own.given_sat, own.given.clone(), own.sent.clone(), own.not_own_sat)
        };
        let mut fees_sat = self.taken_sat(&given, &sent).await? - not_own_sat;
        for txid in &sent {
            let there = self.chain.seen(txid).await?.is_some();
            fees_sat += self.chain.fee_sat(txid).await?.filter(|_| there).unwrap_or(0);
        }
        let there = i64::try_from(self.coins.balance_sat().await? + fees_sat)?;
        Ok(there - i64::try_from(given_sat)?)
    }

    /// So much of the fees of refunds came off none of them.
    pub fn not_own(&self, sat: u64) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).not_own_sat += sat;
    }

    /// What the chain took of all refunds.
    pub async fn taken(&self) -> Result<u64> {
        let (given, sent) = {
            let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            (own.given.clone(), own.sent.clone())
        };
        self.taken_sat(&given, &sent).await
    }

    async fn taken_sat(&self, given: &BTreeSet<Txid>, sent: &BTreeSet<Txid>) -> Result<u64> {
        let paying = self.chain.paying(&self.coins.address().script_pubkey()).await?;
        let refunds: BTreeSet<Txid> = paying.into_iter().map(|output| output.txid).collect();
        let mut taken_sat = 0;
        for txid in refunds.iter().filter(|txid| !given.contains(*txid) && !sent.contains(*txid)) {
            taken_sat += self.chain.fee_sat(txid).await?.context("the fee of a refund")?;
        }
        Ok(taken_sat)
    }
}

/// Address and amount of a BIP 21 URI.
pub fn read_uri(uri: &str) -> Result<(Address, String)> {
    let rest = uri.strip_prefix("bitcoin:").context("no BIP 21 URI")?;
    let (address, amount) = rest.split_once("?amount=").context("no amount")?;
    let address = address.parse::<Address<_>>()?.require_network(Network::Regtest)?;
    ensure!(!amount.contains('&'), "more than an amount: {uri}");
    Ok((address, amount.to_owned()))
}
