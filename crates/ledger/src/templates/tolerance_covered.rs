//! Posting template `tolerance_covered`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Template};

/// A store charged a little more than the order total, within the recipe's tolerance: the operator adds the difference to
/// the shopper's money, and the capture uses it up like the rest.
///
/// ```text
/// posted    tolerance_cost (CUR)    |    shopper (CUR)
///           amount                  |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToleranceCovered {
    pub amount: Money,
}

impl Template for ToleranceCovered {
    const NAME: &'static str = "tolerance_covered";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::ToleranceCost, self.amount);
        draft.credit(Layer::Posted, Account::Shopper, self.amount);
        Ok(())
    }
}
