//! Posting template `gift_card_delivered`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Template};

/// The code is there: what was claimed has bought it. Fee and rounding are ours.
///
/// ```text
/// posted    shopper (BTC)              |    gift_cards (BTC)    |    fee_income (BTC)    |    rounding (BTC)
///           vendor + fee + rounding    |    vendor              |    fee                 |    rounding
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftCardDelivered {
    /// What the vendor got.
    pub vendor_msat: Msat,
    pub fee_msat: Msat,
    /// What rounding up to a whole satoshi took.
    pub rounding_msat: Msat,
}

impl Template for GiftCardDelivered {
    const NAME: &'static str = "gift_card_delivered";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let claimed_msat = self.vendor_msat.checked_add(self.fee_msat)?.checked_add(self.rounding_msat)?;
        draft.debit(Layer::Posted, Account::Shopper, claimed_msat);
        draft.credit(Layer::Posted, Account::GiftCards, self.vendor_msat);
        draft.credit(Layer::Posted, Account::FeeIncome, self.fee_msat);
        draft.credit(Layer::Posted, Account::Rounding, self.rounding_msat);
        Ok(())
    }
}
