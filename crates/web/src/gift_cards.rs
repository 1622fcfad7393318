//! Gift cards that a store can be paid with: what is on offer, and whether a wish fits it.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::server::{GiftCardOffer, GiftCards};
use crate::extract::Params;
use crate::problem::{Code, Problem};
use accounts::Country;
use axum::Json;
use axum::extract::State;
use money::Money;
use ports::{Outcome, VendorOffer};
use serde::Deserialize;
use utoipa::IntoParams;

/// A vendor, and a node to pay it from.
pub fn served(app: &App) -> bool {
    let ports = app.engine().ports();
    ports.gift_cards.is_some() && ports.vendor_node.is_some()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OffersQuery {
    /// Host of the checkout page as its address has it.
    pub store_host: String,
    /// Where the shopper is (ISO 3166-1 alpha-2); left out: the billing address's country.
    pub country: Option<String>,
}

/// The gift cards that this store can be paid with. Asked when the shopper has opened the panel there, never before.
#[utoipa::path(get, path = "/v1/gift-cards", operation_id = "gift_cards", tag = "purchases",
    security(("device_token" = [])), params(OffersQuery), responses(
    (status = OK, body = GiftCards),
    (status = "4XX", description = "store_*, country_*", content_type = "application/problem+json", body = ProblemBody),
    (status = 503, description = "unavailable", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn offers(
    State(app): State<App>,
    shopper: Shopper,
    Params(query): Params<OffersQuery>,
) -> Result<Json<GiftCards>, Problem> {
    app.policy().store(&query.store_host)?;
    let asked = query.country.as_deref().map(Country::parse).transpose().map_err(|_| Code::CountryInvalid)?;
    let country = country_of(&app, &shopper, asked).await?;
    let offers = look_up(&app, &query.store_host, &country).await?;
    Ok(Json(GiftCards { offers: offers.into_iter().filter_map(offer).collect() }))
}

/// The billing address has the word.
pub async fn country_of(app: &App, shopper: &Shopper, asked: Option<Country>) -> Result<Country, Problem> {
    let on_file = app.state.accounts.billing_address(shopper.account).await?.map(|address| address.parts().country);
    on_file.or(asked).ok_or_else(|| Code::CountryNeeded.into())
}

async fn look_up(app: &App, store_host: &str, country: &Country) -> Result<Vec<VendorOffer>, Problem> {
    let Some(vendor) = app.engine().ports().gift_cards.as_ref().filter(|_| served(app)) else {
        return Ok(Vec::new());
    };
    match vendor.offers(store_host, country.code()).await {
        Outcome::Done(offers) => Ok(offers),
        Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
            Err(Problem::from(Code::Unavailable).retry_after_s(60))
        }
    }
}

/// Refused before anything is ordered: a product of another store, a value that is not sold.
pub async fn check(
    app: &App,
    store_host: &str,
    country: &Country,
    product_id: &str,
    value: Money,
) -> Result<(), Problem> {
    if !served(app) {
        return Err(Code::WayNotServed.into());
    }
    let offers = look_up(app, store_host, country).await?;
    let found = offers.iter().find(|offer| offer.product_id == product_id).ok_or(Code::ProductUnknown)?;
    if found.sells(value) { Ok(()) } else { Err(Code::ValueNotSold.into()) }
}

/// None for one that mixes currencies: a vendor's mistake.
fn offer(offer: VendorOffer) -> Option<GiftCardOffer> {
    let currency = offer.min.currency();
    let whole = offer.max.currency() == currency && offer.steps.iter().all(|step| step.currency() == currency);
    whole.then(|| GiftCardOffer {
        product_id: offer.product_id,
        store: offer.store,
        country: offer.country,
        currency,
        steps_minor: offer.steps.iter().map(|step| step.minor()).collect(),
        min_minor: offer.min.minor(),
        max_minor: offer.max.minor(),
        increment_minor: offer.increment.minor(),
    })
}
