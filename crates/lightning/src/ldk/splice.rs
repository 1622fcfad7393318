//! A channel made larger or smaller without closing it. Experimental in ldk-node 0.7.
//!
//! Only our own side of it: what can be received grows when the *peer* puts more in, which is taken as it comes.

use super::error::AdminError;
use super::node::{EmbeddedNode, Shared};
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use ldk_node::ChannelDetails;

impl EmbeddedNode {
    /// Puts on-chain bitcoin of ours into a channel: what can be sent through it grows. It is usable meanwhile; the new
    /// funding counts once it is confirmed. Not idempotent: for an operator's hand.
    ///
    /// # Errors
    /// [`AdminError::Input`] when there is no such channel; [`AdminError::InsufficientFunds`], never out of the reserve.
    pub async fn splice_in(&self, channel_id: String, amount_sat: u64) -> Result<(), AdminError> {
        self.admin(move |shared| {
            let channel = ready(shared, &channel_id)?;
            Ok(shared.node.splice_in(&channel.user_channel_id, channel.counterparty_node_id, amount_sat)?)
        })
        .await
    }

    /// Sends bitcoin of ours out of a channel to an address. What can be received stays as it is. Not idempotent.
    ///
    /// # Errors
    /// [`AdminError::Input`] when there is no such channel, or the address is another network's or none.
    pub async fn splice_out(&self, channel_id: String, to: String, amount_sat: u64) -> Result<(), AdminError> {
        self.admin(move |shared| {
            let parsed: Address<NetworkUnchecked> =
                to.parse().map_err(|error| AdminError::Input(format!("`{to}` is no address: {error}")))?;
            let checked = parsed.require_network(shared.network);
            let checked = checked.map_err(|_| AdminError::Input(format!("`{to}` is of another network")))?;
            let channel = ready(shared, &channel_id)?;
            let (id, peer) = (&channel.user_channel_id, channel.counterparty_node_id);
            Ok(shared.node.splice_out(id, peer, &checked, amount_sat)?)
        })
        .await
    }
}

fn ready(shared: &Shared, channel_id: &str) -> Result<ChannelDetails, AdminError> {
    let found = shared.node.list_channels().into_iter().find(|channel| channel.channel_id.to_string() == channel_id);
    let channel = found.ok_or_else(|| AdminError::Input(format!("there is no channel {channel_id}")))?;
    if !channel.is_usable {
        return Err(AdminError::Input(format!("channel {channel_id} cannot be used now")));
    }
    Ok(channel)
}
