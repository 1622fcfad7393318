//! The chain's fees as the node estimates them (`walletrpc.WalletKit/EstimateFee`).

use super::node::LndNode;
use super::rest::RestError;
use super::wire::FeeEstimate;
use async_trait::async_trait;
use ports::{ChainFeeRate, ChainFees, Outcome};

#[async_trait]
impl ChainFees for LndNode {
    /// The node always has an answer: where its chain has none, a rate of its own for that.
    async fn fee_rates(&self, blocks: &[u32]) -> Outcome<Vec<ChainFeeRate>> {
        let mut rates = Vec::with_capacity(blocks.len());
        for blocks in blocks.iter().copied() {
            let estimate = self.shared.rest.get::<FeeEstimate>(format!("/v2/wallet/estimatefee/{blocks}")).await;
            match estimate {
                // 1,000 vbytes are 4,000 weight units.
                Ok(found) => rates.push(ChainFeeRate { blocks, sat_per_kvb: found.sat_per_kw.saturating_mul(4) }),
                Err(error) => return RestError::outcome(error),
            }
        }
        Outcome::Done(rates)
    }
}
