//! Posting template `refund_failed`.

use money::Msat;

use super::RefundStarted;
use crate::{Draft, LedgerError, Place, Template};

/// A refund finally failed and is owed as before. The reverse of [`RefundStarted`](super::RefundStarted).
///
/// ```text
/// pending   place (BTC)    |    owed (BTC)
///           amount         |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundFailed {
    pub from: Place,
    pub amount_msat: Msat,
}

impl Template for RefundFailed {
    const NAME: &'static str = "refund_failed";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&RefundStarted { from: self.from, amount_msat: self.amount_msat })
    }
}
