//! Posting template `refund_quoted`.

use money::{Money, Msat};

use crate::{Account, Draft, Layer, LedgerError, Template};

/// Something owed in a currency gets an amount in bitcoin at today's rate, because it is about to be paid back.
///
/// ```text
/// posted    owed (CUR)           |    trading:CUR (CUR)
///           owed                 |    owed
///
///           trading:CUR (BTC)    |    owed (BTC)
///           amount               |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundQuoted {
    /// What is owed.
    pub owed: Money,
    /// What is paid for it.
    pub amount_msat: Msat,
}

impl Template for RefundQuoted {
    const NAME: &'static str = "refund_quoted";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let trading = Account::Trading(self.owed.currency());
        draft.debit(Layer::Posted, Account::Owed, self.owed);
        draft.credit(Layer::Posted, trading, self.owed);
        draft.debit(Layer::Posted, trading, self.amount_msat);
        draft.credit(Layer::Posted, Account::Owed, self.amount_msat);
        Ok(())
    }
}
