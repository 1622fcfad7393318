//! 3-D Secure decided by us (docs.lithic.com: "3DS Customer Decisioning", "3DS Challenges, Customer Orchestration").
//!
//! Lithic asks once and waits a second; a challenge comes as an event and is answered by a call of ours within about
//! ten minutes.

use super::{
    Lithic, LithicConfig, answers,
    calls::authorized,
    wire::{AuthenticationAnswer, AuthenticationRequest, ChallengeEvent, ChallengeResponse},
};
use async_trait::async_trait;
use ids::UnixMs;
use money::{Currency, Money};
use outbound::{Call, Method, Request, Response, parse_rfc3339};
use ports::{
    Authentication, AuthenticationDecision, CardChallenges, CardRef, ChallengeAnswer, ChargeChange, Headers,
    IssuerNotice, Merchant, Outcome, WebhookAnswer, WebhookError,
};

const REQUEST_EVENT: &str = "three_ds_authentication.approval_request";
/// After this Lithic decides by its own rules.
const ANSWER_WITHIN_MS: u64 = 1_000;

fn malformed(what: &str) -> WebhookError {
    WebhookError::Malformed(what.to_owned())
}

fn money(minor: u64, currency: Currency) -> Result<Money, WebhookError> {
    Money::new(minor, currency).map_err(|_| malformed("an amount is out of range"))
}

/// The question of a request whose signature was right. `billed_in`: the currency of the cards.
pub fn authentication_of(body: &[u8], billed_in: Currency) -> Result<Authentication, WebhookError> {
    let request: AuthenticationRequest =
        serde_json::from_slice(body).map_err(|_| malformed("not an authentication request"))?;
    if request.event_type.as_deref().is_some_and(|event| event != REQUEST_EVENT) {
        return Err(malformed("another event"));
    }
    let (amount, merchant_amount) = match &request.transaction {
        None => (None, None),
        Some(asked) => {
            let currency = asked.currency.parse::<Currency>().map_err(|_| malformed("an amount in no currency"))?;
            let merchant = money(asked.amount, currency)?;
            let billed = match asked.cardholder_amount {
                Some(minor) => Some(money(minor, billed_in)?),
                None => Some(merchant).filter(|merchant| merchant.currency() == billed_in),
            };
            (billed, Some(merchant))
        }
    };
    let indicator = request.three_ds_requestor_challenge_indicator.as_str();
    Ok(Authentication {
        authentication_id: request.token,
        card: CardRef(request.card_token),
        amount,
        merchant_amount,
        merchant: Merchant {
            acceptor_id: request.merchant.id.unwrap_or_default(),
            descriptor: request.merchant.name.unwrap_or_default(),
            category: request.merchant.mcc.unwrap_or_default(),
            country: request.merchant.country.unwrap_or_default(),
        },
        challenge_wanted: matches!(indicator, "CHALLENGE_PREFERENCE" | "CHALLENGE_MANDATE"),
    })
}

/// HTTP 200 with the decision.
pub fn answer(decision: AuthenticationDecision) -> WebhookAnswer {
    let body = AuthenticationAnswer {
        three_ds_authentication_decision: match decision {
            AuthenticationDecision::Allow => "APPROVE",
            AuthenticationDecision::Challenge => "CHALLENGE_REQUESTED",
            AuthenticationDecision::Deny => "DECLINE",
        },
    };
    WebhookAnswer {
        status: 200,
        content_type: "application/json",
        headers: Vec::new(),
        body: serde_json::to_vec(&body).unwrap_or_default(),
    }
}

/// `three_ds_authentication.challenge`: the shopper is to be asked.
pub fn asked(body: &[u8], billed_in: Currency) -> Result<ChargeChange, WebhookError> {
    let event: ChallengeEvent = serde_json::from_slice(body).map_err(|_| malformed("not a challenge"))?;
    let of = event.authentication_object;
    let answer_by = parse_rfc3339(&event.challenge.expiry_time).ok_or_else(|| malformed("no time to answer by"))?;
    let billed = of.transaction.as_ref().and_then(|asked| asked.cardholder_amount);
    let amount = billed.map(|minor| money(minor, billed_in)).transpose()?;
    Ok(ChargeChange {
        event_id: format!("{}:challenge", of.token),
        card: CardRef(of.card_token),
        charge_id: String::new(),
        notice: IssuerNotice::ChallengeAsked {
            authentication_id: of.token,
            amount,
            merchant: of.merchant.name.unwrap_or_default(),
            answer_by,
        },
    })
}

/// `three_ds_authentication.updated`: over, if it is.
pub fn ended(body: &[u8]) -> Result<Option<ChargeChange>, WebhookError> {
    let of: AuthenticationRequest = serde_json::from_slice(body).map_err(|_| malformed("not an authentication"))?;
    let passed = match of.authentication_result.as_str() {
        "SUCCESS" => true,
        "DECLINE" => false,
        _ => return Ok(None),
    };
    Ok(Some(ChargeChange {
        event_id: format!("{}:ended", of.token),
        card: CardRef(of.card_token),
        charge_id: String::new(),
        notice: IssuerNotice::ChallengeEnded { authentication_id: of.token, passed },
    }))
}

/// `POST /v1/three_ds_decisioning/challenge_response`.
struct ChallengeCall<'a> {
    config: &'a LithicConfig,
    token: &'a str,
    answer: ChallengeAnswer,
}

impl Call for ChallengeCall<'_> {
    type Answer = ();

    fn build_request(&self) -> Request {
        let challenge_response = match self.answer {
            ChallengeAnswer::Approve => "APPROVE",
            ChallengeAnswer::Reject => "DECLINE_BY_CUSTOMER",
        };
        authorized(self.config, Request::new(Method::Post, "/v1/three_ds_decisioning/challenge_response"))
            .json(&ChallengeResponse { token: self.token, challenge_response })
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read(response, || Outcome::Done(()))
    }
}

#[async_trait]
impl CardChallenges for Lithic {
    fn read_authentication(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<Authentication, WebhookError> {
        self.challenges_key.as_ref().ok_or(WebhookError::BadSignature)?.verify(headers, body, now)?;
        authentication_of(body, self.config.currency)
    }

    fn answer_authentication(&self, decision: AuthenticationDecision) -> WebhookAnswer {
        answer(decision)
    }

    async fn answer_challenge(&self, authentication_id: &str, answer: ChallengeAnswer) -> Outcome<()> {
        self.run(&ChallengeCall { config: &self.config, token: authentication_id, answer }).await
    }

    fn answer_within_ms(&self) -> u64 {
        ANSWER_WITHIN_MS
    }
}
