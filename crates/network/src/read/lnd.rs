//! LND's `describegraph` (api.lightning.community, `GET /v1/graph`). 64-bit integers are text there.

use super::{ReadError, capacity, in_order, node_id};
use ports::{ForwardingPolicy, NetworkGraph};
use serde::Deserialize;

const FORM: &str = "`lncli describegraph`";

#[derive(Deserialize)]
struct Graph<'a> {
    #[serde(borrow, default)]
    nodes: Vec<Node<'a>>,
    #[serde(borrow, default)]
    edges: Vec<Edge<'a>>,
}

#[derive(Deserialize)]
struct Node<'a> {
    pub_key: &'a str,
}

#[derive(Deserialize)]
struct Edge<'a> {
    channel_id: &'a str,
    node1_pub: &'a str,
    node2_pub: &'a str,
    capacity: &'a str,
    #[serde(borrow)]
    node1_policy: Option<Policy<'a>>,
    #[serde(borrow)]
    node2_policy: Option<Policy<'a>>,
}

#[derive(Deserialize)]
struct Policy<'a> {
    time_lock_delta: u16,
    min_htlc: &'a str,
    fee_base_msat: &'a str,
    fee_rate_milli_msat: &'a str,
    #[serde(default)]
    disabled: bool,
    max_htlc_msat: &'a str,
    last_update: u32,
}

pub(super) fn read(json: &[u8]) -> Result<NetworkGraph, ReadError> {
    let said: Graph = serde_json::from_slice(json).map_err(|why| ReadError::Malformed { form: FORM, why })?;
    let mut graph = NetworkGraph::with_capacity(said.nodes.len(), said.edges.len());
    for node in &said.nodes {
        let bad = || ReadError::Channel { channel: "none".to_owned(), why: "a node's key is not 33 bytes in hex" };
        graph.node(node_id(node.pub_key).ok_or_else(bad)?);
    }
    for edge in &said.edges {
        add(&mut graph, edge).ok_or_else(|| ReadError::Channel {
            channel: edge.channel_id.to_owned(),
            why: "a field is not a number or a key, or the capacity is more than all bitcoin",
        })?;
    }
    Ok(graph)
}

fn add(graph: &mut NetworkGraph, edge: &Edge) -> Option<()> {
    let (ends, first) = in_order(node_id(edge.node1_pub)?, node_id(edge.node2_pub)?);
    let policies = [edge.node1_policy.as_ref().map(policy), edge.node2_policy.as_ref().map(policy)];
    let capacity_sat = capacity(edge.capacity.parse().ok()?)?;
    let channel = graph.channel(edge.channel_id.parse().ok()?, ends)?;
    channel.capacity_sat = capacity_sat;
    for (place, said) in policies.into_iter().enumerate() {
        if let Some(said) = said {
            channel.policies[place ^ first] = Some(said?);
        }
    }
    Some(())
}

fn policy(said: &Policy) -> Option<ForwardingPolicy> {
    Some(ForwardingPolicy {
        enabled: !said.disabled,
        base_msat: said.fee_base_msat.parse().ok()?,
        proportional_ppm: said.fee_rate_milli_msat.parse().ok()?,
        cltv_delta: said.time_lock_delta,
        htlc_min_msat: said.min_htlc.parse().ok()?,
        htlc_max_msat: said.max_htlc_msat.parse().ok()?,
        updated_at_secs: said.last_update,
    })
}
