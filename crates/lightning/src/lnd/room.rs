//! What can still be held, channel by channel, and whether closing them is paid for.

use super::node::{LndNode, Shared};
use super::rest::RestError;
use super::watch::msat;
use super::wire::{Channel, Channels, PendingChannels, RequiredReserve, WalletBalance};
use crate::report::Balances;
use ports::{ChannelRoom, Room};

/// Weight of an HTLC-success transaction (BOLT 3), which pays for itself in channels without anchors.
const HTLC_SUCCESS_WEIGHT: u64 = 703;

impl Shared {
    pub async fn look_for_room(&self) -> Result<Room, RestError> {
        let (channels, balance, reserve) = tokio::try_join!(
            self.rest.get::<Channels>("/v1/channels"),
            self.rest.get::<WalletBalance>("/v1/balance/blockchain"),
            self.rest.get::<RequiredReserve>("/v2/wallet/reserve"),
        )?;
        Ok(Room {
            channels: channels.channels.iter().map(channel_room).collect(),
            reserve_ok: balance.confirmed_balance >= reserve.required_reserve,
        })
    }
}

impl LndNode {
    /// All that the node has, the operator's other money on it too.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn balances(&self) -> Result<Balances, String> {
        let rest = &self.shared.rest;
        let found = tokio::try_join!(
            rest.get::<Channels>("/v1/channels"),
            rest.get::<WalletBalance>("/v1/balance/blockchain"),
            rest.get::<RequiredReserve>("/v2/wallet/reserve"),
            rest.get::<PendingChannels>("/v1/channels/pending"),
        );
        let (channels, wallet, reserve, pending) = found.map_err(|error| error.to_string())?;
        Ok(Balances {
            onchain_total_sat: wallet.total_balance,
            onchain_spendable_sat: wallet.confirmed_balance.saturating_sub(reserve.required_reserve),
            reserve_sat: reserve.required_reserve,
            lightning_sat: channels.channels.iter().fold(0, |sum, channel| sum.saturating_add(channel.local_balance)),
            closing_sat: pending.total_limbo_balance,
        })
    }
}

/// The constraints of a side are what that side has to keep to.
pub(super) fn channel_room(channel: &Channel) -> ChannelRoom {
    let (ours, theirs) = (&channel.local_constraints, &channel.remote_constraints);
    let incoming = channel.pending_htlcs.iter().filter(|htlc| htlc.incoming);
    // Whole satoshis, rounded down there.
    let (count, held_sat) = incoming.fold((0u32, 0u64), |(count, sum), htlc| (count + 1, sum + htlc.amount + 1));
    let success_fee_sat = match channel.commitment_type.as_str() {
        "LEGACY" | "STATIC_REMOTE_KEY" => channel.fee_per_kw.saturating_mul(HTLC_SUCCESS_WEIGHT) / 1_000,
        _ => 0,
    };
    let dust_sat = ours.dust_limit_sat.max(theirs.dust_limit_sat).saturating_add(success_fee_sat);
    let slots = theirs.max_accepted_htlcs.saturating_sub(count);
    let less = |sat: u64, reserve_sat: u64| msat(sat.saturating_sub(reserve_sat).saturating_mul(1_000));
    ChannelRoom {
        channel_id: channel.channel_point.clone(),
        usable: channel.active,
        outbound_msat: less(channel.local_balance, ours.chan_reserve_sat),
        inbound_msat: less(channel.remote_balance, theirs.chan_reserve_sat),
        in_flight_left_msat: msat(theirs.max_pending_amt_msat.saturating_sub(held_sat.saturating_mul(1_000))),
        slots_left: u16::try_from(slots).unwrap_or(u16::MAX),
        htlc_min_msat: msat(theirs.min_htlc_msat.max(dust_sat.saturating_mul(1_000))),
    }
}
