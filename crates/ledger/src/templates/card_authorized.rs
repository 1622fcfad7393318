//! Posting template `card_authorized`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// A store's charge was approved: so much of the issuer's float is spoken for.
///
/// ```text
/// pending   shopper (CUR)    |    issuer:name (CUR)
///           amount           |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardAuthorized {
    pub issuer: PlaceName,
    pub amount: Money,
}

impl Template for CardAuthorized {
    const NAME: &'static str = "card_authorized";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Pending, Account::Shopper, self.amount);
        draft.credit(Layer::Pending, Account::At(Place::Issuer(self.issuer)), self.amount);
        Ok(())
    }
}
