//! The simulated Coinbase of linked accounts: its users, what they have, and what becomes of what they send.

use super::{Answer, Failed, Shared, Stage, done};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use sandbox::coinbase::{Exchange, NewUser, Sends};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new()
        .route("/linked/users", post(add_user))
        .route("/linked/users/{user}", get(user))
        .route("/linked/users/{user}/second-factor", post(set_second_factor))
        .route("/linked/sends", post(set_sends))
        .route("/linked/sends/finish", post(finish))
        .route("/linked/sends/cancel", post(cancel))
}

fn coinbase(stage: &Stage) -> Result<&Exchange, Failed> {
    let none = || Failed(StatusCode::CONFLICT, "this world has none: start it with --linked".to_owned());
    stage.linked.as_ref().ok_or_else(none)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    email: String,
    balance_sat: u64,
    /// The code that each send needs; left out: none.
    second_factor: Option<String>,
}

async fn add_user(State(stage): Shared, Json(wanted): Json<Added>) -> Answer {
    let Added { email, balance_sat, second_factor } = wanted;
    let name = "Ella Example".to_owned();
    let user = coinbase(&stage)?.add_user(NewUser { name, email, balance_sat, second_factor });
    Ok(Json(json!({ "user": user })))
}

async fn user(State(stage): Shared, Path(user): Path<String>) -> Answer {
    let balance_sat = coinbase(&stage)?.user_sat(&user).ok_or_else(|| Failed::bad("there is no such user"))?;
    Ok(Json(json!({ "balance_sat": balance_sat })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: Option<String>,
}

async fn set_second_factor(State(stage): Shared, Path(user): Path<String>, Json(wanted): Json<Code>) -> Answer {
    coinbase(&stage)?.set_second_factor(&user, wanted.code.as_deref());
    done()
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Instant,
    Pending,
    Delayed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetSends {
    sends: Word,
}

async fn set_sends(State(stage): Shared, Json(wanted): Json<SetSends>) -> Answer {
    coinbase(&stage)?.set_sends(match wanted.sends {
        Word::Instant => Sends::Instant,
        Word::Pending => Sends::Pending,
        Word::Delayed => Sends::Delayed,
    });
    done()
}

async fn finish(State(stage): Shared) -> Answer {
    coinbase(&stage)?.finish_sends();
    done()
}

async fn cancel(State(stage): Shared) -> Answer {
    coinbase(&stage)?.cancel_sends();
    done()
}
