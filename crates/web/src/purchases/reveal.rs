//! Number and code of the card, or the gift card's code, sealed to a key made for this one answer.
//!
//! Invariant: they are in clear text in this file only, on their way from the vendor's answer into the sealed one,
//! in memory that is wiped. Nothing of the answer is kept: no idempotency, no cache, no log.

use super::origin;
use crate::app::{App, detached};
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::{RevealRequest, Revealed};
use crate::extract::{Id, Json};
use crate::problem::{Code, Problem};
use axum::extract::State;
use engine::{EngineError, Secrets};
use ids::PurchaseId;
use ports::{CardSecrets, ClaimCode, Secret};
use purchase::Rejected;
use std::fmt::Write;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longer than a card's clear text ever is: it never moves in memory while it is written.
const PLAIN_LEN_MAX: usize = 256;
/// Longest field of a gift card that is handed on. Written as JSON a character takes six bytes at most.
const FIELD_LEN_MAX: usize = 4_096;
const FIELDS: usize = 4;

/// Number and code, once, for this key. Each call is counted and shown. Under `claim_on = reveal` this is what claims
/// the bitcoin. No `Idempotency-Key`: the answer is never kept; ask again with a new key.
#[utoipa::path(post, path = "/v1/purchases/{id}/reveal", operation_id = "reveal_card", tag = "purchases", security(("device_token" = [])),
    request_body = RevealRequest, params(("id" = String, Path)), responses(
    (status = OK, body = Revealed),
    (status = "4XX", description = "public_key_invalid, password_needed, wrong_password, not_ready, too_late, \
        price_moved, deadline_near, not_found",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn reveal(
    State(app): State<App>,
    shopper: Shopper,
    Id(id): Id<PurchaseId>,
    Json(request): Json<RevealRequest>,
) -> Result<axum::Json<Revealed>, Problem> {
    let mut public_key = [0u8; 32];
    hex::decode_to_slice(&request.public_key, &mut public_key).map_err(|_| Code::PublicKeyInvalid)?;
    app.purchase_of(id, shopper.account).await?;
    if request.password.is_some() || !origin::is(&app, id, shopper.device).await? {
        shopper.prove_given(&app, request.password.as_ref()).await?;
    }
    let revealed = detached(async move {
        // A key that cannot be sealed to must not cost a claim.
        app.state.trust.seal(&public_key, id, Zeroizing::new(Vec::new())).map_err(|_| Code::PublicKeyInvalid)?;
        let wait = Duration::from_millis(app.http().reveal_wait_ms);
        let secrets = match tokio::time::timeout(wait, app.engine().reveal(id)).await {
            Ok(secrets) => secrets?,
            Err(_) => return Err(EngineError::from(Rejected::NotReady).into()),
        };
        let plain = match &secrets {
            Secrets::Card(card) => card_text(card)?,
            Secrets::GiftCard(code) => code_text(code)?,
        };
        drop(secrets);
        let sealed = app.state.trust.seal(&public_key, id, plain).map_err(|_| Code::PublicKeyInvalid)?;
        let (purchase, _) = app.purchase_of(id, shopper.account).await?;
        metrics::counter!("anytill_reveals_total").increment(1);
        Ok::<_, Problem>(Revealed {
            enc: hex::encode(sealed.enc),
            ciphertext: hex::encode(sealed.ciphertext),
            reveals: purchase.reveals,
        })
    })
    .await??;
    Ok(axum::Json(revealed))
}

/// Written into one buffer that is never too small: growing would leave copies behind.
fn code_text(code: &ClaimCode) -> Result<Zeroizing<Vec<u8>>, Problem> {
    #[derive(serde::Serialize)]
    struct Fields<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pin: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<&'a str>,
        instructions: &'a str,
    }
    let [code_field, pin, link] = [&code.code, &code.pin, &code.link].map(|field| field.as_ref().map(Secret::expose));
    let fields = Fields { code: code_field, pin, link, instructions: &code.instructions };
    let lengths = [code_field, pin, link, Some(fields.instructions)].map(|field| field.map_or(0, str::len));
    if lengths.iter().any(|len| *len > FIELD_LEN_MAX) {
        return Err(Problem::internal("a field of the gift card is too long"));
    }
    let capacity = FIELDS * (6 * FIELD_LEN_MAX + 32);
    let mut text = Zeroizing::new(Vec::with_capacity(capacity));
    serde_json::to_writer(&mut *text, &fields).map_err(Problem::internal)?;
    debug_assert!(text.capacity() == capacity, "it grew, and left a copy behind");
    Ok(text)
}

/// Written by hand into one buffer: a serializer could leave copies behind when it grows its own.
fn card_text(secrets: &CardSecrets) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let digits = |text: &str| (3..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, code) = (secrets.number.expose(), secrets.security_code.expose());
    if !digits(number) || !digits(code) {
        return Err(Problem::internal("the issuer's card number or code is not made of digits"));
    }
    let mut text = Zeroizing::new(String::with_capacity(PLAIN_LEN_MAX));
    let (month, year) = (secrets.expiry_month, secrets.expiry_year);
    let written =
        write!(text, r#"{{"number":"{number}","security_code":"{code}","expiry_month":{month},"expiry_year":{year}}}"#);
    written.map_err(Problem::internal)?;
    debug_assert!(text.capacity() == PLAIN_LEN_MAX, "it grew, and left a copy behind");
    Ok(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
}
