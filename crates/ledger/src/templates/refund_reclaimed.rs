//! Posting template `refund_reclaimed`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Template};

/// The store took a refund back before it was paid out: it is owed no longer, and the loss that was booked with the
/// reversal is none.
///
/// ```text
/// posted    owed     |   refund losses
///           amount   |   amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundReclaimed {
    pub amount: Money,
}

impl Template for RefundReclaimed {
    const NAME: &'static str = "refund_reclaimed";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::Owed, self.amount);
        draft.credit(Layer::Posted, Account::RefundLosses, self.amount);
        Ok(())
    }
}
