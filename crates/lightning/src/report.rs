//! What every node tells an operator.

use ids::PaymentHash;
use ports::BlockHeight;
use serde::Serialize;

/// On-chain and in channels; whole satoshi.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Balances {
    /// Confirmed or not.
    pub onchain_total_sat: u64,
    /// Beyond the reserve.
    pub onchain_spendable_sat: u64,
    /// What should be kept for closing channels.
    pub reserve_sat: u64,
    /// Ours if all channels closed now, before fees; what is held and unclaimed is not in it.
    pub lightning_sat: u64,
    /// On its way back from closed channels.
    pub closing_sat: u64,
}

impl Balances {
    /// Of two nodes together; None beyond what can be counted.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            onchain_total_sat: self.onchain_total_sat.checked_add(other.onchain_total_sat)?,
            onchain_spendable_sat: self.onchain_spendable_sat.checked_add(other.onchain_spendable_sat)?,
            reserve_sat: self.reserve_sat.checked_add(other.reserve_sat)?,
            lightning_sat: self.lightning_sat.checked_add(other.lightning_sat)?,
            closing_sat: self.closing_sat.checked_add(other.closing_sat)?,
        })
    }
}

/// A hold that is neither claimed nor returned. A server stopped past its deadline loses the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldHtlc {
    pub payment_hash: PaymentHash,
    pub amount_msat: u64,
    pub claim_deadline: BlockHeight,
    /// Negative once the deadline has passed.
    pub blocks_left: i64,
    /// The preimage was given to the node; its confirmation is awaited.
    pub claim_called: bool,
}
