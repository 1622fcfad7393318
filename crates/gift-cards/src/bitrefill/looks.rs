//! How often an order is looked at: soon after it is paid, then ever less, because the vendor allows one look in ten
//! seconds for all orders together. Between two looks the last answer stands, which can only be that nothing has
//! happened yet.

use ids::UnixMs;
use ports::VendorOrderStatus;
use std::collections::HashMap;

/// Waits after the first, second, ... look; the last one for ever. Cards come within seconds or not soon.
const WAITS_MS: [u64; 9] = [2_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000, 300_000];
/// Orders remembered; without a memory an order is looked at when asked.
const ORDERS_MAX: usize = 1_000;

#[derive(Debug)]
struct Look {
    status: VendorOrderStatus,
    count: usize,
    next_at: UnixMs,
}

#[derive(Debug, Default)]
pub struct Looks(HashMap<String, Look>);

impl Looks {
    /// The last answer, while it is too early to ask again.
    pub fn last(&self, order_id: &str, now: UnixMs) -> Option<VendorOrderStatus> {
        self.0.get(order_id).filter(|look| now < look.next_at).map(|look| look.status.clone())
    }

    pub fn note(&mut self, order_id: &str, status: &VendorOrderStatus, now: UnixMs) {
        match status {
            VendorOrderStatus::AwaitingFunds | VendorOrderStatus::Paid => {}
            VendorOrderStatus::NotFound
            | VendorOrderStatus::Delivered
            | VendorOrderStatus::Failed { .. }
            | VendorOrderStatus::RefundedByVendor => {
                self.0.remove(order_id);
                return;
            }
        }
        if !self.0.contains_key(order_id) && self.0.len() >= ORDERS_MAX {
            self.0.retain(|_, look| now < look.next_at);
            if self.0.len() >= ORDERS_MAX {
                return;
            }
        }
        let seen = self.0.get(order_id).filter(|look| look.status == *status).map_or(0, |look| look.count);
        let wait_ms = WAITS_MS[seen.min(WAITS_MS.len() - 1)];
        let look = Look { status: status.clone(), count: seen + 1, next_at: now.plus_ms(wait_ms) };
        self.0.insert(order_id.to_owned(), look);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked every two seconds, as the engine does.
    fn looks_in(span_ms: u64, status: &VendorOrderStatus) -> usize {
        let mut looks = Looks::default();
        let mut count = 0;
        for now in (0..span_ms).step_by(2_000).map(UnixMs) {
            if looks.last("order", now).is_none() {
                looks.note("order", status, now);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn a_late_order_is_looked_at_ever_less() {
        assert_eq!(looks_in(10_000, &VendorOrderStatus::Paid), 4);
        assert_eq!(looks_in(600_000, &VendorOrderStatus::Paid), 10);
        assert_eq!(looks_in(600_000, &VendorOrderStatus::Delivered), 300, "what has ended is not remembered");
    }

    #[test]
    fn a_change_is_followed_closely_again() {
        let mut looks = Looks::default();
        for now in 0..5 {
            looks.note("order", &VendorOrderStatus::AwaitingFunds, UnixMs(now));
        }
        looks.note("order", &VendorOrderStatus::Paid, UnixMs(100));
        assert_eq!(looks.last("order", UnixMs(2_099)), Some(VendorOrderStatus::Paid));
        assert_eq!(looks.last("order", UnixMs(2_100)), None);
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut looks = Looks::default();
        for order in 0..2 * ORDERS_MAX {
            looks.note(&order.to_string(), &VendorOrderStatus::Paid, UnixMs(0));
        }
        assert_eq!(looks.0.len(), ORDERS_MAX);
        looks.note("late", &VendorOrderStatus::Paid, UnixMs(1_000_000));
        assert_eq!(looks.0.len(), 1);
    }
}
