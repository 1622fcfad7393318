//! Posting template `authorization_reversed`.

use money::Money;

use super::CardAuthorized;
use crate::{Draft, LedgerError, PlaceName, Template};

/// A charge, or a part of one, was voided, expired, or declined by the network after all. The reverse of
/// [`CardAuthorized`](super::CardAuthorized).
///
/// ```text
/// pending   issuer:name (CUR)    |    shopper (CUR)
///           amount               |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationReversed {
    pub issuer: PlaceName,
    /// What this takes back.
    pub amount: Money,
}

impl Template for AuthorizationReversed {
    const NAME: &'static str = "authorization_reversed";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&CardAuthorized { issuer: self.issuer, amount: self.amount })
    }
}
