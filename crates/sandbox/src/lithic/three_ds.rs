//! 3-D Secure: a store's bank asks whether the one who pays is the card's holder, before it charges
//! (docs.lithic.com/docs/3ds-customer-decisioning, /3ds-challenge-flow).
//!
//! Invariant: one authentication gets one decision; a challenge is answered once, and before it ends.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Issuer,
    driver::{CardRef, DriverError, Merchant},
    hub::Hub,
    records::Records,
    webhooks::{Seal, headers},
};
use crate::{
    faults::{HookFault, THREE_DS},
    network::{bill, decimals},
    vendor::{gate::half_of, ids, lock, time::rfc3339},
};

/// Lithic's window for an out-of-band challenge ("typically within 10 minutes").
const CHALLENGE_MS: i64 = 10 * 60_000;

/// How an authentication stands, in Lithic's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationResult {
    PendingDecision,
    PendingChallenge,
    Success,
    Decline,
}

impl AuthenticationResult {
    pub const fn word(self) -> &'static str {
        match self {
            Self::PendingDecision => "PENDING_DECISION",
            Self::PendingChallenge => "PENDING_CHALLENGE",
            Self::Success => "SUCCESS",
            Self::Decline => "DECLINE",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Authentication {
    token: String,
    card_token: String,
    merchant: Merchant,
    amount_minor: i64,
    currency: String,
    billed_minor: i64,
    /// The store insists on a challenge.
    mandated: bool,
    result: AuthenticationResult,
    decided_by: Option<&'static str>,
    created_ms: i64,
    challenge_ends_ms: Option<i64>,
}

/// What the responder said, or that nothing came.
fn decision(answer: Option<(u16, Vec<u8>)>) -> Option<AuthenticationResult> {
    let (200, body) = answer? else { return None };
    let body: Value = serde_json::from_slice(&body).ok()?;
    match body.get("three_ds_authentication_decision")?.as_str()? {
        "APPROVE" => Some(AuthenticationResult::Success),
        "DECLINE" => Some(AuthenticationResult::Decline),
        "CHALLENGE_REQUESTED" => Some(AuthenticationResult::PendingChallenge),
        _ => None,
    }
}

pub(crate) fn wire(of: &Authentication) -> Value {
    json!({
        "token": of.token, "account_type": "CREDIT", "additional_data": null, "app": null,
        "authentication_request_type": "PAYMENT_TRANSACTION", "authentication_result": of.result.word(),
        "browser": null, "card_expiry_check": "MATCH", "card_token": of.card_token,
        "cardholder": {}, "challenge_metadata": null,
        "challenge_orchestrated_by": of.challenge_ends_ms.map(|_| "CUSTOMER"), "channel": "BROWSER",
        "created": rfc3339(of.created_ms), "decision_made_by": of.decided_by,
        "merchant": {
            "risk_indicator": {}, "id": of.merchant.acceptor_id, "country": of.merchant.country, "mcc": of.merchant.mcc,
            "name": of.merchant.descriptor,
        },
        "message_category": "PAYMENT_AUTHENTICATION", "three_ri_request_type": null,
        "three_ds_requestor_challenge_indicator": if of.mandated { "CHALLENGE_MANDATE" } else { "NO_PREFERENCE" },
        "transaction": {
            "amount": of.amount_minor, "cardholder_amount": of.billed_minor, "currency": of.currency,
            "currency_exponent": decimals(&of.currency), "date_time": rfc3339(of.created_ms),
            "type": "GOODS_SERVICE_PURCHASE",
        },
    })
}

impl Records {
    pub(crate) fn authentication(&self, token: &str) -> Option<&Authentication> {
        self.authentications.iter().find(|one| one.token == token)
    }

    fn announce_authentication(&mut self, token: &str, kind: &'static str) -> Vec<String> {
        let Some(of) = self.authentication(token) else { return Vec::new() };
        let mut payload = wire(of);
        payload["event_type"] = json!(kind);
        vec![self.announce(kind, payload)]
    }

    fn announce_challenge(&mut self, token: &str) -> Vec<String> {
        let Some(of) = self.authentication(token) else { return Vec::new() };
        let ends_ms = of.challenge_ends_ms.unwrap_or(of.created_ms);
        let payload = json!({
            "event_type": "three_ds_authentication.challenge",
            "authentication_object": wire(of),
            "challenge": {
                "challenge_method_type": "OUT_OF_BAND", "start_time": rfc3339(ends_ms - CHALLENGE_MS),
                "expiry_time": rfc3339(ends_ms), "app_requestor_url": null,
            },
        });
        vec![self.announce("three_ds_authentication.challenge", payload)]
    }

    /// What the cardholder said. `None`: there is no challenge that waits.
    pub(crate) fn answer_challenge(&mut self, token: &str, approved: bool) -> Option<Vec<String>> {
        let now_ms = self.now_ms();
        let waits = |one: &&mut Authentication| {
            one.token == token
                && one.result == AuthenticationResult::PendingChallenge
                && one.challenge_ends_ms.is_some_and(|ends| now_ms < ends)
        };
        let of = self.authentications.iter_mut().find(waits)?;
        of.result = if approved { AuthenticationResult::Success } else { AuthenticationResult::Decline };
        Some(self.announce_authentication(token, "three_ds_authentication.updated"))
    }
}

/// A store's bank asks about a card. Answers the authentication's token once it is decided or challenged.
pub(crate) async fn authenticate(
    hub: &Arc<Hub>,
    card: &CardRef,
    amount_minor: i64,
    currency: &str,
    merchant: Merchant,
    mandated: bool,
) -> Result<String, DriverError> {
    let (token, asked) = {
        let mut records = lock(&hub.records);
        let found = match card {
            CardRef::Token(token) => records.card(token),
            CardRef::Typed(typed) => records.card_by_pan(&typed.number),
        };
        let card_token = found.ok_or(DriverError::NoSuchCard)?.token.clone();
        let rate = records.rate_millionths(currency).ok_or(DriverError::NotPossible("this currency"))?;
        let of = Authentication {
            token: ids::uuid(),
            card_token,
            merchant,
            amount_minor,
            currency: currency.to_owned(),
            billed_minor: bill(amount_minor, rate, decimals(currency), decimals(&records.config.currency)),
            mandated,
            result: AuthenticationResult::PendingDecision,
            decided_by: None,
            created_ms: records.now_ms(),
            challenge_ends_ms: None,
        };
        let mut request = wire(&of);
        request["event_type"] = json!(THREE_DS);
        let token = of.token.clone();
        records.authentications.push(of);
        (token, records.three_ds_responder.clone().map(|url| (url, request)))
    };
    let answer = match asked {
        Some((url, request)) => decision(ask(hub, &url, &request).await),
        None => None,
    };
    hub.change(|records| {
        let now_ms = records.now_ms();
        let alone =
            if records.config.three_ds_alone { AuthenticationResult::Success } else { AuthenticationResult::Decline };
        if let Some(of) = records.authentications.iter_mut().find(|one| one.token == token) {
            of.result = answer.unwrap_or(alone);
            of.decided_by = Some(if answer.is_some() { "CUSTOMER_ENDPOINT" } else { "LITHIC_RULES" });
            let challenged = of.result == AuthenticationResult::PendingChallenge;
            of.challenge_ends_ms = challenged.then_some(now_ms + CHALLENGE_MS);
        }
        let mut events = records.announce_authentication(&token, "three_ds_authentication.created");
        if answer == Some(AuthenticationResult::PendingChallenge) {
            events.extend(records.announce_challenge(&token));
        }
        ((), events)
    });
    Ok(token)
}

/// Asks the responder once, within its second.
async fn ask(hub: &Arc<Hub>, url: &str, request: &Value) -> Option<(u16, Vec<u8>)> {
    let whole = request.to_string();
    let (seal, corrupt) = match hub.faults.take_webhook(THREE_DS) {
        HookFault::WrongSignature => (Seal::WrongKey, false),
        HookFault::StaleSignature => (Seal::Stale, false),
        HookFault::CorruptJson => (Seal::Right, true),
        HookFault::Lose => return None,
        _ => (Seal::Right, false),
    };
    let body = if corrupt { half_of(whole.as_bytes()).to_vec() } else { whole.into_bytes() };
    let signed = {
        let records = lock(&hub.records);
        let now_ms = records.now_ms();
        headers(&records.three_ds_secrets.valid(now_ms), &ids::svix("msg"), now_ms, &body, seal)
    };
    hub.post(url, signed, body, hub.config.three_ds_timeout).await
}

impl Issuer {
    /// The secret that questions about authentications are signed with.
    pub fn three_ds_secret(&self) -> String {
        lock(&self.hub.records).three_ds_secrets.current.clone()
    }

    /// Enrolls the responder of questions about authentications.
    pub fn enroll_three_ds(&self, url: &str) {
        lock(&self.hub.records).three_ds_responder = Some(url.to_owned());
    }

    /// A store's bank asks whether the one who pays is the card's holder; `mandated`: it insists on asking them.
    pub async fn authenticate(
        &self,
        card: CardRef,
        amount_minor: i64,
        currency: &str,
        merchant: Merchant,
        mandated: bool,
    ) -> Result<String, DriverError> {
        authenticate(&self.hub, &card, amount_minor, currency, merchant, mandated).await
    }

    /// How an authentication stands.
    pub fn authentication(&self, token: &str) -> Result<AuthenticationResult, DriverError> {
        let records = lock(&self.hub.records);
        records.authentication(token).map(|of| of.result).ok_or(DriverError::NoSuchTransaction)
    }
}
