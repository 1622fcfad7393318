//! What the server says of itself without being asked who wants to know: rates, what is served, its key set, problems.

use crate::app::App;
use crate::dto::ProblemBody;
use crate::dto::server::{
    AccountLimits, CurrencyServed, OnChainServed, ProblemKind, RateView, Rates, Served, StoreServed,
};
use crate::gift_cards;
use crate::policy::StoreRule;
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use money::Currency;
use ports::PriceUnavailable;

/// Rates of all currencies that are priced here, and estimates of those that only a daily table knows.
#[utoipa::path(get, path = "/v1/rates", tag = "server", responses((status = OK, body = Rates)))]
pub async fn rates(State(app): State<App>) -> Json<Rates> {
    let prices = &app.engine().ports().prices;
    let currencies = prices.currencies().into_iter().chain(prices.estimated());
    Json(Rates { rates: currencies.map(|currency| rate(&app, currency)).collect() })
}

fn rate(app: &App, currency: Currency) -> RateView {
    let none = RateView {
        currency,
        rate_micro: None,
        rate: None,
        shopper_rate_micro: None,
        shopper_rate: None,
        observed_at_ms: None,
        age_ms: None,
        venues: Vec::new(),
        outliers: Vec::new(),
        basis: None,
        unavailable: None,
    };
    let now = app.now();
    match app.engine().ports().prices.estimate(currency, now) {
        Ok(observed) => {
            let shoppers = observed.rate.less_spread_floor(app.engine().config().spread).ok();
            RateView {
                rate_micro: Some(observed.rate.micro_per_btc()),
                rate: Some(observed.rate.decimal()),
                shopper_rate_micro: shoppers.map(money::Rate::micro_per_btc),
                shopper_rate: shoppers.map(money::Rate::decimal),
                observed_at_ms: Some(observed.observed_at.0),
                age_ms: Some(now.0.saturating_sub(observed.observed_at.0)),
                venues: observed.venues,
                outliers: observed.outliers,
                basis: Some(observed.basis.into()),
                ..none
            }
        }
        Err(why) => RateView { unavailable: Some(word(&why)), ..none },
    }
}

fn word(why: &PriceUnavailable) -> &'static str {
    match why {
        PriceUnavailable::Stale { .. } => "stale",
        PriceUnavailable::TooFewVenues { .. } => "too_few_venues",
        PriceUnavailable::Deviation { .. } => "deviation",
        PriceUnavailable::ThinBook => "thin_book",
        // Nothing that is sold is asked for here.
        PriceUnavailable::UnknownCurrency { .. } | PriceUnavailable::EstimateOnly { .. } => "unknown_currency",
        PriceUnavailable::TableOld { .. } => "table_old",
        PriceUnavailable::Never => "never",
    }
}

/// What can be bought through this server, and within which bounds.
#[utoipa::path(get, path = "/v1/served", tag = "server", responses((status = OK, body = Served)))]
pub async fn served(State(app): State<App>) -> Json<Served> {
    let (policy, config) = (app.policy(), app.engine().config());
    let limits = &policy.limits;
    let list = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect();
    Json(Served {
        server: config.server_url.clone(),
        node: app.engine().ports().nodes.first().node_id(),
        accepts_purchases: app.state.running.accepts(),
        open_registration: app.state.accounts.rules().open_registration,
        currencies: policy
            .currencies
            .iter()
            .map(|(currency, rule)| CurrencyServed {
                currency: *currency,
                total_minor_min: rule.total_minor_min,
                total_minor_max: rule.total_minor_max,
            })
            .collect(),
        countries: list(&policy.countries),
        blocked_countries: list(&policy.blocked_countries),
        blocked_stores: list(&policy.blocked_stores),
        blocked_categories: policy.blocked_categories.clone(),
        blocked_merchant_countries: policy.blocked_merchant_countries.clone(),
        stores: policy.stores.iter().map(|(host, rule)| store(Some(host), rule)).collect(),
        other_stores: (!policy.listed_stores_only).then(|| store(None, &policy.other_stores)),
        cards: policy.cards,
        linked_accounts: app.state.links.iter().map(|links| links.provider()).collect(),
        on_chain: app
            .engine()
            .ports()
            .paid_first
            .on_chain
            .as_ref()
            .map(|_| OnChainServed { spread_ppm: config.chain_spread.0, quote_ms: config.chain_quote_ms }),
        gift_cards: gift_cards::served(&app),
        spread_ppm: config.spread.0,
        gift_card_spread_ppm: config.gift_card_spread.0,
        fee_bps: config.fee.0,
        quote_ms: config.quote_ms,
        hold_ms_max: policy.windows.hold_ms_max,
        limits: AccountLimits {
            currency: limits.currency,
            purchase_minor_max: limits.per_purchase_minor,
            day_minor_max: limits.per_day_minor,
            unpaid_at_once: limits.unpaid_at_once,
            abandoned_holds_of_day_max: limits.abandoned_holds_per_day,
            cards_of_day_max: limits.cards_per_day,
        },
    })
}

fn store(host: Option<&String>, rule: &StoreRule) -> StoreServed {
    StoreServed {
        host: host.cloned(),
        name: rule.name.clone(),
        claim_on: rule.claim_on.into(),
        tolerance_minor: rule.tolerance_minor,
        splits: rule.splits,
        card_open_ms_max: rule.card_open_ms_max,
        takes_gift_cards: rule.takes_gift_cards,
    }
}

/// The signed key set: node keys and recipe keys under the root key that the extension pins.
#[utoipa::path(get, path = "/v1/keyset", tag = "server", responses(
    (status = OK, description = "the signed document, as it was signed", body = serde_json::Value)))]
pub async fn key_set(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.state.trust.key_set()).into_response()
}

/// What a problem's code means: where the `type` of a problem points.
#[utoipa::path(get, path = "/v1/problems/{code}", operation_id = "explain_problem", tag = "server", params(("code" = String, Path)), responses(
    (status = OK, body = ProblemKind),
    (status = 404, description = "not_found", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn problem(Path(name): Path<String>) -> Result<Json<ProblemKind>, Problem> {
    let code = Code::ALL.iter().copied().find(|code| code.name() == name).ok_or(Code::NotFound)?;
    let (code, status, title, detail) = (code.name(), code.status().as_u16(), code.title(), code.detail());
    Ok(Json(ProblemKind { code, status, title, detail }))
}
