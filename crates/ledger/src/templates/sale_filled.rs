//! Posting template `sale_filled`.

use money::{Money, Msat};

use crate::{Account, Amount, Draft, Layer, LedgerError, Place, PlaceName, Template};

/// Bitcoin was sold at an exchange. A price that differs from the quote's stays on the trading account as gain or loss.
///
/// ```text
/// posted    trading:CUR (BTC)     |    exchange:name (BTC)
///           sold                  |    sold
///
///           exchange:name (CUR)   |    trading:CUR (CUR)
///           proceeds              |    proceeds
///
///           exchange_fees         |    exchange:name
///           fee, in either        |    fee
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleFilled {
    pub exchange: PlaceName,
    pub sold_msat: Msat,
    /// Before the fee.
    pub proceeds: Money,
    /// In bitcoin or in the currency, as the exchange takes it.
    pub fee: Amount,
}

impl Template for SaleFilled {
    const NAME: &'static str = "sale_filled";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let exchange = Account::At(Place::Exchange(self.exchange));
        let trading = Account::Trading(self.proceeds.currency());
        draft.debit(Layer::Posted, trading, self.sold_msat);
        draft.credit(Layer::Posted, exchange, self.sold_msat);
        draft.debit(Layer::Posted, exchange, self.proceeds);
        draft.credit(Layer::Posted, trading, self.proceeds);
        draft.debit(Layer::Posted, Account::ExchangeFees, self.fee);
        draft.credit(Layer::Posted, exchange, self.fee);
        Ok(())
    }
}
