//! After a reveal the card's number and code are nowhere: not in the database, not in a log, not in the memory of the
//! server's process.

use crate::common::World;
use crate::search::{Needles, search, search_files};
use crate::shopper::{Shopper, TOTAL_MINOR, wallet};
use sandbox::lithic::{CardRef, Charge};
use std::time::{Duration, Instant};

/// Less would not be a server's memory.
const SEARCHED_MIN: u64 = 4 << 20;
/// The connection that the card came by is closed after its answer was used.
const CLOSING_MAX: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_revealed_card_is_nowhere_afterwards() {
    let mut world = World::new().await;
    if !rustix::process::geteuid().is_root() {
        // Else only root may look into the server. What is in there is the same.
        world.settings.push(("ANYTILL_PROCESS__DEBUGGER", "true".to_owned()));
    }
    let server = world.serve();
    let pid = u32::try_from(server.ready["pid"].as_u64().unwrap()).unwrap();
    let own = tempfile::tempdir().unwrap();
    let payer = wallet(&world, own.path(), &server.ready).await;
    let codes: Vec<serde_json::Value> = serde_json::from_str(&world.ok(&["invite", "--json"])).unwrap();
    let shopper =
        Shopper::register(server.ready["http_url"].as_str().unwrap(), codes[0]["code"].as_str().unwrap()).await;
    let purchase = shopper.buy().await;
    let id = purchase["id"].as_str().unwrap();
    payer.pay(purchase["invoice"]["bolt11"].as_str().unwrap()).await.unwrap();
    shopper.until(id, "card_ready").await;

    let card = shopper.reveal(id).await;
    for _ in 0..3 {
        assert!(shopper.reveal(id).await.number == card.number, "one purchase, one card");
    }
    let needles = Needles::card(&card.number, &card.security_code);
    // The search can find: this process still has the card, and the server has the shopper's name.
    assert!(!search(std::process::id(), &needles).found.is_empty(), "the search does not find what is there");
    let kept = Needles::text("login", &shopper.login);
    assert!(!search(pid, &kept).found.is_empty(), "the search does not find what the server keeps");
    assert!(!search_files(&world.data(), &kept).found.is_empty(), "the search does not find what is stored");
    nowhere(&world, pid, &needles);

    // The store charges the card and captures; the purchase ends.
    let charge = Charge::new(CardRef::Typed(card), TOTAL_MINOR, "USD");
    let charged = world.issuer.charge(charge).await.unwrap();
    assert!(charged.is_approved(), "{:?}", charged.outcome);
    world.issuer.capture(&charged.token.unwrap(), TOTAL_MINOR).unwrap();
    shopper.until(id, "completed").await;
    nowhere(&world, pid, &needles);

    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.ended(), Some(0), "{}", world.log());
    let found = search_files(world.data().parent().unwrap(), &needles).found;
    assert!(found.is_empty(), "after the stop: {found:#?}");
    payer.stop().await.unwrap();
}

/// Connections that are being closed are given the time to be.
fn nowhere(world: &World, pid: u32, needles: &Needles) {
    let begun = Instant::now();
    let found = loop {
        let searched = search(pid, needles);
        assert!(searched.bytes > SEARCHED_MIN, "only {} bytes were searched", searched.bytes);
        if searched.found.is_empty() || begun.elapsed() > CLOSING_MAX {
            break searched.found;
        }
    };
    assert!(found.is_empty(), "in memory: {found:#?}");
    let found = search_files(world.data().parent().unwrap(), needles).found;
    assert!(found.is_empty(), "in a file: {found:#?}");
}
