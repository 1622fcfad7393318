//! Stripe's adapter against Stripe's simulation.

mod conformance;

use async_trait::async_trait;
use cards::stripe::{Stripe, StripeConfig};
use conformance::{Asked, Break, BreakNews, Door, Receiver, Step, TestClock, World};
use ids::UnixMs;
use money::{Currency, Money};
use outbound::{Limits, Retry};
use ports::{CardRef, Charge, ChargeChange, Decision, Issuer, Outcome, Secret};
use sandbox::{
    faults::{Fault, HookFault},
    network::{self, CardNetwork, Merchant},
    stripe::{self, IssuerConfig, OnTimeout},
};
use std::{sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);
const NEWS: [&str; 7] = [
    "issuing_authorization.created",
    "issuing_authorization.updated",
    "issuing_transaction.created",
    "issuing_card.updated",
    "issuing_dispute.created",
    "issuing_dispute.submitted",
    "issuing_dispute.closed",
];

struct StripeWorld {
    vendor: stripe::Issuer,
    receiver: Arc<Receiver>,
    answers_to: String,
}

impl StripeWorld {
    async fn start(config: IssuerConfig) -> Self {
        Self::start_with(config, 0, true).await
    }

    async fn start_with(config: IssuerConfig, headroom_minor: u64, enrolled: bool) -> Self {
        let (clock, door) = (TestClock::start(), Door::open().await);
        let vendor = stripe::Issuer::start(IssuerConfig { clock: clock.for_vendor(), ..config }).await.unwrap();
        let authorization_secret = match enrolled {
            true => vendor.register(&door.questions(), &[sandbox::faults::STRIPE_REQUEST]),
            false => "whsec_of_nobody".to_owned(),
        };
        let config = StripeConfig {
            base_url: vendor.url(),
            api_key: Secret::new(vendor.api_key()),
            authorization_secret: Secret::new(authorization_secret),
            events_secret: Secret::new(vendor.register(&door.events(), &NEWS)),
            currency: Currency::USD,
            cardholder: None,
            headroom_minor,
            authorization_url: Some(door.questions()),
            events_url: Some(door.events()),
            decline_on_timeout_confirmed: true,
        };
        let limits = Limits { deadline_ms: 500, ..Limits::default() };
        let answers_to = door.url.clone();
        let issuer = Arc::new(Stripe::new(config, limits, Retry::never()).unwrap());
        Self { vendor, receiver: door.answer_with(issuer, clock), answers_to }
    }

    fn shared_issuer(&self) -> Arc<dyn Issuer> {
        self.receiver.issuer.clone()
    }
}

fn endpoint(asked: Asked) -> &'static str {
    match asked {
        Asked::CreateCard => "POST /v1/issuing/cards",
        Asked::ChangeCard => "POST /v1/issuing/cards/{card}",
        Asked::ReadCard => "GET /v1/issuing/cards/{card}",
        Asked::FindCard => "GET /v1/issuing/cards",
        Asked::Float => "GET /v1/balance",
        Asked::Changes => "GET /v1/issuing/authorizations",
    }
}

fn hook(how: BreakNews) -> HookFault {
    match how {
        BreakNews::Twice => HookFault::Twice,
        BreakNews::Late => HookFault::AfterNext,
        BreakNews::Lost => HookFault::Lose,
        BreakNews::WrongSignature => HookFault::WrongSignature,
        BreakNews::Stale => HookFault::StaleSignature,
        BreakNews::Corrupt => HookFault::CorruptJson,
        BreakNews::AnswerLost => HookFault::LoseAnswer,
    }
}

fn minor(value: u64) -> i64 {
    i64::try_from(value).unwrap()
}

#[async_trait]
impl World for StripeWorld {
    fn issuer(&self) -> &dyn Issuer {
        self.receiver.issuer.as_ref()
    }

    fn now(&self) -> UnixMs {
        self.receiver.clock.now()
    }

    fn money(&self, minor: u64) -> Money {
        Money::new(minor, Currency::USD).unwrap()
    }

    fn cards(&self) -> usize {
        self.vendor.cards().len()
    }

    fn break_next(&self, asked: Asked, how: Break) {
        let refuse = |status| Fault::Refuse { status, message: "no, card 4111111289144142".to_owned() };
        let fault = match how {
            Break::Refuse => refuse(402),
            Break::Busy => refuse(429),
            Break::Error => Fault::Status(503),
            Break::ErrorAfter => Fault::StatusAfter(502),
            Break::Stall => Fault::Stall,
            Break::StallAfter => Fault::StallAfter,
            Break::DropBefore => Fault::DropBefore,
            Break::DropAfter => Fault::DropAfter,
            Break::Corrupt => Fault::CorruptJson,
            Break::Twice => Fault::Twice,
        };
        self.vendor.faults().next(endpoint(asked), fault);
    }

    fn break_next_news(&self, how: BreakNews) {
        self.vendor.faults().next_webhook("*", hook(how));
    }

    fn break_next_question(&self, how: BreakNews) {
        self.vendor.faults().next_webhook(sandbox::faults::STRIPE_REQUEST, hook(how));
    }

    fn decide(&self, decision: Decision) {
        *self.receiver.decision.lock().unwrap() = decision;
    }

    async fn charge_in(&self, card: &CardRef, amount: u64, currency: Currency) -> (String, bool) {
        let charge = network::Charge::new(network::CardRef::Token(card.0.clone()), minor(amount), currency.code());
        let result = self.vendor.charge(charge).await.unwrap();
        (result.token.clone().unwrap_or_default(), result.is_approved())
    }

    async fn increment(&self, charge: &str, amount: u64) -> bool {
        self.vendor.increment(charge, minor(amount)).await.unwrap().is_approved()
    }

    fn questions(&self) -> (Vec<Charge>, usize) {
        (self.receiver.questions.lock().unwrap().clone(), *self.receiver.unreadable.lock().unwrap())
    }

    fn step(&self, charge: &str, step: Step) {
        let vendor = &self.vendor;
        self.receiver.clock.pass(10_000);
        match step {
            Step::Capture(amount) => vendor.capture(charge, minor(amount)),
            Step::ReversePart(amount) => vendor.reverse_part(charge, minor(amount)),
            Step::Void => vendor.void(charge),
            Step::Expire => vendor.expire(charge),
            Step::Refund(amount) => vendor.refund_within(charge, minor(amount)),
            Step::TakeRefundBack => vendor.reverse_refund(charge),
        }
        .unwrap();
    }

    fn refund(&self, card: &CardRef, amount: u64) {
        self.receiver.clock.pass(10_000);
        self.vendor.refund(&card.0, minor(amount), Merchant::default()).unwrap();
    }

    fn force_capture(&self, card: &CardRef, amount: u64) {
        self.receiver.clock.pass(10_000);
        self.vendor.force_capture(&card.0, minor(amount), Merchant::default()).unwrap();
    }

    fn dispute(&self, charge: &str) -> String {
        self.receiver.clock.pass(10_000);
        let captured = self.vendor.captures_of(charge);
        self.vendor.dispute(captured.first().expect("a capture")).unwrap()
    }

    fn decide_dispute(&self, dispute: &str, won: bool) {
        self.receiver.clock.pass(10_000);
        self.vendor.decide_dispute(dispute, won).unwrap();
    }

    async fn news(&self) -> Vec<ChargeChange> {
        assert!(self.vendor.webhooks_delivered(PATIENCE).await);
        self.receiver.news.lock().unwrap().clone()
    }

    fn refused_news(&self) -> usize {
        *self.receiver.refused.lock().unwrap()
    }
}

async fn world() -> StripeWorld {
    // A lost question is waited for as long as this.
    StripeWorld::start(IssuerConfig { request_timeout: Duration::from_secs(2), ..IssuerConfig::default() }).await
}

conformance_suite!(world);

/// Stripe counts pending checks against the limit: the headroom leaves room for them, and for no more.
#[tokio::test]
async fn the_headroom_is_for_small_checks() {
    let world = StripeWorld::start_with(IssuerConfig::default(), 100, true).await;
    let card = conformance::new_card(&world, "checks", 2_711).await;
    assert!(world.charge(&card, 100).await.1);
    assert!(world.charge(&card, 2_711).await.1);
    assert!(!world.charge(&card, 1).await.1);
}

/// An account that approves when nobody answers: told, and its capture is the charge's.
#[tokio::test]
async fn stripe_approves_by_itself() {
    use ports::IssuerNotice::{Authorized, Captured};
    let config = IssuerConfig {
        on_timeout: OnTimeout::Approve,
        request_timeout: Duration::from_millis(200),
        ..IssuerConfig::default()
    };
    let world = StripeWorld::start(config).await;
    let card = conformance::new_card(&world, "alone", 2_711).await;
    world.break_next_question(BreakNews::Lost);
    let (charge, approved) = world.charge(&card, 2_711).await;
    assert!(approved && world.questions().0.is_empty());
    world.step(&charge, Step::Capture(2_711));
    let told = conformance::once_each(world.news().await);
    let notices: Vec<_> = told.into_iter().map(|change| change.notice).collect();
    let amount = world.money(2_711);
    assert_eq!(notices, [Authorized { amount }, Captured { amount }]);
}

#[tokio::test]
async fn float_and_health() {
    let world = world().await;
    assert_eq!(world.issuer().float().await.done().unwrap().available, world.money(1_000_000));
    let card = conformance::new_card(&world, "float", 2_711).await;
    assert!(world.charge(&card, 2_711).await.1);
    assert_eq!(world.issuer().float().await.done().unwrap().available, world.money(1_000_000 - 2_711));
    world.vendor.fund(-1_000_005);
    assert_eq!(world.issuer().float().await.done().unwrap().available, world.money(0));

    let health = world.issuer().health().await.done().unwrap();
    assert_eq!((health.reachable, health.webhook_registered), (true, Some(true)));
    assert_eq!((health.declines_on_timeout, health.notes.len()), (Some(true), 0), "{:?}", health.notes);
    let nobody = StripeWorld::start_with(IssuerConfig::default(), 0, false).await;
    let health = nobody.issuer().health().await.done().unwrap();
    assert_eq!((health.webhook_registered, health.notes.len()), (None, 1), "{:?}", health.notes);
    nobody.vendor.register("https://elsewhere.example/charge", &[sandbox::faults::STRIPE_REQUEST]);
    let health = nobody.issuer().health().await.done().unwrap();
    assert_eq!(health.webhook_registered, Some(false));
    assert!(health.notes[0].contains("elsewhere.example") && health.notes[0].contains(&nobody.answers_to));
}

/// An account that may not see numbers is told so, and nothing else changes.
#[tokio::test]
async fn an_account_without_card_numbers() {
    let config = IssuerConfig { reveal_card_data: false, ..IssuerConfig::default() };
    let world = StripeWorld::start(config).await;
    let card = conformance::new_card(&world, "withheld", 100).await;
    assert_eq!(conformance::code(world.issuer().reveal(&card).await), "secrets_withheld");
    assert!(world.charge(&card, 100).await.1);
}

/// Without an address Stripe makes no cardholder, and says what is missing.
#[tokio::test]
async fn a_cardholder_needs_an_address() {
    let world = world().await;
    let nobody =
        ports::CreateCard { holder: ports::CardHolder::default(), ..conformance::request(&world, "nobody", 1) };
    assert_eq!(conformance::code(world.issuer().create_card(nobody).await), "parameter_missing");
    assert_eq!(world.cards(), 0);
}

/// A cardholder whose answer was lost is not made twice; the same card with another address is not taken for it.
#[tokio::test]
async fn a_lost_cardholder_is_the_same_again() {
    let world = world().await;
    for fault in [Fault::DropAfter, Fault::StatusAfter(502), Fault::StallAfter, Fault::CorruptJson] {
        world.vendor.faults().next("POST /v1/issuing/cardholders", fault);
        let name = format!("holder-{}", world.cards());
        let request = || conformance::request(&world, &name, 100);
        assert!(matches!(world.issuer().create_card(request()).await, Outcome::Unknown(_)));
        let moved = ports::CardHolder { city: Some(Secret::new("Elsewhere".to_owned())), ..conformance::holder() };
        let other = ports::CreateCard { holder: moved, ..request() };
        assert!(matches!(world.issuer().create_card(other).await, Outcome::Unknown(_)));
        assert!(world.issuer().create_card(request()).await.done().is_some());
    }
    assert_eq!(world.cards(), 4);
}

/// More requests than the account may make: refused for now, nothing made.
#[tokio::test]
async fn too_many_requests() {
    let world = StripeWorld::start(IssuerConfig { requests_per_second: Some(2), ..IssuerConfig::default() }).await;
    conformance::new_card(&world, "first", 1).await;
    let second = world.issuer().create_card(conformance::request(&world, "second", 1)).await;
    assert!(matches!(&second, Outcome::Rejected(refusal) if refusal.retryable && refusal.code == "rate_limited"));
    world.receiver.clock.pass(1_000);
    assert!(world.issuer().create_card(conformance::request(&world, "second", 1)).await.done().is_some());
    assert_eq!(world.cards(), 2);
}
