//! Posting template `check_approved`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// A small card check was approved although nothing is claimed: the operator could lose it, and says so on the ledger.
///
/// ```text
/// pending   check_losses (CUR)    |    issuer:name (CUR)
///           amount                |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckApproved {
    pub issuer: PlaceName,
    pub amount: Money,
}

impl Template for CheckApproved {
    const NAME: &'static str = "check_approved";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Pending, Account::CheckLosses, self.amount);
        draft.credit(Layer::Pending, Account::At(Place::Issuer(self.issuer)), self.amount);
        Ok(())
    }
}
