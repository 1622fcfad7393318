//! Posting template `vendor_pay_failed`.

use money::Msat;

use super::VendorPayStarted;
use crate::{Draft, LedgerError, PlaceName, Template};

/// The node said that the send to the vendor finally failed. The reverse of [`VendorPayStarted`](super::VendorPayStarted).
///
/// ```text
/// pending   lightning:node (BTC)    |    gift_cards (BTC)
///           amount                  |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorPayFailed {
    pub node: PlaceName,
    pub amount_msat: Msat,
}

impl Template for VendorPayFailed {
    const NAME: &'static str = "vendor_pay_failed";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&VendorPayStarted { node: self.node, amount_msat: self.amount_msat })
    }
}
