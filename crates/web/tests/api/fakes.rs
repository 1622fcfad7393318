//! The outside as small as it can be: it answers at once and does what the test says.

use async_trait::async_trait;
use engine::{Shoppers, Vault};
use ids::{AccountId, IdempotencyKey, NodeId, PaymentHash, PurchaseId, UnixMs};
use money::{Currency, Money, Msat, Rate, Sat};
use ports::*;
use purchase::Destination;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub const CARD_NUMBER: &str = "4111111111111111";
pub const CARD_CODE: &str = "737";

pub struct ManualClock(AtomicU64);

impl ManualClock {
    pub fn new() -> Self {
        Self(AtomicU64::new(1_760_000_000_000))
    }

    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

pub struct FixedVault(AtomicU64);

/// Vaults made so far: a second server over the same records makes other identifiers.
static VAULTS: AtomicU64 = AtomicU64::new(0);

impl FixedVault {
    pub fn new() -> Self {
        Self(AtomicU64::new(VAULTS.fetch_add(1_000_000, Ordering::SeqCst)))
    }
}

impl Vault for FixedVault {
    fn new_purchase_id(&self) -> PurchaseId {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        let digest = Sha256::digest(number.to_be_bytes());
        PurchaseId(digest[..16].try_into().unwrap())
    }

    fn preimage(&self, purchase: PurchaseId, invoice_number: u32) -> Preimage {
        let mut hash = Sha256::new();
        hash.update(purchase.0);
        hash.update(invoice_number.to_be_bytes());
        Preimage(hash.finalize().into())
    }
}

/// Answers nothing of its own: a node whose holds the test reports.
pub struct FakeNode {
    pub id: NodeId,
    pub room_msat: AtomicU64,
    pub reachable: AtomicBool,
    /// Answers only while nobody holds it.
    pub gate: tokio::sync::Mutex<()>,
    /// Somebody has come to the gate.
    pub asked: tokio::sync::Notify,
    /// Makes invoices only while nobody holds it.
    pub invoices: tokio::sync::Mutex<()>,
    /// Somebody wants an invoice.
    pub invoice_asked: tokio::sync::Notify,
    pub claimed: Mutex<Vec<PaymentHash>>,
    pub returned: Mutex<Vec<PaymentHash>>,
}

impl FakeNode {
    pub fn new() -> Self {
        Self::of(NodeId([2; 33]))
    }

    pub fn of(id: NodeId) -> Self {
        Self {
            id,
            room_msat: AtomicU64::new(10_000_000_000),
            reachable: AtomicBool::new(true),
            gate: tokio::sync::Mutex::default(),
            asked: tokio::sync::Notify::new(),
            invoices: tokio::sync::Mutex::default(),
            invoice_asked: tokio::sync::Notify::new(),
            claimed: Mutex::default(),
            returned: Mutex::default(),
        }
    }
}

#[async_trait]
impl LightningNode for FakeNode {
    fn node_id(&self) -> NodeId {
        self.id
    }

    async fn info(&self) -> Outcome<NodeInfo> {
        Outcome::NotSent("not asked in these tests".to_owned())
    }

    async fn room(&self) -> Outcome<Room> {
        self.asked.notify_one();
        let _open = self.gate.lock().await;
        if !self.reachable.load(Ordering::SeqCst) {
            return Outcome::Unknown("down".to_owned());
        }
        let room = Msat::new(self.room_msat.load(Ordering::SeqCst)).unwrap();
        Outcome::Done(Room {
            channels: vec![ChannelRoom {
                channel_id: "1".to_owned(),
                usable: true,
                outbound_msat: room,
                inbound_msat: room,
                in_flight_left_msat: room,
                slots_left: 30,
                htlc_min_msat: Msat::ZERO,
            }],
            reserve_ok: true,
        })
    }

    async fn create_hold_invoice(&self, request: HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        self.invoice_asked.notify_one();
        let _open = self.invoices.lock().await;
        let bolt11 = format!("lnbcrt{}", request.payment_hash);
        Outcome::Done(HoldInvoice { bolt11, expires_at: UnixMs(u64::MAX) })
    }

    async fn claim(&self, payment_hash: PaymentHash, _: Preimage, _: Msat) -> Outcome<()> {
        self.claimed.lock().unwrap().push(payment_hash);
        Outcome::Done(())
    }

    async fn return_hold(&self, payment_hash: PaymentHash) -> Outcome<()> {
        self.returned.lock().unwrap().push(payment_hash);
        Outcome::Done(())
    }

    async fn hold_status(&self, _: PaymentHash) -> Outcome<HoldStatus> {
        Outcome::Unknown("not asked in these tests".to_owned())
    }

    async fn pay(&self, _: PayRequest) -> Outcome<SendStatus> {
        Outcome::Done(SendStatus::Pending)
    }

    async fn send_status(&self, _: PaymentHash) -> Outcome<SendStatus> {
        Outcome::Done(SendStatus::Pending)
    }

    async fn next_event(&self) -> NodeEvent {
        std::future::pending().await
    }

    async fn ack_event(&self) -> Outcome<()> {
        Outcome::Done(())
    }
}

/// Signs with the word `good`, dates with `now`.
pub struct FakeIssuer {
    pub float_minor: AtomicU64,
    pub cards: Mutex<BTreeMap<String, Money>>,
    /// News cannot be looked up, so it cannot be stored.
    pub books_closed: AtomicBool,
    pub challenged: AtomicBool,
    pub panics: AtomicBool,
    /// Makes no cards.
    pub refuses: AtomicBool,
}

impl FakeIssuer {
    pub fn new() -> Self {
        Self {
            float_minor: AtomicU64::new(1_000_000),
            cards: Mutex::default(),
            challenged: AtomicBool::new(false),
            books_closed: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            refuses: AtomicBool::new(false),
        }
    }

    fn read(headers: &Headers, body: &[u8]) -> Result<Value, WebhookError> {
        if headers.only("x-signature") != Some("good") {
            return Err(WebhookError::BadSignature);
        }
        if headers.only("x-time") != Some("now") {
            return Err(WebhookError::Stale);
        }
        serde_json::from_slice(body).map_err(|_| WebhookError::Malformed("not JSON".to_owned()))
    }
}

#[async_trait]
impl Issuer for FakeIssuer {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn create_card(&self, request: CreateCard) -> Outcome<CardRef> {
        if self.refuses.load(Ordering::SeqCst) {
            return Outcome::Rejected(Rejection::fatal("card_program_closed", "no cards today"));
        }
        let card = format!("card-{}", request.key);
        self.cards.lock().unwrap().insert(card.clone(), request.limit);
        Outcome::Done(CardRef(card))
    }

    async fn find_card(&self, key: &IdempotencyKey, _: UnixMs) -> Outcome<Option<CardRef>> {
        let card = format!("card-{key}");
        Outcome::Done(self.cards.lock().unwrap().contains_key(&card).then_some(CardRef(card)))
    }

    async fn set_limit(&self, _: &IdempotencyKey, card: &CardRef, limit: Money) -> Outcome<()> {
        self.cards.lock().unwrap().insert(card.0.clone(), limit);
        Outcome::Done(())
    }

    async fn close_card(&self, _: &CardRef) -> Outcome<()> {
        Outcome::Done(())
    }

    async fn reveal(&self, _: &CardRef) -> Outcome<CardSecrets> {
        Outcome::Done(CardSecrets {
            number: Secret::new(CARD_NUMBER.to_owned()),
            security_code: Secret::new(CARD_CODE.to_owned()),
            expiry_month: 12,
            expiry_year: 2031,
        })
    }

    async fn float(&self) -> Outcome<Float> {
        let available = Money::new(self.float_minor.load(Ordering::SeqCst), Currency::USD).unwrap();
        Outcome::Done(Float { available })
    }

    async fn health(&self) -> Outcome<IssuerHealth> {
        Outcome::Done(IssuerHealth::default())
    }

    async fn changes(&self, _: &CardRef) -> Outcome<Vec<ChargeChange>> {
        if self.books_closed.load(Ordering::SeqCst) {
            return Outcome::Unknown("closed".to_owned());
        }
        Outcome::Done(Vec::new())
    }

    fn read_charge(&self, headers: &Headers, body: &[u8], _: UnixMs) -> Result<Charge, WebhookError> {
        assert!(!self.panics.load(Ordering::SeqCst), "the adapter fell over card {CARD_NUMBER}");
        let body = Self::read(headers, body)?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let wrong = || WebhookError::Malformed("fields".to_owned());
        let minor = body["minor"].as_u64().ok_or_else(wrong)?;
        let amount = Money::new(minor, Currency::USD).map_err(|_| wrong())?;
        let id = text("id").ok_or_else(wrong)?;
        Ok(Charge {
            charge_id: id.clone(),
            request_id: id,
            card: CardRef(text("card").ok_or_else(wrong)?),
            kind: ChargeKind::Authorization,
            amount,
            merchant_amount: amount,
            merchant: Merchant {
                acceptor_id: "acceptor".to_owned(),
                descriptor: "SHOP*ALBUM".to_owned(),
                category: "5735".to_owned(),
                country: "USA".to_owned(),
            },
        })
    }

    fn answer_charge(&self, _: &Charge, decision: Decision) -> WebhookAnswer {
        let approved = decision == Decision::Approve;
        let body = json!({ "approved": approved }).to_string().into_bytes();
        WebhookAnswer { status: 200, content_type: "application/json", headers: Vec::new(), body }
    }

    fn read_news(&self, headers: &Headers, body: &[u8], _: UnixMs) -> Result<IssuerNews, WebhookError> {
        let body = Self::read(headers, body)?;
        let card = CardRef(body["card"].as_str().unwrap_or_default().to_owned());
        if body["look_up"].as_bool() == Some(true) {
            return Ok(IssuerNews { look_up: vec![card], ..IssuerNews::default() });
        }
        let amount = Money::new(body["minor"].as_u64().unwrap_or_default(), Currency::USD)
            .map_err(|_| WebhookError::Malformed("minor".to_owned()))?;
        let notice = match body["kind"].as_str() {
            Some("captured") => IssuerNotice::Captured { amount },
            Some("reversed") => IssuerNotice::Reversed { amount },
            Some("force_captured") => IssuerNotice::ForceCaptured { amount },
            Some("challenge") => IssuerNotice::ChallengeAsked {
                authentication_id: body["id"].as_str().unwrap_or_default().to_owned(),
                amount: Some(amount),
                merchant: "SHOP*ALBUM".to_owned(),
                answer_by: UnixMs(body["answer_by"].as_u64().unwrap_or_default()),
            },
            _ => IssuerNotice::Other { kind: "other".to_owned() },
        };
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let change = ChargeChange { event_id: text("event"), card, charge_id: text("id"), notice };
        Ok(IssuerNews { changes: vec![change], ..IssuerNews::default() })
    }

    fn challenges(&self) -> Option<&dyn CardChallenges> {
        Some(self)
    }

    fn answer_within_ms(&self) -> u64 {
        2_000
    }
}

#[async_trait]
impl CardChallenges for FakeIssuer {
    fn read_authentication(&self, headers: &Headers, body: &[u8], _: UnixMs) -> Result<Authentication, WebhookError> {
        let body = Self::read(headers, body)?;
        let amount = Money::new(body["minor"].as_u64().unwrap_or_default(), Currency::USD).ok();
        Ok(Authentication {
            authentication_id: "a1".to_owned(),
            card: CardRef(body["card"].as_str().unwrap_or_default().to_owned()),
            amount,
            merchant_amount: amount,
            merchant: Merchant::default(),
            challenge_wanted: body["insists"].as_bool() == Some(true),
        })
    }

    fn answer_authentication(&self, decision: AuthenticationDecision) -> WebhookAnswer {
        let body = json!({ "decision": format!("{decision:?}") }).to_string().into_bytes();
        WebhookAnswer { status: 200, content_type: "application/json", headers: Vec::new(), body }
    }

    /// Takes one answer, as issuers do.
    async fn answer_challenge(&self, _: &str, _: ChallengeAnswer) -> Outcome<()> {
        if self.challenged.swap(true, Ordering::SeqCst) {
            return Outcome::Rejected(ports::Rejection::fatal("over", "answered"));
        }
        Outcome::Done(())
    }

    fn answer_within_ms(&self) -> u64 {
        1_000
    }
}

pub struct FakeExchange;

#[async_trait]
impl Exchange for FakeExchange {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn minimum_sat(&self, _: Currency) -> Sat {
        Sat::new(1).unwrap()
    }

    async fn sell(&self, order: SellOrder) -> Outcome<SaleStatus> {
        let proceeds = order.limit.minor_floor(order.amount_sat.msat()).unwrap();
        Outcome::Done(SaleStatus::Closed(SaleReport {
            sold_sat: order.amount_sat,
            proceeds,
            fee: Fee::Bitcoin(Sat::ZERO),
        }))
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

/// 5,457.386 USD/BTC, or nothing.
pub struct FakePrices {
    pub gone: AtomicBool,
}

impl FakePrices {
    fn at(&self, currency: Currency) -> Result<Rate, PriceUnavailable> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(PriceUnavailable::TooFewVenues { fresh: 1, needed: 3 });
        }
        match currency {
            Currency::USD => Ok(Rate::parse("5457.386", currency).unwrap()),
            Currency::EUR => Ok(Rate::parse("5000", currency).unwrap()),
            _ => Err(PriceUnavailable::UnknownCurrency { currency }),
        }
    }
}

impl Prices for FakePrices {
    fn rate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        Ok(ObservedRate {
            rate: self.at(currency)?,
            observed_at: now,
            venues: vec!["venue".to_owned()],
            outliers: Vec::new(),
            basis: RateBasis::Venues,
        })
    }

    fn executable(&self, total: Money, now: UnixMs) -> Result<ExecutablePrice, PriceUnavailable> {
        let currency = total.currency();
        let basis = RateBasis::VenuesAndTable { table: "ECB".to_owned(), date: "2026-01-30".to_owned() };
        let seen = self.rate(currency, now)?;
        let consolidated = ObservedRate { rate: Rate::parse("5460", currency).unwrap(), basis, ..seen };
        Ok(ExecutablePrice { rate: self.at(currency)?, observed_at: now, consolidated })
    }

    fn currencies(&self) -> Vec<Currency> {
        vec![Currency::USD, Currency::JPY]
    }

    fn estimate(&self, currency: Currency, now: UnixMs) -> Result<ObservedRate, PriceUnavailable> {
        if currency.code() != "SEK" {
            return self.rate(currency, now);
        }
        Ok(ObservedRate {
            rate: Rate::parse("51000", currency).unwrap(),
            observed_at: UnixMs(now.0 - 2_500),
            venues: vec!["venue".to_owned(), "other".to_owned()],
            outliers: vec!["mad".to_owned()],
            basis: RateBasis::Table { table: "ECB".to_owned(), date: "2026-01-30".to_owned(), through: Currency::EUR },
        })
    }

    fn estimated(&self) -> Vec<Currency> {
        vec!["SEK".parse().unwrap()]
    }
}

/// `lnok...` is an invoice, `lnold...` an expired one.
pub struct FakePayees;

#[async_trait]
impl Payees for FakePayees {
    fn read_invoice(&self, bolt11: &str) -> Result<ForeignInvoice, String> {
        // `lnfor<msat>x..` asks this much.
        let asked = bolt11.strip_prefix("lnfor").and_then(|rest| rest.split('x').next()?.parse().ok());
        let amount_msat = asked.map(|msat| Msat::new(msat).unwrap());
        let expires_at = match bolt11 {
            text if text.starts_with("lnfor") && text.ends_with("old") => UnixMs(1),
            text if text.starts_with("lnfor") => UnixMs(u64::MAX),
            text if text.starts_with("lnok") => UnixMs(u64::MAX),
            text if text.starts_with("lnold") => UnixMs(1),
            _ => return Err("no invoice of ours: /secret/path".to_owned()),
        };
        let payment_hash = PaymentHash(Sha256::digest(bolt11).into());
        let payee = NodeId([3; 33]);
        Ok(ForeignInvoice { bolt11: bolt11.to_owned(), payment_hash, payee, amount_msat, expires_at })
    }

    async fn fetch_invoice(&self, _: &str, _: Msat) -> Outcome<ForeignInvoice> {
        Outcome::Unknown("no network here".to_owned())
    }
}

pub struct NoShoppers;

#[async_trait]
impl Shoppers for NoShoppers {
    async fn card_holder(&self, _: AccountId) -> CardHolder {
        CardHolder::default()
    }

    async fn refund_destination(&self, _: AccountId, _: UnixMs) -> Option<Destination> {
        None
    }
}
