//! Lithic's adapter against Lithic's simulation.

mod conformance;

use async_trait::async_trait;
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, response::IntoResponse, routing::post};
use cards::lithic::{Lithic, LithicConfig};
use conformance::{Asked, Break, BreakNews, Step, World};
use ids::UnixMs;
use money::{Currency, Money};
use outbound::{Call, HttpClient, Limits, Request, Response, Retry};
use ports::{CardRef, Charge, ChargeChange, Decision, Headers, Issuer, Outcome, Secret};
use sandbox::{
    faults::{Fault, HookFault},
    kraken::{self, ExchangeConfig},
    lithic::{self, IssuerConfig, Merchant, OnTimeout},
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(30);
const NEWS: &str = "card_transaction.updated";

/// What the server would do with webhooks: read, decide, answer.
struct Receiver {
    issuer: Arc<Lithic>,
    clock: SandboxClock,
    decision: Mutex<Decision>,
    questions: Mutex<Vec<Charge>>,
    unreadable: Mutex<usize>,
    news: Mutex<Vec<ChargeChange>>,
    refused: Mutex<usize>,
}

struct LithicWorld {
    vendor: lithic::Issuer,
    receiver: Arc<Receiver>,
    answers_to: String,
}

impl LithicWorld {
    async fn start(config: IssuerConfig) -> Self {
        Self::start_with(config, 0, true).await
    }

    async fn start_with(config: IssuerConfig, headroom_minor: u64, enrolled: bool) -> Self {
        let vendor = lithic::Issuer::start(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answers_to = format!("http://{}", listener.local_addr().unwrap());
        let (asa, events) = (format!("{answers_to}/asa"), format!("{answers_to}/events"));
        if enrolled {
            vendor.enroll_responder(&asa);
        }
        let config = LithicConfig {
            base_url: vendor.url(),
            api_key: Secret::new(vendor.api_key()),
            authorization_secret: Secret::new(vendor.asa_secret()),
            events_secret: Secret::new(vendor.subscribe(&events)),
            currency: Currency::USD,
            card_program_token: None,
            account_token: None,
            financial_account_token: None,
            headroom_minor,
            authorization_url: Some(asa),
            events_url: Some(events),
            decline_on_timeout_confirmed: true,
        };
        let limits = Limits { deadline_ms: 500, ..Limits::default() };
        let times = kraken::Exchange::start(ExchangeConfig::default()).await.unwrap();
        let receiver = Arc::new(Receiver {
            clock: SandboxClock::ask(&times.url()).await,
            issuer: Arc::new(Lithic::new(config, limits, Retry::never()).unwrap()),
            decision: Mutex::new(Decision::Approve),
            questions: Mutex::default(),
            unreadable: Mutex::default(),
            news: Mutex::default(),
            refused: Mutex::default(),
        });
        let app = Router::new().route("/asa", post(asked)).route("/events", post(told)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { vendor, receiver, answers_to }
    }
}

/// The sandbox's clock, which its vendors read, as Kraken's public call tells it.
struct SandboxClock {
    asked: UnixMs,
    since: Instant,
}

struct AskTime;

impl Call for AskTime {
    type Answer = UnixMs;

    fn build_request(&self) -> Request {
        Request::get("/0/public/Time")
    }

    fn handle_response(&self, response: &Response) -> Outcome<UnixMs> {
        let time = |answer: serde_json::Value| answer["result"]["unixtime"].as_u64().map(|secs| UnixMs(secs * 1_000));
        response.json::<serde_json::Value>().map(|answer| time(answer).expect("a time"))
    }
}

impl SandboxClock {
    async fn ask(url: &str) -> Self {
        let client = HttpClient::new(url, Limits::default()).unwrap();
        let asked = client.run(&AskTime, &Retry::never()).await.done().expect("the time");
        Self { asked, since: Instant::now() }
    }
}

impl SandboxClock {
    fn now(&self) -> UnixMs {
        self.asked.plus_ms(u64::try_from(self.since.elapsed().as_millis()).unwrap())
    }
}

fn headers_of(map: &HeaderMap) -> Headers {
    let pair = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    };
    Headers(map.iter().map(pair).collect())
}

async fn asked(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let Ok(charge) = receiver.issuer.read_charge(&headers_of(&headers), &body, receiver.clock.now()) else {
        *receiver.unreadable.lock().unwrap() += 1;
        return axum::http::StatusCode::UNAUTHORIZED.into_response();
    };
    let decision = *receiver.decision.lock().unwrap();
    let answer = receiver.issuer.answer_charge(&charge, decision);
    receiver.questions.lock().unwrap().push(charge);
    let status = axum::http::StatusCode::from_u16(answer.status).unwrap();
    (status, [("content-type", answer.content_type)], answer.body).into_response()
}

async fn told(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    match receiver.issuer.read_news(&headers_of(&headers), &body, receiver.clock.now()) {
        Ok(news) => {
            receiver.news.lock().unwrap().extend(news.changes);
            axum::http::StatusCode::OK
        }
        Err(_) => {
            *receiver.refused.lock().unwrap() += 1;
            axum::http::StatusCode::BAD_REQUEST
        }
    }
}

fn endpoint(asked: Asked) -> &'static str {
    match asked {
        Asked::CreateCard => "POST /v1/cards",
        Asked::ChangeCard => "PATCH /v1/cards/{card_token}",
        Asked::ReadCard => "GET /v1/cards/{card_token}",
        Asked::FindCard => "GET /v1/cards",
        Asked::Float => "GET /v1/balances",
        Asked::Changes => "GET /v1/transactions",
    }
}

fn minor(value: u64) -> i64 {
    i64::try_from(value).unwrap()
}

#[async_trait]
impl World for LithicWorld {
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
            Break::Refuse => refuse(422),
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
        let fault = match how {
            BreakNews::Twice => HookFault::Twice,
            BreakNews::Late => HookFault::AfterNext,
            BreakNews::Lost => HookFault::Lose,
            BreakNews::WrongSignature => HookFault::WrongSignature,
            BreakNews::Stale => HookFault::StaleSignature,
            BreakNews::Corrupt => HookFault::CorruptJson,
            BreakNews::AnswerLost => HookFault::LoseAnswer,
        };
        self.vendor.faults().next_webhook(NEWS, fault);
    }

    fn decide(&self, decision: Decision) {
        *self.receiver.decision.lock().unwrap() = decision;
    }

    async fn charge(&self, card: &CardRef, amount: u64) -> (String, bool) {
        let charge = lithic::Charge::new(lithic::CardRef::Token(card.0.clone()), minor(amount), "USD");
        let result = self.vendor.charge(charge).await.unwrap();
        (result.token.clone().unwrap_or_default(), result.is_approved())
    }

    fn questions(&self) -> (Vec<Charge>, usize) {
        (self.receiver.questions.lock().unwrap().clone(), *self.receiver.unreadable.lock().unwrap())
    }

    fn step(&self, charge: &str, step: Step) {
        let vendor = &self.vendor;
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
        self.vendor.refund(&card.0, minor(amount), Merchant::default()).unwrap();
    }

    fn force_capture(&self, card: &CardRef, amount: u64) {
        self.vendor.force_capture(&card.0, minor(amount), Merchant::default()).unwrap();
    }

    async fn news(&self) -> Vec<ChargeChange> {
        assert!(self.vendor.webhooks_delivered(PATIENCE).await);
        self.receiver.news.lock().unwrap().clone()
    }

    fn refused_news(&self) -> usize {
        *self.receiver.refused.lock().unwrap()
    }
}

async fn world() -> LithicWorld {
    LithicWorld::start(IssuerConfig::default()).await
}

#[tokio::test]
async fn cards() {
    conformance::the_life_of_a_card(&world().await).await;
    conformance::one_key_one_card(&world().await).await;
    conformance::found_among_many(&world().await, 120).await;
    let euros = Money::new(1, Currency::EUR).unwrap();
    conformance::other_currencies_do_not_leave(&world().await, euros).await;
}

#[tokio::test]
async fn charges() {
    conformance::decisions_reach_the_store(&world().await).await;
    conformance::a_prepared_card_pays_nothing(&world().await).await;
}

#[tokio::test]
async fn events() {
    conformance::events_add_up(&world().await).await;
    conformance::closing_is_told(&world().await).await;
    conformance::nothing_shows_a_number(&world().await).await;
}

#[tokio::test]
async fn broken_webhooks() {
    conformance::webhooks_may_fail(&world().await).await;
}

#[tokio::test]
async fn lost_cards() {
    conformance::a_lost_card_is_found(&world().await).await;
}

#[tokio::test]
async fn broken_changes() {
    conformance::changes_of_a_card_are_repeated_safely(&world().await).await;
}

#[tokio::test]
async fn broken_reads() {
    conformance::reads_fail_as_what_they_are(&world().await).await;
}

#[tokio::test]
async fn nobody_there() {
    let world = world().await;
    let (issuer, limit) = (world.receiver.issuer.clone(), world.money(100));
    drop(world);
    conformance::nobody_there(issuer.as_ref(), limit).await;
}

/// The store's own currency is read beside the card's.
#[tokio::test]
async fn a_store_that_charges_in_euros() {
    let world = world().await;
    let card = conformance::new_card(&world, "euros", 10_000).await;
    let charge = lithic::Charge::new(lithic::CardRef::Token(card.0.clone()), 2_500, "EUR");
    assert!(world.vendor.charge(charge).await.unwrap().is_approved());
    let (questions, _) = world.questions();
    assert_eq!(questions[0].merchant_amount, Money::new(2_500, Currency::EUR).unwrap());
    assert_eq!(questions[0].amount, world.money(2_700));
}

/// Lithic counts pending checks against the limit: the headroom leaves room for them, and for no more.
#[tokio::test]
async fn the_headroom_is_for_small_checks() {
    let world = LithicWorld::start_with(IssuerConfig::default(), 100, true).await;
    let card = conformance::new_card(&world, "checks", 2_711).await;
    assert!(world.charge(&card, 100).await.1);
    assert!(world.charge(&card, 2_711).await.1);
    assert!(!world.charge(&card, 1).await.1);
}

/// A stand-in's approval is told, and its capture is the charge's.
#[tokio::test]
async fn a_stand_in_approves() {
    use ports::IssuerNotice::{Authorized, Captured, Declined};
    let config = IssuerConfig {
        on_timeout: OnTimeout::StandIn,
        asa_timeout: Duration::from_millis(200),
        ..IssuerConfig::default()
    };
    let world = LithicWorld::start(config).await;
    let card = conformance::new_card(&world, "stand-in", 2_711).await;
    world.vendor.faults().next_webhook(sandbox::faults::ASA, HookFault::Lose);
    let (token, approved) = world.charge(&card, 2_711).await;
    assert!(approved && world.questions().0.is_empty());
    world.step(&token, Step::Capture(2_711));
    let told = conformance::once_each(world.news().await);
    let notices: Vec<_> = told.into_iter().map(|change| change.notice).collect();
    let amount = world.money(2_711);
    assert_eq!(notices, [Declined, Authorized { amount }, Captured { amount }]);
}

/// An unsigned, stale or broken question is refused, and the store is declined.
#[tokio::test]
async fn bad_questions_are_refused() {
    let world = world().await;
    let card = conformance::new_card(&world, "bad", 10_000).await;
    for (index, fault) in
        [HookFault::WrongSignature, HookFault::StaleSignature, HookFault::CorruptJson].into_iter().enumerate()
    {
        world.vendor.faults().next_webhook(sandbox::faults::ASA, fault);
        assert!(!world.charge(&card, 100).await.1);
        assert_eq!(world.questions(), (vec![], index + 1));
    }
    // The same question twice has one name.
    world.vendor.faults().next_webhook(sandbox::faults::ASA, HookFault::Twice);
    assert!(world.charge(&card, 100).await.1);
    let (questions, _) = world.questions();
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[0], questions[1]);
}

#[tokio::test]
async fn float_and_health() {
    let world = world().await;
    assert_eq!(world.issuer().float().await.done().unwrap().available, world.money(1_000_000));
    let card = conformance::new_card(&world, "float", 2_711).await;
    assert!(world.charge(&card, 2_711).await.1);
    assert_eq!(world.issuer().float().await.done().unwrap().available, world.money(1_000_000 - 2_711));
    world.vendor.set_total_minor(-5);
    assert_eq!(world.issuer().float().await.done().unwrap().available, world.money(0));

    let health = world.issuer().health().await.done().unwrap();
    assert_eq!((health.reachable, health.webhook_registered), (true, Some(true)));
    assert_eq!((health.declines_on_timeout, health.notes.len()), (Some(true), 0), "{:?}", health.notes);
    world.vendor.enroll_responder("https://elsewhere.example/asa");
    let health = world.issuer().health().await.done().unwrap();
    assert_eq!(health.webhook_registered, Some(false));
    assert!(health.notes[0].contains("elsewhere.example") && health.notes[0].contains(&world.answers_to));
    let nobody = LithicWorld::start_with(IssuerConfig::default(), 0, false).await;
    assert_eq!(nobody.issuer().health().await.done().unwrap().webhook_registered, Some(false));
}

/// A programme that is not certified is told so, and nothing else changes.
#[tokio::test]
async fn a_programme_without_card_numbers() {
    let config = IssuerConfig { reveal_card_data: false, ..IssuerConfig::default() };
    let world = LithicWorld::start(config).await;
    let card = conformance::new_card(&world, "withheld", 100).await;
    assert_eq!(conformance::code(world.issuer().reveal(&card).await), "secrets_withheld");
    assert!(world.charge(&card, 100).await.1);
}
