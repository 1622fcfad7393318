//! Watches a purchase from outside and keeps its own sums; knows nothing of how the core does it.

use ids::{PaymentHash, UnixMs};
use purchase::{
    Booking, Decision, Effect, Event, Flow, OwedAmount, OwedCause, Purchase, State, Step, Stepped, replay, step,
};
use std::collections::BTreeMap;

/// Sums of what was booked; signed so that a wrong sign shows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    held_msat: i128,
    shopper_msat: i128,
    shopper_minor: i128,
    /// Booked as owed, and not yet a refund.
    owed_msat: i128,
    owed_minor: i128,
    reserved_minor: i128,
    checks_minor: i128,
    sending_msat: i128,
    gift_cards_msat: i128,
}

pub struct Auditor {
    log: Vec<(Event, UnixMs)>,
    purchase: Purchase,
    sums: Sums,
    last_sequence: u32,
    /// `true` claimed, `false` returned: what was asked of the node for each hash.
    asked: BTreeMap<PaymentHash, bool>,
    send_failed: bool,
    terminal: Option<State>,
}

impl Auditor {
    pub fn new(created: Event, now: UnixMs) -> Self {
        let Ok(Stepped::Applied(first)) = step(None, &created, now) else { panic!("{created:?} is refused") };
        let mut auditor = Self {
            log: vec![(created, now)],
            purchase: first.purchase.clone(),
            sums: Sums::default(),
            last_sequence: 0,
            asked: BTreeMap::new(),
            send_failed: false,
            terminal: None,
        };
        auditor.effects(&first);
        auditor
    }

    pub fn purchase(&self) -> &Purchase {
        &self.purchase
    }

    /// One thing happens; panics if anything is not as it must be. Says whether it was applied.
    pub fn happens(&mut self, event: &Event, now: UnixMs) -> bool {
        round_trip(event);
        let Ok(Stepped::Applied(step)) = step(Some(&self.purchase), event, now) else { return false };
        assert!(step.purchase != self.purchase, "{} was applied and changed nothing", event.name());
        self.send_failed |= matches!(event, Event::VendorSendFailed { .. });
        self.effects(&step);
        self.charges(&step.purchase);
        for booking in &step.bookings {
            round_trip(booking);
            self.book(booking, &step.purchase);
        }
        self.held(event, &step);
        self.purchase = step.purchase;
        self.log.push((event.clone(), now));
        self.state();
        true
    }

    /// The log alone leads to the same purchase.
    pub fn replayed(&self) {
        let again = replay(self.log.iter().map(|(event, at)| (event, *at))).expect("the log replays");
        assert_eq!(again.as_ref(), Some(&self.purchase));
        round_trip(&self.purchase);
    }

    fn effects(&mut self, step: &Step) {
        // One that came too short went back before; this one is another.
        if let (None, Some(hold)) = (self.purchase.hold, step.purchase.hold) {
            self.asked.remove(&hold.payment_hash);
        }
        for (sequence, effect) in &step.effects {
            round_trip(effect);
            assert_eq!(*sequence, self.last_sequence + 1, "sequences rise by one");
            self.last_sequence = *sequence;
            match effect {
                Effect::Claim { payment_hash, .. } => {
                    let hold = step.purchase.hold.expect("a claim needs a hold");
                    assert!(hold.payment_hash == *payment_hash && !hold.returned);
                    assert_ne!(self.asked.insert(*payment_hash, true), Some(false), "claimed after its return");
                }
                Effect::ReturnHtlc { payment_hash } => {
                    let live = step.purchase.hold.is_some_and(|h| h.payment_hash == *payment_hash && !h.returned);
                    let claimed = self.asked.get(payment_hash) == Some(&true);
                    assert!(!(live && claimed), "returned after its claim");
                    let sent = step.purchase.policy.flow == Flow::GiftCard && live;
                    assert!(!sent || self.send_failed, "returned while the vendor may be paid");
                    self.asked.entry(*payment_hash).or_insert(false);
                }
                Effect::OpenRefund { number, amount, .. } => {
                    let owed = step.purchase.owed.iter().find(|owed| owed.number == *number).expect("is owed");
                    assert_eq!(owed.amount, *amount);
                    match amount {
                        OwedAmount::Bitcoin(msat) => sub(&mut self.sums.owed_msat, *msat),
                        OwedAmount::Currency(money) => minus(&mut self.sums.owed_minor, money.minor()),
                    };
                }
                _ => {}
            }
        }
        assert_eq!(step.purchase.effects, self.last_sequence);
        let cancelled = |name: &String| step.cancelled_timers.contains(name);
        assert!(!step.timers.iter().any(|timer| cancelled(&timer.name())), "a timer is set and cancelled at once");
    }

    /// Guarantee 2: approved only when funded, never after the decision to close, never above the limit.
    fn charges(&self, after: &Purchase) {
        let limit = after.order_total().map_or(0, |total| total.minor()) + after.policy.tolerance_minor;
        let mut checks = 0;
        for (index, charge) in after.charges.iter().enumerate() {
            let before = self.purchase.charges.get(index).map(|charge| charge.decision);
            if charge.decision == Decision::Approved && before != Some(Decision::Approved) {
                assert!(after.is_funded(), "approved unpaid");
                assert!(!after.winding_up && !self.purchase.winding_up, "approved after the decision to close");
                assert!(matches!(after.state, State::Funded | State::CardReady));
                let open: u64 = after.charges.iter().filter(|c| c.stands()).map(|c| c.open_minor()).sum();
                assert!(after.captured_minor + open <= limit, "approved above the limit");
            }
            if charge.decision == Decision::ApprovedCheck && !charge.amount.is_zero() {
                checks += 1;
                assert!(charge.amount.minor() <= after.policy.check_minor_max, "a check above the exposure");
            }
            assert!(charge.captured_minor + charge.reversed_minor <= charge.amount.minor());
        }
        assert!(checks <= after.policy.checks_max, "more checks than the exposure allows");
    }

    fn book(&mut self, booking: &Booking, after: &Purchase) {
        let text = serde_json::to_string(booking).unwrap();
        let s = &mut self.sums;
        let parts: Vec<i128> = match booking {
            Booking::HoldAccepted { invoiced_msat, excess_msat } => {
                vec![add(&mut s.held_msat, *invoiced_msat) + add(&mut s.held_msat, *excess_msat)]
            }
            Booking::HoldReturned { invoiced_msat, excess_msat } => {
                vec![sub(&mut s.held_msat, *invoiced_msat) + sub(&mut s.held_msat, *excess_msat)]
            }
            Booking::HoldClaimed { invoiced_msat, excess_msat } => {
                let all = sub(&mut s.held_msat, *invoiced_msat) + sub(&mut s.held_msat, *excess_msat);
                add(&mut s.shopper_msat, *invoiced_msat);
                add(&mut s.owed_msat, *excess_msat);
                vec![all]
            }
            Booking::FundsArrived { source: _, invoiced_msat, excess_msat } => {
                vec![add(&mut s.shopper_msat, *invoiced_msat) + add(&mut s.owed_msat, *excess_msat)]
            }
            Booking::Converted { claimed_msat, rounding_msat, market_value, order_total, fee } => {
                assert!(order_total.minor() + fee.minor() <= market_value.minor(), "sold below its price");
                assert!(rounding_msat.get() < 1_000, "rounding is less than a satoshi");
                vec![sub(&mut s.shopper_msat, *claimed_msat), plus(&mut s.shopper_minor, order_total.minor())]
            }
            Booking::ConversionUndone { claimed_msat, order_total, .. } => {
                vec![add(&mut s.shopper_msat, *claimed_msat), minus(&mut s.shopper_minor, order_total.minor())]
            }
            Booking::ChargeApproved { amount } => vec![plus(&mut s.reserved_minor, amount.minor())],
            Booking::ChargeReversed { amount } => vec![minus(&mut s.reserved_minor, amount.minor())],
            Booking::CheckApproved { amount } => vec![plus(&mut s.checks_minor, amount.minor())],
            Booking::CheckEnded { amount } => vec![minus(&mut s.checks_minor, amount.minor())],
            Booking::Captured { funded, tolerance, overrun, reserved } => {
                minus(&mut s.reserved_minor, reserved.minor());
                assert!(tolerance.minor() <= after.policy.tolerance_minor);
                vec![minus(&mut s.shopper_minor, funded.minor()) + plus(&mut 0, tolerance.minor() + overrun.minor())]
            }
            Booking::OwedOpened { amount: OwedAmount::Bitcoin(msat), .. } => {
                vec![sub(&mut s.shopper_msat, *msat), add(&mut s.owed_msat, *msat)]
            }
            Booking::OwedOpened { amount: OwedAmount::Currency(money), .. } => {
                vec![minus(&mut s.shopper_minor, money.minor()), plus(&mut s.owed_minor, money.minor())]
            }
            Booking::StoreRefunded { amount, to_shopper: true } => vec![plus(&mut s.owed_minor, amount.minor())],
            Booking::VendorSendStarted { amount_msat } => vec![add(&mut s.sending_msat, *amount_msat)],
            Booking::VendorSendFailed { amount_msat } => vec![sub(&mut s.sending_msat, *amount_msat)],
            Booking::VendorPaid { amount_msat, .. } => {
                vec![sub(&mut s.sending_msat, *amount_msat), add(&mut s.gift_cards_msat, *amount_msat)]
            }
            Booking::GiftCardDelivered { invoiced_msat, vendor_msat } => {
                vec![sub(&mut s.shopper_msat, *invoiced_msat), sub(&mut s.gift_cards_msat, *vendor_msat)]
            }
            Booking::GiftCardLost { vendor_msat } => vec![sub(&mut s.gift_cards_msat, *vendor_msat)],
            Booking::ForceCaptured { amount }
            | Booking::StoreRefunded { amount, to_shopper: false }
            | Booking::StoreRefundReversed { amount } => vec![i128::from(amount.minor())],
            Booking::Sold { sold, .. } => vec![i128::from(sold.get())],
            Booking::RefundPriced { .. }
            | Booking::RefundStarted { .. }
            | Booking::RefundFailed { .. }
            | Booking::RefundSent { .. }
            | Booking::RefundUnpriced { .. }
            | Booking::RefundCancelled { .. } => panic!("a purchase does not book {text}"),
        };
        assert!(parts.iter().all(|part| *part > 0), "a booking of nothing: {text}");
    }

    /// Every HTLC of ours is the hold, or goes back.
    fn held(&self, event: &Event, step: &Step) {
        let Event::HtlcHeld { payment_hash, .. } = event else { return };
        let kept = step.purchase.hold.is_some_and(|hold| hold.payment_hash == *payment_hash && !hold.returned);
        let goes = step.effects.iter().any(|(_, e)| *e == Effect::ReturnHtlc { payment_hash: *payment_hash });
        assert!(kept || goes, "an HTLC that nobody cares for");
    }

    /// What must hold in every state, and what only when all is over.
    fn state(&mut self) {
        let (p, s) = (&self.purchase, &self.sums);
        let open = |check: bool| -> i128 {
            let mine = p.charges.iter().filter(|c| (c.decision == Decision::ApprovedCheck) == check);
            mine.map(|c| i128::from(c.open_minor())).sum()
        };
        assert_eq!((s.reserved_minor, s.checks_minor), (open(false), open(true)), "reserves are what is open");
        let hold = p.hold.filter(|hold| !hold.returned && !p.is_funded());
        assert_eq!(s.held_msat, hold.map_or(0, |hold| i128::from(hold.amount_msat.get())), "pending holds");
        assert_eq!((s.owed_msat, s.owed_minor), (0, 0), "what is booked as owed is a refund, and nothing else");
        assert!(p.sale.is_none_or(|sale| sale.sold <= sale.wanted), "more was sold than there was");
        assert!(s.shopper_msat >= 0 && s.shopper_minor >= 0 && s.sending_msat >= 0 && s.gift_cards_msat >= 0);
        if let Some(terminal) = self.terminal {
            assert_eq!(p.state, terminal, "a terminal state was left");
        }
        if !p.state.terminal() {
            return;
        }
        self.terminal = Some(p.state);
        let over = Sums { reserved_minor: s.reserved_minor, checks_minor: s.checks_minor, ..Sums::default() };
        assert_eq!(*s, over, "something of the shopper's is left");
        if let Some(hold) = p.hold {
            assert!(hold.returned || p.is_funded(), "a hold is neither claimed nor returned");
        }
        if p.state == State::Completed {
            completed(p);
        } else {
            assert!(!p.is_funded());
        }
    }
}

/// `captured + owed - overrun = funded`, in the order total's currency or in the same bitcoin.
fn completed(p: &Purchase) {
    let funded = p.funding.expect("funded").amount_msat;
    let (mut owed_minor, mut owed_msat) = (0, 0);
    for owed in &p.owed {
        match (owed.cause, owed.amount) {
            (OwedCause::NeverCharged | OwedCause::NotDelivered, OwedAmount::Bitcoin(msat)) => owed_msat += msat.get(),
            (OwedCause::Voided | OwedCause::CapturedInPart, OwedAmount::Currency(money)) => owed_minor += money.minor(),
            (OwedCause::Overpaid | OwedCause::ArrivedLate, OwedAmount::Bitcoin(_)) => {}
            (OwedCause::StoreRefund, OwedAmount::Currency(_)) => {}
            other => panic!("owed {other:?}"),
        }
    }
    let used = p.captured_minor - p.overrun_minor;
    if owed_msat > 0 {
        assert_eq!((owed_msat, used, owed_minor), (funded.get(), 0, 0));
    } else {
        assert_eq!(used + owed_minor, p.order_total().unwrap().minor());
    }
}

fn add(sum: &mut i128, msat: money::Msat) -> i128 {
    plus(sum, msat.get())
}

fn sub(sum: &mut i128, msat: money::Msat) -> i128 {
    minus(sum, msat.get())
}

fn plus(sum: &mut i128, value: u64) -> i128 {
    *sum += i128::from(value);
    i128::from(value)
}

fn minus(sum: &mut i128, value: u64) -> i128 {
    *sum -= i128::from(value);
    i128::from(value)
}

/// What is stored is read back the same.
pub fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{text}");
}
