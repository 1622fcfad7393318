//! What the chain asks for.

use serde::Serialize;
use utoipa::ToSchema;

/// An estimate, of whoever this server asks: no promise, and no price of this server's.
#[derive(Serialize, ToSchema)]
pub struct ChainFeesNow {
    /// Fewest blocks first; none: `unavailable` says why. Blocks for which there is nothing to estimate from are missing.
    pub rates: Vec<ChainFeeRateView>,
    /// When that was estimated.
    pub estimated_at_ms: Option<u64>,
    pub age_ms: Option<u64>,
    /// It is older than it should be, since it could not be renewed.
    pub stale: bool,
    /// What the chain takes of a refund that is sent on it now, as a rule: it comes off. None: not known, or not served.
    pub refund_fee_sat: Option<u64>,
    /// `not_configured`: nobody is asked here. `nothing_to_estimate_from`: the chain has too little traffic.
    /// `unreachable`: nobody answers, and nothing is known that is not hours old.
    pub unavailable: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
pub struct ChainFeeRateView {
    /// Within so many it should be mined.
    pub blocks: u32,
    /// Thousandths of a satoshi per virtual byte, rounded up.
    pub sat_per_kvb: u64,
}
