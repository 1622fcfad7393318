//! Blocks that are taken off (`invalidateblock`), before and after what they held was final.

use crate::world::{SAT, World, arrived, msat, pending};
use ports::{FundsRefundStatus, FundsStatus, Outcome, PaidFirstSource as _};

#[tokio::test]
async fn what_was_in_a_block_waits_again() {
    let mut world = World::start().await;
    let request = world.request("reorganized");
    let address = world.address(&request).await;
    world.chain.fund(&address, SAT).await.unwrap();
    world.mine(1).await;
    assert_eq!(world.status(&request).await, pending(SAT, 1));
    world.invalidate(1).await;
    // The chain is shorter than what is known: nothing is said until it has grown.
    let blind = world.wallet.status(&request).await;
    assert!(matches!(&blind, Outcome::NotSent(why) if why.contains("does not reach")), "{blind:?}");
    world.chain.mine_empty(2).await.unwrap();
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    world.reopen();
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
}

#[tokio::test]
async fn a_reorganization_that_spends_it_otherwise_takes_it_away() {
    let world = World::start().await;
    let request = world.request("lost in a reorganization");
    let address = world.address(&request).await;
    let coin = world.payer.coin(1_000_000).await.unwrap();
    let paid = world.payer.spend(coin, &address, SAT, 300).unwrap();
    world.payer.send(&paid).await.unwrap();
    world.mine(1).await;
    assert_eq!(world.status(&request).await, pending(SAT, 1));
    world.invalidate(1).await;
    // It waits again, and is replaced there.
    let other = world.payer.spend(coin, &world.payer.address(), SAT, 5_000).unwrap();
    world.payer.send(&other).await.unwrap();
    world.mine(3).await;
    assert_eq!(world.status(&request).await, FundsStatus::Waiting);
    assert_eq!(world.balance().await, 0);
}

#[tokio::test]
async fn what_was_final_stays_so_and_the_operator_is_told() {
    let mut world = World::start().await;
    let request = world.request("deep");
    let address = world.address(&request).await;
    let coin = world.payer.coin(1_000_000).await.unwrap();
    world.payer.send(&world.payer.spend(coin, &address, SAT, 300).unwrap()).await.unwrap();
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
    // Two blocks go, and the coin is spent otherwise in their place.
    world.invalidate(2).await;
    let other = world.payer.spend(coin, &world.payer.address(), SAT, 5_000).unwrap();
    world.payer.send(&other).await.unwrap();
    world.mine(3).await;
    assert_eq!(world.status(&request).await, arrived(SAT), "the engine has acted on it");
    let told = world.wallet.health().await;
    let Outcome::Rejected(refusal) = &told else { panic!("{told:?}") };
    assert!(refusal.code == "reorganized" && refusal.message.contains(&format!("{SAT} sat")), "{refusal:?}");
    world.reopen();
    assert_eq!(world.status(&request).await, arrived(SAT));
    assert_eq!(world.balance().await, 0, "the loss is in the books of the operator, not hidden here");
}

#[tokio::test]
async fn what_is_gone_is_not_paid_back_out_of_others_coins() {
    let mut world = World::start().await;
    world.funded("others").await;
    let request = world.request("gone");
    let address = world.address(&request).await;
    let coin = world.payer.coin(1_000_000).await.unwrap();
    world.payer.send(&world.payer.spend(coin, &address, SAT, 300).unwrap()).await.unwrap();
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
    assert_eq!(world.wallet.missing(&request.key).await, Outcome::Done(msat(0)));
    world.invalidate(2).await;
    world.chain.mine_empty(3).await.unwrap();
    // It waits for a block again: it may come back by itself.
    let mut refund = world.refund("back", SAT, &world.payer.address());
    refund.paid_under = request.key.clone();
    assert!(matches!(world.wallet.missing(&request.key).await, Outcome::NotSent(_)));
    assert!(matches!(world.wallet.refund(&refund).await, Outcome::NotSent(_)));
    let other = world.payer.spend(coin, &world.payer.address(), SAT, 5_000).unwrap();
    world.payer.send(&other).await.unwrap();
    world.mine(3).await;
    world.reopen();
    assert_eq!(world.wallet.missing(&request.key).await, Outcome::Done(msat(SAT)));
    let gone = Outcome::Done(FundsRefundStatus::FundsGone { missing_msat: msat(SAT) });
    assert_eq!(world.wallet.refund(&refund).await, gone);
    assert!(world.chain.mempool().await.unwrap().is_empty());
    // The operator's word, and then it is sent like any other.
    refund.despite_loss = true;
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    refund.despite_loss = false;
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay), "signed is signed");
}

#[tokio::test]
async fn before_it_signs_it_looks_whatever_it_saw_a_moment_ago() {
    let mut world = World::start().await;
    let request = world.request("gone");
    let address = world.address(&request).await;
    let coin = world.payer.coin(1_000_000).await.unwrap();
    world.payer.send(&world.payer.spend(coin, &address, SAT, 300).unwrap()).await.unwrap();
    world.mine(2).await;
    world.look_seldom();
    assert_eq!(world.status(&request).await, arrived(SAT));
    world.invalidate(2).await;
    let other = world.payer.spend(coin, &world.payer.address(), SAT, 5_000).unwrap();
    world.payer.send(&other).await.unwrap();
    world.mine(3).await;
    let mut refund = world.refund("back", SAT, &world.payer.address());
    refund.paid_under = request.key.clone();
    let gone = Outcome::Done(FundsRefundStatus::FundsGone { missing_msat: msat(SAT) });
    assert_eq!(world.wallet.refund(&refund).await, gone);
}
