//! Posting template `converted`.

use money::{Money, Msat, Rate};

use crate::{Account, Draft, Layer, LedgerError, Template};

/// The shopper's bitcoin becomes the store's currency at the quoted rate.
///
/// The operator takes the bitcoin at the market rate; what the shopper is promised for it is less by spread and fee. What
/// rounding up to a whole satoshi took is booked apart, in bitcoin. A market value below the promise is a negative spread.
///
/// ```text
/// posted    shopper (BTC)    |   trading:CUR (BTC)    |   rounding:CUR (BTC)
///           claimed          |   claimed - rounding   |   rounding
///
///           trading:CUR      |   shopper (CUR)   |   fee_income   |   spread_income
///           market value     |   order total     |   fee          |   the rest
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converted {
    /// What was claimed for the invoice.
    pub claimed_msat: Msat,
    /// Share of it that only rounding took.
    pub rounding_msat: Msat,
    /// What the claimed bitcoin is worth at the market rate of the quote, rounded down.
    pub market_value: Money,
    pub order_total: Money,
    pub fee: Money,
}

impl Template for Converted {
    const NAME: &'static str = "converted";

    fn draft(&self, draft: &mut Draft) -> Result<(), LedgerError> {
        let currency = self.order_total.currency();
        let (trading, rounding) = (Account::Trading(currency), Account::TradedRounding(currency));
        draft.debit(Layer::Posted, Account::Shopper, self.claimed_msat);
        draft.credit(Layer::Posted, trading, self.claimed_msat.checked_sub(self.rounding_msat)?);
        draft.credit(Layer::Posted, rounding, self.rounding_msat);
        draft.debit(Layer::Posted, trading, self.market_value);
        draft.credit(Layer::Posted, Account::Shopper, self.order_total);
        draft.credit(Layer::Posted, Account::FeeIncome, self.fee);
        let promised = self.order_total.checked_add(self.fee)?;
        draft.credit(Layer::Posted, Account::SpreadIncome, self.market_value.saturating_sub(promised)?);
        draft.debit(Layer::Posted, Account::SpreadIncome, promised.saturating_sub(self.market_value)?);
        Ok(())
    }
}

impl Converted {
    /// From the rates of the quote: `quoted` is `market` less the spread.
    pub fn at_rates(
        claimed_msat: Msat,
        quoted: Rate,
        market: Rate,
        order_total: Money,
        fee: Money,
    ) -> Result<Self, LedgerError> {
        let exact_msat = quoted.msat_floor(order_total.checked_add(fee)?)?;
        let rounding_msat = claimed_msat.checked_sub(exact_msat)?;
        let market_value = market.minor_floor(claimed_msat)?;
        Ok(Self { claimed_msat, rounding_msat, market_value, order_total, fee })
    }
}
