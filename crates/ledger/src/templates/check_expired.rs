//! Posting template `check_expired`.

use money::Money;

use super::CheckApproved;
use crate::{Draft, LedgerError, PlaceName, Template};

/// A small card check was voided or ended without a capture, as they do. The reverse of
/// [`CheckApproved`](super::CheckApproved).
///
/// ```text
/// pending   issuer:name (CUR)    |    check_losses (CUR)
///           amount               |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckExpired {
    pub issuer: PlaceName,
    pub amount: Money,
}

impl Template for CheckExpired {
    const NAME: &'static str = "check_expired";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&CheckApproved { issuer: self.issuer, amount: self.amount })
    }
}
