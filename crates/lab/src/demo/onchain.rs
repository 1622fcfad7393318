//! A shopper who pays on the chain: from a wallet of one key, or as LND or Electrum does.

use super::electrum::ElectrumPayer;
use super::payer::{LndPayer, Payer};
use anyhow::{Context, Result, ensure};
use bitcoin::{Address, Network, Txid};
use sandbox::chain::{Chain, Coin, Coins};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One coin of the payer's: two albums and the fees.
const COIN_SAT: u64 = 1_000_000;
/// A P2WPKH spend at two satoshis a vbyte.
pub const FEE_SAT: u64 = 300;
const SAT_PER_VBYTE: u64 = 2;
const FUNDED_WITHIN: Duration = Duration::from_secs(60);

pub struct OnChain {
    hand: Hand,
    /// Where refunds go, and what it is given comes.
    own_address: Address,
    chain: Chain,
    own: Mutex<Own>,
}

/// Whose wallet it is.
enum Hand {
    Key(Coins),
    Lnd(Arc<LndPayer>),
    Electrum(Arc<ElectrumPayer>),
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
    pub async fn start(chain: &Chain, payer: &Payer) -> Result<Self> {
        let (hand, own_address) = match payer {
            Payer::Ldk(_) => {
                let coins = Coins::new(chain.clone(), rand::random())?;
                let own_address = coins.address();
                (Hand::Key(coins), own_address)
            }
            Payer::Lnd(wallet) => (Hand::Lnd(Arc::clone(wallet)), wallet.lnd().address().await?),
            Payer::Electrum(wallet) => (Hand::Electrum(Arc::clone(wallet)), wallet.electrum().address().await?),
        };
        Ok(Self { hand, own_address, chain: chain.clone(), own: Mutex::default() })
    }

    pub fn address(&self) -> Address {
        self.own_address.clone()
    }

    /// A table for the server's configuration. The spread is that of Lightning, so that the album costs the same.
    pub fn tables(quote_secs: u32) -> String {
        format!("\n[sources.onchain]\nenabled = true\nspread_ppm = 7748\nquote_secs = {quote_secs}\n")
    }

    /// Something to pay with; none where the wallet chooses among all that it has.
    pub async fn coin(&self) -> Result<Option<Coin>> {
        let (coin, txid) = match &self.hand {
            Hand::Key(coins) => {
                let coin = coins.coin(COIN_SAT).await?;
                (Some(coin), coin.outpoint.txid)
            }
            Hand::Lnd(_) | Hand::Electrum(_) => (None, self.given().await?),
        };
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.given_sat += COIN_SAT;
        own.given.insert(txid);
        Ok(coin)
    }

    /// The wallet has been given a coin, and sees it in a block.
    async fn given(&self) -> Result<Txid> {
        let txid = self.chain.fund(&self.own_address, COIN_SAT).await?;
        self.chain.mine(1).await?;
        self.sync().await?;
        Ok(txid)
    }

    /// The wallet has seen what is on the chain.
    pub async fn sync(&self) -> Result<()> {
        let height = self.chain.height().await?;
        match &self.hand {
            Hand::Key(_) => {}
            Hand::Lnd(wallet) => wallet.lnd().sync_to(height, FUNDED_WITHIN).await?,
            Hand::Electrum(wallet) => {
                wallet.electrum().sync_to(height, FUNDED_WITHIN).await?;
                // Its server tells it of its own later than of the tip.
                wallet.electrum().wait_for(&self.of_its_own().await?, FUNDED_WITHIN).await?;
            }
        }
        Ok(())
    }

    /// What it was given, has sent and was paid back.
    async fn of_its_own(&self) -> Result<BTreeSet<Txid>> {
        let paying = self.chain.paying(&self.own_address.script_pubkey()).await?;
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(paying.into_iter().map(|output| output.txid).chain(own.sent.iter().copied()).collect())
    }

    /// Sends to the address of a BIP 21 URI; of a coin also in place of what was sent before. A wallet has a rate of its own.
    pub async fn pay(&self, coin: Option<Coin>, to: &Address, sat: u64, fee_sat: u64) -> Result<Txid> {
        let txid = match &self.hand {
            Hand::Key(coins) => coins.send(&coins.spend(coin.context("no coin")?, to, sat, fee_sat)?).await?,
            Hand::Lnd(wallet) => wallet.lnd().send_on_chain(to, sat, SAT_PER_VBYTE).await?,
            Hand::Electrum(wallet) => wallet.electrum().send(to, sat, SAT_PER_VBYTE).await?,
        };
        self.own.lock().unwrap_or_else(PoisonError::into_inner).sent.insert(txid);
        Ok(txid)
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
        // What the others have on the chain is in their balance already.
        let balance_sat = match &self.hand {
            Hand::Key(coins) => coins.balance_sat().await?,
            Hand::Lnd(_) | Hand::Electrum(_) => 0,
        };
        Ok(i64::try_from(balance_sat + fees_sat)? - i64::try_from(given_sat)?)
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
        let paying = self.chain.paying(&self.own_address.script_pubkey()).await?;
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
