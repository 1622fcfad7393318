//! Posting template `owed_withdrawn`.

use super::OwedOpened;
use crate::{Amount, Draft, LedgerError, Template};

/// A voided charge was captured after all, before its refund was paid: what was owed is the purchase's again, and the
/// capture that follows uses it up. The reverse of [`OwedOpened`](super::OwedOpened).
///
/// ```text
/// posted    owed       |    shopper
///           amount     |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedWithdrawn {
    pub amount: Amount,
}

impl Template for OwedWithdrawn {
    const NAME: &'static str = "owed_withdrawn";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&OwedOpened { amount: self.amount })
    }
}
