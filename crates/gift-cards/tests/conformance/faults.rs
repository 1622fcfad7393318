//! Promises about a vendor that is slow, silent, down or out of its mind.

use super::{A_WHILE_MS, Asked, Becomes, Break, World, order, ordered, status, texts, told};
use ids::UnixMs;
use ports::{GiftCardOrder, GiftCardVendor, Outcome, VendorOrderStatus};

/// How the break of an order is told, and how many orders there are at the vendor after it.
const PLACING: [(Break, &str, usize); 10] = [
    (Break::TooMany, "rejected for now", 0),
    (Break::Unsure, "unknown", 0),
    (Break::Error, "unknown", 0),
    (Break::ErrorAfter, "unknown", 1),
    (Break::Stall, "unknown", 0),
    (Break::StallAfter, "unknown", 1),
    (Break::DropBefore, "unknown", 0),
    (Break::DropAfter, "unknown", 1),
    (Break::Corrupt, "unknown", 1),
    (Break::Twice, "done", 2),
];

/// After an order whose answer was lost it is found, or made anew; only the one that is paid is ever delivered.
pub async fn a_lost_order_costs_nothing(world: &impl World) {
    for (index, (how, expected, made)) in PLACING.into_iter().enumerate() {
        let (name, since, before) = (format!("lost-{index}"), world.now(), world.orders());
        // The product is known: the break is the order's.
        world.vendor().offers(world.store().0, world.store().1).await.done().expect("offers");
        world.break_next(Asked::PlaceOrder, how);
        let outcome = world.vendor().order(order(world, &name)).await;
        assert_eq!(told(&outcome), expected, "{how:?}: {outcome:?}");
        assert_eq!(world.orders() - before, made, "{how:?}");
        // A vendor that was too busy is left alone for a while.
        world.pass(A_WHILE_MS);
        let again = order(world, &name);
        let found = match world.vendor().find_order(&again.key, since).await {
            Outcome::Done(found) => found,
            Outcome::Rejected(refusal) => {
                assert_eq!(refusal.code, "not_supported", "{how:?}");
                None
            }
            other => panic!("{how:?}: {other:?}"),
        };
        let quote = match found {
            Some(quote) => quote,
            None => world.vendor().order(again).await.done().expect("an order"),
        };
        assert_eq!(status(world, &quote).await, VendorOrderStatus::AwaitingFunds, "{how:?}");
        let quote = ordered(world, &format!("{name} to pay")).await;
        world.pay(&quote.bolt11);
        world.wait_ended(&quote.order_id).await;
        assert_eq!(status(world, &quote).await, VendorOrderStatus::Delivered, "{how:?}");
    }
}

/// A look that fails says nothing of the order, and no look does anything to it.
pub async fn blind_is_not_an_answer(world: &impl World) {
    let quote = ordered(world, "blind").await;
    for (how, _, _) in PLACING.into_iter().filter(|(how, _, _)| *how != Break::Twice) {
        world.pass(A_WHILE_MS);
        world.break_next(Asked::SeeOrder, how);
        let outcome = world.vendor().status(&quote.order_id).await;
        assert!(!matches!(outcome, Outcome::Done(_)), "{how:?}: {outcome:?}");
        world.break_next(Asked::Health, how);
        let outcome = world.vendor().health().await;
        assert!(!matches!(outcome, Outcome::Done(_)), "{how:?}: {outcome:?}");
        world.pass(A_WHILE_MS);
        assert_eq!(world.vendor().status(&quote.order_id).await, Outcome::Done(VendorOrderStatus::AwaitingFunds));
        world.vendor().health().await.done().expect("healthy again");
    }
}

/// While products cannot be asked for, nothing is ordered: the order has not left.
pub async fn an_order_needs_its_product(world: &impl World) {
    let (store, country) = world.store();
    let before = world.orders();
    for (how, _, _) in PLACING.into_iter().filter(|(how, _, _)| *how != Break::Twice) {
        world.break_next(Asked::Offers, how);
        let outcome = world.vendor().order(order(world, "without")).await;
        assert!(matches!(outcome, Outcome::NotSent(_) | Outcome::Rejected(_)), "{how:?}: {outcome:?}");
        world.pass(A_WHILE_MS);
        world.break_next(Asked::Offers, how);
        let outcome = world.vendor().offers(store, country).await;
        assert!(!matches!(outcome, Outcome::Done(_)), "{how:?}: {outcome:?}");
        world.pass(A_WHILE_MS);
    }
    assert_eq!(world.orders(), before);
    let offers = world.vendor().offers(store, country).await.done().expect("offers");
    assert!(!offers.is_empty());
    // What was once known is offered on while the vendor is away; it is the vendor who refuses then.
    world.pass(86_400_000);
    world.break_next(Asked::Offers, Break::Error);
    assert_eq!(world.vendor().offers(store, country).await, Outcome::Done(offers));
}

/// A reveal that breaks can be asked again; what it was about is in no error.
pub async fn a_broken_reveal(world: &impl World) {
    let quote = ordered(world, "reveal").await;
    world.pay(&quote.bolt11);
    world.wait_ended(&quote.order_id).await;
    assert_eq!(status(world, &quote).await, VendorOrderStatus::Delivered);
    let claim = world.vendor().reveal(&quote.order_id).await.done().expect("a code");
    let secrets = texts(&claim);
    assert!(!secrets.is_empty());
    for (how, _, _) in PLACING.into_iter().filter(|(how, _, _)| *how != Break::Twice) {
        world.break_next(Asked::Reveal, how);
        let outcome = world.vendor().reveal(&quote.order_id).await;
        assert!(!matches!(outcome, Outcome::Done(_)), "{how:?}");
        let shown = format!("{outcome:?}");
        assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{how:?}: {shown}");
        world.pass(A_WHILE_MS);
        let again = world.vendor().reveal(&quote.order_id).await.done().expect("a code again");
        assert_eq!(texts(&again), secrets, "{how:?}");
    }
}

/// Everything that is said and logged on the way through a purchase, broken answers included, is without secrets.
pub async fn no_secret_is_told(world: &impl World, logged: impl Fn() -> String) {
    let mut said = Vec::new();
    let quote = ordered(world, "secret").await;
    said.push(format!("{quote:?}"));
    world.next_becomes(Becomes::Nothing);
    world.pay(&quote.bolt11);
    world.wait_paid(&quote.order_id).await;
    said.push(format!("{:?}", world.vendor().reveal(&quote.order_id).await));
    world.resolve(&quote.order_id, Becomes::Delivered);
    said.push(format!("{:?}", status(world, &quote).await));
    let claim = world.vendor().reveal(&quote.order_id).await;
    said.push(format!("{claim:?}"));
    let secrets = texts(&claim.done().expect("a code"));
    for how in [Break::Corrupt, Break::ErrorAfter, Break::DropAfter, Break::StallAfter, Break::TooMany] {
        for asked in [Asked::Reveal, Asked::SeeOrder] {
            world.pass(A_WHILE_MS);
            world.break_next(asked, how);
            let outcome = match asked {
                Asked::Reveal => format!("{:?}", world.vendor().reveal(&quote.order_id).await),
                _ => format!("{:?}", world.vendor().status(&quote.order_id).await),
            };
            said.push(outcome);
        }
    }
    said.push(logged());
    assert!(!secrets.is_empty());
    for secret in &secrets {
        for text in &said {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// Nobody there: nothing was sent.
pub async fn nobody_there(vendor: &dyn GiftCardVendor, order: GiftCardOrder, store: (&str, &str), order_id: &str) {
    assert_eq!(told(&vendor.offers(store.0, store.1).await), "not sent");
    assert_eq!(told(&vendor.order(order.clone()).await), "not sent");
    assert_eq!(told(&vendor.status(order_id).await), "not sent");
    assert_eq!(told(&vendor.reveal(order_id).await), "not sent");
    assert_eq!(told(&vendor.health().await), "not sent");
    let found = vendor.find_order(&order.key, UnixMs(0)).await;
    assert!(matches!(found, Outcome::NotSent(_) | Outcome::Rejected(_)), "{found:?}");
}
