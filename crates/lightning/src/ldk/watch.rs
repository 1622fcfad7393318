//! Deadlines that ldk-node keeps to itself.
//!
//! At height = claim deadline the node fails a held HTLC back. No event says so, its stored status stays pending, and
//! a later `claim_for_hash` returns `Ok(())` and does nothing. So heights are watched here, and a hold whose deadline
//! has come without a claim is returned in the table, which raises `HtlcReturned`.
//!
//! Invariant: a hold that may have been claimed is never called returned. If a claim was asked for, or may have been
//! before a loss of power, that takes longer: the node's own confirmation comes within moments of a claim or of a
//! start, so after [`DOUBT`] its absence is an answer.

use super::node::{Gone, Shared};
use super::table::{HoldRow, HoldState, TableResult};
use ids::PaymentHash;
use ldk_node::LightningBalance;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning_types::payment::PaymentHash as LdkHash;
use ldk_node::payment::{PaymentDirection, PaymentStatus};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::{Instant, MissedTickBehavior};

/// How often the height is looked at; that is a read of memory.
const PERIOD: Duration = Duration::from_millis(250);
/// How long a claim may go unconfirmed, after it was asked for or after a start, before its absence is believed. LDK
/// confirms within milliseconds, and says it again at once after a start.
pub(super) const DOUBT: Duration = Duration::from_secs(30);

pub(super) async fn run(shared: Arc<Shared>, mut stopped: signal::Receiver<bool>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut height, mut left) = (0, false);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = ticks.tick() => {}
        }
        let now = shared.height();
        if now == height && !left {
            continue;
        }
        height = now;
        // On a failure too: what is due stays due.
        left = match shared.blocking(move |shared| look(shared, now)).await {
            Ok(left) => left,
            Err(Gone::Stopped) => return,
            Err(Gone::Panicked) => true,
        };
    }
}

/// Returns what is due at a height. True if something is due that cannot be decided yet.
fn look(shared: &Shared, height: u32) -> bool {
    let due = match shared.table.due(height) {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(%error, "the table of holds cannot be read");
            return true;
        }
    };
    let mut left = false;
    for row in due {
        match shared.deciding(&row.hash, |shared| decide(shared, &row.hash)) {
            Ok(decided) => left |= !decided,
            Err(error) => {
                tracing::error!(hash = %row.hash, %error, "a returned hold could not be written");
                left = true;
            }
        }
    }
    left
}

pub(super) enum Verdict {
    /// It was not claimed and cannot be any more.
    Returned,
    /// The node has confirmed the claim; its event tells.
    Claimed,
    /// Not to be known yet.
    Open,
}

/// What became of a held row whose deadline has passed.
pub(super) fn verdict(shared: &Shared, row: &HoldRow) -> Verdict {
    if is_claimed(shared, &row.hash) {
        return Verdict::Claimed;
    }
    let touched = shared.touched().get(&row.hash).copied();
    if !row.claim_called && touched.is_some() {
        // Seen unclaimed in this run and not claimed since: no preimage has left.
        return Verdict::Returned;
    }
    if touched.unwrap_or(shared.started).elapsed() < DOUBT { Verdict::Open } else { Verdict::Returned }
}

/// True if there is nothing left to decide.
fn decide(shared: &Shared, hash: &PaymentHash) -> TableResult<bool> {
    // Read again: a claim may have come between.
    let row = shared.table.hold(hash)?.filter(|row| row.state == HoldState::Held);
    let Some(row) = row else { return Ok(true) };
    match verdict(shared, &row) {
        Verdict::Claimed => return Ok(true),
        Verdict::Open => return Ok(false),
        Verdict::Returned => {}
    }
    // The node has done this by itself; here its stored status follows.
    if let Err(error) = shared.node.bolt11_payment().fail_for_hash(LdkHash(hash.0)) {
        tracing::warn!(%hash, %error, "a hold past its deadline could not be failed");
    }
    if shared.table.returned(hash)? {
        tracing::warn!(%hash, deadline = row.claim_deadline, "a hold passed its claim deadline");
        shared.touched().remove(hash);
        shared.returned.notify_one();
    }
    Ok(true)
}

/// The node has confirmed a claim of this hash.
pub(super) fn is_claimed(shared: &Shared, hash: &PaymentHash) -> bool {
    shared.node.payment(&PaymentId(hash.0)).is_some_and(|record| {
        record.direction == PaymentDirection::Inbound && record.status == PaymentStatus::Succeeded
    })
}

/// Hashes of the HTLCs towards us that wait in a channel for a preimage we have not given, by the channel monitors.
pub(super) fn waiting(shared: &Shared) -> HashSet<PaymentHash> {
    shared
        .node
        .list_balances()
        .lightning_balances
        .into_iter()
        .filter_map(|balance| match balance {
            LightningBalance::MaybePreimageClaimableHTLC { payment_hash, .. } => Some(PaymentHash(payment_hash.0)),
            _ => None,
        })
        .collect()
}

/// Before the node starts: what it holds for a preimage that it was never given is known not to be claimed, and what
/// the table says is returned is failed again. The process may have died before the node had written that.
pub(super) fn recognise(shared: &Shared) -> TableResult<()> {
    for hash in waiting(shared) {
        match shared.table.hold(&hash)? {
            Some(row) if row.state == HoldState::Returned => {
                tracing::info!(%hash, "failing a hold back again that was returned before the restart");
                if let Err(error) = shared.node.bolt11_payment().fail_for_hash(LdkHash(hash.0)) {
                    tracing::warn!(%hash, %error, "it could not be failed");
                }
            }
            Some(row) if row.state == HoldState::Held && !row.claim_called => touch(shared, hash),
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// Notes that a hold was heard of, or claimed, now.
pub(super) fn touch(shared: &Shared, hash: PaymentHash) {
    shared.touched().insert(hash, Instant::now());
}
