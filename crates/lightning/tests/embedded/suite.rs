//! The port's suite on the embedded node.

use crate::world::LdkWorld;
use lightning_node::conformance as cases;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn holds_and_sends() {
    let world = LdkWorld::start().await;
    cases::claimed(&world).await;
    cases::returned(&world).await;
    cases::duplicate_while_held(&world).await;
    cases::two_payers_at_once(&world).await;
    cases::overpaid(&world).await;
    cases::same_request_again(&world).await;
    cases::room_shrinks(&world).await;
    cases::refused(&world).await;
    cases::send_succeeds(&world).await;
    cases::send_fails(&world).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restarts() {
    let mut world = LdkWorld::start().await;
    cases::redelivered_until_acknowledged(&mut world).await;
    cases::claimed_after_restart(&mut world).await;
    cases::restarted_after_claim(&mut world).await;
    cases::restarted_after_return(&mut world).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deadlines() {
    let mut world = LdkWorld::start().await;
    cases::deadline_passes(&world).await;
    cases::tip_goes_stale(&world).await;
    cases::held_through_blocks(&mut world).await;
    cases::deadline_passes_while_down(&mut world).await;
    world.stop().await;
}
