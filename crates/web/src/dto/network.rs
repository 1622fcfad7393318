//! What the server says of the Lightning Network.

use ids::NodeId;
use serde::Serialize;
use utoipa::ToSchema;

/// The public channels that this server's node has heard of.
#[derive(Serialize, ToSchema)]
pub struct NetworkNow {
    /// When it was looked at; none: not yet, and there are no figures.
    pub heard_at_ms: Option<u64>,
    pub figures: Option<NetworkFigures>,
    /// The dollar's rate that the worth is told by, millionths.
    pub usd_rate_micro: Option<u64>,
    /// Asked for with `amount_sat`.
    pub could_carry: Option<CouldCarry>,
    /// One snapshot a day, the oldest first.
    pub days: Vec<NetworkDay>,
}

#[derive(Serialize, ToSchema)]
pub struct NetworkFigures {
    /// With at least one announced channel.
    pub nodes: Figure,
    pub channels: Figure,
    pub capacity_sat: Figure,
    pub mean_channel_sat: Figure,
    pub median_channel_sat: Figure,
    /// US cents, rounded down.
    pub capacity_usd_minor: Option<u64>,
    pub mean_channel_usd_minor: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub struct Figure {
    pub now: u64,
    /// Since about 30 days ago, in hundredths of a percent, to the nearest; none where that day is not known.
    pub change_30d_bps: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct CouldCarry {
    pub amount_sat: u64,
    /// Channels that would take it in one piece in at least one direction, by what their ends announce.
    pub channels: u64,
}

#[derive(Serialize, ToSchema)]
pub struct NetworkDay {
    /// Days since 1970-01-01 (UTC).
    pub day: u32,
    pub nodes: u64,
    pub channels: u64,
    pub capacity_sat: u64,
    pub median_channel_sat: u64,
}

/// An estimate by LDK's router and scorer, from capacities alone: no promise.
#[derive(Serialize, ToSchema)]
pub struct ChanceToArrive {
    pub amount_sat: u64,
    /// Millionths; the mean over the nodes asked from. None: too little of the network is known here.
    pub chance_ppm: Option<u32>,
    /// From the biggest nodes, by capacity.
    pub from: Vec<ChanceFrom>,
}

#[derive(Serialize, ToSchema)]
pub struct ChanceFrom {
    #[schema(value_type = String)]
    pub node: NodeId,
    pub chance_ppm: u32,
    /// Parts that the amount would be sent in; zero: there is no route.
    pub parts: u32,
    pub fee_msat: u64,
}
