//! Posting template `gift_card_lost`.

use money::Msat;

use crate::{Account, Draft, Layer, LedgerError, Template};

/// A vendor was paid and nothing came of it: the hold could not be claimed any more, or no code ever came and the shopper is
/// paid back. The operator's loss.
///
/// ```text
/// posted    gift_card_losses (BTC)    |    gift_cards (BTC)
///           amount                    |    amount
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftCardLost {
    pub amount_msat: Msat,
}

impl Template for GiftCardLost {
    const NAME: &'static str = "gift_card_lost";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        draft.debit(Layer::Posted, Account::GiftCardLosses, self.amount_msat);
        draft.credit(Layer::Posted, Account::GiftCards, self.amount_msat);
        Ok(())
    }
}
