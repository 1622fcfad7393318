//! A shopper's account at an exchange, linked so that purchases can be paid from it.
//!
//! Tokens stay behind [`ports::AccountLinks`]: what is told here is whose it is, since when, and what it could send.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::linked::{LinkBegun, LinkedView, Links};
use crate::extract::Params;
use crate::idempotency::{Done, Once};
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use ports::{AccountLinks, LinkError, Secret};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Longest text that is read from a provider's redirect.
const TEXT_LEN_MAX: usize = 2_048;

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::UnknownState | LinkError::Refused(_) => Self::with(Code::LinkRefused, format!("{error}.")),
            LinkError::Unavailable(why) => {
                tracing::warn!(why, "the provider of linked accounts does not answer");
                Self::from(Code::Unavailable).retry_after_s(60)
            }
            LinkError::Store(error) => error.into(),
        }
    }
}

/// The provider of that name, if it is served.
fn provider(app: &App, name: &str) -> Result<Arc<dyn AccountLinks>, Problem> {
    let links = app.state.links.as_ref().filter(|links| links.provider() == name);
    links.cloned().ok_or_else(|| Code::NotFound.into())
}

/// Which providers are served, and the account that is linked.
#[utoipa::path(get, path = "/v1/account/linked", operation_id = "show_linked_account", tag = "accounts", security(("device_token" = [])),
    responses((status = OK, body = Links)))]
pub async fn show(State(app): State<App>, shopper: Shopper) -> Result<Json<Links>, Problem> {
    let Some(links) = &app.state.links else { return Ok(Json(Links { providers: Vec::new(), linked: None })) };
    let linked = links.linked(shopper.account).await?;
    let provider = links.provider();
    Ok(Json(Links { providers: vec![provider], linked: linked.map(|linked| LinkedView::new(provider, linked)) }))
}

/// Begins to link: the provider's page to open. Good once, for this account, for some minutes.
#[utoipa::path(post, path = "/v1/account/linked/{provider}", operation_id = "begin_link", tag = "accounts", security(("device_token" = [])),
    params(("provider" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = LinkBegun),
    (status = "4XX", description = "not_found", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn begin(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let links = provider(&app, &name)?;
    let account = shopper.account;
    once.run(&app, &shopper, &(), move |_| async move {
        let begun = links.begin(account).await?;
        Done::ok(&LinkBegun { authorize_url: begun.authorize_url, expires_at_ms: begun.expires_at.0 })
    })
    .await
}

/// Revokes at the provider and forgets the tokens. None linked is fine. What is still owed asks for another destination.
#[utoipa::path(delete, path = "/v1/account/linked/{provider}", operation_id = "unlink_account", tag = "accounts", security(("device_token" = [])),
    params(("provider" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = NO_CONTENT),
    (status = "4XX", description = "not_found", content_type = "application/problem+json", body = ProblemBody),
    (status = 503, description = "unavailable: nothing was forgotten", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn unlink(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let links = provider(&app, &name)?;
    let account = shopper.account;
    once.run(&app, &shopper, &(), move |_| async move {
        links.unlink(account).await?;
        Ok(Done::empty())
    })
    .await
}

/// What the provider sends the browser back with (RFC 6749, section 4.1.2).
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Callback {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
}

/// Where the provider's page sends the shopper's browser; a page for people.
#[utoipa::path(get, path = "/v1/linked/{provider}/callback", operation_id = "link_callback", tag = "accounts",
    params(("provider" = String, Path), Callback), responses((status = "default", description = "HTML", content_type = "text/html")))]
pub async fn callback(
    State(app): State<App>,
    Path(name): Path<String>,
    Params(query): Params<Callback>,
) -> Result<Response, Problem> {
    let links = provider(&app, &name)?;
    let state = query.state.filter(|state| state.len() <= TEXT_LEN_MAX);
    let done = match (state, query.code, query.error) {
        (Some(state), Some(code), None) if code.len() <= TEXT_LEN_MAX => links.finish(&state, &Secret::new(code)).await,
        (Some(state), None, Some(_)) => match links.refused(&state).await {
            Ok(()) => Err(LinkError::Refused("you said no".to_owned())),
            Err(error) => Err(error),
        },
        // A person is there, whatever their browser brought.
        _ => Err(LinkError::UnknownState),
    };
    Ok(match done {
        Ok(()) => page(
            StatusCode::OK,
            "Your account is linked",
            "You can close this tab and go back to the checkout. A purchase that is paid from this account cannot be \
             held: what is not used of it is paid back. You can undo the link in the extension at any time.",
        ),
        Err(LinkError::UnknownState) => page(
            StatusCode::BAD_REQUEST,
            "This page is too old",
            "Nothing was linked. Go back to the extension and begin again.",
        ),
        Err(LinkError::Refused(_)) => page(
            StatusCode::OK,
            "Your account is not linked",
            "The provider gave no access. Nothing was changed. You can close this tab.",
        ),
        Err(LinkError::Unavailable(why)) => {
            tracing::warn!(why, "an account could not be linked");
            page(
                StatusCode::BAD_GATEWAY,
                "The provider did not answer",
                "Nothing was linked. Go back to the extension and begin again in a minute.",
            )
        }
        Err(error @ LinkError::Store(_)) => return Err(error.into()),
    })
}

/// Only texts of ours: nothing that came with the request is in it.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><h1>{title}</h1><p>{text}</p></html>"
    );
    (status, Html(html)).into_response()
}
