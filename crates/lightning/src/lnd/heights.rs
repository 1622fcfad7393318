//! The tip as LND knows it, and holds whose deadline has come.
//!
//! LND returns a hold by itself some blocks before its expiry, but how many is the operator's setting. The deadline that
//! the engine is given is earlier, and is kept here, so that it holds whatever the node is set to.

use super::node::{Shared, wrong_network};
use super::rest::RestError;
use super::wire::{Info, InvoiceState};
use ids::{NodeId, PaymentHash, UnixMs};
use ports::NodeInfo;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const PERIOD: Duration = Duration::from_secs(1);

pub(super) async fn run(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match shared.look().await {
            Ok(info) => return_overdue(&shared, info.tip_height).await,
            Err(error) => tracing::debug!(?error, "the node's tip is not known"),
        }
    }
}

async fn return_overdue(shared: &Arc<Shared>, height: u32) {
    let due: Vec<PaymentHash> = shared
        .live()
        .iter()
        .filter(|(_, live)| live.held.is_some_and(|held| !held.claim_called && held.claim_deadline <= height))
        .map(|(hash, _)| *hash)
        .collect();
    for hash in due {
        let _alone = shared.alone(&hash).await;
        let held = match shared.invoice(&hash).await {
            Ok(invoice) => invoice.state == InvoiceState::Accepted && invoice.claim_deadline() <= height,
            Err(error) => {
                tracing::warn!(%hash, ?error, "a hold past its deadline cannot be looked up");
                continue;
            }
        };
        if !held {
            continue;
        }
        tracing::warn!(%hash, height, "a hold passed its claim deadline and is returned");
        if let Err(error) = shared.cancel(&hash).await {
            tracing::warn!(%hash, ?error, "it could not be returned; the node does so by itself");
        }
    }
}

impl Shared {
    /// Asks the node now. The tip's age is not renewed by a node that is behind its chain, or cannot see it.
    pub async fn look(&self) -> Result<NodeInfo, RestError> {
        let asked_at = self.clock.now();
        let info: Info = self.rest.get("/v1/getinfo").await?;
        if info.identity_pubkey.parse::<NodeId>() != Ok(self.node_id) {
            return Err(RestError::NotSent(format!("another node answers: {}", info.identity_pubkey)));
        }
        if let Some(wrong) = wrong_network(&info, self.network) {
            return Err(RestError::NotSent(wrong.to_string()));
        }
        let mut tip = self.tip();
        let seen_before = tip.as_ref().map_or(UnixMs(0), |tip| tip.tip_seen_at);
        let now = NodeInfo {
            tip_height: info.block_height,
            tip_seen_at: if info.synced_to_chain { asked_at.max(seen_before) } else { seen_before },
            channels_usable: info.num_active_channels,
        };
        *tip = Some(now.clone());
        Ok(now)
    }
}
