//! Requests a second, counted in windows of one second, and the headers that tell of it.

use std::sync::Mutex;

use axum::response::Response;

use crate::vendor::lock;

pub(crate) struct Rates {
    max: Option<u32>,
    /// The second, and what was asked in it.
    window: Mutex<(i64, u32)>,
}

impl Rates {
    pub(crate) fn new(max: Option<u32>) -> Self {
        Self { max, window: Mutex::new((0, 0)) }
    }

    /// Counts one request; `None`: too many. What is left of this second, otherwise.
    pub(crate) fn take(&self, now_ms: i64) -> Option<u32> {
        let second = now_ms.div_euclid(1_000);
        let mut window = lock(&self.window);
        if window.0 != second {
            *window = (second, 0);
        }
        window.1 = window.1.saturating_add(1);
        self.max.unwrap_or(u32::MAX).checked_sub(window.1)
    }

    pub(crate) fn tell(&self, left: u32, response: &mut Response) {
        let Some(max) = self.max else { return };
        let headers = [("x-ratelimit-limit", max), ("x-ratelimit-remaining", left), ("x-ratelimit-reset", 1)];
        for (name, number) in headers {
            response.headers_mut().insert(name, number.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own_count() {
        let rates = Rates::new(Some(2));
        let taken: Vec<_> = [0, 1, 999, 1_000, 1_500, 1_999].map(|ms| rates.take(ms)).to_vec();
        assert_eq!(taken, [Some(1), Some(0), None, Some(1), Some(0), None]);
        assert!(Rates::new(None).take(0).is_some());
    }
}
