//! What arrives: all of it, too little, too much, twice, late, replaced, spent otherwise.

use crate::world::{LOCKED_MS, SAT, World, arrived, pending};
use ports::{FundsStatus, Outcome, PaidFirstSource as _};

#[tokio::test]
async fn an_address_is_one_purchases_and_stays_the_same() {
    let mut world = World::start().await;
    let (one, two) = (world.request("one"), world.request("two"));
    assert_eq!(world.status(&one).await, FundsStatus::NotFound);
    let address = world.address(&one).await;
    assert_ne!(world.address(&two).await, address);
    assert_eq!(world.address(&one).await, address);
    world.reopen();
    assert_eq!(world.address(&one).await, address);
    assert_ne!(world.address(&world.request("three")).await, world.address(&two).await);
    assert_eq!(world.status(&one).await, FundsStatus::Waiting);
}

#[tokio::test]
async fn it_is_final_after_so_many_blocks() {
    let mut world = World::start().await;
    let request = world.request("exact");
    let address = world.address(&request).await;
    world.chain.fund(&address, SAT).await.unwrap();
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    world.mine(1).await;
    assert_eq!(world.status(&request).await, pending(SAT, 1));
    assert_eq!(world.balance().await, 0, "in nobody's books yet");
    world.mine(1).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
    assert_eq!(world.balance().await, SAT);
    world.reopen();
    assert_eq!(world.status(&request).await, arrived(SAT));
    let health = world.wallet.health().await.done().unwrap();
    assert!(health.starts_with("regtest, block ") && health.contains(&format!("{SAT} sat")), "{health}");
}

#[tokio::test]
async fn too_little_waits_for_the_rest_and_then_for_the_time() {
    let world = World::start().await;
    let (short, filled) = (world.request("short"), world.request("filled"));
    let (to_short, to_filled) = (world.address(&short).await, world.address(&filled).await);
    world.chain.fund(&to_short, 400_000).await.unwrap();
    world.chain.fund(&to_filled, 400_000).await.unwrap();
    world.mine(3).await;
    assert_eq!(world.status(&short).await, pending(400_000, 3));
    // The rest of the other one.
    world.chain.fund(&to_filled, SAT - 400_000).await.unwrap();
    assert_eq!(world.status(&filled).await, pending(SAT, 0));
    world.mine(2).await;
    assert_eq!(world.status(&filled).await, arrived(SAT));
    // The time is over: what is there is all that comes.
    world.pass(LOCKED_MS);
    assert_eq!(world.status(&short).await, arrived(400_000));
}

#[tokio::test]
async fn more_than_was_asked_needs_more_blocks_where_the_table_says_so() {
    let world = World::start().await;
    let request = world.request("over");
    let address = world.address(&request).await;
    world.chain.fund(&address, SAT + 7).await.unwrap();
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT + 7));
    let large = world.request("large");
    world.chain.fund(&world.address(&large).await, 1_000_001).await.unwrap();
    world.mine(2).await;
    assert!(matches!(world.status(&large).await, FundsStatus::Pending { .. }));
    world.mine(1).await;
    assert_eq!(world.status(&large).await, arrived(1_000_001));
}

#[tokio::test]
async fn two_sends_to_one_address_add_up() {
    let mut world = World::start().await;
    let request = world.request("twice");
    let address = world.address(&request).await;
    world.chain.fund(&address, SAT).await.unwrap();
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
    world.chain.fund(&address, SAT).await.unwrap();
    // What was final stays it while the second waits.
    assert_eq!(world.status(&request).await, arrived(SAT));
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(2 * SAT));
    world.reopen();
    assert_eq!(world.status(&request).await, arrived(2 * SAT));
}

#[tokio::test]
async fn what_comes_after_the_time_is_final_too_and_no_address_is_given_then() {
    let world = World::start().await;
    let request = world.request("late");
    let address = world.address(&request).await;
    world.pass(LOCKED_MS + 1);
    assert_eq!(world.status(&request).await, FundsStatus::Waiting);
    world.chain.fund(&address, SAT).await.unwrap();
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
    let never = world.wallet.request(&world.request("never")).await;
    assert!(matches!(&never, Outcome::Rejected(refusal) if refusal.code == "expired"), "{never:?}");
}

#[tokio::test]
async fn what_is_replaced_counts_as_it_is_now() {
    let world = World::start().await;
    let request = world.request("replaced");
    let address = world.address(&request).await;
    let coin = world.payer.coin(1_000_000).await.unwrap();
    world.payer.send(&world.payer.spend(coin, &address, SAT, 300).unwrap()).await.unwrap();
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    // Replaced by its sender: another amount, a higher fee (BIP 125).
    let second = world.payer.send(&world.payer.spend(coin, &address, 300_000, 3_000).unwrap()).await.unwrap();
    assert_eq!(world.status(&request).await, pending(300_000, 0));
    let third = world.payer.send(&world.payer.spend(coin, &address, SAT, 9_000).unwrap()).await.unwrap();
    assert_ne!(second, third);
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    world.mine(2).await;
    assert_eq!(world.status(&request).await, arrived(SAT));
    assert_eq!(world.balance().await, SAT);
}

#[tokio::test]
async fn what_is_spent_otherwise_goes_away() {
    let mut world = World::start().await;
    let request = world.request("taken back");
    let address = world.address(&request).await;
    let coin = world.payer.coin(1_000_000).await.unwrap();
    world.payer.send(&world.payer.spend(coin, &address, SAT, 300).unwrap()).await.unwrap();
    assert_eq!(world.status(&request).await, pending(SAT, 0));
    world.payer.send(&world.payer.spend(coin, &world.payer.address(), SAT, 3_000).unwrap()).await.unwrap();
    assert_eq!(world.status(&request).await, FundsStatus::Waiting);
    world.reopen();
    assert_eq!(world.status(&request).await, FundsStatus::Waiting);
    world.mine(3).await;
    assert_eq!(world.status(&request).await, FundsStatus::Waiting);
    assert_eq!(world.balance().await, 0);
}

#[tokio::test]
async fn mined_while_nobody_looked() {
    let mut world = World::start().await;
    let request = world.request("asleep");
    let address = world.address(&request).await;
    world.chain.fund(&address, SAT).await.unwrap();
    world.mine(70).await;
    world.reopen();
    // A look reads so many blocks at most: until it has caught up it says nothing.
    let behind = world.wallet.status(&request).await;
    assert!(matches!(&behind, Outcome::NotSent(why) if why.contains("behind")), "{behind:?}");
    assert_eq!(world.status(&request).await, arrived(SAT));
}
