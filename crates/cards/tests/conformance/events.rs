//! What happens to charges: told once, with what each event adds, the same from webhooks and from the books.

use super::*;
use std::collections::BTreeSet;

fn ids(changes: &[ChargeChange]) -> BTreeSet<String> {
    changes.iter().map(|change| change.event_id.clone()).collect()
}

/// Webhooks as the engine takes them: each event once, in the order in which it came first.
pub fn once_each(changes: Vec<ChargeChange>) -> Vec<ChargeChange> {
    let mut seen = BTreeSet::new();
    changes.into_iter().filter(|change| seen.insert(change.event_id.clone())).collect()
}

async fn charged(world: &impl World, name: &str, minor: u64) -> (CardRef, String) {
    world.decide(Decision::Approve);
    let card = new_card(world, name, minor * 2).await;
    let (token, approved) = world.charge(&card, minor).await;
    assert!(approved);
    (card, token)
}

/// Webhooks and books tell the same events, and those add up.
pub async fn events_add_up(world: &impl World) {
    let (card, first) = charged(world, "adds", 2_711).await;
    world.step(&first, Step::ReversePart(711));
    world.step(&first, Step::Capture(1_500));
    world.step(&first, Step::Capture(600));
    world.step(&first, Step::Refund(400));
    world.step(&first, Step::TakeRefundBack);
    let (second, approved) = world.charge(&card, 700).await;
    assert!(approved);
    world.step(&second, Step::Void);
    let (third, approved) = world.charge(&card, 900).await;
    assert!(approved);
    world.step(&third, Step::Expire);
    world.step(&third, Step::Capture(900));
    world.refund(&card, 250);
    world.force_capture(&card, 125);
    world.decide(Decision::Decline(DeclineReason::AmountTooHigh));
    let (declined, approved) = world.charge(&card, 100).await;
    assert!(!approved);

    let told = once_each(world.news().await);
    let booked = world.issuer().changes(&card).await.done().expect("the books");
    assert_eq!(ids(&told), ids(&booked));
    assert_eq!(sums(&told), sums(&booked));
    let all = sums(&booked);
    let expected = Sums { authorized: 2_711, let_go: 711, captured: 2_100, refunded: 400, taken_back: 400, forced: 0 };
    assert_eq!(all[&first], expected);
    assert_eq!(all[&second], Sums { authorized: 700, let_go: 700, ..Sums::default() });
    assert_eq!(all[&third], Sums { authorized: 900, let_go: 900, captured: 900, ..Sums::default() });
    assert_eq!(all[&declined], Sums::default());
    let declines = booked.iter().filter(|change| change.notice == IssuerNotice::Declined);
    assert_eq!(declines.map(|change| &change.charge_id).collect::<Vec<_>>(), [&declined]);
    let alone: Vec<&Sums> =
        all.iter().filter(|(id, _)| ![&first, &second, &third, &declined].contains(id)).map(|(_, sum)| sum).collect();
    assert_eq!(alone.iter().map(|sum| sum.refunded).sum::<u64>(), 250);
    assert_eq!(alone.iter().map(|sum| sum.forced).sum::<u64>(), 125);
    assert!(booked.iter().all(|change| change.card == card));
}

/// However the webhooks arrive, the events that they leave are those of the books.
pub async fn webhooks_may_fail(world: &impl World) {
    for (index, how) in [
        BreakNews::Twice,
        BreakNews::Late,
        BreakNews::Lost,
        BreakNews::WrongSignature,
        BreakNews::Stale,
        BreakNews::Corrupt,
        BreakNews::AnswerLost,
    ]
    .into_iter()
    .enumerate()
    {
        let refused = world.refused_news();
        world.break_next_news(how);
        let (card, token) = charged(world, &format!("hooks-{index}"), 1_000).await;
        world.step(&token, Step::Capture(400));
        world.step(&token, Step::Capture(600));
        let told: Vec<ChargeChange> = world.news().await.into_iter().filter(|change| change.card == card).collect();
        let told = once_each(told);
        let booked = world.issuer().changes(&card).await.done().expect("the books");
        assert_eq!(ids(&told), ids(&booked), "{how:?}");
        assert_eq!(sums(&told)[&token].captured, 1_000, "{how:?}");
        let unreadable = matches!(how, BreakNews::WrongSignature | BreakNews::Stale | BreakNews::Corrupt);
        assert_eq!(world.refused_news() > refused, unreadable, "{how:?}");
    }
}

/// A card that is closed is told once.
pub async fn closing_is_told(world: &impl World) {
    let card = new_card(world, "closing", 100).await;
    world.issuer().close_card(&card).await.done().expect("closed");
    let told = once_each(world.news().await);
    let closed: Vec<_> = told.iter().filter(|change| change.notice == IssuerNotice::CardClosed).collect();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].card, card);
}

/// The number and code of a card are in nothing that can be shown.
pub async fn nothing_shows_a_number(world: &impl World) {
    let (card, token) = charged(world, "hidden", 500).await;
    world.step(&token, Step::Capture(500));
    let secrets = world.issuer().reveal(&card).await.done().expect("secrets");
    let number = secrets.number.expose();
    let mut shown = format!("{secrets:?} {card:?}");
    for change in world.news().await {
        shown.push_str(&format!("{change:?}"));
    }
    shown.push_str(&format!("{:?} {:?}", world.questions(), world.issuer().changes(&card).await));
    for how in [Break::Refuse, Break::Corrupt, Break::Error] {
        world.break_next(Asked::ReadCard, how);
        shown.push_str(&format!("{:?}", world.issuer().reveal(&card).await));
        world.break_next(Asked::CreateCard, how);
        shown.push_str(&format!("{:?}", world.issuer().create_card(request(world, "hidden-2", 1)).await));
    }
    assert!(!shown.contains(number) && !shown.contains(&number[4..12]));
}
