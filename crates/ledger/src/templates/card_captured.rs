//! Posting template `card_captured`.

use money::Money;

use super::CardAuthorized;
use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// The store took its money. What the shopper's money does not cover is the operator's loss.
///
/// ```text
/// posted    shopper (CUR)    |    overruns (CUR)    |    issuer:name (CUR)
///           covered          |    overrun           |    covered + overrun
/// pending   issuer:name (CUR)   |    shopper (CUR)
///           authorized          |    authorized
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardCaptured {
    pub issuer: PlaceName,
    /// What an earlier [`CardAuthorized`](super::CardAuthorized) had set aside for this capture and is used up by it.
    pub authorized: Money,
    /// Paid from the shopper's money.
    pub covered: Money,
    /// Above that.
    pub overrun: Money,
}

impl Template for CardCaptured {
    const NAME: &'static str = "card_captured";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&CardAuthorized { issuer: self.issuer, amount: self.authorized })?;
        draft.debit(Layer::Posted, Account::Shopper, self.covered);
        draft.debit(Layer::Posted, Account::Overruns, self.overrun);
        let captured = self.covered.checked_add(self.overrun)?;
        draft.credit(Layer::Posted, Account::At(Place::Issuer(self.issuer)), captured);
        Ok(())
    }
}
