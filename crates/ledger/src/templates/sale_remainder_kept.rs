//! Posting template `sale_remainder_kept`.

use money::{Money, Msat};

use crate::{Account, Draft, Layer, LedgerError, Template};

/// What could not be sold, or is too little to be sold, is taken over by the operator at its worth: the purchase's position is
/// closed, the operator's own one grows.
///
/// ```text
/// posted    trading:CUR (BTC)    |    kept:CUR (BTC)
///           remainder            |    remainder
///
///           kept:CUR (CUR)       |    trading:CUR (CUR)
///           worth                |    worth
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleRemainderKept {
    pub remainder_msat: Msat,
    /// At the rate at which it is taken over; its currency is the pair's.
    pub worth: Money,
}

impl Template for SaleRemainderKept {
    const NAME: &'static str = "sale_remainder_kept";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let currency = self.worth.currency();
        draft.debit(Layer::Posted, Account::Trading(currency), self.remainder_msat);
        draft.credit(Layer::Posted, Account::Kept(currency), self.remainder_msat);
        draft.debit(Layer::Posted, Account::Kept(currency), self.worth);
        draft.credit(Layer::Posted, Account::Trading(currency), self.worth);
        Ok(())
    }
}
