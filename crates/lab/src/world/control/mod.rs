//! The control API: one handler a call, JSON in and out, on loopback. Every call does what its name says and answers when
//! it is done; what takes its time (an HTLC, a charge under way) is asked for again.

mod faults;
mod linked;
mod network;
mod onchain;
mod scan;
mod server;
mod shop;
mod wallet;

use crate::demo::payer::Payer;
use crate::demo::timeline::Timeline;
use crate::demo::world::World;
use crate::demo::{Issuing, Selling};
use anyhow::{Result, bail};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use sandbox::chain::Chain;
use sandbox::coinbase;
use sandbox::kraken::Exchange;
use sandbox::lithic::Issuer;
use sandbox::store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::RwLock;

/// What is driven. Vendors can be reached while the world itself is locked: a server can be killed in the middle of a
/// charge.
pub struct Stage {
    pub world: RwLock<World>,
    second: RwLock<Option<Payer>>,
    issuer: Issuer,
    exchange: Exchange,
    store: Store,
    chain: Chain,
    /// Where accounts can be linked, if the world has that.
    linked: Option<coinbase::Exchange>,
    about: Value,
    timeline: Timeline,
}

impl Stage {
    /// Of a world with Lithic and Kraken, which this API drives.
    pub fn new(world: World, about: Value, timeline: Timeline) -> Result<Self> {
        let (Issuing::Lithic(issuer), Selling::Kraken(exchange)) = (world.issuer.clone(), world.exchange.clone())
        else {
            bail!("this world is driven with Lithic and Kraken only");
        };
        Ok(Self {
            issuer,
            exchange,
            store: world.store.clone(),
            chain: world.chain.clone(),
            linked: world.linked.as_ref().map(|linked| linked.coinbase.clone()),
            world: RwLock::new(world),
            second: RwLock::new(None),
            about,
            timeline,
        })
    }

    pub async fn stop(self) {
        if let Some(second) = self.second.into_inner()
            && let Err(error) = second.stop().await
        {
            tracing::warn!(%error, "the second wallet");
        }
        self.world.into_inner().stop().await;
    }
}

type Shared = State<Arc<Stage>>;
type Answer = Result<Json<Value>, Failed>;

/// Why a call was not done: the caller's mistake, or the world's.
pub struct Failed(StatusCode, String);

impl Failed {
    fn bad(why: impl ToString) -> Self {
        Self(StatusCode::BAD_REQUEST, why.to_string())
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", error.into()))
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub fn router(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/", get(about))
        .merge(wallet::routes())
        .merge(scan::routes())
        .merge(network::routes())
        .merge(faults::routes())
        .merge(server::routes())
        .merge(shop::routes())
        .merge(linked::routes())
        .merge(onchain::routes())
        .with_state(stage)
}

async fn about(State(stage): Shared) -> Json<Value> {
    Json(stage.about.clone())
}

fn done() -> Answer {
    Ok(Json(json!({ "done": true })))
}
