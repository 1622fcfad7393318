//! Begin, quote, cancel.
//!
//! Invariant: everything that can be refused is refused before anything is begun.

use super::{full_view, origin, wait_past};
use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::money::read_currency;
use crate::dto::purchase::{NewPurchase, NewQuote, PurchaseView};
use crate::extract::{Id, Json};
use crate::gift_cards;
use crate::idempotency::{Attempt, Done, Once};
use crate::limits::{self, Step};
use crate::policy::Policy;
use crate::problem::{Code, Problem};
use accounts::Country;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use engine::NewQuote as QuoteRequest;
use ids::{Nonce, PurchaseId};
use money::{Currency, Money};
use ports::Outcome;
use purchase::{ClaimOn, Flow, FundsSource, State};

/// A request that is of the right form; whether it is served is asked next.
struct Wish {
    store_host: String,
    total: Option<Money>,
    currency: Currency,
    nonce: Nonce,
    claim_on: Option<ClaimOn>,
    country: Option<Country>,
    product_id: Option<String>,
    source: Option<FundsSource>,
    refund_address: Option<String>,
}

impl Wish {
    fn read(request: &NewPurchase) -> Result<Self, Problem> {
        let (total, currency) = match (&request.total, request.card_first, &request.currency) {
            (Some(total), false, None) => {
                let total = total.read()?;
                (Some(total), total.currency())
            }
            (None, true, Some(currency)) => (None, read_currency(currency)?),
            _ => return Err(Code::TotalNeeded.into()),
        };
        if request.gift_card.is_some() && total.is_none() {
            return Err(Code::TotalNeeded.into());
        }
        let source = request.source.source();
        if source.is_some() && (request.gift_card.is_some() || request.card_first) {
            // A prepared card and a gift card both wait for a hold.
            return Err(Code::WayNotServed.into());
        }
        if request.refund_address.is_some() && source != Some(FundsSource::OnChain) {
            return Err(Problem::with(Code::DestinationInvalid, "`refund_address` goes with `on_chain`."));
        }
        let country = request.country.as_deref().map(Country::parse).transpose().map_err(|_| Code::CountryInvalid)?;
        Ok(Self {
            store_host: request.store_host.clone(),
            total,
            currency,
            nonce: read_nonce(&request.nonce)?,
            claim_on: request.claim_on.map(ClaimOn::from),
            country,
            product_id: request.gift_card.as_ref().map(|wish| wish.product_id.clone()),
            source,
            refund_address: request.refund_address.clone(),
        })
    }

    fn flow(&self) -> Flow {
        match (&self.product_id, self.total) {
            (Some(_), _) => Flow::GiftCard,
            (None, Some(_)) if self.source.is_some() => Flow::PaidFirst,
            (None, Some(_)) => Flow::Card,
            (None, None) => Flow::CardFirst,
        }
    }
}

fn read_nonce(text: &str) -> Result<Nonce, Problem> {
    text.parse().map_err(|why| Problem::with(Code::InvalidBody, format!("`nonce`: {why}.")))
}

/// Begins a purchase: checked, quoted and committed when this answers; usually the invoice is in the answer, else it
/// follows as an event. With `card_first` a card with limit zero is prepared, and the quote is asked for later.
#[utoipa::path(post, path = "/v1/purchases", operation_id = "begin_purchase", tag = "purchases", security(("device_token" = [])),
    request_body = NewPurchase, params(("Idempotency-Key" = String, Header)), responses(
    (status = CREATED, body = PurchaseView),
    (status = "4XX", description = "amount_*, currency_*, store_*, country_*, claim_on_not_served, way_not_served, not_linked, destination_invalid, \
        product_unknown, value_not_sold, total_needed, \
        destination_needed, unpaid_purchase_open, limit_reached, account_suspended, store_suspended, idempotency_*",
     content_type = "application/problem+json", body = ProblemBody),
    (status = 503, description = "no_room, no_float, price_unavailable, unavailable, draining",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn create(
    Shared(app): Shared<App>,
    shopper: Shopper,
    once: Once,
    Json(request): Json<NewPurchase>,
) -> Result<Response, Problem> {
    let wish = Wish::read(&request)?;
    let who = shopper.clone();
    once.run_named(&app, &shopper, &request, move |app, attempt| async move { begin(&app, &who, wish, attempt).await })
        .await
}

/// A repeat of a call that died finds the purchase under the name that was meant for it. Which device began it is as
/// it was remembered, or not known.
async fn begun_before(app: &App, shopper: &Shopper, attempt: Attempt) -> Result<Option<Done>, Problem> {
    if !attempt.again || app.engine().purchase(attempt.purchase).await?.is_none() {
        return Ok(None);
    }
    wait_past(app, attempt.purchase, &[State::Opened, State::Quoted]).await;
    let view = full_view(app, attempt.purchase, shopper.account).await?;
    Done::new(StatusCode::CREATED, &view).map(Some)
}

async fn begin(app: &App, shopper: &Shopper, wish: Wish, attempt: Attempt) -> Result<Done, Problem> {
    if let Some(done) = begun_before(app, shopper, attempt).await? {
        return Ok(done);
    }
    if !app.state.running.accepts() {
        return Err(Problem::from(Code::Draining).retry_after_s(60));
    }
    let policy = app.policy();
    let rule = policy.store(&wish.store_host)?;
    match wish.total {
        Some(total) => policy.total(total)?,
        None => policy.currency(wish.currency).map(|_| ())?,
    }
    check_country(app, shopper, wish.country).await?;
    let claim_on = match (&wish.product_id, wish.total) {
        (Some(product_id), Some(value)) => {
            let country = gift_cards::country_of(app, shopper, wish.country).await?;
            gift_cards::check(app, &wish.store_host, &country, product_id, value).await?;
            // Claimed when the vendor is paid: no later than a card that is revealed, whatever the store does.
            ClaimOn::Reveal
        }
        _ if !policy.cards => return Err(Code::WayNotServed.into()),
        _ => Policy::claim_on(rule, wish.claim_on)?,
    };
    if let Some(source) = wish.source {
        check_source(app, shopper, source).await?;
    }
    let refund_to = match &wish.refund_address {
        Some(address) => Some(super::refunds::read_address(app, address).await?),
        None => None,
    };
    // What is paid from a linked account goes back to it.
    let said = refund_to.is_some() || wish.source == Some(FundsSource::LinkedAccount);
    if claim_on == ClaimOn::Reveal && !said {
        let setting = app.state.accounts.refund_setting(shopper.account).await?;
        setting.in_force().ok_or(Code::DestinationNeeded)?;
    }
    let agreed = policy.of_purchase(rule, wish.currency, (wish.flow(), wish.source), claim_on)?;
    let step = match (wish.total, wish.source) {
        (Some(_), None) => Step::Create,
        (Some(_), Some(_)) => Step::CreatePaidFirst,
        (None, _) => Step::PrepareCard,
    };
    let limits = limits::take(app, shopper.account, wish.currency, wish.total, step).await?;
    let store_name = if rule.name.is_empty() { wish.store_host.clone() } else { rule.name.clone() };
    let begun = app
        .engine()
        .create(engine::NewPurchase {
            id: attempt.purchase,
            account: shopper.account,
            store_host: wish.store_host,
            store_name,
            order_total: wish.total,
            currency: wish.currency,
            nonce: wish.nonce,
            policy: agreed,
            product_id: wish.product_id,
            refund_to,
            limits,
        })
        .await?;
    metrics::counter!("anytill_purchases_begun_total", "currency" => wish.currency.code()).increment(1);
    origin::remember(app, begun.id, shopper.device).await;
    if begun.policy.funds_source.is_none() {
        wait_past(app, begun.id, &[State::Opened, State::Quoted]).await;
    }
    // It is begun: an answer of less is better than none.
    let view = full_view(app, begun.id, shopper.account).await;
    Done::new(StatusCode::CREATED, &view.unwrap_or_else(|_| PurchaseView::new(&begun, None, &[])))
}

/// Served here, and this account can pay from it.
async fn check_source(app: &App, shopper: &Shopper, source: FundsSource) -> Result<(), Problem> {
    let served = app.engine().ports().paid_first.get(source).ok_or(Code::WayNotServed)?;
    match served.serves(shopper.account).await {
        Outcome::Done(true) => Ok(()),
        Outcome::Done(false) => Err(Code::NotLinked.into()),
        Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
            Err(Problem::from(Code::Unavailable).retry_after_s(60))
        }
    }
}

/// The billing address has the word; without one the request says it.
async fn check_country(app: &App, shopper: &Shopper, asked: Option<Country>) -> Result<(), Problem> {
    let on_file = app.state.accounts.billing_address(shopper.account).await?.map(|address| address.parts().country);
    for country in on_file.iter().chain(&asked) {
        app.policy().country(country.code())?;
    }
    let restricted = !app.policy().countries.is_empty() || !app.policy().blocked_countries.is_empty();
    if restricted && on_file.is_none() && asked.is_none() { Err(Code::CountryNeeded.into()) } else { Ok(()) }
}

/// Quotes the total of a purchase whose card was prepared first.
#[utoipa::path(post, path = "/v1/purchases/{id}/quote", operation_id = "quote_purchase", tag = "purchases", security(("device_token" = [])),
    request_body = NewQuote, params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "amount_*, currency_*, not_ready, too_late, unpaid_purchase_open, limit_reached, account_suspended, \
        store_suspended",
     content_type = "application/problem+json", body = ProblemBody),
    (status = 503, description = "no_room, no_float, price_unavailable, unavailable, draining",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn quote(
    Shared(app): Shared<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<PurchaseId>,
    Json(request): Json<NewQuote>,
) -> Result<Response, Problem> {
    let (total, nonce) = (request.total.read()?, read_nonce(&request.nonce)?);
    let account = shopper.account;
    once.run_named(&app, &shopper, &request, move |app, attempt| async move {
        let (before, _) = app.purchase_of(id, account).await?;
        if attempt.again && before.order_total() == Some(total) && before.state != State::CardPrepared {
            // The try that died had quoted it.
            return Done::ok(&full_view(&app, id, account).await?);
        }
        if !app.state.running.accepts() {
            return Err(Problem::from(Code::Draining).retry_after_s(60));
        }
        if total.currency() != before.currency {
            return Err(Code::CurrencyMismatch.into());
        }
        app.policy().total(total)?;
        match before.state {
            State::CardPrepared => {}
            State::Opened => return Err(Code::NotReady.into()),
            _ => return Err(Code::TooLate.into()),
        }
        let limits = limits::take(&app, account, total.currency(), Some(total), Step::Requote).await?;
        let quoted = app.engine().requote(id, QuoteRequest { order_total: total, nonce, limits }).await?;
        wait_past(&app, id, &[State::Quoted]).await;
        let view = full_view(&app, id, account).await;
        Done::ok(&view.unwrap_or_else(|_| PurchaseView::new(&quoted, None, &[])))
    })
    .await
}

/// Walks away, or is done with the card. Before the claim the bitcoin goes back; after it what was not captured is
/// owed. Cancelled twice is cancelled.
#[utoipa::path(post, path = "/v1/purchases/{id}/cancel", operation_id = "cancel_purchase", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "not_found, too_late", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn cancel(
    Shared(app): Shared<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<PurchaseId>,
) -> Result<Response, Problem> {
    let account = shopper.account;
    once.run(&app, &shopper, &(), move |app| async move {
        app.purchase_of(id, account).await?;
        let cancelled = app.engine().cancel(id).await?;
        metrics::counter!("anytill_purchases_cancelled_total").increment(1);
        let view = full_view(&app, id, account).await;
        Done::ok(&view.unwrap_or_else(|_| PurchaseView::new(&cancelled, None, &[])))
    })
    .await
}
