//! A wallet that is an LND.

use crate::common::SOON;
use async_trait::async_trait;
use ids::PaymentHash;
use lightning_node::conformance::Payer;
use sandbox::lnd::{Lnd, LndOutcome, PayWith};

pub struct LndPayer(pub Lnd);

#[async_trait]
impl Payer for LndPayer {
    async fn pay(&self, bolt11: &str) -> Result<(), String> {
        self.0.pay(bolt11, PayWith::default()).await.map_err(|error| error.to_string())
    }

    async fn pay_amount(&self, bolt11: &str, amount_msat: u64) -> Result<(), String> {
        let with = PayWith { amount_msat: Some(amount_msat), part_msat_max: None };
        self.0.pay(bolt11, with).await.map_err(|error| error.to_string())
    }

    async fn is_pending(&self, payment_hash: PaymentHash) -> bool {
        self.0.htlcs_out(&payment_hash.0).await.expect("an answer") > 0
    }

    async fn outcome(&self, payment_hash: PaymentHash) -> Result<[u8; 32], String> {
        match self.0.outcome(&payment_hash.0, SOON).await.expect("an end") {
            LndOutcome::Succeeded { preimage, .. } => Ok(preimage),
            LndOutcome::Failed { reason } => Err(reason),
        }
    }

    async fn balance_msat(&self) -> u64 {
        self.0.channels_msat(SOON).await.expect("at rest")
    }

    async fn invoice(&self, amount_msat: u64) -> String {
        self.0.receive(amount_msat).await.expect("an invoice")
    }
}
