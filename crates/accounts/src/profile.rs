//! What the account's row keeps as JSON.

use crate::error::AccountError;
use crate::refunds::RefundSetting;
use ids::UnixMs;
use ports::{AccountRow, StoreError};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    pub refund: RefundSetting,
    /// Tokens made before are dead, whether their devices are marked as revoked yet or not: password and tokens change
    /// in one write.
    pub tokens_from_ms: UnixMs,
}

impl Profile {
    pub(crate) fn of(row: &AccountRow) -> Result<Self, AccountError> {
        // Without the reason, which would quote it.
        serde_json::from_str(&row.profile).map_err(|_| {
            AccountError::Store(StoreError::Unusable(format!("the profile of account {} is damaged", row.id)))
        })
    }

    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("a profile has no map with keys that are not text")
    }
}
