//! No card programme, no exchange: an operator who pays stores with gift cards needs neither.
//!
//! Invariant: nothing is ever asked of them, since nothing that needs them is quoted; if it is asked, it is not sent.

use async_trait::async_trait;
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money, Sat};
use ports::{
    AssetBalance, CardRef, CardSecrets, Charge, ChargeChange, CreateCard, Decision, Exchange, Float, Headers, Issuer,
    IssuerHealth, IssuerNews, Outcome, SaleStatus, SellOrder, WebhookAnswer, WebhookError,
};

/// The name in addresses and on the ledger.
pub const NAME: &str = "none";
const NO_CARDS: &str = "there is no card programme: issuer.vendor is empty";
const NO_EXCHANGE: &str = "there is no exchange: exchange.vendor is empty";

fn not_sent<T>(why: &str) -> Outcome<T> {
    Outcome::NotSent(why.to_owned())
}

pub struct NoIssuer;

#[async_trait]
impl Issuer for NoIssuer {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn create_card(&self, _request: CreateCard) -> Outcome<CardRef> {
        not_sent(NO_CARDS)
    }

    async fn find_card(&self, _key: &IdempotencyKey, _since: UnixMs) -> Outcome<Option<CardRef>> {
        not_sent(NO_CARDS)
    }

    async fn set_limit(&self, _key: &IdempotencyKey, _card: &CardRef, _limit: Money) -> Outcome<()> {
        not_sent(NO_CARDS)
    }

    async fn close_card(&self, _card: &CardRef) -> Outcome<()> {
        not_sent(NO_CARDS)
    }

    async fn reveal(&self, _card: &CardRef) -> Outcome<CardSecrets> {
        not_sent(NO_CARDS)
    }

    async fn float(&self) -> Outcome<Float> {
        not_sent(NO_CARDS)
    }

    async fn health(&self) -> Outcome<IssuerHealth> {
        not_sent(NO_CARDS)
    }

    async fn changes(&self, _card: &CardRef) -> Outcome<Vec<ChargeChange>> {
        not_sent(NO_CARDS)
    }

    fn read_charge(&self, _headers: &Headers, _body: &[u8], _now: UnixMs) -> Result<Charge, WebhookError> {
        Err(WebhookError::BadSignature)
    }

    fn answer_charge(&self, _charge: &Charge, _decision: Decision) -> WebhookAnswer {
        WebhookAnswer { status: 404, content_type: "text/plain", headers: Vec::new(), body: Vec::new() }
    }

    fn read_news(&self, _headers: &Headers, _body: &[u8], _now: UnixMs) -> Result<IssuerNews, WebhookError> {
        Err(WebhookError::BadSignature)
    }

    fn answer_within_ms(&self) -> u64 {
        1_000
    }
}

pub struct NoExchange;

#[async_trait]
impl Exchange for NoExchange {
    fn name(&self) -> &'static str {
        NAME
    }

    fn minimum_sat(&self, _currency: Currency) -> Sat {
        Sat::ZERO
    }

    async fn sell(&self, _order: SellOrder) -> Outcome<SaleStatus> {
        not_sent(NO_EXCHANGE)
    }

    async fn sale_status(&self, _key: &IdempotencyKey, _placed_since: UnixMs) -> Outcome<SaleStatus> {
        not_sent(NO_EXCHANGE)
    }

    async fn balances(&self) -> Outcome<Vec<AssetBalance>> {
        not_sent(NO_EXCHANGE)
    }

    async fn health(&self) -> Outcome<String> {
        not_sent(NO_EXCHANGE)
    }
}
