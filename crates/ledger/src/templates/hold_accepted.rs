//! Posting template `hold_accepted`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// An HTLC is held: if it is claimed, the bitcoin is ours and owed to the shopper.
///
/// BOLT 11 lets a payer send more than the invoice asks; what is above it would be owed at once.
///
/// ```text
/// pending   lightning:node        |        shopper           |        owed
///           invoice + above       |        invoice           |        above
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldAccepted {
    /// The node that holds.
    pub node: PlaceName,
    /// What the invoice asks for.
    pub invoice_msat: Msat,
    /// What was sent on top.
    pub above_msat: Msat,
}

impl Template for HoldAccepted {
    const NAME: &'static str = "hold_accepted";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(
            Layer::Pending,
            Account::At(Place::Lightning(self.node)),
            self.invoice_msat.checked_add(self.above_msat)?,
        );
        draft.credit(Layer::Pending, Account::Shopper, self.invoice_msat);
        draft.credit(Layer::Pending, Account::Owed, self.above_msat);
        Ok(())
    }
}
