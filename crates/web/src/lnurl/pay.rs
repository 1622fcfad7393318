//! A purchase's pay link: LUD-06 with LUD-09, LUD-12 and LUD-21.
//!
//! Invariant: asking for the invoice makes it the one that is live; the invoice that the shopper was shown is not paid
//! any more. Asked again it is the same invoice.

use crate::app::{App, detached};
use crate::extract::Params;
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::{FromRequestParts, Path, State as Shared};
use axum::http::request::Parts;
use ids::{PaymentHash, PurchaseId};
use purchase::{ClaimOn, Purchase, Quote, Rail, State, metadata};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

const ID_DIGITS: usize = 2 * PurchaseId::LEN;

/// The purchase that the address names, if its end is right too.
pub struct Linked(PurchaseId);

impl FromRequestParts<App> for Linked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, app).await;
        let names = path.map_err(|_| Problem::from(Code::NotFound))?.0;
        let link = names.into_iter().find(|(name, _)| name == "link").map(|(_, link)| link).unwrap_or_default();
        let (id, tag) = link.split_at_checked(ID_DIGITS).ok_or(Code::NotFound)?;
        let id: PurchaseId = id.parse().map_err(|_| Code::NotFound)?;
        let given = hex::decode(tag).map_err(|_| Code::NotFound)?;
        let known = app.state.trust.link_tag(id);
        // Every byte is looked at, wherever the first wrong one is.
        let differs = given.iter().zip(&known).fold(given.len() ^ known.len(), |all, (a, b)| all | usize::from(a ^ b));
        if differs == 0 { Ok(Self(id)) } else { Err(Code::NotFound.into()) }
    }
}

async fn purchase_of(app: &App, id: PurchaseId) -> Result<Purchase, Problem> {
    app.engine().purchase(id).await?.ok_or_else(|| Code::NotFound.into())
}

/// The quote that is to be paid, or why none is.
fn payable<'a>(app: &App, purchase: &'a Purchase) -> Result<&'a Quote, Problem> {
    let quote = purchase.quote.as_ref().ok_or(Code::NotReady)?;
    if !purchase.offers_lnurl() || app.now() >= quote.expires_at {
        let why = match purchase.state {
            State::Held | State::CardReady | State::Claiming | State::Funded | State::Completed => {
                "It was paid already."
            }
            _ => "The price has expired, or the purchase was ended. Begin anew at the store.",
        };
        return Err(Problem::with(Code::TooLate, why));
    }
    Ok(quote)
}

fn metadata_of(purchase: &Purchase, quote: &Quote) -> Result<String, Problem> {
    let terms_hash = purchase.terms_hash.ok_or(Code::NotReady)?;
    Ok(metadata(purchase.id, quote, terms_hash, purchase.policy.claim_on))
}

/// LUD-06, the first answer: exactly the quoted amount, and no comment (LUD-12).
pub async fn request(Shared(app): Shared<App>, Linked(id): Linked) -> Result<Json<Value>, Problem> {
    let purchase = purchase_of(&app, id).await?;
    let quote = payable(&app, &purchase)?;
    Ok(Json(json!({
        "tag": "payRequest",
        "callback": format!("{}/callback", app.pay_url(id)),
        "minSendable": quote.amount_msat.get(),
        "maxSendable": quote.amount_msat.get(),
        "metadata": metadata_of(&purchase, quote)?,
        "commentAllowed": 0,
        "disposable": true,
    })))
}

/// What a wallet sends beside this means nothing here.
#[derive(Deserialize)]
pub struct Asked {
    /// msat.
    amount: Option<u64>,
    comment: Option<String>,
}

/// LUD-06, the second answer: the hold invoice.
pub async fn callback(
    Shared(app): Shared<App>,
    Linked(id): Linked,
    Params(asked): Params<Asked>,
) -> Result<Json<Value>, Problem> {
    let purchase = purchase_of(&app, id).await?;
    let quote = payable(&app, &purchase)?;
    if asked.amount != Some(quote.amount_msat.get()) {
        let exactly = format!("The amount is {} millisatoshi, no more and no less.", quote.amount_msat.get());
        return Err(Problem::with(Code::InvalidQuery, exactly));
    }
    if asked.comment.is_some_and(|comment| !comment.is_empty()) {
        return Err(Problem::with(Code::InvalidQuery, "No comment is taken."));
    }
    let made = app.clone();
    let purchase = detached(async move {
        let purchase = made.engine().choose_rail(id, Rail::Lnurl).await?;
        let wait = Duration::from_millis(made.http().invoice_wait_ms);
        let waited = tokio::time::timeout(wait, made.engine().wait_past(id, &[State::Quoted])).await;
        waited.unwrap_or(Ok(purchase))
    })
    .await??;
    let invoice = match (purchase.state, purchase.rail, &purchase.invoice) {
        (State::Invoiced, Rail::Lnurl, Some(invoice)) => invoice,
        (State::Quoted, _, _) => return Err(Problem::with(Code::NotReady, "Try again in a moment.")),
        _ => return Err(Code::TooLate.into()),
    };
    let verify = format!("{}/verify/{}", app.pay_url(id), invoice.payment_hash);
    Ok(Json(json!({
        "pr": invoice.bolt11,
        "routes": [],
        "disposable": true,
        "successAction": { "tag": "message", "message": success(&purchase) },
        "verify": verify,
    })))
}

/// Shown by the wallet once it has its preimage (LUD-09): no secret, at most 144 characters.
fn success(purchase: &Purchase) -> String {
    let code = purchase.code();
    match purchase.policy.claim_on {
        ClaimOn::Authorization => format!("Order {code} is paid: the store has charged the card."),
        ClaimOn::Reveal => format!("Order {code}: received. Go back to the store, the card can be used."),
    }
}

/// LUD-21. Settled once the claim is confirmed; while it is held it is not. The preimage is the payer's alone.
pub async fn verify(
    Shared(app): Shared<App>,
    Linked(id): Linked,
    Path((_, hash)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let hash: PaymentHash = hash.parse().map_err(|_| Code::NotFound)?;
    let purchase = purchase_of(&app, id).await?;
    let lnurl = purchase.invoice.as_ref().filter(|_| purchase.rail == Rail::Lnurl);
    let invoice = lnurl.filter(|invoice| invoice.payment_hash == hash).ok_or(Code::NotFound)?;
    Ok(Json(json!({
        "status": "OK",
        "settled": purchase.is_funded(),
        "preimage": null,
        "pr": invoice.bolt11,
    })))
}
