//! The routes of the API with their description: one list for both.

use crate::app::App;
use crate::{accounts, chain_fees, gift_cards, health, linked, lnurl, network_api, purchases, recipes, server};
use axum::Router;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Anytill",
        description = "Pay at any online store with Bitcoin over the Lightning Network. Times are milliseconds since \
            1970 UTC, bytes lower-case hex, amounts integers: millisatoshi or ISO 4217 minor units. Errors are RFC 9457 \
            problem details with stable codes. Calls that change something take an `Idempotency-Key`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    modifiers(&DeviceToken),
    tags(
        (name = "purchases", description = "One attempt to pay one order total"),
        (name = "refunds", description = "What is owed back"),
        (name = "accounts", description = "Shoppers and their devices"),
        (name = "server", description = "What the server says of itself"),
    ),
)]
struct Api;

struct DeviceToken;

impl Modify for DeviceToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A device's token, from register or login"))
            .build();
        document.components.get_or_insert_default().add_security_scheme("device_token", SecurityScheme::Http(scheme));
    }
}

fn api_routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(accounts::session::register))
        .routes(routes!(accounts::session::log_in))
        .routes(routes!(lnurl::auth::begin))
        .routes(routes!(lnurl::auth::finish))
        .routes(routes!(accounts::session::recover))
        .routes(routes!(accounts::session::log_out))
        .routes(routes!(accounts::session::new_recovery_code))
        .routes(routes!(accounts::devices::list))
        .routes(routes!(accounts::devices::revoke))
        .routes(routes!(accounts::address::show, accounts::address::put))
        .routes(routes!(accounts::destination::show, accounts::destination::put))
        .routes(routes!(accounts::destination::cancel))
        .routes(routes!(linked::show))
        .routes(routes!(linked::begin, linked::unlink))
        .routes(routes!(linked::callback))
        .routes(routes!(purchases::show::list, purchases::create::create))
        .routes(routes!(purchases::show::one))
        .routes(routes!(purchases::create::quote))
        .routes(routes!(purchases::create::cancel))
        .routes(routes!(purchases::invoice::invoice))
        .routes(routes!(purchases::funds::confirm))
        .routes(routes!(purchases::funds::second_factor))
        .routes(routes!(purchases::reveal::reveal))
        .routes(routes!(purchases::challenge::answer))
        .routes(routes!(purchases::events::events))
        .routes(routes!(purchases::receipt::receipt))
        .routes(routes!(purchases::terms::terms))
        .routes(routes!(purchases::refunds::list))
        .routes(routes!(purchases::refunds::give_destination))
        .routes(routes!(purchases::refunds::offer_link))
        .routes(routes!(server::rates))
        .routes(routes!(server::served))
        .routes(routes!(chain_fees::now))
        .routes(routes!(gift_cards::offers))
        .routes(routes!(network_api::now))
        .routes(routes!(network_api::chance))
        .routes(routes!(server::key_set))
        .routes(routes!(recipes::recipes))
        .routes(routes!(server::problem))
}

/// Not bounded as the API is: a full server still says how it is.
pub fn health_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health::health)).routes(routes!(health::live))
}

/// The API's routes, and the document of all of them.
pub fn parts() -> (Router<App>, Document) {
    let (router, mut document) = api_routes().split_for_parts();
    document.merge(health_routes().into_openapi());
    document.info.version = "1".to_owned();
    (router, document)
}

pub fn text(document: &Document) -> String {
    let mut text = document.to_pretty_json().expect("the document is made of plain maps and texts");
    text.push('\n');
    text
}

/// The OpenAPI document as it is served and kept in `docs/openapi.json`.
pub fn openapi_json() -> String {
    text(&parts().1)
}
