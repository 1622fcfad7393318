//! Sources that cannot be held, as the file has them.

use super::SecretRef;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    pub coinbase: CoinbaseSource,
    pub onchain: OnChainSource,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnChainSource {
    pub enabled: bool,
    pub spread_ppm: u32,
    pub quote_secs: u64,
    pub confirmations: Vec<ConfirmationStep>,
    pub confirmations_above: u32,
    pub fee_sat_per_vbyte_max: u64,
    pub refund_extra_sat_max: u64,
    pub first_block: u32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationStep {
    pub sat_max: u64,
    pub blocks: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoinbaseSource {
    pub client_id: String,
    pub client_secret: SecretRef,
    pub redirect: String,
    pub receive: String,
    pub api_key: SecretRef,
    pub private_key: SecretRef,
    pub api_url: String,
    pub login_url: String,
    pub timeout_ms: u64,
}

impl CoinbaseSource {
    pub fn is_set(&self) -> bool {
        !self.client_id.is_empty()
    }
}
