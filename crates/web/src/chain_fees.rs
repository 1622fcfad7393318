//! What the chain asks for at the moment, for shoppers who are about to fund a wallet or to be paid back there.
//!
//! Invariant: whoever estimates it is asked once a minute at most, however often it is asked for here.

use crate::app::{App, detached};
use crate::dto::chain_fees::{ChainFeeRateView, ChainFeesNow};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use ids::UnixMs;
use money::Msat;
use ports::{ChainFeeRate, ChainFees, Outcome};
use std::sync::Arc;
use std::time::Duration;

/// Soon, within the hour, and within the day. Neither Core nor LND estimates for one block.
const BLOCKS: [u32; 3] = [2, 6, 144];
/// Asked for anew after this, also if there was no answer.
const KEPT_MS: u64 = 60_000;
/// About a block: what was not renewed within it is old.
const STALE_MS: u64 = 10 * 60_000;
/// Not told any more after this: the chain's fees change within hours.
const FORGOTTEN_MS: u64 = 3 * 3_600_000;
/// Whoever is slower is not waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The last look, and one look at a time.
#[derive(Default)]
pub struct Cached(tokio::sync::Mutex<Looked>);

#[derive(Default, Clone)]
struct Looked {
    at: Option<UnixMs>,
    /// As the last look found it; kept while later ones find nothing.
    found: Option<Found>,
    nothing: Option<&'static str>,
}

#[derive(Clone)]
struct Found {
    at: UnixMs,
    rates: Vec<ChainFeeRate>,
    refund_fee_sat: Option<u64>,
}

/// What the chain asks for, as it was estimated last.
#[utoipa::path(get, path = "/v1/chain-fees", operation_id = "chain_fees", tag = "server",
    responses((status = OK, body = ChainFeesNow)))]
pub async fn now(State(app): State<App>) -> Result<Json<ChainFeesNow>, Problem> {
    let Some(source) = app.state.chain_fees.clone() else { return Ok(Json(none("not_configured"))) };
    // A client that goes away ends no look: the next one would begin another.
    let asked = app.clone();
    let looked = detached(async move { look(&asked, &source).await }).await?;
    Ok(Json(told(looked, app.now())))
}

async fn look(app: &App, source: &Arc<dyn ChainFees>) -> Looked {
    let mut last = app.chain_fees.0.lock().await;
    // Not before: whoever waited longest would find a look of the future.
    let now = app.now();
    if last.at.is_none_or(|at| now.since_ms(at) >= KEPT_MS || now < at) {
        last.at = Some(now);
        match tokio::time::timeout(ANSWER_WITHIN, source.fee_rates(&BLOCKS)).await {
            Ok(Outcome::Done(rates)) if rates.is_empty() => last.nothing = Some("nothing_to_estimate_from"),
            Ok(Outcome::Done(rates)) => {
                last.found = Some(Found { at: now, rates, refund_fee_sat: refund_fee_sat(app).await });
            }
            Ok(Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_)) | Err(_) => {
                last.nothing = Some("unreachable");
            }
        }
    }
    last.clone()
}

/// Of the wallet that would send it, so that this is what will really be taken.
async fn refund_fee_sat(app: &App) -> Option<u64> {
    let source = app.engine().ports().paid_first.on_chain.clone()?;
    let terms = tokio::time::timeout(ANSWER_WITHIN, source.terms(Msat::ZERO)).await.ok()?;
    terms.done().flatten().map(|terms| terms.refund_fee_msat.sat_ceil().get())
}

const fn none(why: &'static str) -> ChainFeesNow {
    let unavailable = Some(why);
    ChainFeesNow {
        rates: Vec::new(),
        estimated_at_ms: None,
        age_ms: None,
        stale: false,
        refund_fee_sat: None,
        unavailable,
    }
}

fn told(looked: Looked, now: UnixMs) -> ChainFeesNow {
    let known = looked.found.filter(|found| now.0.saturating_sub(found.at.0) < FORGOTTEN_MS);
    let Some(found) = known else { return none(looked.nothing.unwrap_or("unreachable")) };
    let age_ms = now.0.saturating_sub(found.at.0);
    let view = |rate: &ChainFeeRate| ChainFeeRateView { blocks: rate.blocks, sat_per_kvb: rate.sat_per_kvb };
    ChainFeesNow {
        rates: found.rates.iter().map(view).collect(),
        estimated_at_ms: Some(found.at.0),
        age_ms: Some(age_ms),
        stale: age_ms >= STALE_MS,
        refund_fee_sat: found.refund_fee_sat,
        unavailable: None,
    }
}
