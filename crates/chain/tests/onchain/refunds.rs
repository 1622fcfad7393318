//! Paying back: what is owed less the fee of that very transaction, once.

use crate::world::{LOCKED_MS, SAT, World, arrived, msat, sat};
use bitcoin::Address;
use ports::{FundsRefundStatus, Outcome, PaidFirstSource as _};

fn code<T: std::fmt::Debug>(outcome: &Outcome<T>) -> &str {
    match outcome {
        Outcome::Rejected(refusal) => &refusal.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refund_is_less_its_fee_and_sent_once() {
    let mut world = World::start().await;
    world.funded("paid").await;
    let to = world.payer.address();
    let told = world.wallet.terms(msat(SAT)).await.done().flatten().unwrap();
    assert_eq!(told.confirmations, 2);
    let told = told.refund_fee_msat;
    let refund = world.refund("back", SAT, &to);
    for _ in 0..3 {
        assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    }
    assert_eq!(world.proxy.calls("sendrawtransaction"), 1);
    let waiting = world.chain.mempool().await.unwrap();
    assert_eq!(waiting.len(), 1);
    world.mine(1).await;
    let fee = world.chain.fee_sat(&waiting[0]).await.unwrap().unwrap();
    let taken = world.taken(&refund).await;
    assert_eq!((taken, world.payer.balance_sat().await.unwrap()), (fee, SAT - fee));
    // Said beforehand; without change it is less.
    assert!(fee <= told.sat_floor().get(), "{fee} was taken, {told} told");
    assert_eq!(world.balance().await, 0);
    world.reopen();
    assert_eq!(world.taken(&refund).await, fee);
    assert_eq!(world.proxy.calls("sendrawtransaction"), 1);
}

#[tokio::test]
async fn change_comes_back_and_two_refunds_take_two_coins() {
    let world = World::start().await;
    world.funded("one").await;
    world.funded("two").await;
    let to = world.payer.address();
    let (one, two) = (world.refund("r1", 200_000, &to), world.refund("r2", 300_000, &to));
    assert_eq!(world.wallet.refund(&one).await, Outcome::Done(FundsRefundStatus::UnderWay));
    assert_eq!(world.wallet.refund(&two).await, Outcome::Done(FundsRefundStatus::UnderWay));
    assert_eq!(world.chain.mempool().await.unwrap().len(), 2);
    world.mine(1).await;
    let taken = world.taken(&one).await + world.taken(&two).await;
    assert_eq!(world.payer.balance_sat().await.unwrap(), 500_000 - taken);
    assert_eq!(world.balance().await, 2 * SAT - 500_000);
}

#[tokio::test]
async fn what_cannot_be_paid_is_refused_and_nothing_is_signed() {
    let world = World::start().await;
    let to = world.payer.address();
    assert_eq!(code(&world.wallet.refund(&world.refund("empty", SAT, &to)).await), "insufficient_funds");
    let paid = world.funded("paid").await;
    assert_eq!(code(&world.wallet.refund(&world.refund("dust", 400, &to)).await), "too_little");
    let own: Address = world.address(&paid).await;
    assert_eq!(code(&world.wallet.refund(&world.refund("own", SAT, &own)).await), "own_address");
    let mut elsewhere = world.refund("elsewhere", SAT, &to);
    elsewhere.to = Some("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4".to_owned());
    assert_eq!(code(&world.wallet.refund(&elsewhere).await), "bad_address");
    elsewhere.to = None;
    assert_eq!(code(&world.wallet.refund(&elsewhere).await), "no_address");
    let part = ports::FundsRefund { amount_msat: money::Msat::new(1_500).unwrap(), ..world.refund("part", 1, &to) };
    assert_eq!(code(&world.wallet.refund(&part).await), "not_whole");
    assert!(world.chain.mempool().await.unwrap().is_empty());
    // A key is one refund's.
    let first = world.refund("key", 100_000, &to);
    assert_eq!(world.wallet.refund(&first).await, Outcome::Done(FundsRefundStatus::UnderWay));
    assert_eq!(code(&world.wallet.refund(&world.refund("key", 100_001, &to)).await), "another");
}

#[tokio::test]
async fn coins_that_are_not_deep_enough_are_not_spent() {
    let world = World::start().await;
    let request = world.request("shallow");
    let coin = world.payer.coin(1_000_000).await.unwrap();
    let address = world.address(&request).await;
    world.payer.send(&world.payer.spend(coin, &address, SAT, 300).unwrap()).await.unwrap();
    world.mine(1).await;
    let before = world.payer.balance_sat().await.unwrap();
    let refund = world.refund("r", 100_000, &world.payer.address());
    assert_eq!(code(&world.wallet.refund(&refund).await), "insufficient_funds");
    world.mine(1).await;
    // Deep enough, and in nobody's books before the engine was told.
    assert_eq!(code(&world.wallet.refund(&refund).await), "insufficient_funds");
    assert_eq!(world.status(&request).await, arrived(SAT));
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    world.mine(1).await;
    let taken = world.taken(&refund).await;
    assert_eq!(world.payer.balance_sat().await.unwrap() - before, 100_000 - taken);
    assert_eq!(world.wallet.balance().await, Outcome::Done(sat(SAT - 100_000)));
}

#[tokio::test]
async fn a_refund_survives_a_reorganization() {
    let world = World::start().await;
    world.funded("paid").await;
    world.mine(3).await;
    let refund = world.refund("back", SAT, &world.payer.address());
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    world.mine(1).await;
    let taken = world.taken(&refund).await;
    world.invalidate(1).await;
    world.chain.mine_empty(2).await.unwrap();
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    world.mine(1).await;
    assert_eq!(world.taken(&refund).await, taken);
    assert_eq!(world.payer.balance_sat().await.unwrap(), SAT - taken);
}

#[tokio::test]
async fn a_shopper_bears_no_more_than_was_said_and_the_operator_the_rest_of_the_fee() {
    let world = World::start().await;
    // Before there is anything larger in the wallet: somebody paid in many small coins.
    world.paid_in_parts("small", 8).await;
    let before = world.balance().await;
    let (refund, said) = world.bounded("back", before - 60_000, &world.payer.address()).await;
    let had = world.payer.balance_sat().await.unwrap();
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    let txid = world.chain.mempool().await.unwrap().remove(0);
    let fee = world.chain.fee_sat(&txid).await.unwrap().unwrap();
    world.mine(1).await;
    let sent = world.wallet.refund(&refund).await.done().unwrap();
    let FundsRefundStatus::Sent { fee_msat, taken_msat } = sent else { panic!("{sent:?}") };
    assert!(fee > 2 * said, "{fee} is no more than one coin costs");
    assert_eq!((taken_msat, fee_msat), (msat(said), msat(fee - said)));
    assert_eq!(world.payer.balance_sat().await.unwrap() - had, before - 60_000 - said);
    // What is booked, to the satoshi: the amount owed, and the operator's part of the fee.
    assert_eq!(world.balance().await, 60_000 - (fee - said));
}

#[tokio::test]
async fn small_coins_of_others_are_left_alone_while_there_is_a_large_one() {
    let world = World::start().await;
    world.paid_in_parts("small", 20).await;
    world.funded("large").await;
    let (refund, said) = world.bounded("back", 300_000, &world.payer.address()).await;
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    let txid = world.chain.mempool().await.unwrap().remove(0);
    let fee = world.chain.fee_sat(&txid).await.unwrap().unwrap();
    assert!(fee <= said, "{fee}");
}

#[tokio::test]
async fn what_would_cost_the_operator_too_much_waits_and_is_not_signed() {
    let mut world = World::start().await;
    world.paid_in_parts("small", 60).await;
    let (refund, _) = world.bounded("back", world.balance().await - 50_000, &world.payer.address()).await;
    let waits = world.wallet.refund(&refund).await;
    let Outcome::Rejected(refusal) = &waits else { panic!("{waits:?}") };
    assert_eq!((refusal.code.as_str(), refusal.retryable), ("too_dear", true));
    assert!(refusal.message.contains("refund_extra_sat_max"), "{refusal:?}");
    assert!(world.chain.mempool().await.unwrap().is_empty());
    world.reopen();
    // A larger coin comes, and it goes.
    world.funded("large").await;
    world.chain.fund(&world.address(&world.request("large")).await, 700_000).await.unwrap();
    world.mine(3).await;
    assert_eq!(world.status(&world.request("large")).await, arrived(SAT + 700_000));
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
}

#[tokio::test]
async fn what_the_typical_fee_leaves_is_paid_though_the_real_one_is_more_than_all_of_it() {
    let world = World::start().await;
    // Fifteen coins of a thousand: their fee is more than what is owed.
    let dust = world.request("dust");
    let address = world.address(&dust).await;
    for _ in 0..15 {
        world.chain.fund(&address, 1_000).await.unwrap();
    }
    world.mine(2).await;
    world.pass(LOCKED_MS);
    assert_eq!(world.status(&dust).await, arrived(15_000));
    let (one, said) = world.bounded("one", 900, &world.payer.address()).await;
    assert_eq!(world.wallet.refund(&one).await, Outcome::Done(FundsRefundStatus::UnderWay));
    world.mine(1).await;
    assert!(world.taken(&one).await <= said);
    // Below what is relayed after what was said came off: finally refused, and said so.
    let (none, said) = world.bounded("none", 0, &world.payer.address()).await;
    let none = ports::FundsRefund { amount_msat: msat(said + 200), ..none };
    let refused = world.wallet.refund(&none).await;
    let Outcome::Rejected(refusal) = &refused else { panic!("{refused:?}") };
    assert_eq!((refusal.code.as_str(), refusal.retryable), ("too_little", false));
}

#[tokio::test]
async fn the_operator_takes_out_once_for_an_address_an_amount_and_a_number() {
    let mut world = World::start().await;
    world.funded("paid").await;
    let (to, amount) = (world.payer.address().to_string(), sat(200_000));
    let first = world.wallet.withdraw(&to, amount, 1).await.done().unwrap();
    assert_eq!((first.blocks, first.number, first.is_new), (0, 1, true));
    let again = world.wallet.withdraw(&to, amount, 1).await.done().unwrap();
    assert_eq!((&again.txid, again.is_new), (&first.txid, false));
    world.mine(1).await;
    world.reopen();
    let again = world.wallet.withdraw(&to, amount, 1).await.done().unwrap();
    assert_eq!((&again.txid, again.fee, again.blocks, again.is_new), (&first.txid, first.fee, 1, false));
    assert_eq!(world.payer.balance_sat().await.unwrap(), 200_000 - first.fee.get());
    // None is left out, and the second one is another send.
    assert_eq!(code(&world.wallet.withdraw(&to, amount, 3).await), "bad_number");
    assert_eq!(code(&world.wallet.withdraw(&to, amount, 0).await), "bad_number");
    let second = world.wallet.withdraw(&to, amount, 2).await.done().unwrap();
    assert!(second.is_new && second.txid != first.txid, "{second:?}");
    assert!(!world.wallet.withdraw(&to, amount, 2).await.done().unwrap().is_new);
    world.mine(1).await;
    assert_eq!(world.payer.balance_sat().await.unwrap(), 400_000 - first.fee.get() - second.fee.get());
    assert_eq!(world.balance().await, SAT - 400_000);
    assert_eq!(code(&world.wallet.withdraw(&to, sat(SAT), 1).await), "insufficient_funds");
}
