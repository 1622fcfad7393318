//! The operator's signed recipes, as `GET /v1/recipes` answers them.

use crate::app::App;
use crate::dto::ProblemBody;
use crate::dto::server::Recipes;
use crate::problem::{Code, Problem};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// A bundle, written out once: it is the same for everybody until the server is started with another file.
#[derive(Debug, Clone)]
pub struct RecipeBundle {
    body: Bytes,
    etag: String,
}

impl RecipeBundle {
    pub fn new(text: String, signature: String) -> Self {
        let body = serde_json::to_vec(&Recipes { text, signature }).expect("two texts are JSON");
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
        Self { body: body.into(), etag }
    }
}

/// Recipes that are newer than those the extension was built with, signed by a recipe key of the key set.
#[utoipa::path(get, path = "/v1/recipes", tag = "server", responses(
    (status = OK, description = "`ETag` names the bundle", body = Recipes),
    (status = 304, description = "the bundle that `If-None-Match` names"),
    (status = 404, description = "not_found: the operator has none", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn recipes(State(app): State<App>, asked: HeaderMap) -> Result<Response, Problem> {
    let bundle = app.state.trust.recipes().ok_or(Code::NotFound)?;
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|tags| tags.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == bundle.etag);
    // May be kept, and is asked for again before it is used.
    let headers = [(header::CACHE_CONTROL, "no-cache"), (header::ETAG, bundle.etag.as_str())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, [(header::CONTENT_TYPE, "application/json")], bundle.body.clone()).into_response())
}
