//! Posting template `refund_unquoted`.

use money::{Money, Msat};

use super::RefundQuoted;
use crate::{Draft, LedgerError, Template};

/// A quoted refund was not paid (its invoice expired, the send finally failed): the shopper is owed the currency again. The
/// reverse of [`RefundQuoted`](super::RefundQuoted).
///
/// ```text
/// posted    trading:CUR (CUR)    |    owed (CUR)
///           owed                 |    owed
///
///           owed (BTC)           |    trading:CUR (BTC)
///           amount               |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundUnquoted {
    pub owed: Money,
    pub amount_msat: Msat,
}

impl Template for RefundUnquoted {
    const NAME: &'static str = "refund_unquoted";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&RefundQuoted { owed: self.owed, amount_msat: self.amount_msat })
    }
}
