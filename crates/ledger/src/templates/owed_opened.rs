//! Posting template `owed_opened`.

use crate::{Account, Amount, Draft, Layer, LedgerError, Template};

/// What a purchase took and did not use waits for its refund: the same millisatoshi if it was never converted, else the
/// store's currency.
///
/// ```text
/// posted    shopper    |    owed
///           amount     |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedOpened {
    pub amount: Amount,
}

impl Template for OwedOpened {
    const NAME: &'static str = "owed_opened";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::Shopper, self.amount);
        draft.credit(Layer::Posted, Account::Owed, self.amount);
        Ok(())
    }
}
