//! What the payer has, to the millisatoshi.
//!
//! ldk-node states on-chain funds and closing channels in satoshis and has no figure for a channel's
//! balance; `ClaimableOnChannelClose` is rounded and without the fee of a close that may never come.
//! The exact figure is what the channel's value leaves when the *peer's* side is taken off:
//!
//! ```text
//! ours = channel value - peer's spendable (inbound capacity) - peer's reserve
//! ```
//!
//! because LDK computes `inbound_capacity_msat` as the peer's balance less pending HTLCs from the peer
//! less the reserve, and only the channel's funder pays fees and anchors. An HTLC of ours that is not
//! claimed yet is then still ours, as it should be. How much that is shows from our own side, which
//! LDK states without it:
//!
//! ```text
//! in flight = ours - outbound capacity - our reserve - anchors (660 sat)
//! ```
//!
//! Exact as long as neither side is below its reserve, where LDK cuts the capacities off at zero.
//! So channels are opened with something pushed to the peer, and the peer can then never go below.
//!
//! While a channel is being opened, its value may still be in the on-chain wallet too. A closed one is in nobody's list; what it owes is then in the monitors' claims, in outputs
//! being swept, and at last in the on-chain wallet. Between the three an amount can be counted twice
//! or not at all for a moment, so a balance says whether it is `resolving`. One that is not is exact.

use std::collections::HashSet;

use ldk_node::{BalanceDetails, ChannelDetails, LightningBalance, PendingSweepBalance};

use super::WalletError;

/// Two anchor outputs of 330 sat, which the funder of an anchor channel pays (BOLT 3).
pub(super) const ANCHORS_MSAT: u64 = 660_000;

/// What the wallet has at one moment; see the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Ours in open channels, HTLCs on their way out included, before the fee of any close.
    pub channels_msat: u64,
    /// The part of `channels_msat` that is in HTLCs which the peer has neither claimed nor returned.
    pub in_flight_msat: u64,
    /// All of the on-chain wallet, confirmed or not.
    pub onchain_sat: u64,
    /// Claims from closed channels that are not in the on-chain wallet yet, before the fees they cost.
    pub closing_sat: u64,
    /// A channel is being opened or closed: only once this is false is the total exact.
    pub resolving: bool,
}

impl Balance {
    /// Everything together.
    pub fn total_msat(&self) -> u64 {
        self.channels_msat + 1_000 * (self.onchain_sat + self.closing_sat)
    }

    /// Nothing is moving: no HTLC in flight, no close being resolved.
    pub fn is_at_rest(&self) -> bool {
        self.in_flight_msat == 0 && !self.resolving
    }

    /// From what the node says.
    pub(super) fn of(channels: &[ChannelDetails], details: &BalanceDetails) -> Result<Self, WalletError> {
        let mut balance = Self { onchain_sat: details.total_onchain_balance_sats, ..Self::default() };
        for channel in channels {
            let (ours_msat, in_flight_msat) = in_channel(channel)?;
            balance.channels_msat += ours_msat;
            balance.in_flight_msat += in_flight_msat;
            balance.resolving |= !channel.is_channel_ready;
        }
        let open: HashSet<_> = channels.iter().map(|channel| channel.channel_id).collect();
        for claim in &details.lightning_balances {
            let (channel_id, claim_sat) = claim_of(claim);
            if !open.contains(&channel_id) {
                balance.closing_sat += claim_sat;
                balance.resolving = true;
            }
        }
        for sweep in &details.pending_balances_from_channel_closures {
            match sweep {
                PendingSweepBalance::PendingBroadcast { amount_satoshis, .. }
                | PendingSweepBalance::BroadcastAwaitingConfirmation { amount_satoshis, .. } => {
                    balance.closing_sat += amount_satoshis;
                    balance.resolving = true;
                }
                // Confirmed: the on-chain wallet has it.
                PendingSweepBalance::AwaitingThresholdConfirmations { .. } => {}
            }
        }
        Ok(balance)
    }
}

/// Ours in an open channel and how much of it is in flight, in millisatoshis.
pub(super) fn in_channel(channel: &ChannelDetails) -> Result<(u64, u64), WalletError> {
    let inexact = |why: &str| WalletError::Inexact(why.to_owned());
    if !channel.is_outbound {
        return Err(inexact("the peer opened it and pays its fees"));
    }
    let Some(our_reserve_sat) = channel.unspendable_punishment_reserve else {
        // Not accepted by the peer yet: nothing was paid into it.
        return Ok((0, 0));
    };
    let theirs_msat = channel.inbound_capacity_msat + 1_000 * channel.counterparty_unspendable_punishment_reserve;
    let ours_msat = (1_000 * channel.channel_value_sats).checked_sub(theirs_msat);
    let ours_msat = ours_msat.ok_or_else(|| inexact("the peer is below its reserve"))?;
    let resting_msat = channel.outbound_capacity_msat + 1_000 * our_reserve_sat + ANCHORS_MSAT;
    let in_flight_msat = ours_msat.checked_sub(resting_msat);
    let in_flight_msat = in_flight_msat.ok_or_else(|| {
        inexact(&format!("ours {ours_msat} msat are less than {resting_msat} msat spendable, reserved and for anchors"))
    })?;
    Ok((ours_msat, in_flight_msat))
}

fn claim_of(claim: &LightningBalance) -> (ldk_node::lightning::ln::types::ChannelId, u64) {
    match claim {
        LightningBalance::ClaimableOnChannelClose { channel_id, amount_satoshis, .. }
        | LightningBalance::ClaimableAwaitingConfirmations { channel_id, amount_satoshis, .. }
        | LightningBalance::ContentiousClaimable { channel_id, amount_satoshis, .. }
        | LightningBalance::MaybeTimeoutClaimableHTLC { channel_id, amount_satoshis, .. }
        | LightningBalance::CounterpartyRevokedOutputClaimable { channel_id, amount_satoshis, .. } => {
            (*channel_id, *amount_satoshis)
        }
        // Not ours unless we learn a preimage that nobody has told us.
        LightningBalance::MaybePreimageClaimableHTLC { channel_id, .. } => (*channel_id, 0),
    }
}
