//! What the issuer is asked and asks beside charges: disputes, and whether it is the shopper.

use ids::UnixMs;
use money::Money;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    Opened,
    Won,
    Lost,
}

/// A capture that the operator has disputed at the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeRecord {
    pub dispute_id: String,
    pub charge_id: String,
    pub amount: Money,
    pub state: DisputeState,
}

/// The shopper is asked by the store's bank whether it is them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The issuer's identifier.
    pub authentication_id: String,
    /// What the card would be billed.
    pub amount: Option<Money>,
    /// As the store names itself.
    pub merchant: String,
    pub answer_by: UnixMs,
}
