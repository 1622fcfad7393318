//! Posting template `store_refund_received`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// The store gave money back to the card: it is owed to the shopper.
///
/// ```text
/// posted    issuer:name (CUR)    |    owed (CUR)
///           amount               |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreRefundReceived {
    pub issuer: PlaceName,
    pub amount: Money,
}

impl Template for StoreRefundReceived {
    const NAME: &'static str = "store_refund_received";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::At(Place::Issuer(self.issuer)), self.amount);
        draft.credit(Layer::Posted, Account::Owed, self.amount);
        Ok(())
    }
}
