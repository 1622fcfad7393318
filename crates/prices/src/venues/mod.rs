//! The venues' own wire formats, one module each: what to ask, how to read what comes, on REST and on the live feed.
//! Public market data only; no key.

pub(crate) mod bitfinex;
pub(crate) mod bitstamp;
pub(crate) mod coinbase;
pub(crate) mod gemini;
pub(crate) mod kraken;

use crate::{Bid, Book, Broken, Feed, Said, Top, Update, Why, decimal::Decimal, levels::Levels, levels::Side};
use ids::UnixMs;
use money::{Currency, Rate, Sat};
use outbound::{Request, Response};
use ports::{Outcome, Rejection};

/// Levels that are asked for where a venue can be asked for some.
pub(crate) const BOOK_LEVELS: usize = 100;

/// How one venue is spoken to. Pure.
pub(crate) trait Wire: Send + Sync {
    fn ticker_request(&self, currency: Currency) -> Request;
    fn read_ticker(&self, response: &Response, currency: Currency) -> Outcome<Said<Top>>;
    fn book_request(&self, currency: Currency) -> Request;
    fn read_book(&self, response: &Response, currency: Currency) -> Outcome<Said<Book>>;
    /// Path and query of the feed.
    fn socket_target(&self) -> &'static str;
    fn feed(&self, currencies: &[Currency], books: bool) -> Box<dyn Feed>;
}

pub(crate) fn unreadable<T>() -> Outcome<T> {
    Outcome::Unknown("market data is not of the documented form".to_owned())
}

pub(crate) fn rate_limited<T>() -> Outcome<T> {
    Outcome::Rejected(Rejection::retryable("rate_limited", "asked too often"))
}

/// What a status other than 200 means.
pub(crate) fn answered(response: &Response) -> Outcome<()> {
    match response.status {
        200 => Outcome::Done(()),
        429 | 418 => rate_limited(),
        400 | 403 | 404 => Outcome::Rejected(Rejection::fatal("refused", format!("answered {}", response.status))),
        status => Outcome::Unknown(format!("answered {status}")),
    }
}

/// Best bid and ask from their texts.
pub(crate) fn top(bid: Decimal<'_>, ask: Decimal<'_>, currency: Currency) -> Option<Top> {
    Top::new(bid.rate(currency)?, ask.rate(currency)?)
}

/// A whole book from both sides, price and amount each. A crossed book is no book.
pub(crate) fn whole_book<'a>(
    currency: Currency,
    bids: impl Iterator<Item = (Decimal<'a>, Decimal<'a>)>,
    asks: impl Iterator<Item = (Decimal<'a>, Decimal<'a>)>,
) -> Option<(Book, Option<Top>)> {
    let level = |(price, amount): (Decimal<'a>, Decimal<'a>)| Some((price.rate(currency)?, amount.sat_floor()?));
    let bids: Vec<(Rate, Sat)> = bids.map(level).collect::<Option<_>>()?;
    let mut lowest: Option<Rate> = None;
    for ask in asks {
        let (rate, _) = level(ask)?;
        if lowest.is_none_or(|lowest| rate.micro_per_btc() < lowest.micro_per_btc()) {
            lowest = Some(rate);
        }
    }
    let bids = bids.into_iter().map(|(rate, amount_sat)| Bid { rate, amount_sat });
    let book = Book::new(currency, bids.collect())?;
    match (book.best(), lowest) {
        (Some(bid), Some(ask)) if bid.micro_per_btc() >= ask.micro_per_btc() => None,
        (Some(bid), Some(ask)) => Some((book, Top::new(bid, ask))),
        _ => Some((book, None)),
    }
}

/// One level of a change: an amount of zero takes it away. `written` adds to the checksum.
pub(crate) fn change(
    levels: &mut Levels,
    side: Side,
    price: Decimal<'_>,
    amount: Decimal<'_>,
    written: impl FnOnce() -> String,
) -> Result<(), Broken> {
    let currency = levels.currency();
    let Some(rate) = price.rate(currency) else {
        let why = if price.is_zero() { Why::NotAMarket } else { Why::Unreadable };
        return Err(Broken::of(currency, why));
    };
    let amount_sat = amount.sat_floor().ok_or(Broken::of(currency, Why::Unreadable))?;
    if amount_sat.is_zero() {
        levels.remove(side, rate);
    } else {
        levels.set(side, rate, amount_sat, written());
    }
    Ok(())
}

/// What a book that is up to date says.
pub(crate) fn tell(
    levels: &Levels,
    books: bool,
    said_at: Option<UnixMs>,
    found: &mut Vec<Update>,
) -> Result<(), Broken> {
    let crossed = |_| Broken::of(levels.currency(), Why::NotAMarket);
    let Some(top) = levels.top().map_err(crossed)? else { return Ok(()) };
    found.push(Update::Top { top, said_at });
    if books && let Some(book) = levels.book() {
        found.push(Update::Book { book, said_at });
    }
    Ok(())
}

#[cfg(test)]
mod documents_tests;
