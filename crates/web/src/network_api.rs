//! The Lightning Network as this server's node has heard of it: for programs, and as a page.
//!
//! What everybody may know is public here too. The chance that an amount reaches *this* node tells of its channels, so it
//! is for shoppers who are logged in.

use crate::app::{App, detached};
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::network::{ChanceFrom, ChanceToArrive, CouldCarry, Figure, NetworkDay, NetworkFigures, NetworkNow};
use crate::extract::Params;
use crate::network_page;
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use money::{Currency, Money, MoneyError, Msat, Rate, Sat};
use network::{Change, Figures, Snapshot};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// The span over which changes are told.
const CHANGE_DAYS: u32 = 30;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetworkQuery {
    /// How many channels could carry this.
    pub amount_sat: Option<u64>,
}

/// Nodes, channels and capacity of the public network, and how they changed.
#[utoipa::path(get, path = "/v1/network", operation_id = "network", tag = "server", params(NetworkQuery), responses(
    (status = OK, body = NetworkNow),
    (status = "4XX", description = "invalid_query, amount_*", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn now(State(app): State<App>, Params(query): Params<NetworkQuery>) -> Result<Json<NetworkNow>, Problem> {
    look(&app, query.amount_sat).map(Json)
}

/// The same as a page.
pub async fn page(State(app): State<App>, Params(query): Params<NetworkQuery>) -> Result<Response, Problem> {
    let seen = look(&app, query.amount_sat)?;
    Ok(network_page::page(&seen, app.now()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChanceQuery {
    pub amount_sat: u64,
}

/// The chance that an amount would reach this server's node now.
#[utoipa::path(get, path = "/v1/network/chance", operation_id = "network_chance", tag = "server",
    security(("device_token" = [])), params(ChanceQuery), responses(
    (status = OK, body = ChanceToArrive),
    (status = "4XX", description = "invalid_query, amount_*", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn chance(
    State(app): State<App>,
    _: Shopper,
    Params(query): Params<ChanceQuery>,
) -> Result<Json<ChanceToArrive>, Problem> {
    let amount = amount_of(query.amount_sat)?;
    let (node, now) = (app.engine().ports().nodes.first().node_id(), app.now());
    let final_cltv_delta = app.policy().windows.min_final_cltv_delta.into();
    let network = Arc::clone(&app.state.network);
    // A client that goes away ends no look at the graph: the next one would begin another.
    let found = detached(async move { network.chance(node, final_cltv_delta, amount, now).await }).await?;
    let from = found.iter().flat_map(|chance| &chance.from).map(|from| ChanceFrom {
        node: from.node,
        chance_ppm: from.chance_ppm,
        parts: from.parts,
        fee_msat: from.fee_msat,
    });
    Ok(Json(ChanceToArrive {
        amount_sat: query.amount_sat,
        chance_ppm: found.as_ref().map(|chance| chance.chance_ppm),
        from: from.collect(),
    }))
}

fn amount_of(sat: u64) -> Result<Msat, Problem> {
    match Sat::new(sat) {
        Ok(amount) if amount.is_zero() => {
            Err(Problem::with(Code::AmountZero, "`amount_sat` is a whole number of satoshi, at least 1."))
        }
        Ok(amount) => Ok(amount.msat()),
        Err(_) => Err(Problem::with(Code::AmountAboveLimit, "There is not as much bitcoin as `amount_sat` says.")),
    }
}

fn look(app: &App, amount_sat: Option<u64>) -> Result<NetworkNow, Problem> {
    let (watch, now) = (&app.state.network, app.now());
    let asked = amount_sat.map(|sat| amount_of(sat).map(|amount| (sat, amount))).transpose()?;
    let heard = watch.heard();
    let rate = app.engine().ports().prices.rate(Currency::USD, now).ok().map(|seen| seen.rate);
    let before = watch.before(now, CHANGE_DAYS);
    Ok(NetworkNow {
        heard_at_ms: heard.as_ref().map(|heard| heard.at.0),
        figures: heard.as_ref().map(|heard| figures(&heard.figures, before.as_ref(), rate)),
        usd_rate_micro: rate.map(Rate::micro_per_btc),
        could_carry: heard
            .as_ref()
            .zip(asked)
            .map(|(heard, (amount_sat, amount))| CouldCarry { amount_sat, channels: heard.limits.could_carry(amount) }),
        days: watch.days().iter().map(day).collect(),
    })
}

fn figures(now: &Figures, before: Option<&Snapshot>, rate: Option<Rate>) -> NetworkFigures {
    let figure = |of: fn(&Figures) -> u64| Figure {
        now: of(now),
        change_30d_bps: before.and_then(|then| Change::between(of(&then.figures), of(now))).map(|change| change.0),
    };
    let worth = |of: fn(&Figures, Rate) -> Result<Money, MoneyError>| Some(of(now, rate?).ok()?.minor());
    NetworkFigures {
        nodes: figure(|of| of.nodes),
        channels: figure(|of| of.channels),
        capacity_sat: figure(|of| of.capacity_sat),
        mean_channel_sat: figure(Figures::mean_channel_sat),
        median_channel_sat: figure(|of| of.median_channel_sat),
        capacity_usd_minor: worth(Figures::capacity_at),
        mean_channel_usd_minor: worth(Figures::mean_channel_at),
    }
}

fn day(snapshot: &Snapshot) -> NetworkDay {
    NetworkDay {
        day: snapshot.day.0,
        nodes: snapshot.figures.nodes,
        channels: snapshot.figures.channels,
        capacity_sat: snapshot.figures.capacity_sat,
        median_channel_sat: snapshot.figures.median_channel_sat,
    }
}
