//! Posting template `overrun_recovered`.

use money::Money;

use super::ForceCaptured;
use crate::{Draft, LedgerError, PlaceName, Template};

/// A store gave back what the operator had borne: the loss is smaller.
///
/// ```text
/// posted    at issuer   |   overruns
///           amount      |   amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverrunRecovered {
    pub issuer: PlaceName,
    pub amount: Money,
}

impl Template for OverrunRecovered {
    const NAME: &'static str = "overrun_recovered";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let covered = Money::zero(self.amount.currency());
        draft.reverse(&ForceCaptured { issuer: self.issuer, covered, overrun: self.amount })
    }
}
