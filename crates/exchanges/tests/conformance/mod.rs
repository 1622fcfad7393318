//! What every [`Exchange`] must do, over any simulated vendor that can be brought into [`World`].
//!
//! Each function is one promise of the port; [`suite`] keeps all of them, and every vendor's test file runs it.

pub mod clock;

use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money, Rate, Sat};
use ports::{AssetBalance, Exchange, Fee, Outcome, SaleReport, SaleStatus, SellOrder};
use std::sync::Arc;

/// A call of the port that can be made to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    PlaceOrder,
    SeeOrder,
    FindOpen,
    FindClosed,
    Balances,
}

/// How the next call of it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The vendor says no.
    Refuse,
    /// The vendor says that it does not know.
    Unsure,
    /// A server error, nothing done.
    Error,
    /// Done, then a server error.
    ErrorAfter,
    Stall,
    StallAfter,
    DropBefore,
    DropAfter,
    /// Done, the answer cannot be read.
    Corrupt,
    /// Sent twice by something on the way.
    Twice,
}

/// A vendor's simulation with the adapter under test in front of it. Its book can be set to bids alone; others sell
/// far above.
pub trait World: Sync + Sized {
    /// A vendor and an adapter of their own.
    fn start() -> impl Future<Output = Self> + Send;
    fn exchange(&self) -> Arc<dyn Exchange>;
    /// The adapter once more, with a key that the vendor does not know.
    fn stranger(&self) -> Arc<dyn Exchange>;
    fn now(&self) -> UnixMs;
    fn set_bids(&self, bids: &[(&str, &str)]);
    /// Orders that were ever taken.
    fn orders(&self) -> usize;
    fn break_next(&self, asked: Asked, how: Break);
    /// Takes no orders until told otherwise.
    fn set_closed(&self, closed: bool);
    /// The vendor's clock is so far ahead: what is under way arrives late.
    fn set_ahead(&self, ms: i64);
}

/// All of it.
pub async fn suite<W: World>() {
    reports_are_what_moved(&W::start().await).await;
    one_key_one_sale(&W::start().await).await;
    what_is_not_possible(&W::start().await).await;
    a_lost_order_is_found(&W::start().await).await;
    placed_is_placed(&W::start().await).await;
    blind_is_not_found(&W::start().await).await;
    what_is_late_is_dead(&W::start().await).await;
    health_sees_clock_and_keys(&W::start().await).await;
    nobody_there(W::start().await).await;
}

fn money(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn rate(text: &str) -> Rate {
    Rate::parse(text, Currency::USD).unwrap()
}

pub fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey(text.to_owned())
}

pub fn sat(value: u64) -> Sat {
    Sat::new(value).unwrap()
}

pub fn order(world: &impl World, name: &str, amount: u64, limit: &str) -> SellOrder {
    let deadline = world.now().plus_ms(20_000);
    SellOrder { key: key(name), amount_sat: sat(amount), limit: rate(limit), deadline }
}

fn closed(outcome: Outcome<SaleStatus>) -> SaleReport {
    match outcome {
        Outcome::Done(SaleStatus::Closed(report)) => report,
        other => panic!("expected a closed sale, got {other:?}"),
    }
}

async fn balance(world: &impl World) -> (u64, u64) {
    let (mut bitcoin, mut currency) = (0, 0);
    for asset in world.exchange().balances().await.done().expect("balances") {
        match asset {
            AssetBalance::Bitcoin(amount) => bitcoin = amount.get(),
            AssetBalance::Currency(amount) if amount.currency() == money(0).currency() => {
                currency = amount.minor();
            }
            AssetBalance::Currency(_) => {}
        }
    }
    (bitcoin, currency)
}

/// Sold in full, in part or not at all: the report is what the balances say, rounded against us by less than a unit.
pub async fn reports_are_what_moved(world: &impl World) {
    for (name, bids, limit, sold) in [
        ("full", &[("5500.0", "1.0")][..], "5400", 496_758),
        ("walks", &[("5500.0", "0.002"), ("5450.3", "0.002"), ("5410.7", "1.0")], "5400", 496_758),
        ("part", &[("5500.0", "0.002"), ("5399.9", "1.0")], "5400", 200_000),
        ("at the limit", &[("5400.0", "1.0")], "5400", 496_758),
        ("none", &[("5399.9", "1.0")], "5400", 0),
        ("between steps", &[("5400.3", "1.0")], "5400.300001", 0),
    ] {
        world.set_bids(bids);
        let (bitcoin, currency) = balance(world).await;
        let report = closed(world.exchange().sell(order(world, name, 496_758, limit)).await);
        assert_eq!(report.sold_sat, sat(sold), "{name}");
        let (bitcoin_after, currency_after) = balance(world).await;
        let (fee_sat, fee_minor) = match report.fee {
            Fee::Bitcoin(fee) => (fee.get(), 0),
            Fee::Currency(fee) => (0, fee.minor()),
        };
        // A fee in bitcoin is told in whole satoshi, rounded against us.
        let (left, said) = (bitcoin - bitcoin_after, sold + fee_sat);
        assert!(left <= said && said - left <= u64::from(fee_sat > 0), "{name}: {said} told, {left} left");
        let moved = currency_after - currency;
        let told = report.proceeds.minor() - fee_minor;
        assert!(told <= moved && moved - told <= 2, "{name}: {told} told, {moved} moved");
        let floor = rate(limit).minor_floor(sat(sold).msat()).unwrap();
        assert!(report.proceeds.minor() >= floor.minor(), "{name}: never below the limit");
    }
}

/// The same key sells once; the report can be had again.
pub async fn one_key_one_sale(world: &impl World) {
    world.set_bids(&[("5500.0", "1.0")]);
    let since = world.now();
    let exchange = world.exchange();
    assert_eq!(exchange.sale_status(&key("once"), since).await, Outcome::Done(SaleStatus::NotFound));
    let first = closed(exchange.sell(order(world, "once", 100_000, "5400")).await);
    assert_eq!(closed(exchange.sell(order(world, "once", 100_000, "5400")).await), first);
    assert_eq!(closed(exchange.sale_status(&key("once"), since).await), first);
    assert_eq!(world.orders(), 1);
    closed(exchange.sell(order(world, "twice", 100_000, "5400")).await);
    assert_eq!(world.orders(), 2);
    assert_eq!(exchange.sale_status(&key("onc"), since).await, Outcome::Done(SaleStatus::NotFound));
}

/// What the place of an order breaks: how it is told, and whether there is an order.
const PLACING: [(Break, &str, usize); 10] = [
    (Break::Refuse, "rejected", 0),
    (Break::Unsure, "unknown", 0),
    (Break::Error, "unknown", 0),
    (Break::ErrorAfter, "unknown", 1),
    (Break::Stall, "unknown", 0),
    (Break::StallAfter, "unknown", 1),
    (Break::DropBefore, "unknown", 0),
    (Break::DropAfter, "unknown", 1),
    (Break::Corrupt, "unknown", 1),
    // Whether the second answer is the first's or a refusal is the vendor's way; there is one order.
    (Break::Twice, "done or unknown", 1),
];

fn told<T>(outcome: &Outcome<T>) -> &'static str {
    match outcome {
        Outcome::Done(_) => "done",
        Outcome::Rejected(_) => "rejected",
        Outcome::NotSent(_) => "not sent",
        Outcome::Unknown(_) => "unknown",
    }
}

/// After an order whose answer was lost, `sale_status` tells what is true; nothing is ever sold twice.
pub async fn a_lost_order_is_found(world: &impl World) {
    world.set_bids(&[("5500.0", "10.0")]);
    for (index, (how, expected, placed)) in PLACING.into_iter().enumerate() {
        let (name, since, before) = (format!("lost-{index}"), world.now(), world.orders());
        world.break_next(Asked::PlaceOrder, how);
        let outcome = world.exchange().sell(order(world, &name, 100_000, "5400")).await;
        assert!(expected.split(" or ").any(|one| one == told(&outcome)), "{how:?}: {outcome:?}");
        if how == Break::Refuse {
            assert!(matches!(outcome, Outcome::Rejected(refusal) if refusal.retryable), "a rate limit passes");
        }
        assert_eq!(world.orders() - before, placed, "{how:?}");
        let status = world.exchange().sale_status(&key(&name), since).await;
        if placed == 0 {
            assert_eq!(status, Outcome::Done(SaleStatus::NotFound), "{how:?}");
        } else {
            assert_eq!(closed(status).sold_sat, sat(100_000), "{how:?}");
            // Repeated by mistake: found, not sold again.
            closed(world.exchange().sell(order(world, &name, 100_000, "5400")).await);
            assert_eq!(world.orders() - before, 1, "{how:?}");
        }
    }
}

/// An order that was placed is never reported as failed because it could not be looked at.
pub async fn placed_is_placed(world: &impl World) {
    world.set_bids(&[("5500.0", "10.0")]);
    for (index, (how, _, _)) in PLACING.into_iter().enumerate().filter(|(_, (how, _, _))| *how != Break::Twice) {
        let (name, since) = (format!("placed-{index}"), world.now());
        world.break_next(Asked::SeeOrder, how);
        let outcome = world.exchange().sell(order(world, &name, 100_000, "5400")).await;
        assert_eq!(outcome, Outcome::Done(SaleStatus::Open), "{how:?}");
        closed(world.exchange().sale_status(&key(&name), since).await);
    }
}

/// As long as earlier orders cannot be seen nothing is placed, and a look that fails says nothing about the sale.
pub async fn blind_is_not_found(world: &impl World) {
    world.set_bids(&[("5500.0", "10.0")]);
    let since = world.now();
    let before = world.orders();
    // A question that is asked twice changes nothing.
    for (how, _, _) in PLACING.into_iter().filter(|(how, _, _)| *how != Break::Twice) {
        world.break_next(Asked::FindClosed, how);
        let outcome = world.exchange().sell(order(world, "blind", 100_000, "5400")).await;
        assert!(matches!(outcome, Outcome::NotSent(_) | Outcome::Rejected(_)), "{how:?}: {outcome:?}");
        for asked in [Asked::FindOpen, Asked::FindClosed] {
            world.break_next(asked, how);
            let status = world.exchange().sale_status(&key("blind"), since).await;
            assert!(!matches!(status, Outcome::Done(_)), "{how:?} {asked:?}: {status:?}");
        }
        world.break_next(Asked::Balances, how);
        assert!(!matches!(world.exchange().balances().await, Outcome::Done(_)), "{how:?}");
    }
    assert_eq!(world.orders(), before);
}

/// What the exchange can not or may not do does not become an order.
pub async fn what_is_not_possible(world: &impl World) {
    world.set_bids(&[("5500.0", "10.0")]);
    let exchange = world.exchange();
    let good = || order(world, "impossible", 100_000, "5400");
    exchange.health().await.done().expect("healthy, and its markets known");
    let minimum = exchange.minimum_sat(money(0).currency());
    assert!(minimum > Sat::ZERO && minimum < sat(100_000));
    let small = SellOrder { amount_sat: minimum.checked_sub(sat(1)).unwrap(), ..good() };
    assert_eq!(told(&exchange.sell(small).await), "not sent");
    assert_eq!(
        told(&exchange.sell(SellOrder { limit: Rate::parse("5000", Currency::EUR).unwrap(), ..good() }).await),
        "not sent"
    );
    assert_eq!(told(&exchange.sell(SellOrder { deadline: world.now(), ..good() }).await), "not sent");
    // More than there is.
    assert_eq!(told(&exchange.sell(SellOrder { amount_sat: sat(100_000_000_000), ..good() }).await), "rejected");
    world.set_closed(true);
    assert!(matches!(exchange.health().await, Outcome::Rejected(refusal) if refusal.retryable));
    assert!(!matches!(exchange.sell(good()).await, Outcome::Done(_)));
    world.set_closed(false);
    assert_eq!(world.orders(), 0);
    exchange.health().await.done().expect("healthy again");
    closed(exchange.sell(good()).await);
}

/// An order that arrives after its deadline is not carried out.
pub async fn what_is_late_is_dead(world: &impl World) {
    world.set_bids(&[("5500.0", "10.0")]);
    let since = world.now();
    let late = order(world, "late", 100_000, "5400");
    world.set_ahead(25_000);
    assert_eq!(told(&world.exchange().sell(late.clone()).await), "rejected");
    world.set_ahead(0);
    assert_eq!(world.exchange().sale_status(&late.key, since).await, Outcome::Done(SaleStatus::NotFound));
    assert_eq!(world.orders(), 0);
}

fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    match outcome {
        Outcome::Rejected(refusal) => refusal.code,
        other => format!("{other:?}"),
    }
}

pub async fn health_sees_clock_and_keys(world: &impl World) {
    let text = world.exchange().health().await.done().unwrap();
    assert!(text.contains("USD from"), "{text}");
    world.set_ahead(60_000);
    assert_eq!(code(world.exchange().health().await), "clock_apart");
    world.set_ahead(0);
    let stranger = world.stranger();
    assert_eq!(code(stranger.health().await), "unauthorized");
    assert_eq!(code(stranger.sell(order(world, "x", 100_000, "5400")).await), "unauthorized");
    assert_eq!(world.orders(), 0);
}

/// Nobody there: nothing was sent.
pub async fn nobody_there(world: impl World) {
    let (exchange, order) = (world.exchange(), order(&world, "nobody", 100_000, "5400"));
    drop(world);
    assert_eq!(told(&exchange.sale_status(&order.key, UnixMs(0)).await), "not sent");
    assert_eq!(told(&exchange.sell(order).await), "not sent");
    assert_eq!(told(&exchange.balances().await), "not sent");
    assert_eq!(told(&exchange.health().await), "not sent");
}
