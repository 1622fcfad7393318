//! Posting template `refund_started`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Place, Template};

/// A refund is on its way: from here on it is paid, or finally failed, or not known yet.
///
/// ```text
/// pending   owed (BTC)    |    place (BTC)
///           amount        |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundStarted {
    /// The node, wallet or exchange that sends it.
    pub from: Place,
    pub amount_msat: Msat,
}

impl Template for RefundStarted {
    const NAME: &'static str = "refund_started";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Pending, Account::Owed, self.amount_msat);
        draft.credit(Layer::Pending, Account::At(self.from), self.amount_msat);
        Ok(())
    }
}
