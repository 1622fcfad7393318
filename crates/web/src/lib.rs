//! The JSON API: shoppers, purchases, refunds, rates; the issuer's webhooks; health and metrics.
//!
//! Invariant: a request is checked against the policy and the account's limits before anyone pays, an answer says no
//! more than the purchase's state, and number and code of a card leave here only encrypted to the shopper's key.
//! There is no listening in here: the binary binds, and serves with the peer's address
//! (`into_make_service_with_connect_info::<SocketAddr>()`).

mod accounts;
mod app;
mod auth;
mod buckets;
mod chain_fees;
mod client_ip;
mod dto;
mod extract;
mod gift_cards;
mod health;
mod idempotency;
mod layers;
mod limits;
mod linked;
mod lnurl;
mod metrics_page;
mod network_api;
mod network_page;
mod openapi;
mod page;
mod policy;
mod problem;
mod purchases;
mod recipes;
mod server;
mod state;
mod webhooks;

pub use openapi::openapi_json;
pub use policy::{CurrencyRule, HttpLimits, NotServed, Policy, RequestRate, StoreRule, Windows};
pub use problem::{Code, Problem, problems_markdown};
pub use recipes::RecipeBundle;
pub use state::{AppState, BadPublicKey, Running, Sealed, Trust};

use app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

/// All of it.
pub fn router(state: AppState) -> Router {
    let app = App::new(state);
    let (api, document) = openapi::parts();
    let document = openapi::text(&document);
    let api = api
        .route("/network", get(network_api::page))
        .route("/v1/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], document)))
        .layer(DefaultBodyLimit::max(app.http().body_bytes_max))
        .route_layer(from_fn_with_state(app.clone(), layers::bounds));
    let webhooks = Router::new()
        .route("/webhooks/{issuer}/charge", post(webhooks::charge))
        .route("/webhooks/{issuer}/events", post(webhooks::events))
        .route("/webhooks/{issuer}/authentication", post(webhooks::authentication))
        .layer(DefaultBodyLimit::max(app.http().webhook_bytes_max));
    let operator = openapi::health_routes().split_for_parts().0.route("/metrics", get(metrics_page::metrics));
    Router::new()
        .merge(api)
        .merge(lnurl::routes(&app))
        .merge(webhooks)
        .merge(operator)
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(from_fn(layers::measure))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(app.clone(), layers::headers))
        .with_state(app)
}
