//! Each thing that Stripe is asked: the request and what its answer means. Pure.
//!
//! Invariant: number and code are in an answer only where they are expanded, which the reveal alone asks for, over a
//! connection of its own.

use super::{
    StripeConfig, answers,
    events::changes_of_dispute,
    wire::{API_VERSION, Balance, Card, DisputeOf, Identified, List, RevealedCard, WebhookEndpoint},
};
use crate::paging::PageOf;
use ids::{IdempotencyKey, UnixMs};
use money::Money;
use outbound::{Call, Method, Request, Response, form, segment, uuid};
use ports::{CardHolder, CardRef, CardSecrets, ChargeChange, Float, Outcome, Rejection, Secret};

/// The most that Stripe gives (parameter `limit`).
const PAGE_SIZE: &str = "100";
/// Cards are looked for from a little earlier than asked: clocks differ.
const CLOCK_MARGIN_MS: u64 = 10 * 60 * 1_000;
/// The limit counts all that was ever authorized and not reversed, so that it bounds the card as a whole.
const LIMIT_INTERVAL: &str = "all_time";
const LIMIT_AMOUNT: &str = "spending_controls[spending_limits][0][amount]";
const LIMIT_EVERY: &str = "spending_controls[spending_limits][0][interval]";
/// Where a card, and its cardholder, keep our key.
const KEY: &str = "anytill_key";
const KEY_PARAMETER: &str = "metadata[anytill_key]";

/// A limit as Stripe takes it: at least one minor unit, so a check of zero passes and nothing else does.
fn minor(config: &StripeConfig, limit: Money) -> u64 {
    limit.minor().saturating_add(config.headroom_minor).clamp(1, Money::MINOR_MAX)
}

fn authorized(config: &StripeConfig, request: Request) -> Request {
    let bearer = Secret::new(format!("Bearer {}", config.api_key.expose()));
    request.secret_header("authorization", &bearer).header("stripe-version", API_VERSION)
}

fn post(config: &StripeConfig, path: impl Into<String>, pairs: &[(&str, &str)]) -> Request {
    authorized(config, Request::new(Method::Post, path))
        .body("application/x-www-form-urlencoded", form(pairs).into_bytes())
}

fn card_path(card: &CardRef) -> String {
    format!("/v1/issuing/cards/{}", segment(&card.0))
}

/// `POST /v1/issuing/cardholders`: the person that the card is made out to.
pub struct CreateHolderCall<'a> {
    pub config: &'a StripeConfig,
    pub key: &'a IdempotencyKey,
    pub holder: &'a CardHolder,
}

impl Call for CreateHolderCall<'_> {
    type Answer = String;

    /// What is not known is left out: Stripe then says what it needs.
    fn build_request(&self) -> Request {
        let holder = self.holder;
        let name = shown(holder.name.as_ref());
        let parts = name.and_then(|name| name.rsplit_once(' '));
        let known = [
            ("name", name),
            ("individual[first_name]", parts.map(|(first, _)| first)),
            ("individual[last_name]", parts.map(|(_, last)| last)),
            ("billing[address][line1]", shown(holder.address_line.as_ref())),
            ("billing[address][city]", shown(holder.city.as_ref())),
            ("billing[address][state]", shown(holder.region.as_ref())),
            ("billing[address][postal_code]", shown(holder.postal_code.as_ref())),
            ("billing[address][country]", holder.country.as_deref()),
        ];
        let mut pairs = vec![("type", "individual"), ("status", "active"), (KEY_PARAMETER, self.key.0.as_str())];
        pairs.extend(known.into_iter().filter_map(|(parameter, value)| Some((parameter, value?))));
        post(self.config, "/v1/issuing/cardholders", &pairs)
            .header("idempotency-key", uuid("stripe cardholder", self.key))
    }

    fn handle_response(&self, response: &Response) -> Outcome<String> {
        answers::read(response, || response.json::<Identified>().map(|holder| holder.id))
    }
}

fn shown(text: Option<&Secret>) -> Option<&str> {
    text.map(Secret::expose).filter(|text| !text.is_empty())
}

/// `POST /v1/issuing/cards`.
pub struct CreateCardCall<'a> {
    pub config: &'a StripeConfig,
    pub request: &'a ports::CreateCard,
    pub cardholder: &'a str,
}

impl Call for CreateCardCall<'_> {
    type Answer = CardRef;

    fn build_request(&self) -> Request {
        let (config, request) = (self.config, self.request);
        let (currency, limit) = (config.currency.code().to_ascii_lowercase(), minor(config, request.limit).to_string());
        let pairs = [
            ("cardholder", self.cardholder),
            ("currency", currency.as_str()),
            ("type", "virtual"),
            ("status", "active"),
            (LIMIT_AMOUNT, limit.as_str()),
            (LIMIT_EVERY, LIMIT_INTERVAL),
            (KEY_PARAMETER, request.key.0.as_str()),
            ("metadata[memo]", request.memo.as_str()),
        ];
        post(config, "/v1/issuing/cards", &pairs).header("idempotency-key", uuid("stripe card", &request.key))
    }

    fn handle_response(&self, response: &Response) -> Outcome<CardRef> {
        answers::read(response, || response.json::<Card>().map(|card| CardRef(card.id)))
    }
}

/// One page of `GET /v1/issuing/cards`, looking for the card whose metadata has the key: there is no filter by it.
pub struct FindCardCall<'a> {
    pub config: &'a StripeConfig,
    pub key: &'a IdempotencyKey,
    pub since: UnixMs,
    pub after: Option<String>,
}

impl Call for FindCardCall<'_> {
    type Answer = PageOf<CardRef>;

    fn build_request(&self) -> Request {
        let since = (self.since.0.saturating_sub(CLOCK_MARGIN_MS) / 1_000).to_string();
        let mut query = vec![("created[gte]", since.as_str()), ("limit", PAGE_SIZE)];
        query.extend(self.after.as_deref().map(|after| ("starting_after", after)));
        authorized(self.config, Request::get("/v1/issuing/cards").query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<CardRef>> {
        let ours = |card: &Card| card.metadata.get(KEY) == Some(&self.key.0);
        answers::read(response, || {
            response.json::<List<Card>>().map(|page| PageOf {
                next: next_page(&page, |card| &card.id),
                items: page.data.into_iter().filter(ours).map(|card| CardRef(card.id)).collect(),
            })
        })
    }
}

pub fn next_page<T>(page: &List<T>, id: impl Fn(&T) -> &String) -> Option<String> {
    if page.has_more { page.data.last().map(|last| id(last).clone()) } else { None }
}

/// `POST /v1/issuing/cards/{id}` with a new limit. Without an idempotency key: setting a value twice is setting it once,
/// and a kept answer would hide the value that is set now.
pub struct SetLimitCall<'a> {
    pub config: &'a StripeConfig,
    pub card: &'a CardRef,
    pub limit: Money,
}

impl Call for SetLimitCall<'_> {
    type Answer = ();

    fn build_request(&self) -> Request {
        let limit = minor(self.config, self.limit).to_string();
        post(self.config, card_path(self.card), &[(LIMIT_AMOUNT, &limit), (LIMIT_EVERY, LIMIT_INTERVAL)])
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read(response, || {
            response.json::<Card>().and_then(|card| {
                let limits = card.spending_controls.spending_limits.unwrap_or_default();
                match &limits[..] {
                    [one] if one.amount == minor(self.config, self.limit) && one.interval == LIMIT_INTERVAL => {
                        Outcome::Done(())
                    }
                    _ => Outcome::Unknown("the card's limit is not the one that was set".to_owned()),
                }
            })
        })
    }
}

/// `POST /v1/issuing/cards/{id}` to `canceled`, which is final.
pub struct CloseCardCall<'a> {
    pub config: &'a StripeConfig,
    pub card: &'a CardRef,
}

impl Call for CloseCardCall<'_> {
    type Answer = ();

    fn build_request(&self) -> Request {
        post(self.config, card_path(self.card), &[("status", "canceled")])
    }

    fn handle_response(&self, response: &Response) -> Outcome<()> {
        answers::read(response, || {
            response.json::<Card>().and_then(|card| match card.status.as_str() {
                "canceled" => Outcome::Done(()),
                _ => Outcome::Unknown("the card is not canceled".to_owned()),
            })
        })
    }
}

/// `GET /v1/issuing/cards/{id}` only to see whether it is canceled: what a refusal to cancel may have meant.
pub struct IsClosedCall<'a> {
    pub config: &'a StripeConfig,
    pub card: &'a CardRef,
}

impl Call for IsClosedCall<'_> {
    type Answer = bool;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get(card_path(self.card)))
    }

    fn handle_response(&self, response: &Response) -> Outcome<bool> {
        answers::read(response, || response.json::<Card>().map(|card| card.status == "canceled"))
    }
}

/// `GET /v1/issuing/cards/{id}?expand[]=number&expand[]=cvc`.
pub struct RevealCall<'a> {
    pub config: &'a StripeConfig,
    pub card: &'a CardRef,
}

impl Call for RevealCall<'_> {
    type Answer = CardSecrets;

    fn build_request(&self) -> Request {
        let expanded = Request::get(card_path(self.card)).query(&[("expand[]", "number"), ("expand[]", "cvc")]);
        authorized(self.config, expanded).fresh_connection()
    }

    fn handle_response(&self, response: &Response) -> Outcome<CardSecrets> {
        match answers::read(response, || response.json::<RevealedCard>().and_then(secrets_of)) {
            // Of an account that may not see them, they cannot be expanded.
            Outcome::Rejected(refusal) if matches!(response.status, 400 | 403) => {
                Outcome::Rejected(Rejection::fatal("secrets_withheld", refusal.message))
            }
            other => other,
        }
    }
}

fn secrets_of(card: RevealedCard) -> Outcome<CardSecrets> {
    if card.status == "canceled" {
        return Outcome::Rejected(Rejection::fatal("card_closed", "the card is canceled"));
    }
    let (Some(number), Some(security_code)) = (card.number, card.cvc) else {
        let why = "Stripe gives card numbers only to accounts that may see them";
        return Outcome::Rejected(Rejection::fatal("secrets_withheld", why));
    };
    let digits = |text: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let well_formed = digits(number.expose(), 12..=19) && digits(security_code.expose(), 3..=4);
    if well_formed && (1..=12).contains(&card.exp_month) && (2000..=2999).contains(&card.exp_year) {
        let (expiry_month, expiry_year) = (card.exp_month, card.exp_year);
        Outcome::Done(CardSecrets { number, security_code, expiry_month, expiry_year })
    } else {
        Outcome::Unknown("the card's number, code or expiry is not of the documented form".to_owned())
    }
}

/// `GET /v1/balance`: what all cards may spend now.
pub struct FloatCall<'a> {
    pub config: &'a StripeConfig,
}

impl Call for FloatCall<'_> {
    type Answer = Float;

    fn build_request(&self) -> Request {
        authorized(self.config, Request::get("/v1/balance"))
    }

    fn handle_response(&self, response: &Response) -> Outcome<Float> {
        let currency = self.config.currency;
        answers::read(response, || {
            response.json::<Balance>().and_then(|balance| {
                let available = balance.issuing.map(|issuing| issuing.available).unwrap_or_default();
                let ours = available.iter().find(|one| one.currency.eq_ignore_ascii_case(currency.code()));
                let Some(ours) = ours else {
                    let why = format!("the account has no Issuing balance in {currency}");
                    return Outcome::Rejected(Rejection::fatal("no_issuing_balance", why));
                };
                match Money::new(u64::try_from(ours.amount).unwrap_or(0), currency) {
                    Ok(available) => Outcome::Done(Float { available }),
                    Err(_) => Outcome::Unknown("the balance is out of range".to_owned()),
                }
            })
        })
    }
}

/// One page of `GET /v1/issuing/authorizations` or `/transactions` of a card.
pub struct OfCardCall<'a, T> {
    pub config: &'a StripeConfig,
    pub path: &'static str,
    pub card: &'a CardRef,
    pub after: Option<String>,
    pub id: fn(&T) -> &String,
}

impl<T: serde::de::DeserializeOwned + Send> Call for OfCardCall<'_, T> {
    type Answer = PageOf<T>;

    fn build_request(&self) -> Request {
        let mut query = vec![("card", self.card.0.as_str()), ("limit", PAGE_SIZE)];
        query.extend(self.after.as_deref().map(|after| ("starting_after", after)));
        authorized(self.config, Request::get(self.path).query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<T>> {
        answers::read(response, || {
            response.json::<List<T>>().map(|page| PageOf { next: next_page(&page, self.id), items: page.data })
        })
    }
}

/// `GET /v1/issuing/disputes/{id}?expand[]=transaction`: how it stands, and whose card it is.
pub struct DisputeCall<'a> {
    pub config: &'a StripeConfig,
    pub dispute_id: &'a str,
}

impl Call for DisputeCall<'_> {
    type Answer = Vec<ChargeChange>;

    fn build_request(&self) -> Request {
        let path = format!("/v1/issuing/disputes/{}", segment(self.dispute_id));
        authorized(self.config, Request::get(path).query(&[("expand[]", "transaction")]))
    }

    fn handle_response(&self, response: &Response) -> Outcome<Vec<ChargeChange>> {
        answers::read(response, || {
            response.json::<DisputeOf>().and_then(|of| match changes_of_dispute(&of.dispute, &of.transaction) {
                Ok(changes) => Outcome::Done(changes.into_iter().map(|(_, change)| change).collect()),
                Err(why) => Outcome::Unknown(why.to_owned()),
            })
        })
    }
}

/// One page of `GET /v1/webhook_endpoints`.
pub struct EndpointsCall<'a> {
    pub config: &'a StripeConfig,
    pub after: Option<String>,
}

impl Call for EndpointsCall<'_> {
    type Answer = PageOf<WebhookEndpoint>;

    fn build_request(&self) -> Request {
        let mut query = vec![("limit", PAGE_SIZE)];
        query.extend(self.after.as_deref().map(|after| ("starting_after", after)));
        authorized(self.config, Request::get("/v1/webhook_endpoints").query(&query))
    }

    fn handle_response(&self, response: &Response) -> Outcome<PageOf<WebhookEndpoint>> {
        answers::read(response, || {
            response
                .json::<List<WebhookEndpoint>>()
                .map(|page| PageOf { next: next_page(&page, |endpoint| &endpoint.id), items: page.data })
        })
    }
}
