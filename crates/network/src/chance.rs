//! The chance that an amount reaches us now, as a payer's node would estimate it.
//!
//! LDK's router looks for a route from each of the biggest nodes to us, and LDK's scorer says how likely each hop can carry
//! its part. The scorer starts without memory: capacity is all it knows of strangers' channels. What our own channels can
//! take we do know, so the last hop is certain or not taken at all.

use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use ids::{NodeId, UnixMs};
use lightning::ln::msgs::UnsignedChannelUpdate;
use lightning::routing::gossip::{NetworkGraph as Gossip, NodeId as GossipId};
use lightning::routing::router::{PaymentParameters, Route, RouteHint, RouteHintHop, RouteParameters, find_route};
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
};
use lightning::types::features::{Bolt11InvoiceFeatures, ChannelFeatures};
use lightning::types::routing::RoutingFees;
use lightning::util::logger::{Logger, Record};
use money::Msat;
use ports::{ForwardingPolicy, NetworkGraph, OwnChannel, PublicChannel};
use std::collections::HashSet;

/// LDK takes no update that is older than two weeks. A dump is what its node still believes, so what is older counts as
/// this old.
const AGE_SECS_MAX: u64 = 13 * 24 * 3_600;
/// Makes an id that no channel has out of one that is on the chain: a block of a far future.
const NO_CHANNEL: u64 = 1 << 63;
/// The share of a payment that a wallet spends on fees at most: LDK's default, one percent and 50 sat.
const PPM: f64 = 1_000_000.0;

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _: Record) {}
}

static QUIET: Quiet = Quiet;

/// Who receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Us {
    pub node: NodeId,
    pub channels: Vec<OwnChannel>,
    /// Blocks that the invoice asks for at the end.
    pub final_cltv_delta: u32,
}

/// What a payer at one of the biggest nodes would see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FromNode {
    pub node: NodeId,
    /// Zero where there is no route.
    pub chance_ppm: u32,
    /// Parts that the amount is sent in.
    pub parts: u32,
    pub fee_msat: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chance {
    /// The mean of all that were asked.
    pub chance_ppm: u32,
    pub from: Vec<FromNode>,
}

/// A graph made ready for questions.
pub struct Reach {
    gossip: Gossip<&'static Quiet>,
    biggest: Vec<PublicKey>,
}

impl Reach {
    /// Takes in the graph and remembers the `biggest` nodes by the capacity of their channels.
    pub fn new(graph: &NetworkGraph, network: Network, biggest: usize, now: UnixMs) -> Self {
        let gossip = Gossip::new(network, &QUIET);
        let now_secs = now.0 / 1_000;
        for channel in graph.channels() {
            take_in(&gossip, graph, channel, network, now_secs);
        }
        Self { gossip, biggest: biggest_of(graph, biggest) }
    }

    /// How likely `amount` reaches `us` from each of the biggest nodes. Blocks for milliseconds.
    pub fn chance(&self, us: &Us, amount: Msat) -> Option<Chance> {
        let payee = PublicKey::from_slice(us.node.as_bytes()).ok()?;
        let announced = self.announced(us);
        let hints: Vec<RouteHint> =
            us.channels.iter().filter_map(|channel| self.hint(channel, payee, &announced)).collect();
        let own: HashSet<u64> = hints.iter().flat_map(|hint| &hint.0).map(|hop| hop.short_channel_id).collect();
        let mut payment = PaymentParameters::from_node_id(payee, us.final_cltv_delta)
            .with_bolt11_features(mpp())
            .and_then(|payment| payment.with_route_hints(hints))
            .ok()?;
        payment.previously_failed_channels = announced;
        let route_params = RouteParameters::from_payment_params_and_value(payment, amount.get());
        let scorer = ProbabilisticScorer::new(ProbabilisticScoringDecayParameters::default(), &self.gossip, &QUIET);
        let params = ProbabilisticScoringFeeParameters::default();
        let from: Vec<FromNode> = self
            .biggest
            .iter()
            .filter(|node| **node != payee)
            .map(|node| {
                let route = find_route(node, &route_params, &self.gossip, None, &QUIET, &scorer, &params, &[0; 32]);
                let id = NodeId(node.serialize());
                route.map_or(FromNode { node: id, chance_ppm: 0, parts: 0, fee_msat: 0 }, |route| FromNode {
                    node: id,
                    chance_ppm: self.likely(&route, &own, &scorer, &params),
                    parts: u32::try_from(route.paths.len()).unwrap_or(u32::MAX),
                    fee_msat: route.get_total_fees(),
                })
            })
            .collect();
        let asked = u64::try_from(from.len()).ok().filter(|asked| *asked > 0)?;
        let sum: u64 = from.iter().map(|node| u64::from(node.chance_ppm)).sum();
        Some(Chance { chance_ppm: u32::try_from(sum / asked).ok()?, from })
    }

    /// The chance of all hops of all parts together, the first node's own channels as strangers see them.
    fn likely(
        &self,
        route: &Route,
        own: &HashSet<u64>,
        scorer: &ProbabilisticScorer<&Gossip<&'static Quiet>, &'static Quiet>,
        params: &ProbabilisticScoringFeeParameters,
    ) -> u32 {
        let mut chance = 1.0;
        for path in &route.paths {
            // What a hop forwards is what the later hops keep and deliver.
            let mut amount_msat: u64 = path.hops.iter().map(|hop| hop.fee_msat).sum();
            for hop in &path.hops {
                let scid = hop.short_channel_id;
                if !own.contains(&scid) {
                    let towards = GossipId::from_pubkey(&hop.pubkey);
                    let hop_chance = scorer.historical_estimated_payment_success_probability(
                        scid,
                        &towards,
                        amount_msat,
                        params,
                        true,
                    );
                    chance *= hop_chance.unwrap_or(0.0);
                }
                amount_msat = amount_msat.saturating_sub(hop.fee_msat);
            }
        }
        ppm_floor(chance)
    }

    /// Those of our channels that everybody knows.
    fn announced(&self, us: &Us) -> Vec<u64> {
        let gossip = self.gossip.read_only();
        let ids = us.channels.iter().map(|channel| channel.short_channel_id);
        ids.filter(|id| gossip.channel(*id).is_some()).collect()
    }

    /// A last hop that takes what it can take now. Of an announced channel everybody knows only the size, so it is not
    /// looked for in the network but hinted at as the others are, by another id and for the fee that its peer asks.
    fn hint(&self, channel: &OwnChannel, payee: PublicKey, announced: &[u64]) -> Option<RouteHint> {
        if channel.inbound_msat == 0 {
            return None;
        }
        let id = channel.short_channel_id;
        let known = announced.contains(&id);
        Some(RouteHint(vec![RouteHintHop {
            src_node_id: PublicKey::from_slice(channel.peer.as_bytes()).ok()?,
            short_channel_id: if known { id ^ NO_CHANNEL } else { id },
            fees: self.fees_towards(id, payee),
            cltv_expiry_delta: 72,
            htlc_minimum_msat: None,
            htlc_maximum_msat: Some(channel.inbound_msat),
        }]))
    }

    /// Nothing where nobody knows.
    fn fees_towards(&self, id: u64, payee: PublicKey) -> RoutingFees {
        let gossip = self.gossip.read_only();
        let said = gossip.channel(id).and_then(|channel| {
            let payee = GossipId::from_pubkey(&payee);
            if channel.node_two == payee { channel.one_to_two.as_ref() } else { channel.two_to_one.as_ref() }
        });
        said.map_or(RoutingFees { base_msat: 0, proportional_millionths: 0 }, |said| said.fees)
    }
}

/// A share of one as millionths, rounded down.
fn ppm_floor(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * PPM) as u32
}

fn mpp() -> Bolt11InvoiceFeatures {
    let mut features = Bolt11InvoiceFeatures::empty();
    features.set_variable_length_onion_required();
    features.set_payment_secret_required();
    features.set_basic_mpp_optional();
    features
}

fn biggest_of(graph: &NetworkGraph, count: usize) -> Vec<PublicKey> {
    let mut capacity: Vec<(u64, u32)> = (0u32..).take(graph.nodes().len()).map(|place| (0, place)).collect();
    for channel in graph.channels() {
        for end in channel.ends {
            if let Some(of) = usize::try_from(end).ok().and_then(|end| capacity.get_mut(end)) {
                of.0 = of.0.saturating_add(channel.capacity_sat.unwrap_or_default());
            }
        }
    }
    capacity.sort_unstable_by(|one, two| two.0.cmp(&one.0).then(one.1.cmp(&two.1)));
    let with_channels = capacity.into_iter().filter(|(sat, _)| *sat > 0);
    with_channels
        .filter_map(|(_, place)| PublicKey::from_slice(graph.id_of(place)?.as_bytes()).ok())
        .take(count)
        .collect()
}

/// What the gossip refuses (a limit above the capacity, a time in the future) it goes without.
fn take_in(
    gossip: &Gossip<&'static Quiet>,
    graph: &NetworkGraph,
    channel: &PublicChannel,
    network: Network,
    now_secs: u64,
) {
    let ends = channel.ends.map(|end| graph.id_of(end).and_then(|id| GossipId::from_slice(id.as_bytes()).ok()));
    let [Some(one), Some(two)] = ends else { return };
    let scid = channel.short_channel_id;
    let known = gossip.add_channel_from_partial_announcement(
        scid,
        channel.capacity_sat,
        now_secs,
        ChannelFeatures::empty(),
        one,
        two,
    );
    if known.is_err() {
        return;
    }
    for (direction, policy) in channel.policies.iter().enumerate() {
        let Some(policy) = policy else { continue };
        let _ = gossip.update_channel_unsigned(&update(scid, direction == 1, policy, network, now_secs));
    }
}

fn update(
    short_channel_id: u64,
    from_second: bool,
    policy: &ForwardingPolicy,
    network: Network,
    now_secs: u64,
) -> UnsignedChannelUpdate {
    let oldest = now_secs.saturating_sub(AGE_SECS_MAX);
    UnsignedChannelUpdate {
        chain_hash: bitcoin::constants::ChainHash::using_genesis_block(network),
        short_channel_id,
        timestamp: u32::try_from(u64::from(policy.updated_at_secs).clamp(oldest, now_secs)).unwrap_or(u32::MAX),
        message_flags: 1,
        channel_flags: u8::from(from_second) | u8::from(!policy.enabled) << 1,
        cltv_expiry_delta: policy.cltv_delta,
        htlc_minimum_msat: policy.htlc_min_msat,
        htlc_maximum_msat: policy.htlc_max_msat,
        fee_base_msat: policy.base_msat,
        fee_proportional_millionths: policy.proportional_ppm,
        excess_data: Vec::new(),
    }
}
