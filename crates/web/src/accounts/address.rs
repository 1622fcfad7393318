//! The billing address.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::account::Address;
use crate::extract::Json;
use crate::idempotency::{Done, Once};
use crate::problem::{Code, Problem};
use accounts::{BillingAddress, Country};
use axum::extract::State;
use axum::response::Response;

fn view(address: &BillingAddress) -> Address {
    let parts = address.parts().clone();
    Address {
        name: parts.name,
        line1: parts.line1,
        line2: parts.line2,
        city: parts.city,
        region: parts.region,
        postal_code: parts.postal_code,
        country: parts.country.into(),
    }
}

/// The address on file.
#[utoipa::path(get, path = "/v1/account/billing-address", tag = "accounts", security(("device_token" = [])), responses(
    (status = OK, body = Address),
    (status = "4XX", description = "not_found: none on file",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn show(State(app): State<App>, shopper: Shopper) -> Result<axum::Json<Address>, Problem> {
    let address = app.state.accounts.billing_address(shopper.account).await?.ok_or(Code::NotFound)?;
    Ok(axum::Json(view(&address)))
}

/// Puts an address on file, in place of the one before. The answer is how it was understood.
#[utoipa::path(put, path = "/v1/account/billing-address", tag = "accounts", security(("device_token" = [])),
    request_body = Address, params(("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = Address),
    (status = "4XX", description = "invalid_input, country_invalid, country_not_served",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn put(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Json(request): Json<Address>,
) -> Result<Response, Problem> {
    let country = Country::parse(&request.country).map_err(|_| Code::CountryInvalid)?;
    app.policy().country(country.code())?;
    // The shape is the same, and reading it checks it.
    let typed = serde_json::to_value(&request).map_err(Problem::internal)?;
    let address: BillingAddress =
        serde_json::from_value(typed).map_err(|why| Problem::with(Code::InvalidInput, format!("{why}.")))?;
    let account = shopper.account;
    once.run(&app, &shopper, &request, move |app| async move {
        app.state.accounts.set_billing_address(account, &address).await?;
        Done::ok(&view(&address))
    })
    .await
}
