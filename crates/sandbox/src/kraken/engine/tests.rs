//! Exactness of the balances, whatever is ordered against whatever books.

use proptest::prelude::*;

use super::*;

fn level() -> impl Strategy<Value = Level> {
    (1_i64..20_000, 1_i64..2_000_000).prop_map(|(ticks, volume)| Level { price: ticks * 10_000, volume })
}

fn order() -> impl Strategy<Value = NewOrder> {
    let limit = proptest::option::of(1_i64..20_000);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (flags, limit, VOLUME_MIN..3_000_000_i64).prop_map(|((sell, immediate, fee_in_base), limit, volume)| NewOrder {
        pair: &PAIRS[0],
        side: if sell { Side::Sell } else { Side::Buy },
        limit: limit.map(|ticks| ticks * 10_000),
        volume,
        immediate,
        post_only: false,
        fee_in_base,
        userref: None,
        cl_ord_id: None,
    })
}

fn book(mut bids: Vec<Level>, mut asks: Vec<Level>) -> Book {
    bids.sort_by_key(|level| std::cmp::Reverse(level.price));
    asks.sort_by_key(|level| level.price);
    Book { bids, asks, set_ms: 0 }
}

fn funded(usd: i64) -> Engine {
    let mut engine = Engine::new(40, 25, false);
    engine.balances.insert(BASE, 10_000_000_000);
    engine.balances.insert("ZUSD", usd);
    engine
}

/// Just enough for one resting purchase, which then fills in many small steps at its own limit.
#[test]
fn a_purchase_in_many_fills_costs_no_more_than_it_holds() {
    let new = NewOrder {
        pair: &PAIRS[0],
        side: Side::Buy,
        limit: Some(123_450_000),
        volume: 77_777,
        immediate: false,
        post_only: false,
        fee_in_base: false,
        userref: None,
        cl_ord_id: None,
    };
    let mut engine = funded(0);
    let needed = engine.worst_cost(&new);
    engine.balances.insert("ZUSD", needed);
    let txid = engine.place(new, 0).expect("just enough");
    for _ in 0..11_111 {
        let asks = vec![Level { price: 123_450_000, volume: 7 }];
        engine.set_book(&PAIRS[0], book(Vec::new(), asks), 0);
        assert!(engine.free("ZUSD") >= 0);
    }
    let order = engine.order(&txid).expect("placed");
    assert_eq!(order.status, OrderStatus::Closed);
    assert!(order.cost + order.fee <= needed);
    assert_eq!(engine.balance("ZUSD"), needed - order.cost - order.fee);
}

proptest! {
    /// Whatever is ordered against whatever books: balances change by exactly what the orders say, and none is
    /// ever negative or below what open orders hold.
    #[test]
    fn balances_move_by_exactly_what_the_orders_say(
        books in prop::collection::vec((prop::collection::vec(level(), 0..5), prop::collection::vec(level(), 0..5)), 1..4),
        orders in prop::collection::vec(order(), 0..12),
        usd in 0_i64..10_000_000,
    ) {
        let mut engine = funded(usd);
        let mut orders = orders.into_iter();
        for (bids, asks) in books {
            engine.set_book(&PAIRS[0], book(bids, asks), 0);
            for new in orders.by_ref().take(4) {
                let _ = engine.place(new, 0);
                let (mut base, mut quote) = (10_000_000_000_i64, usd);
                for order in &engine.orders {
                    let sign = if order.new.side == Side::Sell { -1 } else { 1 };
                    base += sign * to_base(order.volume_done);
                    quote -= sign * order.cost;
                    *(if order.new.fee_in_base { &mut base } else { &mut quote }) -= order.fee;
                }
                prop_assert_eq!(engine.balance(BASE), base);
                prop_assert_eq!(engine.balance("ZUSD"), quote);
                prop_assert!(engine.free(BASE) >= 0);
                prop_assert!(engine.free("ZUSD") >= 0);
            }
        }
    }
}

#[test]
fn an_immediate_order_takes_what_a_thin_book_gives() {
    let mut engine = funded(0);
    let thin = [(55_000, 200_000), (54_990, 100_000), (50_000, 9_000_000)];
    let bids = thin.map(|(ticks, volume)| Level { price: ticks * 10_000, volume });
    engine.set_book(&PAIRS[0], book(bids.into(), Vec::new()), 0);
    let new = NewOrder {
        pair: &PAIRS[0],
        side: Side::Sell,
        limit: Some(549_900_000),
        volume: 496_758,
        immediate: true,
        post_only: false,
        fee_in_base: false,
        userref: None,
        cl_ord_id: Some("abc".into()),
    };
    let txid = engine.place(new, 7).expect("funded");
    let order = engine.order(&txid).expect("placed");
    assert_eq!((order.status, order.volume_done), (OrderStatus::Canceled, 300_000));
    assert_eq!((order.cost, order.trades.len()), (110_000 + 54_990, 2));
    assert_eq!(engine.books["XXBTZUSD"].bids.len(), 1, "the levels are eaten");
}
