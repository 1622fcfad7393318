//! The process ends between any two steps of a refund, or the daemon does not answer.

use crate::proxy::Fault;
use crate::world::{SAT, World, arrived};
use ports::{FundsRefundStatus, FundsStatus, Outcome, PaidFirstSource as _};

#[tokio::test]
async fn signed_and_never_handed_over() {
    let mut world = World::start().await;
    world.funded("paid").await;
    let refund = world.refund("back", SAT, &world.payer.address());
    world.proxy.next("sendrawtransaction", Fault::Lost);
    assert!(matches!(world.wallet.refund(&refund).await, Outcome::Unknown(_)));
    assert!(world.chain.mempool().await.unwrap().is_empty());
    world.reopen();
    // Following the chain is enough: what was signed is handed over.
    world.wallet.follow().await.unwrap();
    let first = world.chain.mempool().await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    assert_eq!(world.chain.mempool().await.unwrap(), first);
    world.mine(1).await;
    let taken = world.taken(&refund).await;
    assert_eq!(world.payer.balance_sat().await.unwrap(), SAT - taken);
}

#[tokio::test]
async fn handed_over_and_the_answer_is_lost() {
    let mut world = World::start().await;
    world.funded("paid").await;
    let refund = world.refund("back", SAT, &world.payer.address());
    world.proxy.next("sendrawtransaction", Fault::AnswerLost);
    assert!(matches!(world.wallet.refund(&refund).await, Outcome::Unknown(_)));
    let first = world.chain.mempool().await.unwrap();
    assert_eq!(first.len(), 1);
    world.reopen();
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
    world.mine(1).await;
    world.reopen();
    let taken = world.taken(&refund).await;
    assert_eq!(world.payer.balance_sat().await.unwrap(), SAT - taken);
    assert!(world.chain.seen(&first[0]).await.unwrap().unwrap().height.is_some());
}

#[tokio::test]
async fn nothing_is_signed_before_the_fee_is_known() {
    let mut world = World::start().await;
    world.funded("paid").await;
    let refund = world.refund("back", SAT, &world.payer.address());
    world.proxy.next("estimatesmartfee", Fault::Lost);
    assert!(matches!(world.wallet.refund(&refund).await, Outcome::NotSent(_)));
    world.reopen();
    world.wallet.follow().await.unwrap();
    assert!(world.chain.mempool().await.unwrap().is_empty());
    assert_eq!(world.wallet.refund(&refund).await, Outcome::Done(FundsRefundStatus::UnderWay));
}

#[tokio::test]
async fn no_address_is_given_out_and_nothing_is_said_while_the_chain_is_not_seen() {
    let world = World::start().await;
    let request = world.request("blind");
    for method in ["getblockchaininfo", "getrawmempool"] {
        world.proxy.next(method, Fault::Lost);
        assert!(matches!(world.wallet.request(&request).await, Outcome::NotSent(_)), "{method}");
    }
    assert_eq!(world.status(&request).await, FundsStatus::NotFound);
    world.chain.fund(&world.address(&request).await, SAT).await.unwrap();
    world.mine(2).await;
    world.proxy.next("getblock", Fault::Lost);
    assert!(matches!(world.wallet.status(&request).await, Outcome::NotSent(_)));
    world.proxy.next("a batch", Fault::Lost);
    world.chain.fund(&world.payer.address(), 50_000).await.unwrap();
    assert!(matches!(world.wallet.status(&request).await, Outcome::NotSent(_)));
    assert_eq!(world.status(&request).await, arrived(SAT));
    world.proxy.clear();
    world.mine(1).await;
}

#[tokio::test]
async fn a_lost_file_loses_no_coins_and_gives_no_address_to_two() {
    let mut world = World::start().await;
    let first_block = world.chain.height().await.unwrap();
    let paid = world.funded("paid").await;
    let address = world.address(&paid).await;
    world.lose_file(first_block);
    world.wallet.follow().await.unwrap();
    assert_eq!(world.status(&paid).await, FundsStatus::NotFound, "whose it was is lost");
    let next = world.request("next");
    assert_ne!(world.address(&next).await, address, "it was paid before: the next purchase would be paid at once");
    assert_eq!(world.status(&next).await, FundsStatus::Waiting);
    assert_eq!(world.balance().await, SAT);
}

#[tokio::test]
async fn an_old_copy_of_the_file_gives_no_address_to_two() {
    let mut world = World::start().await;
    let mut given = vec![world.address(&world.request("before the copy")).await];
    world.copy_file();
    for name in ["one", "two"] {
        given.push(world.address(&world.request(name)).await);
    }
    world.put_copy_back();
    let next = world.request("next");
    let address = world.address(&next).await;
    assert!(!given.contains(&address), "{address} belongs to another purchase, which has not paid yet");
    // Its shopper pays now: that is nobody's money but theirs, and the wallet's.
    world.chain.fund(&given[2], SAT).await.unwrap();
    world.mine(2).await;
    assert_eq!(world.status(&next).await, FundsStatus::Waiting);
    assert_eq!(world.balance().await, SAT);
}
