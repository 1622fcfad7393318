//! Small stories that went wrong once, or would be expensive if they did.

mod common;

use common::{START, after, applied, asks, captured, card_created, charge, creation, hash, htlc_claimed, htlc_held};
use common::{invoice_issued, policy, reveal, reversed, sale_closed, usd};
use purchase::{
    Booking, ChargeKind, ClaimOn, Creation, Decision, DeclineReason, Effect, Event, Flow, OwedCause, Policy, Purchase,
    Rejected, State, step,
};

fn authorization() -> Policy {
    policy(Flow::Card, ClaimOn::Authorization)
}

fn ready() -> Vec<Event> {
    vec![invoice_issued(1, hash(1)), htlc_held(hash(1)), card_created()]
}

fn funded() -> Vec<Event> {
    [ready(), vec![asks(charge("c1", "q1", "27.11")), htlc_claimed(hash(1))]].concat()
}

fn next(purchase: &Purchase, event: &Event) -> purchase::Step {
    applied(Some(purchase), event, purchase.state_since.plus_ms(2))
}

fn decision(purchase: &Purchase, event: Event) -> Decision {
    next(purchase, &event).purchase.charges.last().expect("asked").decision
}

#[test]
fn a_check_is_small_whatever_it_is_called() {
    let many = Policy { checks_max: 9, ..authorization() };
    let purchase = after(many, &ready());
    let mut called_check = charge("c1", "q1", "26");
    called_check.kind = ChargeKind::ZeroCheck;
    assert_eq!(decision(&purchase, asks(called_check)), Decision::Declined(DeclineReason::AmountTooLow));
    let mut at_once = charge("c1", "q1", "1");
    at_once.kind = ChargeKind::AuthorizationAndCapture;
    assert_eq!(decision(&purchase, asks(at_once)), Decision::Declined(DeclineReason::AmountTooLow));
}

#[test]
fn two_checks_of_one_charge_are_captured_once() {
    let many = Policy { checks_max: 2, ..authorization() };
    let checks = vec![asks(charge("k", "q1", "1")), asks(charge("k", "q2", "1"))];
    let purchase = after(many, &[ready(), checks].concat());
    let step = next(&purchase, &captured("k", "1"));
    assert_eq!(step.bookings, [Booking::CheckEnded { amount: usd("1") }, Booking::ForceCaptured { amount: usd("1") }]);
}

#[test]
fn the_echo_of_a_declined_increment_leaves_the_charge() {
    let purchase = after(authorization(), &[funded(), vec![asks(charge("c1", "q2", "20"))]].concat());
    let echo = Event::ChargeDeclined { charge_id: "c1".to_owned() };
    assert_eq!(step(Some(&purchase), &echo, START.plus_ms(99)), Ok(purchase::Stepped::AlreadyApplied));
    let step = next(&purchase, &captured("c1", "27.11"));
    assert_eq!(step.purchase.state, State::Completed);
    assert_eq!(step.purchase.overrun_minor, 0);
}

#[test]
fn a_charge_that_the_issuer_declined_is_not_approved_when_the_claim_comes() {
    let waiting = [ready(), vec![asks(charge("c1", "q1", "27.11"))]].concat();
    let declined = Event::ChargeDeclined { charge_id: "c1".to_owned() };
    let purchase = after(authorization(), &[waiting, vec![declined, htlc_claimed(hash(1))]].concat());
    assert_eq!(purchase.charges[0].decision, Decision::Declined(DeclineReason::ClaimUnconfirmed));
    assert_eq!(decision(&purchase, asks(charge("c2", "q2", "27.11"))), Decision::Approved);
}

#[test]
fn a_card_closed_while_claiming_approves_nothing_and_all_is_owed() {
    let waiting = [ready(), vec![asks(charge("c1", "q1", "27.11")), Event::CardClosed]].concat();
    let purchase = after(authorization(), &[waiting, vec![htlc_claimed(hash(1))]].concat());
    assert_eq!(purchase.charges[0].decision, Decision::Declined(DeclineReason::CardClosed));
    assert_eq!((purchase.state, purchase.owed[0].cause), (State::Completed, OwedCause::NeverCharged));
}

#[test]
fn under_reveal_a_small_part_is_a_part_and_a_void_is_not_the_end() {
    let funded = [ready(), vec![reveal(), htlc_claimed(hash(1))]].concat();
    let purchase = after(policy(Flow::Card, ClaimOn::Reveal), &funded);
    let part = next(&purchase, &asks(charge("c1", "q1", "0.90"))).purchase;
    assert_eq!(part.charges[0].decision, Decision::Approved);
    let voided = next(&part, &reversed("c1", "0.90")).purchase;
    assert!(!voided.winding_up);
    assert_eq!(decision(&voided, asks(charge("c2", "q2", "27.11"))), Decision::Approved);
}

/// Void, capture it all the same, refund: once is the operator's risk, and the shopper's own refund stays theirs.
#[test]
fn void_then_capture_then_refund() {
    let voided = after(authorization(), &[funded(), vec![reversed("c1", "27.11"), Event::CardClosed]].concat());
    assert_eq!((voided.state, voided.owed[0].cause), (State::Completed, OwedCause::Voided));
    let late = next(&voided, &captured("c1", "27.11"));
    assert_eq!(late.effects[0].1, Effect::ReclaimRefund { amount: usd("27.11") });
    let again = next(&late.purchase, &captured("c1", "27.11"));
    assert!(again.effects.is_empty(), "it was owed once");
    let refund = Event::StoreRefunded { charge_id: "c1".to_owned(), amount: usd("27.11") };
    let first = next(&late.purchase, &refund);
    assert_eq!(first.bookings, [Booking::StoreRefunded { amount: usd("27.11"), to_shopper: true }]);
}

#[test]
fn a_refund_of_more_than_the_shopper_paid_covers_the_operator() {
    let whole = after(authorization(), &[funded(), vec![captured("c1", "30.00")]].concat());
    assert_eq!(whole.overrun_minor, 289);
    let refund = Event::StoreRefunded { charge_id: "c1".to_owned(), amount: usd("30.00") };
    let step = next(&whole, &refund);
    assert_eq!(
        step.bookings,
        [
            Booking::StoreRefunded { amount: usd("2.89"), to_shopper: false },
            Booking::StoreRefunded { amount: usd("27.11"), to_shopper: true },
        ]
    );
    let taken_back = Event::StoreRefundReversed { charge_id: "c1".to_owned(), amount: usd("30.00") };
    let step = next(&step.purchase, &taken_back);
    assert_eq!(step.effects[0].1, Effect::ReclaimRefund { amount: usd("27.11") });
}

#[test]
fn a_dispute_that_is_won_is_owed_once() {
    use purchase::DisputeState::{Lost, Opened, Won};
    let disputed = |state| Event::ChargeDisputed {
        charge_id: "c1".to_owned(),
        dispute_id: "d1".to_owned(),
        amount: usd("27.11"),
        state,
    };
    let whole = after(authorization(), &[funded(), vec![captured("c1", "27.11")]].concat());
    let opened = next(&whole, &disputed(Opened));
    assert_eq!((opened.bookings.len(), opened.purchase.disputes[0].state), (0, Opened));
    let won = next(&opened.purchase, &disputed(Won));
    assert_eq!(won.bookings, [Booking::StoreRefunded { amount: usd("27.11"), to_shopper: true }]);
    let owed = won.purchase.owed.last().unwrap();
    assert_eq!((owed.amount, owed.cause), (purchase::OwedAmount::Currency(usd("27.11")), OwedCause::StoreRefund));
    for late in [Opened, Won] {
        let again = step(Some(&won.purchase), &disputed(late), START.plus_ms(99));
        assert_eq!(again, Ok(purchase::Stepped::AlreadyApplied), "{late:?}");
    }
    let lost_after_all = next(&won.purchase, &disputed(Lost));
    assert_eq!(lost_after_all.effects[0].1, Effect::ReclaimRefund { amount: usd("27.11") });
    let lost = next(&opened.purchase, &disputed(Lost));
    assert_eq!((lost.bookings.len(), lost.effects.len()), (0, 0));
}

/// The issuer's decline after our yes: nobody reads an approval that did not count.
#[test]
fn a_decline_of_the_issuer_has_its_own_reason() {
    let by_issuer = Decision::Declined(DeclineReason::ByIssuer);
    let approved = after(authorization(), &funded());
    let declined = next(&approved, &Event::ChargeDeclined { charge_id: "c1".to_owned() });
    assert_eq!(declined.purchase.charges[0].decision, by_issuer);
    let unasked = next(&approved, &Event::ChargeDeclined { charge_id: "c8".to_owned() });
    assert_eq!(unasked.purchase.charges.last().unwrap().decision, by_issuer);
    let asked_late = next(&unasked.purchase, &asks(charge("c8", "q8", "27.11")));
    assert_eq!(asked_late.purchase.charge("q8").unwrap().decision, by_issuer);
}

/// 3-D Secure says what a charge would hear; where the store insists, the shopper is asked, and that is shown until over.
#[test]
fn authentications_fit_the_purchase() {
    use purchase::{Authentication, authentication};
    let ready = after(authorization(), &ready());
    let charged = after(authorization(), &funded());
    let store = common::merchant(common::STORE);
    let of = |p: &purchase::Purchase, amount: &str, insists| authentication(p, Some(usd(amount)), &store, insists);
    assert_eq!(of(&ready, "27.11", false), Authentication::Allow);
    assert_eq!(of(&ready, "27.11", true), Authentication::Challenge);
    assert_eq!(of(&ready, "30.00", true), Authentication::Deny);
    assert_eq!(of(&after(authorization(), &[]), "27.11", false), Authentication::Deny, "nothing is held");
    assert_eq!(of(&charged, "30.00", true), Authentication::Deny, "nothing is left of the total");
    assert_eq!(authentication(&charged, None, &store, false), Authentication::Allow, "a card put on file");
    assert_eq!(authentication(&charged, None, &common::merchant("store-2"), false), Authentication::Deny, "locked");
    let asked = Event::ChallengeAsked {
        authentication_id: "a1".to_owned(),
        amount: None,
        merchant: "store".to_owned(),
        answer_by: START.plus_ms(86_400_000),
    };
    let shown = next(&charged, &asked);
    assert_eq!((shown.bookings.len(), shown.effects.len()), (0, 0));
    let other = Event::ChallengeEnded { authentication_id: "a2".to_owned(), passed: true };
    assert_eq!(step(Some(&shown.purchase), &other, START.plus_ms(99)), Ok(purchase::Stepped::AlreadyApplied));
    let ended = Event::ChallengeEnded { authentication_id: "a1".to_owned(), passed: false };
    assert_eq!(next(&shown.purchase, &ended).purchase.challenge, None);
}

#[test]
fn no_more_is_sold_than_there_is() {
    let half = after(authorization(), &[funded(), vec![sale_closed(1, 248_379)]].concat());
    let whole = step(Some(&half), &sale_closed(2, 496_758), START.plus_ms(99));
    assert_eq!(whole, Err(Rejected::Unexpected("a sale that was not asked for")));
    let nothing = step(Some(&half), &common::events::impossible_sale(), START.plus_ms(99));
    assert!(!matches!(nothing, Ok(purchase::Stepped::Applied(_))));
    assert!(matches!(
        step(Some(&half), &sale_closed(2, 248_379), START.plus_ms(99)),
        Ok(purchase::Stepped::Applied(_))
    ));
}

#[test]
fn what_cannot_be_carried_out_is_not_created() {
    let good = || creation(authorization());
    let quote = good().quote.expect("quoted");
    let nothing = purchase::Quote { order_total: usd("0"), ..quote.clone() };
    let below = purchase::Quote { order_total: usd("27.12"), ..quote };
    let huge = Policy { tolerance_minor: u64::MAX, ..authorization() };
    for bad in [
        Creation { quote: None, ..good() },
        Creation { terms_hash: None, ..good() },
        Creation { currency: money::Currency::EUR, ..good() },
        Creation { quote: Some(nothing), ..good() },
        Creation { quote: Some(below), ..good() },
        creation(huge),
        Creation { quote: good().quote, ..creation(policy(Flow::CardFirst, ClaimOn::Reveal)) },
    ] {
        assert!(step(None, &Event::Created(Box::new(bad.clone())), START).is_err(), "{bad:?}");
    }
}
