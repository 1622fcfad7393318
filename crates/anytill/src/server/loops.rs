//! What drives the engine: the node's events, effects, timers, the chain's tip, prices, lost webhooks.

use super::open::Server;
use super::stop::{Phase, Phases, Watch};
use super::{metrics, network};
use chain_wallet::ChainWallet;
use engine::{Engine, EngineError};
use ids::{NodeId, UnixMs};
use ports::{AggregateKind, EffectRow, LightningNode, NodeEvent, Outcome, Page, RateStore as _, Store, StoreError};
use purchase::{Effect, Purchase, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

/// Pause after something that failed, doubled up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// The tip is looked at this often: heights decide about holds.
const TIP_EVERY: Duration = Duration::from_secs(2);
/// Timers are looked for at least this often.
const TICK_EVERY: Duration = Duration::from_secs(5);
/// How often the issuer's books of open cards are compared, in case a webhook was lost.
const CARDS_EVERY: Duration = Duration::from_secs(60);
const CARDS_AT_ONCE: u32 = 64;
const EXCHANGE_EVERY: Duration = Duration::from_secs(60);
const CHAIN_EVERY: Duration = Duration::from_secs(5);
/// Samples are taken once a minute; what was not kept when the machine stops is lost.
const RATES_EVERY: Duration = Duration::from_secs(20);

pub fn spawn(server: &Arc<Server>, phases: &Phases) -> JoinSet<&'static str> {
    let mut tasks = JoinSet::new();
    let engine = || Arc::clone(&server.engine);
    for node in server.nodes.all() {
        tasks.spawn(node_events(engine(), node.port(), Role::Holds, phases.watch()));
        tasks.spawn(tips(engine(), node.port(), phases.watch()));
    }
    if let Some(node) = server.vendor_node.clone() {
        tasks.spawn(node_events(engine(), node, Role::PaysVendors, phases.watch()));
    }
    tasks.spawn(effects(engine(), server.config.process.effects_at_once_max, phases.watch()));
    tasks.spawn(timers(engine(), phases.watch()));
    tasks.spawn(cards(Arc::clone(server), phases.watch()));
    tasks.spawn(prices(Arc::clone(server), phases.watch()));
    tasks.spawn(past_rates(Arc::clone(server), phases.watch()));
    tasks.spawn(exchange(Arc::clone(server), phases.watch()));
    if let Some(wallet) = server.chain_wallet.clone() {
        tasks.spawn(chain_wallet(wallet, phases.watch()));
    }
    tasks.spawn(network::run(Arc::clone(server), phases.watch()));
    tasks.spawn(metrics::run(Arc::clone(server), phases.watch()));
    tasks
}

/// The name of a loop that ended although nobody asked it to.
pub async fn first_to_end(tasks: &mut JoinSet<&'static str>) -> String {
    match tasks.join_next().await {
        Some(Ok(name)) => name.to_owned(),
        Some(Err(error)) => format!("a loop panicked: {error}"),
        None => "all".to_owned(),
    }
}

/// In the node's order, each acknowledged after it is stored. What cannot be stored is tried again for as long as it
/// takes; what the core refuses is decided, and there is nothing to store.
async fn node_events(engine: Arc<Engine>, node: Arc<dyn LightningNode>, role: Role, mut watch: Watch) -> &'static str {
    loop {
        let event = tokio::select! {
            () = watch.reached(Phase::NoWork) => break,
            event = node.next_event() => event,
        };
        if !store_event(&engine, (role, node.node_id()), &event, &mut watch).await {
            break;
        }
        match node.ack_event().await {
            Outcome::Done(()) => {}
            // It is delivered again, and known then.
            Outcome::Rejected(r) => tracing::error!(reason = r.message, "a node event is not acknowledged"),
            Outcome::NotSent(why) | Outcome::Unknown(why) => {
                tracing::error!(why, "a node event is not acknowledged");
                sleep(PAUSE).await;
            }
        }
    }
    "node events"
}

/// Which of the two nodes.
#[derive(Clone, Copy)]
enum Role {
    Holds,
    PaysVendors,
}

/// False when the server stops first.
async fn store_event(engine: &Engine, (role, node): (Role, NodeId), event: &NodeEvent, watch: &mut Watch) -> bool {
    let mut pause = PAUSE;
    loop {
        let stored = match role {
            Role::Holds => engine.on_node_event(node, event).await,
            Role::PaysVendors => engine.on_vendor_node_event(event).await,
        };
        match stored {
            Ok(()) => return true,
            Err(EngineError::Rejected(refusal)) => {
                tracing::error!(?event, %refusal, "the core refuses a node event");
                return true;
            }
            Err(error) => tracing::error!(?event, %error, "a node event is not stored, trying again"),
        }
        tokio::select! {
            () = watch.reached(Phase::NoWork) => return false,
            () = sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
        }
    }
}

/// Runs effects beside each other. Claims and returns never wait behind calls to vendors. On the stop everything that
/// is ready is still run.
async fn effects(engine: Arc<Engine>, at_once_max: usize, mut watch: Watch) -> &'static str {
    let permits = Arc::new(Semaphore::new(at_once_max));
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = watch.reached(Phase::NoRequests) => break,
            row = engine.next_ready() => start(&mut running, &engine, &permits, row),
            Some(done) = running.join_next() => report(done),
        }
    }
    loop {
        while let Some(row) = engine.try_next_ready() {
            start(&mut running, &engine, &permits, row);
        }
        match running.join_next().await {
            Some(done) => report(done),
            None => break,
        }
    }
    "effects"
}

fn start(running: &mut JoinSet<()>, engine: &Arc<Engine>, permits: &Arc<Semaphore>, row: EffectRow) {
    let (engine, permits) = (Arc::clone(engine), Arc::clone(permits));
    // A row that waited long is leased again by then, and comes back by itself.
    let patience = Duration::from_millis(engine.config().lease_ms / 2);
    running.spawn(async move {
        if is_urgent(&row) {
            return engine.run_effect(row).await;
        }
        let begun = Instant::now();
        let Ok(_permit) = permits.acquire_owned().await else { return };
        if begun.elapsed() < patience {
            engine.run_effect(row).await;
        }
    });
}

/// Of the node, and waited for by somebody within a second.
fn is_urgent(row: &EffectRow) -> bool {
    row.at.kind == AggregateKind::Purchase
        && serde_json::from_str::<Effect>(&row.body).is_ok_and(|effect| effect.priority() <= 1)
}

fn report(done: Result<(), JoinError>) {
    if let Err(error) = done {
        tracing::error!(%error, "an effect panicked; it runs again when its lease ends");
    }
}

async fn timers(engine: Arc<Engine>, mut watch: Watch) -> &'static str {
    loop {
        if let Err(error) = engine.tick().await {
            tracing::error!(%error, "timers");
            sleep(PAUSE).await;
        }
        let now = engine.ports().clock.now();
        let until = engine.next_wake().map_or(TICK_EVERY, |at| Duration::from_millis(at.since_ms(now)).min(TICK_EVERY));
        tokio::select! {
            () = watch.reached(Phase::NoWork) => break,
            () = engine.woken() => {}
            () = sleep(until) => {}
        }
    }
    "timers"
}

async fn tips(engine: Arc<Engine>, node: Arc<dyn LightningNode>, mut watch: Watch) -> &'static str {
    loop {
        match node.info().await {
            Outcome::Done(info) => {
                if let Err(error) = engine.on_tip(node.node_id(), info).await {
                    tracing::error!(%error, "a tip is not taken up");
                }
            }
            Outcome::Rejected(r) => tracing::warn!(why = r.message, "the node does not tell its tip"),
            Outcome::NotSent(why) | Outcome::Unknown(why) => tracing::warn!(why, "the node does not tell its tip"),
        }
        tokio::select! {
            () = watch.reached(Phase::NoWork) => break,
            () = sleep(TIP_EVERY) => {}
        }
    }
    "tips"
}

/// What a lost webhook would have said, read from the issuer's books: at once after a start, then again and again.
async fn cards(server: Arc<Server>, mut watch: Watch) -> &'static str {
    let mut after = None;
    loop {
        after = match catch_up(&server, after).await {
            Ok(after) => after,
            Err(error) => {
                tracing::error!(%error, "open purchases cannot be listed");
                None
            }
        };
        // The rest of a long list comes without a pause.
        let pause = if after.is_some() { PAUSE } else { CARDS_EVERY };
        tokio::select! {
            () = watch.reached(Phase::NoRequests) => break,
            () = sleep(pause) => {}
        }
    }
    "cards"
}

/// One page of open purchases; where the next begins.
async fn catch_up(server: &Server, after: Option<[u8; 16]>) -> Result<Option<[u8; 16]>, StoreError> {
    let page = Page { after, limit: CARDS_AT_ONCE };
    let open = Store::list(&server.store, AggregateKind::Purchase, true, false, page).await?;
    for stored in &open {
        let Ok(purchase) = serde_json::from_str::<Purchase>(&stored.state) else { continue };
        if !matches!(purchase.state, State::Funded | State::Closing | State::Claiming) {
            continue;
        }
        if let Err(error) = server.engine.catch_up_card(purchase.id).await {
            tracing::warn!(purchase = %purchase.id, %error, "the issuer's books were not compared");
        }
    }
    Ok(open.last().map(|stored| stored.at.id).filter(|_| open.len() == CARDS_AT_ONCE as usize))
}

async fn prices(server: Arc<Server>, mut watch: Watch) -> &'static str {
    server.prices.run(async move { watch.reached(Phase::NoWork).await }).await;
    "prices"
}

/// Keeps what prices have sampled, for a picture. A sample that was kept before is passed over.
async fn past_rates(server: Arc<Server>, mut watch: Watch) -> &'static str {
    let mut kept = UnixMs(server.clock.now().0.saturating_sub(2 * 60_000));
    loop {
        let stopping = tokio::select! {
            () = watch.reached(Phase::NoWork) => true,
            () = sleep(RATES_EVERY) => false,
        };
        let new = server.prices.samples_after(kept);
        if let Some(newest) = new.iter().map(|sample| sample.at).max() {
            match server.store.keep_rates(new).await {
                Ok(()) => kept = newest,
                Err(error) => tracing::warn!(%error, "samples of rates are not kept"),
            }
        }
        if stopping {
            break;
        }
    }
    "past rates"
}

/// Follows the chain, and hands refunds over again, whether or not a purchase waits.
async fn chain_wallet(wallet: Arc<ChainWallet>, mut watch: Watch) -> &'static str {
    let mut was_well = true;
    loop {
        let followed = wallet.follow().await;
        // Said once: it is tried again and again.
        if let Some(why) = followed.as_ref().err().filter(|_| was_well) {
            tracing::warn!(why, "the wallet does not see the chain");
        }
        was_well = followed.is_ok();
        tokio::select! {
            () = watch.reached(Phase::NoWork) => break,
            () = sleep(CHAIN_EVERY) => {}
        }
    }
    "chain wallet"
}

/// The exchange's smallest orders and price steps change now and then; asking how it is learns them anew.
async fn exchange(server: Arc<Server>, mut watch: Watch) -> &'static str {
    let mut was_well = true;
    loop {
        let (pause, ill) = match server.exchange.health().await {
            Outcome::Done(_) => (EXCHANGE_EVERY, None),
            Outcome::Rejected(refusal) => (PAUSE_MAX, Some(format!("{}: {}", refusal.code, refusal.message))),
            Outcome::NotSent(why) | Outcome::Unknown(why) => (PAUSE_MAX, Some(why)),
        };
        metrics::healthy_exchange(ill.is_none());
        // Said once: it is asked again and again.
        if let Some(why) = ill.as_ref().filter(|_| was_well) {
            tracing::warn!(why, "the exchange is not well");
        }
        was_well = ill.is_none();
        tokio::select! {
            () = watch.reached(Phase::NoRequests) => break,
            () = sleep(pause) => {}
        }
    }
    "exchange"
}
