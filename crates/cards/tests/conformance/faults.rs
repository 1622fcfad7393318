//! When the vendor fails: what is said of it is true, and nothing happens twice.

use super::*;

/// What a broken call may answer. `Done` where the fault is none to the caller.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Done,
    Rejected,
    RejectedForNow,
    NotSent,
    Unknown,
}

fn heard<T>(outcome: &Outcome<T>) -> Heard {
    match outcome {
        Outcome::Done(_) => Heard::Done,
        Outcome::Rejected(rejection) if rejection.retryable => Heard::RejectedForNow,
        Outcome::Rejected(_) => Heard::Rejected,
        Outcome::NotSent(_) => Heard::NotSent,
        Outcome::Unknown(_) => Heard::Unknown,
    }
}

const ALL: [(Break, Heard, bool); 10] = [
    (Break::Refuse, Heard::Rejected, false),
    (Break::Busy, Heard::RejectedForNow, false),
    (Break::Error, Heard::Unknown, false),
    (Break::ErrorAfter, Heard::Unknown, true),
    (Break::Stall, Heard::Unknown, false),
    (Break::StallAfter, Heard::Unknown, true),
    (Break::DropBefore, Heard::Unknown, false),
    (Break::DropAfter, Heard::Unknown, true),
    (Break::Corrupt, Heard::Unknown, true),
    (Break::Twice, Heard::Done, true),
];

/// After a card was asked for and the answer was lost, `find_card` tells what is true and asking again makes one card.
pub async fn a_lost_card_is_found(world: &impl World) {
    for (index, (how, expected, made)) in ALL.into_iter().enumerate() {
        let (name, since, before) = (format!("lost-{index}"), world.now(), world.cards());
        world.break_next(Asked::CreateCard, how);
        let first = world.issuer().create_card(request(world, &name, 500)).await;
        assert_eq!(heard(&first), expected, "{how:?}: {first:?}");
        assert_eq!(world.cards() - before, usize::from(made), "{how:?}");
        let found = world.issuer().find_card(&key(&name), since).await.done().expect("an answer");
        assert_eq!(found.is_some(), made, "{how:?}");
        let again = new_card(world, &name, 500).await;
        assert!(found.is_none_or(|card| card == again), "{how:?}");
        assert_eq!(world.cards() - before, 1, "{how:?}");
    }
}

/// Raising a limit and closing can be repeated until they are confirmed.
pub async fn changes_of_a_card_are_repeated_safely(world: &impl World) {
    world.decide(Decision::Approve);
    for (index, (how, expected, _)) in ALL.into_iter().enumerate() {
        let card = new_card(world, &format!("changed-{index}"), 0).await;
        world.break_next(Asked::ChangeCard, how);
        let raised = world.issuer().set_limit(&key("raise"), &card, world.money(300)).await;
        assert_eq!(heard(&raised), expected, "{how:?}: {raised:?}");
        assert_eq!(world.issuer().set_limit(&key("raise"), &card, world.money(300)).await, Outcome::Done(()));
        assert!(world.charge(&card, 300).await.1, "{how:?}");
        world.break_next(Asked::ChangeCard, how);
        let closed = world.issuer().close_card(&card).await;
        assert_eq!(heard(&closed), expected, "{how:?}: {closed:?}");
        assert_eq!(world.issuer().close_card(&card).await, Outcome::Done(()), "{how:?}");
        assert!(!world.charge(&card, 0).await.1, "{how:?}");
    }
}

/// What is only read can fail in every way and is not made up.
pub async fn reads_fail_as_what_they_are(world: &impl World) {
    let issuer = world.issuer();
    let card = new_card(world, "read", 100).await;
    let since = world.now();
    for (how, expected, _) in ALL {
        world.break_next(Asked::ReadCard, how);
        let revealed = issuer.reveal(&card).await;
        assert_eq!(heard(&revealed), expected, "{how:?}");
        world.break_next(Asked::FindCard, how);
        assert_eq!(heard(&issuer.find_card(&key("read"), since).await), expected, "{how:?}");
        world.break_next(Asked::Float, how);
        assert_eq!(heard(&issuer.float().await), expected, "{how:?}");
        world.break_next(Asked::Changes, how);
        assert_eq!(heard(&issuer.changes(&card).await), expected, "{how:?}");
    }
    assert!(issuer.reveal(&card).await.done().is_some());
}

/// Nobody there: nothing was sent, and health says so without failing.
pub async fn nobody_there(issuer: &dyn Issuer, limit: Money) {
    let card = CardRef("7ef7d65c-9023-4da3-b113-3b8583fd7951".to_owned());
    let request = CreateCard { key: key("nobody"), limit, holder: CardHolder::default(), memo: String::new() };
    assert_eq!(heard(&issuer.create_card(request).await), Heard::NotSent);
    assert_eq!(heard(&issuer.find_card(&key("nobody"), UnixMs(0)).await), Heard::NotSent);
    assert_eq!(heard(&issuer.close_card(&card).await), Heard::NotSent);
    assert_eq!(heard(&issuer.reveal(&card).await), Heard::NotSent);
    assert_eq!(heard(&issuer.changes(&card).await), Heard::NotSent);
    let health = issuer.health().await.done().expect("health is always told");
    assert!(!health.reachable && !health.notes.is_empty());
}
