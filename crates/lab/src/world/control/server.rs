//! The server's process, and what its operator asks it.

use super::{Answer, Failed, Shared, Stage, done};
use crate::demo::shopper::Shopper;
use crate::demo::world;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new()
        .route("/server", get(state))
        .route("/server/kill", post(kill))
        .route("/server/stop", post(stop))
        .route("/server/start", post(start))
        .route("/server/restart", post(restart))
        .route("/ledger", get(ledger))
        .route("/reconcile", get(reconcile))
        .route("/parked", get(parked))
        .route("/invitations", post(invite))
        .route("/shoppers", post(new_shopper))
}

async fn state(State(stage): Shared) -> Answer {
    let mut world = stage.world.write().await;
    let running = world.server.is_running();
    Ok(Json(json!({ "running": running, "http": world.server.ready.as_ref().map(|ready| &ready.http) })))
}

async fn kill(State(stage): Shared) -> Answer {
    stage.world.write().await.server.kill().await?;
    done()
}

async fn stop(State(stage): Shared) -> Answer {
    stage.world.write().await.server.stop().await?;
    done()
}

/// Answers when the payer's channel can be used again.
async fn start(State(stage): Shared) -> Answer {
    let mut world = stage.world.write().await;
    if world.server.is_running() {
        return Err(Failed(StatusCode::CONFLICT, "the server is running".to_owned()));
    }
    world.restart_server().await?;
    done()
}

/// SIGKILL and start.
async fn restart(State(stage): Shared) -> Answer {
    let mut world = stage.world.write().await;
    world.server.kill().await?;
    world.restart_server().await?;
    done()
}

async fn ledger(State(stage): Shared) -> Answer {
    report(&stage, &["ledger", "--json"]).await
}

/// Its `agrees` says whether ledger, node, exchange and issuer do.
async fn reconcile(State(stage): Shared) -> Answer {
    report(&stage, &["reconcile", "--json"]).await
}

async fn parked(State(stage): Shared) -> Answer {
    report(&stage, &["parked", "list", "--json"]).await
}

async fn report(stage: &Stage, command: &[&str]) -> Answer {
    let (_, text) = stage.world.read().await.server.verdict(command).await?;
    Ok(Json(serde_json::from_str::<Value>(&text)?))
}

async fn invite(State(stage): Shared) -> Answer {
    let code = world::invitation(&stage.world.read().await.server).await?;
    Ok(Json(json!({ "invitation": code })))
}

/// With a billing address and without a refund destination.
async fn new_shopper(State(stage): Shared) -> Answer {
    let world = stage.world.read().await;
    let base = &world.server.ready.as_ref().ok_or_else(|| Failed::bad("the server is not running"))?.http;
    let code = world::invitation(&world.server).await?;
    let shopper = Shopper::register(base, Some(&code)).await?;
    Ok(Json(json!({ "login": shopper.login(), "password": shopper.password() })))
}
