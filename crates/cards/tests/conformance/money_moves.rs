//! What stores do with a charge, one thing at a time.

use super::*;

async fn told_of(world: &impl World, charge: &str) -> Vec<IssuerNotice> {
    let told = once_each(world.news().await);
    told.into_iter().filter(|change| change.charge_id == charge).map(|change| change.notice).collect()
}

/// The same events from webhooks and books, in the order in which they happened.
async fn both_tell(world: &impl World, card: &CardRef, charge: &str, expected: &[IssuerNotice]) {
    let booked = world.issuer().changes(card).await.done().expect("the books");
    let booked: Vec<IssuerNotice> =
        booked.into_iter().filter(|change| change.charge_id == charge).map(|change| change.notice).collect();
    assert_eq!(booked, expected);
    let mut told = told_of(world, charge).await;
    let mut expected = expected.to_vec();
    // Webhooks may overtake one another.
    let sorted = |notices: &mut Vec<IssuerNotice>| notices.sort_by_key(|notice| format!("{notice:?}"));
    sorted(&mut told);
    sorted(&mut expected);
    assert_eq!(told, expected);
}

/// Partial and several captures, and the rest let go of.
pub async fn captured_in_parts(world: &impl World) {
    use IssuerNotice::*;
    world.decide(Decision::Approve);
    let card = new_card(world, "parts", 5_000).await;
    let (charge, _) = world.charge(&card, 2_711).await;
    world.step(&charge, Step::Capture(1_860));
    world.step(&charge, Step::Capture(599));
    world.step(&charge, Step::Void);
    let amount = |minor| world.money(minor);
    let expected = [
        Authorized { amount: amount(2_711) },
        Captured { amount: amount(1_860) },
        Captured { amount: amount(599) },
        Reversed { amount: amount(252) },
    ];
    both_tell(world, &card, &charge, &expected).await;
}

/// A tip: the store takes more than it was authorized.
pub async fn captured_with_a_tip(world: &impl World) {
    use IssuerNotice::*;
    world.decide(Decision::Approve);
    let card = new_card(world, "tip", 5_000).await;
    let (charge, _) = world.charge(&card, 2_000).await;
    world.step(&charge, Step::Capture(2_400));
    let expected = [Authorized { amount: world.money(2_000) }, Captured { amount: world.money(2_400) }];
    both_tell(world, &card, &charge, &expected).await;
}

/// Voided, expired, and captured after that all the same.
pub async fn let_go_and_taken_after_all(world: &impl World) {
    use IssuerNotice::*;
    world.decide(Decision::Approve);
    let amount = world.money(900);
    for (name, step, let_go) in
        [("voided", Step::Void, Reversed { amount }), ("expired", Step::Expire, Expired { amount })]
    {
        let card = new_card(world, name, 900).await;
        let (charge, _) = world.charge(&card, 900).await;
        world.step(&charge, step);
        both_tell(world, &card, &charge, &[Authorized { amount }, let_go.clone()]).await;
        world.step(&charge, Step::Capture(900));
        both_tell(world, &card, &charge, &[Authorized { amount }, let_go, Captured { amount }]).await;
    }
}

/// Refunded in part, and the refund taken back.
pub async fn refunded_and_taken_back(world: &impl World) {
    use IssuerNotice::*;
    world.decide(Decision::Approve);
    let card = new_card(world, "refunded", 2_711).await;
    let (charge, _) = world.charge(&card, 2_711).await;
    world.step(&charge, Step::Capture(2_711));
    world.step(&charge, Step::Refund(500));
    world.step(&charge, Step::TakeRefundBack);
    let all = world.money(2_711);
    let part = world.money(500);
    let expected = [
        Authorized { amount: all },
        Captured { amount: all },
        Refunded { amount: part },
        RefundReversed { amount: part },
    ];
    both_tell(world, &card, &charge, &expected).await;
}

/// Captured and refunded without a charge: of the card, under a name of its own.
pub async fn forced_upon_a_card(world: &impl World) {
    use IssuerNotice::*;
    let card = new_card(world, "forced", 1_000).await;
    world.force_capture(&card, 750);
    world.refund(&card, 250);
    let booked = world.issuer().changes(&card).await.done().expect("the books");
    let notices: Vec<_> = booked.iter().map(|change| change.notice.clone()).collect();
    assert_eq!(notices, [ForceCaptured { amount: world.money(750) }, Refunded { amount: world.money(250) }]);
    assert!(booked.iter().all(|change| change.card == card && !change.charge_id.is_empty()));
    let told = once_each(world.news().await);
    assert_eq!(told.iter().filter(|change| booked.contains(change)).count(), 2);
}

/// More on a charge: another question under the same charge.
pub async fn an_increment_is_asked(world: &impl World) {
    use IssuerNotice::*;
    world.decide(Decision::Approve);
    let card = new_card(world, "increment", 5_000).await;
    let (charge, _) = world.charge(&card, 2_000).await;
    assert!(world.increment(&charge, 711).await);
    world.decide(Decision::Decline(DeclineReason::AmountTooHigh));
    assert!(!world.increment(&charge, 900).await);
    let (questions, _) = world.questions();
    let [first, second, third] = &questions[..] else { panic!("{questions:?}") };
    assert_eq!((&first.charge_id, &second.charge_id, &third.charge_id), (&charge, &charge, &charge));
    assert_eq!((second.amount, third.amount), (world.money(711), world.money(900)), "what it adds");
    assert!(first.request_id != second.request_id && second.request_id != third.request_id);
    let expected = [Authorized { amount: world.money(2_000) }, Authorized { amount: world.money(711) }, Declined];
    both_tell(world, &card, &charge, &expected).await;
}

/// A store that charges in its own currency: the question says both amounts, the events what the card is billed.
pub async fn a_store_with_its_own_currency(world: &impl World) {
    use IssuerNotice::*;
    world.decide(Decision::Approve);
    let card = new_card(world, "euros", 10_000).await;
    let (charge, approved) = world.charge_in(&card, 2_500, Currency::EUR).await;
    assert!(approved);
    let (questions, _) = world.questions();
    assert_eq!(questions[0].merchant_amount, Money::new(2_500, Currency::EUR).unwrap());
    let billed = questions[0].amount;
    assert_eq!(billed, world.money(2_700));
    world.step(&charge, Step::Capture(2_500));
    both_tell(world, &card, &charge, &[Authorized { amount: billed }, Captured { amount: billed }]).await;
}

/// An unsigned, stale or broken question is refused and the store declined; so it is when no answer comes.
pub async fn bad_questions_are_refused(world: &impl World) {
    world.decide(Decision::Approve);
    let card = new_card(world, "bad", 10_000).await;
    let broken = [BreakNews::WrongSignature, BreakNews::Stale, BreakNews::Corrupt];
    for (index, how) in broken.into_iter().enumerate() {
        world.break_next_question(how);
        assert!(!world.charge(&card, 100).await.1, "{how:?}");
        assert_eq!(world.questions(), (vec![], index + 1), "{how:?}");
    }
    for how in [BreakNews::Lost, BreakNews::AnswerLost] {
        world.break_next_question(how);
        let (charge, approved) = world.charge(&card, 100).await;
        assert!(!approved, "{how:?}");
        both_tell(world, &card, &charge, &[IssuerNotice::Declined]).await;
    }
    // The same question twice has one name.
    let before = world.questions().0.len();
    world.break_next_question(BreakNews::Twice);
    assert!(world.charge(&card, 100).await.1);
    let (questions, _) = world.questions();
    assert_eq!(questions.len(), before + 2);
    assert_eq!(questions[before], questions[before + 1]);
}

/// Disputed and decided either way: told once each, under the charge and its card.
pub async fn disputes_are_told(world: &impl World) {
    use IssuerNotice::*;
    use ports::DisputeState::{Lost, Opened, Won};
    world.decide(Decision::Approve);
    let amount = world.money(2_711);
    for (name, won, end) in [("won", true, Won), ("lost", false, Lost)] {
        let card = new_card(world, name, 2_711).await;
        let (charge, _) = world.charge(&card, 2_711).await;
        world.step(&charge, Step::Capture(2_711));
        let dispute = world.dispute(&charge);
        let said = |state| Disputed { dispute_id: dispute.clone(), amount, state };
        let opened = [Authorized { amount }, Captured { amount }, said(Opened)];
        both_tell(world, &card, &charge, &opened).await;
        world.decide_dispute(&dispute, won);
        both_tell(world, &card, &charge, &[opened.as_slice(), &[said(end)]].concat()).await;
        let asked = world.issuer().dispute(&dispute).await.done().expect("the dispute");
        assert_eq!(asked.len(), 2);
        assert!(asked.iter().all(|change| change.card == card && change.charge_id == charge));
    }
}
