//! What the operator does with the node: `anytill node` prints these.

use super::config::{address, public_key};
use super::error::AdminError;
use super::node::{EmbeddedNode, Gone};
use super::table::HoldState;
use crate::report::{Balances, HeldHtlc};
use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, FeeRate};
use ids::NodeId;
use ldk_node::{ChannelDetails, UserChannelId};
use lightning_invoice::{Bolt11InvoiceDescription, Description};
use serde::Serialize;
use std::time::Duration;

/// For a look at the chain before balances are told; they are told without it too.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelSummary {
    /// 64 hex digits; what [`EmbeddedNode::close_channel`] takes.
    pub channel_id: String,
    pub peer: NodeId,
    pub capacity_sat: u64,
    pub outbound_msat: u64,
    pub inbound_msat: u64,
    /// Held at a time, at most.
    pub in_flight_max_msat: Option<u64>,
    /// `txid:output`.
    pub funding: Option<String>,
    pub confirmations: u32,
    pub confirmations_required: u32,
    pub opened_by_us: bool,
    pub announced: bool,
    pub ready: bool,
    pub usable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerSummary {
    pub node_id: NodeId,
    pub address: String,
    pub connected: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChannel {
    pub peer: NodeId,
    /// `host:port`.
    pub address: String,
    pub capacity_sat: u64,
    /// Given to the peer.
    pub push_msat: u64,
    /// Known to the network; needs an alias and an address.
    pub announce: bool,
}

/// The channel that will be: it gets its final id with its funding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenedChannel {
    /// The node's own number of it, decimal.
    pub user_channel_id: String,
}

impl EmbeddedNode {
    /// A fresh on-chain address of the node.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn new_address(&self) -> Result<String, AdminError> {
        self.admin(|shared| Ok(shared.node.onchain_payment().new_address()?.to_string())).await
    }

    /// Connects to a peer now and after every start.
    ///
    /// # Errors
    /// [`AdminError::Input`] for an address that is none; [`AdminError::Refused`] when nobody answers there.
    pub async fn connect(&self, peer: NodeId, host_port: String) -> Result<(), AdminError> {
        self.admin(move |shared| {
            let key = public_key(&peer).map_err(AdminError::Input)?;
            let place = address(&host_port).map_err(AdminError::Input)?;
            Ok(shared.node.connect(key, place, true)?)
        })
        .await
    }

    /// Funds and offers a channel.
    ///
    /// # Errors
    /// [`AdminError::InsufficientFunds`] counts the reserve of the new channel too.
    pub async fn open_channel(&self, open: OpenChannel) -> Result<OpenedChannel, AdminError> {
        self.admin(move |shared| {
            let key = public_key(&open.peer).map_err(AdminError::Input)?;
            let place = address(&open.address).map_err(AdminError::Input)?;
            let push = Some(open.push_msat).filter(|msat| *msat > 0);
            let id = if open.announce {
                shared.node.open_announced_channel(key, place, open.capacity_sat, push, None)?
            } else {
                shared.node.open_channel(key, place, open.capacity_sat, push, None)?
            };
            Ok(OpenedChannel { user_channel_id: id.0.to_string() })
        })
        .await
    }

    /// Closes a channel, with the peer or without. A forced close costs fees, takes blocks, and what is held in the
    /// channel is then decided on the chain.
    ///
    /// # Errors
    /// [`AdminError::Input`] when there is no such channel.
    pub async fn close_channel(&self, channel_id: String, force: bool) -> Result<(), AdminError> {
        self.admin(move |shared| {
            let channels = shared.node.list_channels();
            let found = channels.iter().find(|channel| channel.channel_id.to_string() == channel_id);
            let channel = found.ok_or_else(|| AdminError::Input(format!("there is no channel {channel_id}")))?;
            let (id, peer): (&UserChannelId, _) = (&channel.user_channel_id, channel.counterparty_node_id);
            if force {
                shared.node.force_close_channel(id, peer, Some("closed by the operator".to_owned()))?;
            } else {
                shared.node.close_channel(id, peer)?;
            }
            Ok(())
        })
        .await
    }

    /// # Errors
    /// [`AdminError`].
    pub async fn balances(&self) -> Result<Balances, AdminError> {
        // Between a broadcast and the next look at the chain the on-chain wallet does not have it yet.
        let looked = matches!(tokio::time::timeout(LOOK_WITHIN, self.sync()).await, Ok(Ok(())));
        self.admin(move |shared| {
            let balances = shared.node.list_balances();
            let on_its_way =
                |sweep: &_| matches!(sweep, ldk_node::PendingSweepBalance::BroadcastAwaitingConfirmation { .. });
            if !looked && balances.pending_balances_from_channel_closures.iter().any(on_its_way) {
                let why = "what comes back from a closed channel is under way, and the chain cannot be looked at";
                return Err(AdminError::Refused(why.to_owned()));
            }
            let closing = balances.pending_balances_from_channel_closures.iter().map(|sweep| {
                use ldk_node::PendingSweepBalance as P;
                // Once it is broadcast the on-chain wallet has it too, less its fee, and LDK keeps it for a month.
                match sweep {
                    P::PendingBroadcast { amount_satoshis, .. } => *amount_satoshis,
                    P::BroadcastAwaitingConfirmation { .. } | P::AwaitingThresholdConfirmations { .. } => 0,
                }
            });
            Ok(Balances {
                onchain_total_sat: balances.total_onchain_balance_sats,
                onchain_spendable_sat: balances.spendable_onchain_balance_sats,
                reserve_sat: shared.reserve_sat(&shared.node.list_channels()),
                lightning_sat: balances.total_lightning_balance_sats,
                closing_sat: closing.sum(),
            })
        })
        .await
    }

    /// # Errors
    /// [`AdminError`].
    pub async fn channels(&self) -> Result<Vec<ChannelSummary>, AdminError> {
        self.admin(|shared| Ok(shared.node.list_channels().iter().map(summary).collect())).await
    }

    /// # Errors
    /// [`AdminError`].
    pub async fn peers(&self) -> Result<Vec<PeerSummary>, AdminError> {
        self.admin(|shared| {
            let peers = shared.node.list_peers().into_iter().map(|peer| PeerSummary {
                node_id: NodeId(peer.node_id.serialize()),
                address: peer.address.to_string(),
                connected: peer.is_connected,
            });
            Ok(peers.collect())
        })
        .await
    }

    /// What a stop would leave held, nearest deadline first.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn held(&self) -> Result<Vec<HeldHtlc>, AdminError> {
        self.admin(|shared| {
            let height = shared.height();
            let rows = shared.table.held().map_err(|error| AdminError::Refused(error.to_string()))?;
            let mut held: Vec<_> = rows
                .into_iter()
                .filter(|row| row.state == HoldState::Held)
                .map(|row| HeldHtlc {
                    payment_hash: row.hash,
                    amount_msat: row.amount_msat,
                    claim_deadline: row.claim_deadline,
                    blocks_left: i64::from(row.claim_deadline) - i64::from(height),
                    claim_called: row.claim_called,
                })
                .collect();
            held.sort_by_key(|held| held.claim_deadline);
            Ok(held)
        })
        .await
    }

    /// Sends on-chain, never out of the reserve; answers the transaction's id. Not idempotent: for an operator's hand.
    ///
    /// # Errors
    /// [`AdminError::Input`] for an address of another network or none.
    pub async fn send_on_chain(
        &self,
        to: String,
        amount_sat: u64,
        sat_per_vbyte: Option<u64>,
    ) -> Result<String, AdminError> {
        self.admin(move |shared| {
            let parsed: Address<NetworkUnchecked> =
                to.parse().map_err(|error| AdminError::Input(format!("`{to}` is no address: {error}")))?;
            let checked = parsed.require_network(shared.network);
            let checked = checked.map_err(|_| AdminError::Input(format!("`{to}` is of another network")))?;
            let rate = match sat_per_vbyte.map(FeeRate::from_sat_per_vb) {
                Some(None) => return Err(AdminError::Input("that fee rate is too high".to_owned())),
                Some(rate) => rate,
                None => None,
            };
            Ok(shared.node.onchain_payment().send_to_address(&checked, amount_sat, rate)?.to_string())
        })
        .await
    }

    /// An invoice that the node claims by itself, for the operator's own bitcoin. No hold, and no purchase's.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn own_invoice(&self, amount_msat: u64, text: String, expiry_secs: u32) -> Result<String, AdminError> {
        self.admin(move |shared| {
            let text = Description::new(text).map_err(|error| AdminError::Input(error.to_string()))?;
            let text = Bolt11InvoiceDescription::Direct(text);
            Ok(shared.node.bolt11_payment().receive(amount_msat, &text, expiry_secs)?.to_string())
        })
        .await
    }

    /// The same, and the LSP opens a channel when it is paid. The amount is what the payer sends: the LSP keeps its fee.
    ///
    /// # Errors
    /// [`AdminError::Refused`] without an LSP, where it does not answer, or asks more than `fee_msat_max`.
    pub async fn jit_invoice(
        &self,
        amount_msat: u64,
        fee_msat_max: u64,
        text: String,
        expiry_secs: u32,
    ) -> Result<String, AdminError> {
        self.admin(move |shared| {
            let text = Description::new(text).map_err(|error| AdminError::Input(error.to_string()))?;
            let text = Bolt11InvoiceDescription::Direct(text);
            let payments = shared.node.bolt11_payment();
            let made = payments.receive_via_jit_channel(amount_msat, &text, expiry_secs, Some(fee_msat_max))?;
            Ok(made.to_string())
        })
        .await
    }

    /// Looks at the chain now instead of at the next turn.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when the chain source does not answer.
    pub async fn sync(&self) -> Result<(), AdminError> {
        self.admin(|shared| Ok(shared.node.sync_wallets()?)).await
    }

    pub(super) async fn admin<T: Send + 'static>(
        &self,
        work: impl FnOnce(&super::node::Shared) -> Result<T, AdminError> + Send + 'static,
    ) -> Result<T, AdminError> {
        match self.shared.blocking(work).await {
            Ok(answer) => answer,
            Err(Gone::Stopped) => Err(AdminError::NotRunning),
            Err(Gone::Panicked) => Err(AdminError::Refused("it did not answer; see the log".to_owned())),
        }
    }
}

fn summary(channel: &ChannelDetails) -> ChannelSummary {
    ChannelSummary {
        channel_id: channel.channel_id.to_string(),
        peer: NodeId(channel.counterparty_node_id.serialize()),
        capacity_sat: channel.channel_value_sats,
        outbound_msat: channel.outbound_capacity_msat,
        inbound_msat: channel.inbound_capacity_msat,
        in_flight_max_msat: channel.inbound_htlc_maximum_msat,
        funding: channel.funding_txo.map(|output| output.to_string()),
        confirmations: channel.confirmations.unwrap_or(0),
        confirmations_required: channel.confirmations_required.unwrap_or(0),
        opened_by_us: channel.is_outbound,
        announced: channel.is_announced,
        ready: channel.is_channel_ready,
        usable: channel.is_usable,
    }
}
