//! Posting template `store_refund_reversed`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// The store took a refund back. What is still owed is owed no more; what was already paid back is the operator's loss.
///
/// ```text
/// posted    owed (CUR)    |    refund_losses (CUR)    |    issuer:name (CUR)
///           unpaid        |    paid back              |    unpaid + paid back
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreRefundReversed {
    pub issuer: PlaceName,
    /// Share of the amount that was still owed.
    pub unpaid: Money,
    /// Share of it that had been paid back to the shopper.
    pub paid_back: Money,
}

impl Template for StoreRefundReversed {
    const NAME: &'static str = "store_refund_reversed";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::Owed, self.unpaid);
        draft.debit(Layer::Posted, Account::RefundLosses, self.paid_back);
        let taken = self.unpaid.checked_add(self.paid_back)?;
        draft.credit(Layer::Posted, Account::At(Place::Issuer(self.issuer)), taken);
        Ok(())
    }
}
