//! From an empty wallet to a channel that can be paid through, step by step, so that a demo can show
//! each one.

use std::net::SocketAddr;
use std::time::Duration;

use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::bitcoin::{Address, Txid};
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::{ChannelDetails, UserChannelId};
use tokio::time::Instant;

use super::balance::in_channel;
use super::{PayerWallet, WalletError, next_look};
use crate::chain::Chain;

/// Beyond the channel: the node's reserve for closing an anchor channel (25,000 sat) and fees.
const BESIDE_CHANNEL_SAT: u64 = 100_000;
/// LDK's acceptor waits for this many blocks.
const CONFIRMATIONS: u32 = 6;
/// LDK's reserve is one hundredth of a channel; with this much on either side both are well above.
const LEAST_SIDE_PERCENT: u64 = 2;

/// The channel that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct ChannelPlan {
    pub peer: PublicKey,
    pub peer_address: SocketAddr,
    pub capacity_sat: u64,
    /// Given to the peer at once, so that it can pay back. At least two in a hundred, or the balance
    /// could not be stated exactly.
    pub push_msat: u64,
    /// For each single step.
    pub step_timeout: Duration,
}

/// What has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenStep {
    /// The faucet has sent this much to the wallet's address.
    FundingSent {
        address: Address,
        txid: Txid,
        amount_sat: u64,
    },
    /// It is confirmed and the wallet can spend it.
    Funded {
        onchain_sat: u64,
    },
    Connected,
    /// The peer has taken the channel; its funding transaction waits for a block.
    FundingBroadcast {
        txid: Txid,
    },
    /// It has this many confirmations.
    Confirmed {
        blocks: u32,
    },
    /// Both ends can pay through it.
    Usable {
        ours_msat: u64,
    },
}

impl PayerWallet {
    /// Gets money from the chain's faucet and opens a private channel. Mines the blocks that it needs.
    ///
    /// # Errors
    /// [`WalletError::ChannelRefused`] with the peer's reason, [`WalletError::Inexact`] when the plan
    /// or the channel is one whose balance could not be stated, else by the step that failed.
    pub async fn fund_and_open(
        &self,
        chain: &Chain,
        plan: ChannelPlan,
        mut progress: impl FnMut(OpenStep) + Send,
    ) -> Result<ChannelDetails, WalletError> {
        let least_msat = plan.capacity_sat * 1_000 / 100 * LEAST_SIDE_PERCENT;
        let kept_msat = (plan.capacity_sat * 1_000).saturating_sub(plan.push_msat);
        if plan.push_msat < least_msat || kept_msat < least_msat {
            return Err(WalletError::Inexact("one side would be near its reserve".to_owned()));
        }
        self.fund(chain, plan, &mut progress).await?;
        self.connect(plan.peer, plan.peer_address).await?;
        progress(OpenStep::Connected);
        let ChannelPlan { peer, peer_address, capacity_sat, push_msat, .. } = plan;
        let id = self
            .call(move |node| {
                let address = SocketAddress::from(peer_address);
                node.open_channel(peer, address, capacity_sat, Some(push_msat), None)
            })
            .await?;
        let funding = self
            .wait_channel(id, plan.step_timeout, "the peer to take the channel", |channel| channel.funding_txo)
            .await?;
        let deadline = Instant::now() + plan.step_timeout;
        while chain.seen(&funding.txid).await?.is_none() {
            next_look(deadline, || "the funding transaction to be broadcast".to_owned()).await?;
        }
        progress(OpenStep::FundingBroadcast { txid: funding.txid });
        chain.mine(CONFIRMATIONS).await?;
        self.sync_to(chain.height().await?, plan.step_timeout).await?;
        progress(OpenStep::Confirmed { blocks: CONFIRMATIONS });
        let channel = self
            .wait_channel(id, plan.step_timeout, "the channel to be usable", |channel| {
                channel.is_usable.then(|| channel.clone())
            })
            .await?;
        let (ours_msat, in_flight_msat) = in_channel(&channel)?;
        if in_flight_msat != 0 {
            return Err(WalletError::Inexact("it is not an anchor channel".to_owned()));
        }
        progress(OpenStep::Usable { ours_msat });
        Ok(channel)
    }

    /// Offers a private channel out of what it has and waits until the peer has taken it; `txid:output`. It is usable
    /// once whoever mines has mined.
    ///
    /// # Errors
    /// [`WalletError::ChannelRefused`] with the peer's reason, [`WalletError::Node`], [`WalletError::Deadline`].
    pub async fn offer_channel(
        &self,
        peer: PublicKey,
        at: SocketAddr,
        capacity_sat: u64,
        within: Duration,
    ) -> Result<String, WalletError> {
        self.connect(peer, at).await?;
        let id =
            self.call(move |node| node.open_channel(peer, SocketAddress::from(at), capacity_sat, None, None)).await?;
        let funding =
            self.wait_channel(id, within, "the peer to take the channel", |channel| channel.funding_txo).await?;
        Ok(funding.to_string())
    }

    /// Gets what the channel needs, unless it is there already.
    async fn fund(
        &self,
        chain: &Chain,
        plan: ChannelPlan,
        progress: &mut (impl FnMut(OpenStep) + Send),
    ) -> Result<(), WalletError> {
        let wanted_sat = plan.capacity_sat + BESIDE_CHANNEL_SAT;
        let spendable_sat = || self.node.list_balances().spendable_onchain_balance_sats;
        if spendable_sat() < wanted_sat {
            let address = self.address().await?;
            let amount_sat = wanted_sat;
            let txid = chain.fund(&address, amount_sat).await?;
            progress(OpenStep::FundingSent { address, txid, amount_sat });
            chain.mine(1).await?;
            self.sync_to(chain.height().await?, plan.step_timeout).await?;
            let deadline = Instant::now() + plan.step_timeout;
            while spendable_sat() < wanted_sat {
                next_look(deadline, || "the wallet to see its funding".to_owned()).await?;
            }
        }
        progress(OpenStep::Funded { onchain_sat: spendable_sat() });
        Ok(())
    }

    /// Waits for something to be true of a channel that may yet be refused.
    async fn wait_channel<T>(
        &self,
        id: UserChannelId,
        within: Duration,
        what: &str,
        ready: impl Fn(&ChannelDetails) -> Option<T>,
    ) -> Result<T, WalletError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(reason) = self.journal.closed(id.0) {
                return Err(WalletError::ChannelRefused(reason));
            }
            if let Some(found) = self.channel(id).as_ref().and_then(&ready) {
                return Ok(found);
            }
            next_look(deadline, || what.to_owned()).await?;
        }
    }
}
