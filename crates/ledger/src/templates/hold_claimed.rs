//! Posting template `hold_claimed`.

use money::Msat;

use super::HoldAccepted;
use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// The node confirmed the claim: what was pending since [`HoldAccepted`](super::HoldAccepted) has happened.
///
/// ```text
/// posted    lightning:node        |        shopper           |        owed
///           invoice + above       |        invoice           |        above
/// pending   taken back
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldClaimed {
    pub node: PlaceName,
    pub invoice_msat: Msat,
    pub above_msat: Msat,
}

impl Template for HoldClaimed {
    const NAME: &'static str = "hold_claimed";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let Self { node, invoice_msat, above_msat } = *self;
        draft.reverse(&HoldAccepted { node, invoice_msat, above_msat })?;
        draft.debit(Layer::Posted, Account::At(Place::Lightning(node)), invoice_msat.checked_add(above_msat)?);
        draft.credit(Layer::Posted, Account::Shopper, invoice_msat);
        draft.credit(Layer::Posted, Account::Owed, above_msat);
        Ok(())
    }
}
