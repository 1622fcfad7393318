//! Posting template `refund_sent`.

use money::Msat;

use super::RefundStarted;
use crate::{Account, Draft, Layer, LedgerError, Place, Template};

/// A refund arrived. The routing fee is the operator's, except for what the policy puts on the shopper.
///
/// ```text
/// posted    owed (BTC)                |    routing_fees (BTC)    |    place (BTC)
///           amount + shopper's fee    |    operator's fee        |    amount + both
/// pending   place (BTC)    |    owed (BTC)
///           amount         |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundSent {
    pub from: Place,
    /// What the shopper received; what [`RefundStarted`](super::RefundStarted) had set aside.
    pub amount_msat: Msat,
    /// Routing fee that the operator bears.
    pub operator_fee_msat: Msat,
    /// Routing fee that is taken from what is owed.
    pub shopper_fee_msat: Msat,
}

impl Template for RefundSent {
    const NAME: &'static str = "refund_sent";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.reverse(&RefundStarted { from: self.from, amount_msat: self.amount_msat })?;
        let owed_msat = self.amount_msat.checked_add(self.shopper_fee_msat)?;
        draft.debit(Layer::Posted, Account::Owed, owed_msat);
        draft.debit(Layer::Posted, Account::RoutingFees, self.operator_fee_msat);
        draft.credit(Layer::Posted, Account::At(self.from), owed_msat.checked_add(self.operator_fee_msat)?);
        Ok(())
    }
}
