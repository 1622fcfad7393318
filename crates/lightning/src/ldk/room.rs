//! What can still be held, channel by channel, and whether closing them is paid for.
//!
//! LDK as acceptor of a channel takes at most a tenth of its capacity in HTLCs at a time, and at most 50 of them.
//! What is held counts against both, so it is taken off here, from the channel monitors.

use super::node::Shared;
use super::table::TableResult;
use ids::NodeId;
use ldk_node::lightning::util::config::ChannelHandshakeConfig;
use ldk_node::{ChannelDetails, LightningBalance};
use money::Msat;
use ports::{ChannelRoom, Room};
use std::collections::HashMap;

/// Highest dust limit that implementations use (BOLT 3: P2PKH, 546 sat).
const DUST_SAT: u64 = 546;
/// Weight of an HTLC-success transaction (BOLT 3), which pays for itself in channels without anchors.
const HTLC_SUCCESS_WEIGHT: u64 = 703;

/// HTLCs that a channel holds, and their sum.
#[derive(Default, Clone, Copy)]
struct Waiting {
    count: u16,
    msat: u64,
}

impl Shared {
    pub fn room(&self) -> TableResult<Room> {
        let balances = self.node.list_balances();
        let mut waiting: HashMap<[u8; 32], Waiting> = HashMap::new();
        for balance in &balances.lightning_balances {
            if let LightningBalance::MaybePreimageClaimableHTLC { channel_id, amount_satoshis, .. } = balance {
                let entry = waiting.entry(channel_id.0).or_default();
                entry.count = entry.count.saturating_add(1);
                // The balance is rounded down.
                entry.msat = entry.msat.saturating_add((amount_satoshis + 1) * 1_000);
            }
        }
        let channels = self.node.list_channels();
        let reserve_sat = self.reserve_sat(&channels);
        let rooms = channels.iter().map(|channel| {
            let waiting = waiting.get(&channel.channel_id.0).copied().unwrap_or_default();
            channel_room(channel, waiting)
        });
        Ok(Room {
            channels: rooms.collect(),
            // What ldk-node says is spendable is beyond the reserve. Without it, all of the reserve may be there too.
            reserve_ok: reserve_sat == 0
                || balances.spendable_onchain_balance_sats > 0
                || balances.total_onchain_balance_sats == reserve_sat,
        })
    }

    /// On-chain satoshi to be kept for closing the channels there are.
    pub fn reserve_sat(&self, channels: &[ChannelDetails]) -> u64 {
        let trusted = |channel: &ChannelDetails| {
            self.peers_without_reserve.contains(&NodeId(channel.counterparty_node_id.serialize()))
        };
        let count = channels.iter().filter(|channel| !trusted(channel)).count() as u64;
        count.saturating_mul(self.reserve_per_channel_sat)
    }
}

fn channel_room(channel: &ChannelDetails, waiting: Waiting) -> ChannelRoom {
    let defaults = ChannelHandshakeConfig::default();
    // LDK's name for the cap: the largest value that may be in flight towards us.
    let cap_msat = channel.inbound_htlc_maximum_msat.unwrap_or(channel.channel_value_sats * 1_000 / 10);
    let success_fee_sat = u64::from(channel.feerate_sat_per_1000_weight) * HTLC_SUCCESS_WEIGHT / 1_000;
    let dust_msat = (DUST_SAT + success_fee_sat) * 1_000;
    ChannelRoom {
        channel_id: channel.channel_id.to_string(),
        usable: channel.is_usable,
        outbound_msat: amount(channel.outbound_capacity_msat),
        inbound_msat: amount(channel.inbound_capacity_msat),
        in_flight_left_msat: amount(cap_msat.saturating_sub(waiting.msat)),
        slots_left: defaults.our_max_accepted_htlcs.saturating_sub(waiting.count),
        htlc_min_msat: amount(channel.inbound_htlc_minimum_msat.max(dust_msat)),
    }
}

fn amount(msat: u64) -> Msat {
    super::events::msat(msat)
}
