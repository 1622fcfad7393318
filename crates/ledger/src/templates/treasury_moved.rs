//! Posting template `treasury_moved`.

use crate::{Account, Amount, Draft, Layer, LedgerError, Place, Template};

/// The operator moved value between two places: into channels, to an exchange, to an issuer's float.
///
/// ```text
/// posted    to        |    transfer_fees    |    from
///           amount    |    fee              |    amount + fee
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreasuryMoved {
    pub from: Place,
    pub to: Place,
    /// What arrived.
    pub amount: Amount,
    /// What the move cost, in the same asset or in another.
    pub fee: Amount,
}

impl Template for TreasuryMoved {
    const NAME: &'static str = "treasury_moved";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::At(self.to), self.amount);
        draft.credit(Layer::Posted, Account::At(self.from), self.amount);
        draft.debit(Layer::Posted, Account::TransferFees, self.fee);
        draft.credit(Layer::Posted, Account::At(self.from), self.fee);
        Ok(())
    }
}
