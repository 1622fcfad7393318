//! Posting template `vendor_paid`.

use money::Msat;

use super::VendorPayStarted;
use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// The vendor is paid, and its preimage claims the hold.
///
/// ```text
/// posted    gift_cards (BTC)    |    routing_fees (BTC)    |    lightning:node (BTC)
///           amount              |    fee                   |    amount + fee
/// pending   lightning:node (BTC)    |    gift_cards (BTC)
///           amount                  |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorPaid {
    pub node: PlaceName,
    pub amount_msat: Msat,
    pub fee_msat: Msat,
}

impl Template for VendorPaid {
    const NAME: &'static str = "vendor_paid";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let Self { node, amount_msat, fee_msat } = *self;
        draft.reverse(&VendorPayStarted { node, amount_msat })?;
        draft.debit(Layer::Posted, Account::GiftCards, amount_msat);
        draft.debit(Layer::Posted, Account::RoutingFees, fee_msat);
        draft.credit(Layer::Posted, Account::At(Place::Lightning(node)), amount_msat.checked_add(fee_msat)?);
        Ok(())
    }
}
