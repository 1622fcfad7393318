//! Posting template `vendor_pay_started`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// The commit to pay a gift-card vendor, from the second node: paid, finally failed, or not known yet.
///
/// ```text
/// pending   gift_cards (BTC)    |    lightning:node (BTC)
///           amount              |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorPayStarted {
    /// The node that pays, never the one that holds.
    pub node: PlaceName,
    /// The vendor's invoice.
    pub amount_msat: Msat,
}

impl Template for VendorPayStarted {
    const NAME: &'static str = "vendor_pay_started";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Pending, Account::GiftCards, self.amount_msat);
        draft.credit(Layer::Pending, Account::At(Place::Lightning(self.node)), self.amount_msat);
        Ok(())
    }
}
