//! The end: asked for, or forced.
//!
//! Invariant: first nothing new comes in, then what is under way is finished within its time, then the node stops, then
//! the database closes. Whatever is cut off is taken up again by the next start.

use super::open::Server;
use crate::out;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// The node's own stop: peers are told, channels are written.
const NODE_STOP_MAX: Duration = Duration::from_secs(20);
/// After a failure nothing is worth waiting for.
const FAILED_STOP_MAX: Duration = Duration::from_secs(3);
/// Ended by a second Ctrl-C, as shells know it.
const INTERRUPTED: i32 = 130;

/// Steps of the stop; each holds for all later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Serving,
    /// No request is taken any more; effects that are ready still run.
    NoRequests,
    /// Nothing new is begun at all.
    NoWork,
}

pub struct Phases(watch::Sender<Phase>);

impl Default for Phases {
    fn default() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }
}

impl Phases {
    pub fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }

    fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }
}

#[derive(Clone)]
pub struct Watch(watch::Receiver<Phase>);

impl Watch {
    /// Returns once the phase (or a later one) has come; also when the server is gone.
    pub async fn reached(&mut self, phase: Phase) {
        let _ = self.0.wait_for(|now| *now >= phase).await;
    }
}

/// Why the server ends.
pub enum Ended {
    Asked,
    StorageFailed(String),
    WithoutLoop(String),
}

/// Ctrl-C or SIGTERM.
pub async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

pub async fn stop(server: &Arc<Server>, ended: Ended, tasks: JoinSet<&'static str>, phases: &Phases) -> ExitCode {
    server.running.stop();
    phases.enter(Phase::NoRequests);
    let (code, work_max, node_max) = match &ended {
        Ended::Asked => {
            out::note("stopping: no new purchases, finishing what is under way; Ctrl-C again stops at once");
            (ExitCode::SUCCESS, Duration::from_secs(server.config.server.stop_secs_max), NODE_STOP_MAX)
        }
        Ended::StorageFailed(reason) => {
            out::note(format!("THE DATABASE CANNOT BE USED ANY MORE, the server ends: {reason}"));
            (ExitCode::FAILURE, Duration::ZERO, FAILED_STOP_MAX)
        }
        Ended::WithoutLoop(name) => {
            out::note(format!("A LOOP OF THE SERVER ENDED, the server ends; start it again: {name}"));
            (ExitCode::FAILURE, FAILED_STOP_MAX, FAILED_STOP_MAX)
        }
    };
    tokio::select! {
        () = orderly(server, tasks, phases, work_max, node_max) => {}
        () = signal() => {
            out::note("stopped at once; start it again to go on");
            std::process::exit(INTERRUPTED);
        }
    }
    code
}

async fn orderly(
    server: &Arc<Server>,
    mut tasks: JoinSet<&'static str>,
    phases: &Phases,
    work_max: Duration,
    node_max: Duration,
) {
    let deadline = Instant::now() + work_max;
    // Requests and effects end in this phase; events of the node go on, so that claims are still confirmed.
    let quiet = async {
        let mut waited_for = vec!["effects", "web"];
        while !waited_for.is_empty() {
            match tasks.join_next().await {
                Some(Ok(name)) => waited_for.retain(|waited| *waited != name),
                Some(Err(_)) => {}
                None => break,
            }
        }
    };
    if timeout_at(deadline, quiet).await.is_err() {
        tracing::warn!("not everything under way was finished; it is taken up again by the next start");
    }
    phases.enter(Phase::NoWork);
    let rest = async { while tasks.join_next().await.is_some() {} };
    if timeout(FAILED_STOP_MAX, rest).await.is_err() {
        tracing::warn!("not every loop ended in time");
    }
    warn_of_holds(server).await;
    if timeout(node_max, server.nodes.stop()).await.is_err() {
        tracing::error!("the Lightning node did not stop in time");
    }
    if let Some(node) = &server.vendor_node
        && timeout(node_max, node.stop()).await.is_err()
    {
        tracing::error!("the node that pays vendors did not stop in time");
    }
    server.store.clone().close().await;
}

/// While they are held and the server is away, their channels are closed soon after they expire.
async fn warn_of_holds(server: &Server) {
    let Ok(held) = server.nodes.held().await else { return };
    if held.is_empty() {
        return;
    }
    out::note(format!("{} HTLCs are held. Start the server again before their deadlines:", held.len()));
    for htlc in held {
        out::note(format!(
            "  {} of {} msat, claim deadline at height {} ({} blocks left)",
            htlc.payment_hash, htlc.amount_msat, htlc.claim_deadline, htlc.blocks_left
        ));
    }
    out::note("`anytill drain` before a stop waits for them or returns them.");
}
