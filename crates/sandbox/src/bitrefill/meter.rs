//! How often a key may call what ("Rate limits": most calls 60 in 10 minutes; the catalogue 60 a minute and 1000 an
//! hour together; `ping` one in 3 seconds).

use std::collections::{HashMap, VecDeque};

/// What is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimits {
    #[default]
    Documented,
    /// So many calls of each kind in ten minutes, whatever the kind.
    Each(usize),
    /// For tests and demos that are about something else.
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Window {
    Ping,
    Balance,
    Catalogue,
    CatalogueHour,
    NewInvoice,
    Invoice,
    Order,
}

/// `X-RateLimit-...` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) limit: usize,
    pub(crate) remaining: usize,
    /// Unix seconds at which a call is possible again.
    pub(crate) reset_s: i64,
}

pub(crate) struct Meters {
    limits: RateLimits,
    calls: HashMap<Window, VecDeque<i64>>,
}

/// The windows that a call falls into. Endpoints as in [`crate::faults`], without what is in their braces.
fn windows(endpoint: &str) -> &'static [(Window, usize, i64)] {
    const TEN_MINUTES: i64 = 600_000;
    match endpoint {
        "GET /v2/ping" => &[(Window::Ping, 1, 3_000)],
        "GET /v2/accounts/balance" => &[(Window::Balance, 60, TEN_MINUTES)],
        "POST /v2/invoices" => &[(Window::NewInvoice, 60, TEN_MINUTES)],
        "GET /v2/invoices/{id}" => &[(Window::Invoice, 60, TEN_MINUTES)],
        "GET /v2/orders/{id}" => &[(Window::Order, 60, TEN_MINUTES)],
        _ if endpoint.starts_with("GET /v2/products") => {
            &[(Window::Catalogue, 60, 60_000), (Window::CatalogueHour, 1_000, 3_600_000)]
        }
        _ => &[],
    }
}

impl Meters {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self { limits, calls: HashMap::new() }
    }

    /// Counts a call; `Err` when it is one too many, and then it is not counted.
    pub(crate) fn pass(&mut self, endpoint: &str, now_ms: i64) -> Result<Option<Reading>, Reading> {
        let windows: Vec<(Window, usize, i64)> = match self.limits {
            RateLimits::Off => return Ok(None),
            RateLimits::Documented => windows(endpoint).to_vec(),
            RateLimits::Each(limit) => windows(endpoint).iter().map(|(of, _, _)| (*of, limit, 600_000)).collect(),
        };
        let mut tightest: Option<Reading> = None;
        for (window, limit, length_ms) in &windows {
            let calls = self.calls.entry(*window).or_default();
            while calls.front().is_some_and(|at| *at <= now_ms - length_ms) {
                calls.pop_front();
            }
            let reset_ms = calls.front().map_or(now_ms, |first| *first) + length_ms;
            let reset_s = reset_ms.div_euclid(1000) + 1;
            if calls.len() >= *limit {
                return Err(Reading { limit: *limit, remaining: 0, reset_s });
            }
            let reading = Reading { limit: *limit, remaining: limit - calls.len() - 1, reset_s };
            if tightest.is_none_or(|other| reading.remaining < other.remaining) {
                tightest = Some(reading);
            }
        }
        for (window, _, _) in windows {
            self.calls.entry(window).or_default().push_back(now_ms);
        }
        Ok(tightest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_calls_and_then_none_until_the_first_is_ten_minutes_old() {
        let mut meters = Meters::new(RateLimits::Documented);
        for call in 0..60 {
            let reading = meters.pass("POST /v2/invoices", 1_000 + call).expect("allowed").expect("measured");
            assert_eq!(reading.remaining, usize::try_from(59 - call).expect("small"));
        }
        let full = meters.pass("POST /v2/invoices", 5_000).expect_err("one too many");
        assert_eq!((full.limit, full.remaining, full.reset_s), (60, 0, 602));
        assert!(meters.pass("GET /v2/invoices/{id}", 5_000).is_ok(), "each call has a meter of its own");
        assert!(meters.pass("POST /v2/invoices", 600_999).is_err());
        assert!(meters.pass("POST /v2/invoices", 601_000).is_ok());
    }

    #[test]
    fn the_catalogue_has_two_meters() {
        let mut meters = Meters::new(RateLimits::Documented);
        let mut now_ms = 0;
        for _ in 0..1_000 {
            assert!(meters.pass("GET /v2/products/{id}", now_ms).is_ok());
            now_ms += 1_100;
        }
        let full = meters.pass("GET /v2/products/search", now_ms).expect_err("the hour is full");
        assert_eq!(full.limit, 1_000);
    }
}
