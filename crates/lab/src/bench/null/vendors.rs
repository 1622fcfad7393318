//! Issuer, exchange, prices and the rest of the outside, answering at once. The issuer's webhooks are the real
//! adapter's business: their signatures are checked and their bodies read as in the server.

use accounts::Accounts;
use anyhow::Result;
use async_trait::async_trait;
use cards::lithic::{Lithic, LithicConfig};
use engine::{Shoppers, Vault};
use ids::{AccountId, IdempotencyKey, PurchaseId, UnixMs};
use money::{Currency, Money, Msat, Rate, Sat};
use outbound::{Limits, Retry};
use ports::{
    AssetBalance, CardHolder, CardRef, CardSecrets, Charge, ChargeChange, Clock, CreateCard, Decision, Exchange,
    ExecutablePrice, Fee, Float, ForeignInvoice, Headers, Issuer, IssuerHealth, IssuerNews, ObservedRate, Outcome,
    Payees, Preimage, PriceUnavailable, Prices, RateBasis, SaleReport, SaleStatus, Secret, SellOrder, WebhookAnswer,
    WebhookError,
};
use purchase::Destination;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The number that payment providers give out for trying; it is nobody's.
const CARD_NUMBER: &str = "4111111111111111";
const FLOAT_MINOR: u64 = 1_000_000_000_000;

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Cards that are there as soon as they are asked for.
pub struct NullIssuer {
    webhooks: Lithic,
}

impl NullIssuer {
    /// `secret` signs both webhooks: `whsec_...`.
    pub fn new(secret: &str) -> Result<Self> {
        let secret = || Secret::new(secret.to_owned());
        let config = LithicConfig {
            // Never called.
            base_url: "http://127.0.0.1:9".to_owned(),
            api_key: Secret::new("none".to_owned()),
            authorization_secret: secret(),
            events_secret: secret(),
            challenges_secret: None,
            currency: Currency::USD,
            card_program_token: None,
            account_token: None,
            financial_account_token: None,
            headroom_minor: 0,
            authorization_url: None,
            events_url: None,
            challenges_url: None,
            decline_on_timeout_confirmed: true,
        };
        let retry = Retry::short(Arc::new(|most| most));
        Ok(Self { webhooks: Lithic::new(config, Limits::default(), retry)? })
    }
}

/// The purchase's one card. A key is `purchase:<id>/<number of the effect>`.
fn card_of(key: &IdempotencyKey) -> CardRef {
    CardRef(key.0.split('/').next().unwrap_or_default().to_owned())
}

#[async_trait]
impl Issuer for NullIssuer {
    fn name(&self) -> &'static str {
        self.webhooks.name()
    }

    async fn create_card(&self, request: CreateCard) -> Outcome<CardRef> {
        Outcome::Done(card_of(&request.key))
    }

    async fn find_card(&self, key: &IdempotencyKey, _: UnixMs) -> Outcome<Option<CardRef>> {
        Outcome::Done(Some(card_of(key)))
    }

    async fn set_limit(&self, _: &IdempotencyKey, _: &CardRef, _: Money) -> Outcome<()> {
        Outcome::Done(())
    }

    async fn close_card(&self, _: &CardRef) -> Outcome<()> {
        Outcome::Done(())
    }

    async fn reveal(&self, _: &CardRef) -> Outcome<CardSecrets> {
        Outcome::Done(CardSecrets {
            number: Secret::new(CARD_NUMBER.to_owned()),
            security_code: Secret::new("737".to_owned()),
            expiry_month: 12,
            expiry_year: 2031,
        })
    }

    async fn float(&self) -> Outcome<Float> {
        match Money::new(FLOAT_MINOR, Currency::USD) {
            Ok(available) => Outcome::Done(Float { available }),
            Err(error) => Outcome::NotSent(error.to_string()),
        }
    }

    async fn health(&self) -> Outcome<IssuerHealth> {
        Outcome::Done(IssuerHealth::default())
    }

    async fn changes(&self, _: &CardRef) -> Outcome<Vec<ChargeChange>> {
        Outcome::Done(Vec::new())
    }

    fn read_charge(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<Charge, WebhookError> {
        self.webhooks.read_charge(headers, body, now)
    }

    fn answer_charge(&self, charge: &Charge, decision: Decision) -> WebhookAnswer {
        self.webhooks.answer_charge(charge, decision)
    }

    fn read_news(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<IssuerNews, WebhookError> {
        self.webhooks.read_news(headers, body, now)
    }

    fn answer_within_ms(&self) -> u64 {
        self.webhooks.answer_within_ms()
    }
}

/// Fills every order at its limit.
pub struct NullExchange;

#[async_trait]
impl Exchange for NullExchange {
    fn name(&self) -> &'static str {
        "null"
    }

    fn minimum_sat(&self, _: Currency) -> Sat {
        Sat::ZERO
    }

    async fn sell(&self, order: SellOrder) -> Outcome<SaleStatus> {
        match order.limit.minor_floor(order.amount_sat.msat()) {
            Ok(proceeds) => {
                let report = SaleReport { sold_sat: order.amount_sat, proceeds, fee: Fee::Bitcoin(Sat::ZERO) };
                Outcome::Done(SaleStatus::Closed(report))
            }
            Err(error) => Outcome::NotSent(error.to_string()),
        }
    }

    async fn sale_status(&self, _: &IdempotencyKey, _: UnixMs) -> Outcome<SaleStatus> {
        Outcome::Done(SaleStatus::NotFound)
    }

    async fn balances(&self) -> Outcome<Vec<AssetBalance>> {
        Outcome::Done(Vec::new())
    }

    async fn health(&self) -> Outcome<String> {
        Outcome::Done("well".to_owned())
    }
}

/// One price that never moves.
pub struct FixedPrices(pub Rate);

impl FixedPrices {
    fn of(&self, currency: Currency) -> Result<Rate, PriceUnavailable> {
        if currency == Currency::USD { Ok(self.0) } else { Err(PriceUnavailable::UnknownCurrency { currency }) }
    }
}

impl Prices for FixedPrices {
    fn rate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        Ok(ObservedRate {
            rate: self.of(currency)?,
            observed_at: now,
            venues: vec!["null".to_owned()],
            outliers: Vec::new(),
            basis: RateBasis::Venues,
        })
    }

    fn executable(&self, total: Money, now: UnixMs) -> Result<ExecutablePrice, PriceUnavailable> {
        let consolidated = self.rate(total.currency(), now)?;
        Ok(ExecutablePrice { rate: self.of(total.currency())?, observed_at: now, consolidated })
    }

    fn currencies(&self) -> Vec<Currency> {
        vec![Currency::USD]
    }
}

/// Nothing is refunded in a bench.
pub struct NoPayees;

#[async_trait]
impl Payees for NoPayees {
    fn read_invoice(&self, _: &str) -> Result<ForeignInvoice, String> {
        Err("no refunds here".to_owned())
    }

    async fn fetch_invoice(&self, _: &str, _: Msat) -> Outcome<ForeignInvoice> {
        Outcome::NotSent("no refunds here".to_owned())
    }
}

/// Reads what the server reads when it makes a card.
pub struct AccountShoppers(pub Arc<Accounts>);

#[async_trait]
impl Shoppers for AccountShoppers {
    async fn card_holder(&self, account: AccountId) -> CardHolder {
        match self.0.billing_address(account).await {
            Ok(Some(address)) => {
                let name = Some(Secret::new(address.parts().name.clone()));
                CardHolder { name, ..CardHolder::default() }
            }
            Ok(None) | Err(_) => CardHolder::default(),
        }
    }

    async fn refund_destination(&self, _: AccountId, _: UnixMs) -> Option<Destination> {
        None
    }
}

pub struct RandomVault;

impl Vault for RandomVault {
    fn new_purchase_id(&self) -> PurchaseId {
        let mut id = [0; PurchaseId::LEN];
        rand::fill(&mut id[..]);
        PurchaseId(id)
    }

    fn preimage(&self, purchase: PurchaseId, invoice_number: u32) -> Preimage {
        let mut hash = Sha256::new_with_prefix(purchase.0);
        hash.update(invoice_number.to_be_bytes());
        Preimage(hash.finalize().into())
    }
}
