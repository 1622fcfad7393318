//! Linked accounts.

use ports::LinkedAccount;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Links {
    /// Whose accounts can be linked here: `coinbase`, or none.
    pub providers: Vec<&'static str>,
    pub linked: Option<LinkedView>,
}

#[derive(Serialize, ToSchema)]
pub struct LinkedView {
    pub provider: &'static str,
    /// As the provider names its owner.
    pub name: Option<String>,
    pub linked_at_ms: u64,
    /// What it could send; none while the provider does not answer.
    pub available_sat: Option<u64>,
    pub as_of_ms: u64,
}

impl LinkedView {
    pub fn new(provider: &'static str, linked: LinkedAccount) -> Self {
        Self {
            provider,
            name: linked.name,
            linked_at_ms: linked.linked_at.0,
            available_sat: linked.available.map(|sat| sat.get()),
            as_of_ms: linked.as_of.0,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct LinkBegun {
    /// To be opened in a tab of its own.
    pub authorize_url: String,
    pub expires_at_ms: u64,
}
