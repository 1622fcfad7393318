//! Is the server alive, and can purchases be begun?

use crate::app::App;
use crate::dto::server::Health;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ids::UnixMs;
use ports::Outcome;

/// Looked at again after this: asking is free for everybody, looking is not.
const KEPT_MS: u64 = 5_000;

/// The last look, and one look at a time.
#[derive(Default)]
pub struct Cached(tokio::sync::Mutex<Option<(UnixMs, Health)>>);

/// Live and ready in one; 503 while purchases cannot be begun, with the reasons.
#[utoipa::path(get, path = "/health", tag = "server", responses(
    (status = OK, body = Health), (status = SERVICE_UNAVAILABLE, body = Health)))]
pub async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let health = cached(&app).await;
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

/// The process answers: for whoever starts it again when it does not.
#[utoipa::path(get, path = "/health/live", tag = "server", responses((status = NO_CONTENT)))]
pub async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn cached(app: &App) -> Health {
    let mut last = app.readiness.0.lock().await;
    let now = app.now();
    let fresh = last.as_ref().filter(|(at, _)| now.since_ms(*at) < KEPT_MS && now >= *at);
    let mut health = match fresh {
        Some((_, health)) => health.clone(),
        None => {
            let health = look(app).await;
            *last = Some((now, health.clone()));
            health
        }
    };
    drop(last);
    if !app.state.running.accepts() {
        health.ready = false;
        health.reasons.insert(0, "draining");
    }
    health
}

async fn look(app: &App) -> Health {
    let ports = app.engine().ports();
    let mut reasons = Vec::new();
    if ports.store.setting("health").await.is_err() {
        reasons.push("storage");
    }
    match ports.nodes.room().await {
        Outcome::Done(room) => {
            if room.total_msat() == 0 {
                reasons.push("no_channel");
            }
            if !room.reserve_ok {
                reasons.push("chain_reserve");
            }
        }
        Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => reasons.push("node"),
    }
    if !app.engine().tip().fresh {
        reasons.push("chain_tip_old");
    }
    let now = app.now();
    if !app.policy().currencies.keys().any(|currency| ports.prices.rate(*currency, now).is_ok()) {
        reasons.push("prices");
    }
    if app.policy().cards && ports.issuer.float().await.done().is_none() {
        reasons.push("issuer");
    }
    Health { live: true, ready: reasons.is_empty(), reasons }
}
