//! Posting template `funds_arrived`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Place, Template};

/// Bitcoin that could not be held arrived for good (on-chain, from a linked exchange account).
///
/// What is above the quote is owed at once. Funds that came too late or too few are owed as a whole: `quoted_msat` is zero.
///
/// ```text
/// posted    place                 |        shopper           |        owed
///           quoted + above        |        quoted            |        above
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundsArrived {
    /// Where they arrived: a wallet or an account at an exchange.
    pub place: Place,
    pub quoted_msat: Msat,
    pub above_msat: Msat,
}

impl Template for FundsArrived {
    const NAME: &'static str = "funds_arrived";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::At(self.place), self.quoted_msat.checked_add(self.above_msat)?);
        draft.credit(Layer::Posted, Account::Shopper, self.quoted_msat);
        draft.credit(Layer::Posted, Account::Owed, self.above_msat);
        Ok(())
    }
}
