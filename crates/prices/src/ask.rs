//! Asking the venues over REST: at the start, and where the live feed is down or quiet.

use crate::{LivePrices, Via, seen::Seen};
use futures::future::{join, join_all};
use ids::UnixMs;
use money::Currency;
use ports::Outcome;
use std::sync::PoisonError;

/// Pauses for a venue that says that it is asked too often.
const PAUSE_MS: u64 = 5_000;
const PAUSE_MS_MAX: u64 = 300_000;

/// What a round of asking brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    pub ticks: usize,
    pub books: usize,
    /// For the log and the operator: venue, currency, why.
    pub failures: Vec<String>,
}

/// One thing to ask a venue.
#[derive(Clone, Copy)]
struct Question {
    /// Index of the venue.
    venue: usize,
    currency: Currency,
}

impl LivePrices {
    /// Asks all venues at once and keeps what they said. What fails leaves the older price, which ages.
    pub async fn refresh_once(&self) -> Refreshed {
        self.ask(|_, _| true, |_| true).await
    }

    /// Asks those whose price has not been renewed for a while.
    pub async fn refresh_quiet(&self) -> Refreshed {
        let now = self.clock.now();
        let quiet = |observed_at: Option<UnixMs>| {
            observed_at.is_none_or(|observed_at| now.0.saturating_sub(observed_at.0) > self.config.quiet_ms)
        };
        let due = |seen: &Seen, question: &Question| {
            let name = self.venues.get(question.venue).map_or("", |venue| venue.name());
            quiet(seen.rate(question.currency, name).map(|known| known.observed_at))
        };
        let book_due = |currency| quiet(self.seen().book(currency).map(|known| known.observed_at));
        self.ask(due, book_due).await
    }

    async fn ask(&self, due: impl Fn(&Seen, &Question) -> bool, book_due: impl Fn(Currency) -> bool) -> Refreshed {
        let now = self.clock.now();
        let watched = self.watched();
        let questions: Vec<Question> = {
            let seen = self.seen();
            let open = |name| seen.venue(name).paused_until <= now;
            let all =
                self.venues.iter().enumerate().filter(|(_, venue)| open(venue.name())).flat_map(|(index, venue)| {
                    let traded = watched.iter().copied().filter(|currency| venue.trades(*currency));
                    traded.map(move |currency| Question { venue: index, currency })
                });
            all.filter(|question| due(&seen, question)).collect()
        };
        let sold = |currency: &Currency| self.sold_at.trades(*currency) && book_due(*currency);
        let open = self.seen().venue(self.sold_at.name()).paused_until <= now;
        let books: Vec<Currency> = self.config.sold.iter().copied().filter(|of| open && sold(of)).collect();
        let tops = questions.into_iter().filter_map(|question| Some((self.venues.get(question.venue)?, question)));
        let tops = tops.map(|(venue, Question { currency, .. })| async move {
            // Seen when it was asked: an answer that took its time is that much older.
            let asked_at = self.clock.now();
            (venue.name(), currency, asked_at, venue.ticker(currency).await)
        });
        let books = books.into_iter().map(|currency| async move {
            let asked_at = self.clock.now();
            (currency, asked_at, self.sold_at.book(currency).await)
        });
        let (tops, books) = join(join_all(tops), join_all(books)).await;
        let mut done = Refreshed::default();
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        for (venue, currency, asked_at, outcome) in tops {
            match outcome {
                Outcome::Done(said) if said.value.bid().currency() == currency => {
                    seen.venue_mut(venue).pause_ms = 0;
                    seen.put_top(venue, &said, asked_at, Via::Rest);
                    done.ticks += 1;
                }
                other => done.failures.push(failed(&mut seen, venue, asked_at, currency, "ticker", &other)),
            }
        }
        let sold_at = self.sold_at.name();
        for (currency, asked_at, outcome) in books {
            match outcome {
                Outcome::Done(said) if said.value.currency() == currency => {
                    seen.put_book(said, asked_at, Via::Rest);
                    done.books += 1;
                }
                other => done.failures.push(failed(&mut seen, sold_at, asked_at, currency, "book", &other)),
            }
        }
        done
    }
}

/// Notes it, and pauses where the venue asks for it.
fn failed<T>(
    seen: &mut Seen,
    venue: &'static str,
    asked_at: UnixMs,
    currency: Currency,
    what: &str,
    outcome: &Outcome<T>,
) -> String {
    let why = match outcome {
        Outcome::Done(_) => "in another currency",
        Outcome::Rejected(rejection) => rejection.message.as_str(),
        Outcome::NotSent(why) | Outcome::Unknown(why) => why,
    };
    if matches!(outcome, Outcome::Rejected(rejection) if rejection.code == "rate_limited") {
        let now = seen.venue_mut(venue);
        // Several questions of one round are refused together; that is one refusal.
        if now.paused_until <= asked_at {
            now.pause_ms = (now.pause_ms * 2).clamp(PAUSE_MS, PAUSE_MS_MAX);
            now.paused_until = UnixMs(asked_at.0.saturating_add(now.pause_ms));
        }
    }
    seen.failed(venue, asked_at, format!("{currency} {what}: {why}"));
    format!("{venue} {currency} {what}: {why}")
}
