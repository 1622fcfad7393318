//! Lithic's adapter against Lithic's simulation.

mod conformance;

use async_trait::async_trait;
use cards::lithic::{Lithic, LithicConfig};
use conformance::{Asked, Break, BreakNews, Door, Receiver, Step, TestClock, World};
use ids::UnixMs;
use money::{Currency, Money};
use outbound::{Limits, Retry};
use ports::{CardRef, Charge, ChargeChange, Decision, Issuer, Secret};
use sandbox::{
    faults::{Fault, HookFault},
    lithic::{self, IssuerConfig, Merchant, OnTimeout},
};
use std::{sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);
const NEWS: &str = "card_transaction.updated";

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
        let (clock, door) = (TestClock::start(), Door::open().await);
        let vendor = lithic::Issuer::start(IssuerConfig { clock: clock.for_vendor(), ..config }).await.unwrap();
        if enrolled {
            vendor.enroll_responder(&door.questions());
            vendor.enroll_three_ds(&door.authentications());
        }
        let config = LithicConfig {
            base_url: vendor.url(),
            api_key: Secret::new(vendor.api_key()),
            authorization_secret: Secret::new(vendor.asa_secret()),
            events_secret: Secret::new(vendor.subscribe(&door.events())),
            challenges_secret: Some(Secret::new(vendor.three_ds_secret())),
            currency: Currency::USD,
            card_program_token: None,
            account_token: None,
            financial_account_token: None,
            headroom_minor,
            authorization_url: Some(door.questions()),
            events_url: Some(door.events()),
            challenges_url: Some(door.authentications()),
            decline_on_timeout_confirmed: true,
        };
        let limits = Limits { deadline_ms: 500, ..Limits::default() };
        let answers_to = door.url.clone();
        let issuer = Arc::new(Lithic::new(config, limits, Retry::never()).unwrap());
        Self { vendor, receiver: door.answer_with(issuer, clock), answers_to }
    }

    fn shared_issuer(&self) -> Arc<dyn Issuer> {
        self.receiver.issuer.clone()
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
        self.vendor.faults().next_webhook(NEWS, hook(how));
    }

    fn break_next_question(&self, how: BreakNews) {
        self.vendor.faults().next_webhook(sandbox::faults::ASA, hook(how));
    }

    fn decide(&self, decision: Decision) {
        *self.receiver.decision.lock().unwrap() = decision;
    }

    async fn charge_in(&self, card: &CardRef, amount: u64, currency: Currency) -> (String, bool) {
        let charge = lithic::Charge::new(lithic::CardRef::Token(card.0.clone()), minor(amount), currency.code());
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
        self.vendor.dispute(charge).unwrap()
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

async fn world() -> LithicWorld {
    // A lost question is waited for as long as this.
    LithicWorld::start(IssuerConfig { asa_timeout: Duration::from_secs(2), ..IssuerConfig::default() }).await
}

conformance_suite!(world);

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
    assert_eq!(health.challenges, Some(Ok(())));
    world.vendor.enroll_three_ds("https://elsewhere.example/3ds");
    let why = world.issuer().health().await.done().unwrap().challenges.unwrap().unwrap_err();
    assert!(why.contains("elsewhere.example") && why.contains(&world.answers_to), "{why}");
    let nobody = LithicWorld::start_with(IssuerConfig::default(), 0, false).await;
    let health = nobody.issuer().health().await.done().unwrap();
    assert_eq!(health.webhook_registered, Some(false));
    assert!(health.challenges.unwrap().unwrap_err().contains("no endpoint is enrolled"));
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

/// 3-D Secure: allowed, denied, or the shopper asked; what the shopper says decides, once.
#[tokio::test]
async fn authentications() {
    use ports::{AuthenticationDecision, ChallengeAnswer, IssuerNotice, Outcome};
    use sandbox::lithic::AuthenticationResult::{Decline, PendingChallenge, Success};
    let world = world().await;
    let card = conformance::new_card(&world, "three-ds", 2_711).await;
    let of = || lithic::CardRef::Token(card.0.clone());
    let by = lithic::Merchant::default;
    let allow = |decision| *world.receiver.allowing.lock().unwrap() = decision;
    for (decision, expected) in [(AuthenticationDecision::Allow, Success), (AuthenticationDecision::Deny, Decline)] {
        allow(decision);
        let token = world.vendor.authenticate(of(), 2_500, "EUR", by(), false).await.unwrap();
        assert_eq!(world.vendor.authentication(&token), Ok(expected));
    }
    let asked = world.receiver.authentications.lock().unwrap()[0].clone();
    assert_eq!((asked.amount, &asked.card), (Some(world.money(2_700)), &card));
    assert_eq!(asked.merchant_amount, Some(Money::new(2_500, Currency::EUR).unwrap()));
    assert!(!asked.challenge_wanted && !asked.merchant.acceptor_id.is_empty());

    allow(AuthenticationDecision::Challenge);
    let challenges = world.issuer().challenges().expect("Lithic lets us decide");
    for (answer, expected) in [(ChallengeAnswer::Approve, Success), (ChallengeAnswer::Reject, Decline)] {
        let token = world.vendor.authenticate(of(), 2_711, "USD", by(), true).await.unwrap();
        assert_eq!(world.vendor.authentication(&token), Ok(PendingChallenge));
        assert!(world.receiver.authentications.lock().unwrap().last().unwrap().challenge_wanted);
        let told = conformance::once_each(world.news().await);
        let challenge = told.iter().find(|change| change.event_id == format!("{token}:challenge")).expect("news");
        let IssuerNotice::ChallengeAsked { amount, answer_by, .. } = &challenge.notice else { panic!() };
        assert_eq!((*amount, &challenge.card), (Some(world.money(2_711)), &card));
        assert_eq!(*answer_by, world.now().plus_ms(600_000));
        assert_eq!(challenges.answer_challenge(&token, answer).await, Outcome::Done(()));
        assert_eq!(world.vendor.authentication(&token), Ok(expected));
        assert!(matches!(challenges.answer_challenge(&token, answer).await, Outcome::Rejected(_)), "once");
        let told = conformance::once_each(world.news().await);
        let ended = told.iter().find(|change| change.event_id == format!("{token}:ended")).expect("news of the end");
        let passed = expected == Success;
        assert_eq!(ended.notice, IssuerNotice::ChallengeEnded { authentication_id: token, passed });
    }
    let late = world.vendor.authenticate(of(), 2_711, "USD", by(), true).await.unwrap();
    world.receiver.clock.pass(600_000);
    assert!(matches!(challenges.answer_challenge(&late, ChallengeAnswer::Approve).await, Outcome::Rejected(_)));

    // Unsigned, stale, broken or unanswered: Lithic's own rules decide, and here they decline.
    allow(AuthenticationDecision::Allow);
    for fault in [HookFault::WrongSignature, HookFault::StaleSignature, HookFault::CorruptJson, HookFault::Lose] {
        world.vendor.faults().next_webhook(sandbox::faults::THREE_DS, fault);
        let token = world.vendor.authenticate(of(), 2_711, "USD", by(), false).await.unwrap();
        assert_eq!(world.vendor.authentication(&token), Ok(Decline));
    }
    assert_eq!(world.questions().1, 3);
}
