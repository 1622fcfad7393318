//! Posting template `opening_balance`.

use crate::{Account, Amount, Draft, Layer, LedgerError, Place, Template};

/// What lay at a place when the books were opened, or what the operator put there later.
///
/// ```text
/// posted    place     |    equity
///           amount    |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningBalance {
    pub place: Place,
    pub amount: Amount,
}

impl Template for OpeningBalance {
    const NAME: &'static str = "opening_balance";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::At(self.place), self.amount);
        draft.credit(Layer::Posted, Account::Equity, self.amount);
        Ok(())
    }
}
