//! What drives the engine, as the server's own loops do: the node's events in their order, effects beside each other,
//! timers when they are due.

use engine::Engine;
use ports::{LightningNode, Outcome};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const TICK_EVERY: Duration = Duration::from_secs(5);

/// Runs until dropped.
pub fn spawn(engine: &Arc<Engine>, node: &Arc<dyn LightningNode>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(node_events(Arc::clone(engine), Arc::clone(node)));
    tasks.spawn(effects(Arc::clone(engine)));
    tasks.spawn(timers(Arc::clone(engine)));
    tasks
}

async fn node_events(engine: Arc<Engine>, node: Arc<dyn LightningNode>) {
    loop {
        let event = node.next_event().await;
        if let Err(error) = engine.on_node_event(engine.ports().nodes.first().node_id(), &event).await {
            tracing::error!(?event, %error, "a node event is not stored");
        }
        if !matches!(node.ack_event().await, Outcome::Done(())) {
            tracing::error!("a node event is not acknowledged");
        }
    }
}

async fn effects(engine: Arc<Engine>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            row = engine.next_ready() => {
                let engine = Arc::clone(&engine);
                running.spawn(async move { engine.run_effect(row).await });
            }
            Some(_) = running.join_next() => {}
        }
    }
}

async fn timers(engine: Arc<Engine>) {
    loop {
        if let Err(error) = engine.tick().await {
            tracing::error!(%error, "timers");
        }
        let now = engine.ports().clock.now();
        let until = engine.next_wake().map_or(TICK_EVERY, |at| Duration::from_millis(at.since_ms(now)).min(TICK_EVERY));
        tokio::select! {
            () = engine.woken() => {}
            () = tokio::time::sleep(until) => {}
        }
    }
}
