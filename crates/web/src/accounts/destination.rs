//! Where refunds of this account go.
//!
//! A token alone calls a change off; it sets no destination, be it the first.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::account::{DestinationSetting, SetDestination, WaitingDestination};
use crate::extract::Json;
use crate::idempotency::{Done, Once};
use crate::problem::{Code, Problem};
use accounts::{AccountError, RefundDestination, RefundSetting};
use axum::extract::State;
use axum::response::Response;

fn view(setting: &RefundSetting) -> DestinationSetting {
    let text = |destination: &RefundDestination| match destination {
        RefundDestination::LightningAddress { address } => address.as_str().to_owned(),
    };
    DestinationSetting {
        in_force: setting.in_force().map(text),
        waiting: setting.waiting().map(|change| WaitingDestination {
            lightning_address: text(&change.destination),
            asked_at_ms: change.asked_at_ms.0,
            asked_by: change.asked_by,
            in_force_at_ms: change.in_force_at_ms.0,
        }),
    }
}

/// The destination in force, and a change that waits.
#[utoipa::path(get, path = "/v1/account/refund-destination", operation_id = "show_refund_destination", tag = "accounts", security(("device_token" = [])),
    responses((status = OK, body = DestinationSetting)))]
pub async fn show(State(app): State<App>, shopper: Shopper) -> Result<axum::Json<DestinationSetting>, Problem> {
    Ok(axum::Json(view(&app.state.accounts.refund_setting(shopper.account).await?)))
}

/// Sets the destination, with the password: the first at once, a change after a delay.
#[utoipa::path(put, path = "/v1/account/refund-destination", operation_id = "put_refund_destination", tag = "accounts", security(("device_token" = [])),
    request_body = SetDestination, params(("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = DestinationSetting),
    (status = "4XX", description = "destination_invalid, password_needed, wrong_password, too_many_attempts",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn put(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Json(request): Json<SetDestination>,
) -> Result<Response, Problem> {
    let read = app.state.accounts.read_lightning_address(&request.lightning_address);
    let destination = read.map_err(|error| match error {
        AccountError::Invalid { reason, .. } => Problem::with(Code::DestinationInvalid, format!("{reason}.")),
        other => other.into(),
    })?;
    let proof = shopper.prove_given(&app, request.password.as_ref()).await?;
    let who = shopper.authenticated();
    once.run(&app, &shopper, &request, move |app| async move {
        let setting = app.state.accounts.set_refund_destination(&who, destination, &proof).await?;
        Done::ok(&view(&setting))
    })
    .await
}

/// Calls a waiting change off. Any device can, without the password; none waiting is fine.
#[utoipa::path(delete, path = "/v1/account/refund-destination/waiting", operation_id = "cancel_refund_destination_change", tag = "accounts",
    security(("device_token" = [])), params(("Idempotency-Key" = String, Header)),
    responses((status = OK, body = DestinationSetting)))]
pub async fn cancel(State(app): State<App>, shopper: Shopper, once: Once) -> Result<Response, Problem> {
    let who = shopper.authenticated();
    once.run(&app, &shopper, &(), move |app| async move {
        app.state.accounts.cancel_refund_change(&who).await?;
        Done::ok(&view(&app.state.accounts.refund_setting(who.account).await?))
    })
    .await
}
