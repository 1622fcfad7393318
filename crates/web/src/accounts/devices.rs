//! Devices of an account.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::account::{DeviceList, DeviceView};
use crate::extract::Id;
use crate::idempotency::{Done, Once};
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ids::DeviceId;

/// Every device that ever logged in, dead ones too.
#[utoipa::path(get, path = "/v1/devices", operation_id = "list_devices", tag = "accounts", security(("device_token" = [])), responses(
    (status = OK, body = DeviceList),
    (status = "4XX", description = "unauthorized, token_invalid, token_expired",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn list(State(app): State<App>, shopper: Shopper) -> Result<Json<DeviceList>, Problem> {
    let devices = app.state.accounts.devices(shopper.account).await?;
    let devices = devices
        .into_iter()
        .map(|device| DeviceView {
            this: device.id == shopper.device,
            id: device.id,
            name: device.name,
            created_at_ms: device.created_at.0,
            last_seen_at_ms: device.last_seen_at.0,
            expires_at_ms: device.expires_at.0,
            live: device.live,
        })
        .collect();
    Ok(Json(DeviceList { devices }))
}

/// Ends a device's token.
#[utoipa::path(delete, path = "/v1/devices/{id}", operation_id = "revoke_device", tag = "accounts", security(("device_token" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = NO_CONTENT, description = "the token is of no more use"),
    (status = "4XX", description = "not_found: no such device, or its token is revoked already",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn revoke(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Id(device): Id<DeviceId>,
) -> Result<Response, Problem> {
    let account = shopper.account;
    once.run(&app, &shopper, &(), move |app| async move {
        if app.state.accounts.revoke_device(account, device).await? {
            Ok(Done::empty())
        } else {
            Err(Code::NotFound.into())
        }
    })
    .await
}
