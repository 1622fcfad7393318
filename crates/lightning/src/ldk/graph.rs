//! The public channels that the node has heard of, by gossip or a rapid gossip sync.

use super::EmbeddedNode;
use async_trait::async_trait;
use ids::NodeId;
use ldk_node::ChannelDetails;
use ldk_node::graph::NetworkGraph as Gossip;
use ldk_node::lightning::routing::gossip::ChannelUpdateInfo;
use ports::{ForwardingPolicy, NetworkGraph, NetworkView, Outcome, OwnChannel};

#[async_trait]
impl NetworkView for EmbeddedNode {
    async fn graph(&self) -> Outcome<NetworkGraph> {
        self.call(|shared| Outcome::Done(copy(&shared.node.network_graph()))).await
    }

    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
        self.call(|shared| {
            let channels = shared.node.list_channels();
            Outcome::Done(channels.iter().filter(|channel| channel.is_usable).filter_map(own).collect())
        })
        .await
    }
}

/// An unannounced channel is known to payers by the alias that its peer forwards for.
fn own(channel: &ChannelDetails) -> Option<OwnChannel> {
    let announced = channel.short_channel_id.filter(|_| channel.is_announced);
    Some(OwnChannel {
        peer: NodeId(channel.counterparty_node_id.serialize()),
        short_channel_id: announced.or(channel.inbound_scid_alias).or(channel.short_channel_id)?,
        inbound_msat: channel.inbound_capacity_msat,
    })
}

fn copy(gossip: &Gossip) -> NetworkGraph {
    let ids = gossip.list_channels();
    let mut graph = NetworkGraph::with_capacity(ids.len() / 2, ids.len());
    for short_channel_id in ids {
        // It may have been closed since.
        let Some(heard) = gossip.channel(short_channel_id) else { continue };
        let ends = [heard.node_one, heard.node_two].map(|end| NodeId(*end.as_array()));
        if let Some(channel) = graph.channel(short_channel_id, ends) {
            channel.capacity_sat = heard.capacity_sats;
            channel.policies = [&heard.one_to_two, &heard.two_to_one].map(|said| said.as_ref().map(policy));
        }
    }
    graph
}

fn policy(said: &ChannelUpdateInfo) -> ForwardingPolicy {
    ForwardingPolicy {
        enabled: said.enabled,
        base_msat: said.fees.base_msat,
        proportional_ppm: said.fees.proportional_millionths,
        cltv_delta: said.cltv_expiry_delta,
        htlc_min_msat: said.htlc_minimum_msat,
        htlc_max_msat: said.htlc_maximum_msat,
        updated_at_secs: said.last_update,
    }
}
