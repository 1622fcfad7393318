//! Posting template `hold_returned`.

use money::Msat;

use super::HoldAccepted;
use crate::{Draft, LedgerError, PlaceName, Template};

/// The HTLC was failed back: nothing happened. The reverse of [`HoldAccepted`](super::HoldAccepted).
///
/// ```text
/// pending   shopper    |    owed      |        lightning:node
/// invoice              |    above     |        invoice + above
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldReturned {
    pub node: PlaceName,
    pub invoice_msat: Msat,
    pub above_msat: Msat,
}

impl Template for HoldReturned {
    const NAME: &'static str = "hold_returned";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let Self { node, invoice_msat, above_msat } = *self;
        draft.reverse(&HoldAccepted { node, invoice_msat, above_msat })
    }
}
