//! Posting template `check_captured`.

use money::Money;

use super::CheckApproved;
use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// A store captured a small card check. What the shopper's money covers by now is theirs, the rest is the operator's loss.
///
/// ```text
/// posted    shopper (CUR)    |    check_losses (CUR)    |    issuer:name (CUR)
///           covered          |    lost                  |    covered + lost
/// pending   issuer:name (CUR)    |    check_losses (CUR)
///           approved             |    approved
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckCaptured {
    pub issuer: PlaceName,
    /// What [`CheckApproved`](super::CheckApproved) had set aside and is used up by this.
    pub approved: Money,
    pub covered: Money,
    pub lost: Money,
}

impl Template for CheckCaptured {
    const NAME: &'static str = "check_captured";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&CheckApproved { issuer: self.issuer, amount: self.approved })?;
        draft.debit(Layer::Posted, Account::Shopper, self.covered);
        draft.debit(Layer::Posted, Account::CheckLosses, self.lost);
        let captured = self.covered.checked_add(self.lost)?;
        draft.credit(Layer::Posted, Account::At(Place::Issuer(self.issuer)), captured);
        Ok(())
    }
}
