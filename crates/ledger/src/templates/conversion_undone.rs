//! Posting template `conversion_undone`.

use super::Converted;
use crate::{Draft, LedgerError, Template};

/// Nothing was bought with what was claimed, and that was our fault (an answer that came too late): the shopper is owed the
/// same millisatoshi, fee included, so the conversion is taken back to the last line.
///
/// If the bitcoin was sold meanwhile, the trading account shows a short position until it is bought back.
///
/// ```text
/// posted    every line of `converted`, with the sides changed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionUndone {
    /// What was posted.
    pub conversion: Converted,
}

impl Template for ConversionUndone {
    const NAME: &'static str = "conversion_undone";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&self.conversion)
    }
}
