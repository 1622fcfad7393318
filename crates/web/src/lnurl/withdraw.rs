//! A refund's withdraw link: LUD-03.
//!
//! Invariant: the link is the right to say where one refund goes, once, for the amount that was priced with it. Only its
//! hash is stored; the shopper gets it for the password.

use crate::app::{App, detached};
use crate::extract::Params;
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::{Path, State as Shared};
use ids::{LinkHash, RefundId};
use purchase::{Refund, RefundState, WithdrawLink};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Longer than any invoice that can be paid.
const INVOICE_LEN_MAX: usize = 4_096;

pub fn hash_of(k1: &[u8; 32]) -> LinkHash {
    LinkHash(Sha256::digest(k1).into())
}

/// The refund with the link that this secret opens; another's secret opens nothing.
async fn linked(app: &App, refund: &str, k1: &str) -> Result<(Refund, WithdrawLink), Problem> {
    let id: RefundId = refund.parse().map_err(|_| Code::NotFound)?;
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(k1, &mut *secret).map_err(|_| Code::NotFound)?;
    let refund = app.engine().refund(id).await?.ok_or(Code::NotFound)?;
    let link = refund.link.clone().filter(|link| link.hash == hash_of(&secret)).ok_or(Code::NotFound)?;
    Ok((refund, link))
}

/// May it still be used?
fn usable(app: &App, refund: &Refund, link: &WithdrawLink) -> Result<(), Problem> {
    let gone = |why: &'static str| Err(Problem::with(Code::TooLate, why));
    if link.invoice.is_some() || refund.state != RefundState::AwaitingDestination {
        return gone("The link was used already; what could not be paid asks for a new one.");
    }
    if app.now() >= link.expires_at {
        return gone("The link has expired. Ask for a new one: nothing is lost, the refund waits.");
    }
    Ok(())
}

/// The first answer: exactly the amount owed.
pub async fn request(
    Shared(app): Shared<App>,
    Path((refund, k1)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (refund, link) = linked(&app, &refund, &k1).await?;
    usable(&app, &refund, &link)?;
    Ok(Json(json!({
        "tag": "withdrawRequest",
        "callback": format!("{}/callback", app.withdraw_url(refund.id)),
        "k1": k1,
        "defaultDescription": format!("Anytill refund {}", purchase::terms::code(refund.purchase)),
        "minWithdrawable": link.amount_msat.get(),
        "maxWithdrawable": link.amount_msat.get(),
    })))
}

/// What a wallet sends beside this means nothing here.
#[derive(Deserialize)]
pub struct Given {
    k1: Option<String>,
    pr: Option<String>,
}

/// The second: the invoice is where this refund goes. Paid afterwards, as one that was typed in.
pub async fn callback(
    Shared(app): Shared<App>,
    Path(refund): Path<String>,
    Params(given): Params<Given>,
) -> Result<Json<Value>, Problem> {
    let (refund, link) = linked(&app, &refund, &given.k1.unwrap_or_default()).await?;
    let invoice = given.pr.unwrap_or_default().trim().to_ascii_lowercase();
    if link.invoice.as_deref() != Some(invoice.as_str()) {
        usable(&app, &refund, &link)?;
        check(&app, &link, &invoice)?;
    }
    let engine = app.engine().clone();
    detached(async move { engine.use_link(refund.id, link.hash, invoice).await }).await??;
    Ok(Json(json!({ "status": "OK" })))
}

/// What is refused here leaves the link good.
fn check(app: &App, link: &WithdrawLink, invoice: &str) -> Result<(), Problem> {
    let wrong = |why: String| Err(Problem::with(Code::DestinationInvalid, why));
    if invoice.len() > INVOICE_LEN_MAX {
        return wrong("The invoice is too long.".to_owned());
    }
    let Ok(read) = app.engine().ports().payees.read_invoice(invoice) else {
        return wrong("This is no BOLT 11 invoice of this server's network.".to_owned());
    };
    if read.amount_msat != Some(link.amount_msat) {
        return wrong(format!("The invoice has to be for exactly {} millisatoshi.", link.amount_msat.get()));
    }
    if read.expires_at <= app.now() {
        return wrong("The invoice has expired.".to_owned());
    }
    Ok(())
}
