//! What was seen last of each venue and currency, and how its feed is doing.

use crate::{Book, Said, Tick, Top, Update};
use ids::UnixMs;
use money::{Currency, Rate};
use std::collections::BTreeMap;

/// How a price came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The live feed.
    Socket,
    /// Asked for.
    Rest,
}

/// A venue's live feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FeedState {
    /// There is none, or nobody listens.
    #[default]
    None,
    Connecting,
    Connected,
}

/// How a venue has been doing since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VenueNow {
    pub feed: FeedState,
    /// Connections that were made.
    pub connections: u64,
    /// Times that a currency's data were asked for anew on an open connection.
    pub resyncs: u64,
    /// The last thing that went wrong, and when.
    pub failure: Option<(UnixMs, String)>,
    /// Not asked before this: it said that it is asked too often.
    pub(crate) paused_until: UnixMs,
    pub(crate) pause_ms: u64,
}

/// Something that was seen, and how old it was when it came.
#[derive(Debug, Clone)]
pub(crate) struct Known<T> {
    pub(crate) value: T,
    pub(crate) observed_at: UnixMs,
    pub(crate) via: Via,
    /// How far a feed is behind by the venue's own times. What only holds on is as old as it was when it came.
    lag_ms: u64,
}

impl<T> Known<T> {
    fn new(said: Said<T>, heard_at: UnixMs, via: Via) -> Self {
        let observed_at = said.observed_at(heard_at);
        Self { value: said.value, observed_at, via, lag_ms: heard_at.0.saturating_sub(observed_at.0) }
    }

    /// A feed's last word stands for what went before on it; else nothing older takes the place of something newer.
    fn gives_way_to(&self, newer: &Self) -> bool {
        (self.via, newer.via) == (Via::Socket, Via::Socket) || self.observed_at <= newer.observed_at
    }

    /// The feed confirms what it brought, never what was asked for meanwhile.
    fn holds(&mut self, said_at: Option<UnixMs>, heard_at: UnixMs) {
        let lagging = UnixMs(heard_at.0.saturating_sub(self.lag_ms));
        let at = said_at.map_or(lagging, |said_at| said_at.min(heard_at));
        if self.via == Via::Socket {
            self.observed_at = self.observed_at.max(at);
        }
    }
}

#[derive(Default)]
pub(crate) struct Seen {
    rates: BTreeMap<(Currency, &'static str), Known<Rate>>,
    books: BTreeMap<Currency, Known<Book>>,
    venues: BTreeMap<&'static str, VenueNow>,
    /// Whose books these are.
    sold_at: &'static str,
}

impl Seen {
    pub(crate) fn new(sold_at: &'static str) -> Self {
        Self { sold_at, ..Self::default() }
    }

    pub(crate) fn ticks(&self, currency: Currency) -> impl Iterator<Item = Tick> + Clone + '_ {
        let of_currency = self.rates.range((currency, "")..).take_while(move |((of, _), _)| *of == currency);
        of_currency.map(|((_, venue), known)| Tick { venue, rate: known.value, observed_at: known.observed_at })
    }

    pub(crate) fn rate(&self, currency: Currency, venue: &'static str) -> Option<&Known<Rate>> {
        self.rates.get(&(currency, venue))
    }

    pub(crate) fn book(&self, currency: Currency) -> Option<&Known<Book>> {
        self.books.get(&currency)
    }

    pub(crate) fn venue(&self, name: &'static str) -> VenueNow {
        self.venues.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn venue_mut(&mut self, name: &'static str) -> &mut VenueNow {
        self.venues.entry(name).or_default()
    }

    pub(crate) fn failed(&mut self, name: &'static str, now: UnixMs, why: String) {
        self.venue_mut(name).failure = Some((now, why));
    }

    pub(crate) fn put_top(&mut self, venue: &'static str, said: &Said<Top>, heard_at: UnixMs, via: Via) {
        let rate = said.value.middle();
        let new = Known::new(Said { value: rate, said_at: said.said_at }, heard_at, via);
        let key = (rate.currency(), venue);
        if self.rates.get(&key).is_none_or(|known| known.gives_way_to(&new)) {
            self.rates.insert(key, new);
        }
    }

    pub(crate) fn put_book(&mut self, said: Said<Book>, heard_at: UnixMs, via: Via) {
        let new = Known::new(said, heard_at, via);
        let currency = new.value.currency();
        if self.books.get(&currency).is_none_or(|known| known.gives_way_to(&new)) {
            self.books.insert(currency, new);
        }
    }

    /// What a feed found. `counts` is false for a venue whose book is walked but whose price is not asked for.
    pub(crate) fn put(&mut self, venue: &'static str, update: Update, heard_at: UnixMs, counts: bool) {
        match update {
            Update::Top { top, said_at } if counts => {
                self.put_top(venue, &Said { value: top, said_at }, heard_at, Via::Socket);
            }
            Update::Top { .. } => {}
            Update::Book { book, said_at } => self.put_book(Said { value: book, said_at }, heard_at, Via::Socket),
            Update::Holds { currency, said_at } => {
                if let Some(known) = self.rates.get_mut(&(currency, venue)).filter(|_| counts) {
                    known.holds(said_at, heard_at);
                }
                if let Some(known) = self.books.get_mut(&currency).filter(|_| self.sold_at == venue) {
                    known.holds(said_at, heard_at);
                }
            }
            Update::Note(why) => self.failed(venue, heard_at, why),
        }
    }
}
