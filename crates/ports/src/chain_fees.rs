//! What the chain asks for at the moment.

use crate::Outcome;
use async_trait::async_trait;

/// The fee at which a transaction should be mined within so many blocks. An estimate, of whoever was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainFeeRate {
    pub blocks: u32,
    /// Thousandths of a satoshi per virtual byte (BIP 141), rounded up.
    pub sat_per_kvb: u64,
}

/// Whoever can estimate the chain's fees.
#[async_trait]
pub trait ChainFees: Send + Sync {
    /// One for each of these numbers of blocks, in their order. Those for which there is nothing to estimate from are left
    /// out, so that nothing at all is an answer too.
    async fn fee_rates(&self, blocks: &[u32]) -> Outcome<Vec<ChainFeeRate>>;
}
