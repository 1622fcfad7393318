//! The public channels of the Lightning Network, as one node has heard of them.

use crate::Outcome;
use async_trait::async_trait;
use ids::NodeId;
use std::collections::HashMap;

/// What one end of a channel asks for forwarding (BOLT 7, `channel_update`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardingPolicy {
    pub enabled: bool,
    pub base_msat: u32,
    pub proportional_ppm: u32,
    pub cltv_delta: u16,
    pub htlc_min_msat: u64,
    pub htlc_max_msat: u64,
    /// Seconds since 1970.
    pub updated_at_secs: u32,
}

/// An announced channel. The ends are places in [`NetworkGraph::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicChannel {
    /// Block, transaction and output of the funding (BOLT 7, `short_channel_id`).
    pub short_channel_id: u64,
    pub ends: [u32; 2],
    /// Not every source knows it.
    pub capacity_sat: Option<u64>,
    /// What each end asks, in the order of `ends`.
    pub policies: [Option<ForwardingPolicy>; 2],
}

/// Nodes and the announced channels between them. Every end is a node; no channel is there twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkGraph {
    nodes: Vec<NodeId>,
    channels: Vec<PublicChannel>,
    places: HashMap<NodeId, u32>,
    known: HashMap<u64, u32>,
}

impl NetworkGraph {
    pub fn with_capacity(nodes: usize, channels: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(nodes),
            channels: Vec::with_capacity(channels),
            places: HashMap::with_capacity(nodes),
            known: HashMap::with_capacity(channels),
        }
    }

    /// The place of a node, which is new if it was not known.
    pub fn node(&mut self, id: NodeId) -> u32 {
        *self.places.entry(id).or_insert_with(|| {
            self.nodes.push(id);
            u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The channel of this id between two nodes; what is there already stays. Nothing for a node's channel with itself,
    /// or where the ends differ from what is known.
    pub fn channel(&mut self, short_channel_id: u64, ends: [NodeId; 2]) -> Option<&mut PublicChannel> {
        let ends = [self.node(ends[0]), self.node(ends[1])];
        if ends[0] == ends[1] {
            return None;
        }
        let place = *self.known.entry(short_channel_id).or_insert_with(|| {
            self.channels.push(PublicChannel { short_channel_id, ends, capacity_sat: None, policies: [None, None] });
            u32::try_from(self.channels.len() - 1).unwrap_or(u32::MAX)
        });
        self.channels.get_mut(usize::try_from(place).ok()?).filter(|channel| channel.ends == ends)
    }

    pub fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    pub fn channels(&self) -> &[PublicChannel] {
        &self.channels
    }

    pub fn place_of(&self, id: &NodeId) -> Option<u32> {
        self.places.get(id).copied()
    }

    pub fn id_of(&self, place: u32) -> Option<NodeId> {
        self.nodes.get(usize::try_from(place).ok()?).copied()
    }
}

/// A channel over which we receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnChannel {
    pub peer: NodeId,
    pub short_channel_id: u64,
    /// What arrives over it at most, in one part.
    pub inbound_msat: u64,
}

/// Where the public channels are known from: the own node's gossip, another node's dump.
#[async_trait]
pub trait NetworkView: Send + Sync {
    async fn graph(&self) -> Outcome<NetworkGraph>;

    /// The usable channels of the node that receives, announced or not.
    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>>;
}
