//! Posting template `force_captured`.

use money::Money;

use crate::{Account, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// A capture that no authorization of ours stands behind (force capture, stand-in approval). What is left of the shopper's
/// money for this purchase covers it first; beyond that it is the operator's loss, never the shopper's.
///
/// ```text
/// posted    shopper (CUR)    |    overruns (CUR)    |    issuer:name (CUR)
///           covered          |    overrun           |    covered + overrun
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForceCaptured {
    pub issuer: PlaceName,
    pub covered: Money,
    pub overrun: Money,
}

impl Template for ForceCaptured {
    const NAME: &'static str = "force_captured";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::Shopper, self.covered);
        draft.debit(Layer::Posted, Account::Overruns, self.overrun);
        let captured = self.covered.checked_add(self.overrun)?;
        draft.credit(Layer::Posted, Account::At(Place::Issuer(self.issuer)), captured);
        Ok(())
    }
}
