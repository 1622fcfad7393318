//! Posting template `vendor_refunded`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Place, Template};

/// A vendor that could not deliver paid back.
///
/// ```text
/// posted    place (BTC)    |    gift_cards (BTC)
///           amount         |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorRefunded {
    /// Where it arrived.
    pub place: Place,
    pub amount_msat: Msat,
}

impl Template for VendorRefunded {
    const NAME: &'static str = "vendor_refunded";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::At(self.place), self.amount_msat);
        draft.credit(Layer::Posted, Account::GiftCards, self.amount_msat);
        Ok(())
    }
}
