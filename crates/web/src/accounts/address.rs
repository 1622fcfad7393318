//! The billing address.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::account::Address;
use crate::extract::Json;
use crate::idempotency::{Done, Once};
use crate::problem::{Code, Problem};
use accounts::{AddressParts, BillingAddress, Country};
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
#[utoipa::path(get, path = "/v1/account/billing-address", operation_id = "show_billing_address", tag = "accounts", security(("device_token" = [])), responses(
    (status = OK, body = Address),
    (status = "4XX", description = "not_found: none on file",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn show(State(app): State<App>, shopper: Shopper) -> Result<axum::Json<Address>, Problem> {
    let address = app.state.accounts.billing_address(shopper.account).await?.ok_or(Code::NotFound)?;
    Ok(axum::Json(view(&address)))
}

/// Puts an address on file, in place of the one before. The answer is how it was understood.
#[utoipa::path(put, path = "/v1/account/billing-address", operation_id = "put_billing_address", tag = "accounts", security(("device_token" = [])),
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
    let Address { name, line1, line2, city, region, postal_code, .. } = request;
    let address = BillingAddress::check(AddressParts { name, line1, line2, city, region, postal_code, country })?;
    let account = shopper.account;
    once.run(&app, &shopper, &view(&address), move |app| async move {
        app.state.accounts.set_billing_address(account, &address).await?;
        Done::ok(&view(&address))
    })
    .await
}
