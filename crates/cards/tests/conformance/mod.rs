//! What every [`Issuer`] must do, over any simulated vendor that can be brought into [`World`].
//!
//! Each function is one promise of the port; a vendor's test file calls all of them.

use async_trait::async_trait;
use ids::{IdempotencyKey, UnixMs};
use money::{Currency, Money};
use ports::{
    CardHolder, CardRef, Charge, ChargeChange, ChargeKind, CreateCard, Decision, DeclineReason, Issuer, IssuerNotice,
    Outcome, Secret,
};
use std::collections::BTreeMap;

mod events;
mod faults;
mod money_moves;
mod receiver;
mod suite;

pub use events::*;
pub use faults::*;
pub use money_moves::*;
pub use receiver::*;

/// A call of the port that can be made to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    CreateCard,
    ChangeCard,
    ReadCard,
    FindCard,
    Float,
    Changes,
}

/// How the next call of it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The vendor says no.
    Refuse,
    /// The vendor asks to come back later.
    Busy,
    /// A server error, nothing done.
    Error,
    /// Done, then a server error.
    ErrorAfter,
    /// Never answered, nothing done.
    Stall,
    /// Done and never answered.
    StallAfter,
    /// Connection cut, nothing done.
    DropBefore,
    /// Done, connection cut.
    DropAfter,
    /// Done, the answer cannot be read.
    Corrupt,
    /// Done twice by something on the way.
    Twice,
}

/// How the next webhook, or the next question, goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakNews {
    Twice,
    Late,
    Lost,
    WrongSignature,
    Stale,
    Corrupt,
    AnswerLost,
}

/// The network's side of a charge.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    Capture(u64),
    ReversePart(u64),
    Void,
    Expire,
    /// The store refunds inside the same charge.
    Refund(u64),
    TakeRefundBack,
}

/// A vendor's simulation with the adapter under test in front of it.
#[async_trait]
pub trait World: Sync {
    fn issuer(&self) -> &dyn Issuer;
    /// The clock of both sides.
    fn now(&self) -> UnixMs;
    fn money(&self, minor: u64) -> Money;
    /// All cards that the vendor has, closed ones included.
    fn cards(&self) -> usize;
    fn break_next(&self, asked: Asked, how: Break);
    fn break_next_news(&self, how: BreakNews);
    fn break_next_question(&self, how: BreakNews);
    /// What the server decides from now on.
    fn decide(&self, decision: Decision);
    /// A store charges in its own currency; the vendor's token of the charge, and whether it was approved.
    async fn charge_in(&self, card: &CardRef, minor: u64, currency: Currency) -> (String, bool);
    /// A store charges in the card's currency.
    async fn charge(&self, card: &CardRef, minor: u64) -> (String, bool) {
        self.charge_in(card, minor, self.money(0).currency()).await
    }
    /// The store asks for more on a charge; whether it was approved.
    async fn increment(&self, charge: &str, minor: u64) -> bool;
    /// All questions that were read, and how many could not be.
    fn questions(&self) -> (Vec<Charge>, usize);
    fn step(&self, charge: &str, step: Step);
    /// A refund without a charge.
    fn refund(&self, card: &CardRef, minor: u64);
    fn force_capture(&self, card: &CardRef, minor: u64);
    /// The operator disputes the capture of a charge at the issuer; the dispute's name.
    fn dispute(&self, charge: &str) -> String;
    /// The network decides it.
    fn decide_dispute(&self, dispute: &str, won: bool);
    /// Waits until the vendor has delivered all its webhooks; what was read of them, in order of arrival.
    async fn news(&self) -> Vec<ChargeChange>;
    /// Webhooks that were refused.
    fn refused_news(&self) -> usize;
}

pub fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey(text.to_owned())
}

/// Somebody, with all that an issuer may want to know of a person.
pub fn holder() -> CardHolder {
    let text = |text: &str| Some(Secret::new(text.to_owned()));
    CardHolder {
        name: text("Ada Reed"),
        address_line: text("12 Basin Street"),
        city: text("New Orleans"),
        region: text("LA"),
        postal_code: text("70112"),
        country: Some("US".to_owned()),
    }
}

pub fn request(world: &impl World, name: &str, minor: u64) -> CreateCard {
    let memo = format!("Anytill {name}");
    CreateCard { key: key(name), limit: world.money(minor), holder: holder(), memo }
}

pub async fn new_card(world: &impl World, name: &str, minor: u64) -> CardRef {
    world.issuer().create_card(request(world, name, minor)).await.done().expect("a card")
}

pub fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> String {
    match outcome {
        Outcome::Rejected(rejection) => rejection.code,
        other => format!("{other:?}"),
    }
}

/// Made, found by its key, revealed, limited, closed; closed once more.
pub async fn the_life_of_a_card(world: &impl World) {
    let (issuer, since) = (world.issuer(), world.now());
    let card = new_card(world, "life-1", 2_711).await;
    assert_eq!(issuer.find_card(&key("life-1"), since).await, Outcome::Done(Some(card.clone())));
    for other in ["life-", "life-11", "life", "ife-1", "1"] {
        assert_eq!(issuer.find_card(&key(other), since).await, Outcome::Done(None), "{other}");
    }
    let secrets = issuer.reveal(&card).await.done().expect("secrets");
    assert!(secrets.number.expose().len() >= 12 && secrets.security_code.expose().len() >= 3);
    assert!((1..=12).contains(&secrets.expiry_month) && secrets.expiry_year >= 2026);
    assert_eq!(issuer.set_limit(&key("life-1-limit"), &card, world.money(5_000)).await, Outcome::Done(()));
    assert_eq!(issuer.set_limit(&key("life-1-limit"), &card, world.money(5_000)).await, Outcome::Done(()));
    assert_eq!(issuer.close_card(&card).await, Outcome::Done(()));
    assert_eq!(issuer.close_card(&card).await, Outcome::Done(()), "a closed card is Done");
    assert!(matches!(issuer.reveal(&card).await, Outcome::Rejected(_)));
    assert!(matches!(issuer.set_limit(&key("l"), &card, world.money(1)).await, Outcome::Rejected(_)));
    assert_eq!(issuer.find_card(&key("life-1"), since).await, Outcome::Done(Some(card)), "closed ones are found too");
    let nobody = CardRef("7ef7d65c-9023-4da3-b113-3b8583fd7951".to_owned());
    assert!(matches!(issuer.close_card(&nobody).await, Outcome::Rejected(_)), "another card is not a closed one");
}

/// The same key makes one card, however often and with whatever in between.
pub async fn one_key_one_card(world: &impl World) {
    let before = world.cards();
    let first = new_card(world, "same", 1_000).await;
    let other = new_card(world, "other", 1_000).await;
    assert_eq!(new_card(world, "same", 1_000).await, first);
    assert_ne!(first, other);
    assert_eq!(world.cards(), before + 2);
}

/// More cards than fit on a page do not hide one.
pub async fn found_among_many(world: &impl World, many: usize) {
    let since = world.now();
    let wanted = new_card(world, "needle-7", 1).await;
    for index in 0..many {
        new_card(world, &format!("needle-7{index}"), 1).await;
    }
    assert_eq!(world.issuer().find_card(&key("needle-7"), since).await, Outcome::Done(Some(wanted)));
}

/// The store hears what was decided; what was asked is read right.
pub async fn decisions_reach_the_store(world: &impl World) {
    let card = new_card(world, "decided", 2_711).await;
    world.decide(Decision::Decline(DeclineReason::NotFunded));
    let (_, approved) = world.charge(&card, 2_711).await;
    assert!(!approved);
    world.decide(Decision::Approve);
    let (token, approved) = world.charge(&card, 2_711).await;
    assert!(approved);
    let (_, approved) = world.charge(&card, 0).await;
    assert!(approved);
    let (questions, unreadable) = world.questions();
    assert_eq!(unreadable, 0);
    let [declined, charged, check] = &questions[..] else { panic!("{questions:?}") };
    assert_eq!((charged.kind, check.kind), (ChargeKind::Authorization, ChargeKind::ZeroCheck));
    assert_eq!((charged.amount, charged.merchant_amount), (world.money(2_711), world.money(2_711)));
    assert_eq!((&charged.card, &charged.charge_id), (&card, &token));
    assert!(!charged.merchant.acceptor_id.is_empty() && !charged.merchant.country.is_empty());
    assert_ne!(declined.charge_id, charged.charge_id);
    assert_ne!(declined.request_id, charged.request_id);
}

/// With a limit of zero nothing above zero is approved, whatever is answered; a raised limit takes effect.
pub async fn a_prepared_card_pays_nothing(world: &impl World) {
    world.decide(Decision::Approve);
    let card = new_card(world, "prepared", 0).await;
    assert!(world.charge(&card, 0).await.1, "a zero check");
    assert!(!world.charge(&card, 2_711).await.1);
    assert_eq!(world.issuer().set_limit(&key("raise"), &card, world.money(2_711)).await, Outcome::Done(()));
    assert!(world.charge(&card, 2_711).await.1);
    assert!(!world.charge(&card, 100).await.1, "the limit is the card's, not a charge's");
    assert_eq!(world.issuer().close_card(&card).await, Outcome::Done(()));
    assert!(!world.charge(&card, 0).await.1, "a closed card approves nothing");
}

/// A limit in a currency that the programme does not bill in does not leave.
pub async fn other_currencies_do_not_leave(world: &impl World, other: Money) {
    let before = world.cards();
    let request = CreateCard { limit: other, ..request(world, "foreign", 1) };
    assert!(matches!(world.issuer().create_card(request).await, Outcome::NotSent(_)));
    assert_eq!(world.cards(), before);
}

/// Sums of what changes say, per charge, minor units; debits and credits apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub authorized: u64,
    pub let_go: u64,
    pub captured: u64,
    pub forced: u64,
    pub refunded: u64,
    pub taken_back: u64,
}

pub fn sums(changes: &[ChargeChange]) -> BTreeMap<String, Sums> {
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    for change in changes {
        let sum = all.entry(change.charge_id.clone()).or_default();
        match &change.notice {
            IssuerNotice::Authorized { amount } => sum.authorized += amount.minor(),
            IssuerNotice::Reversed { amount } | IssuerNotice::Expired { amount } => sum.let_go += amount.minor(),
            IssuerNotice::Captured { amount } => sum.captured += amount.minor(),
            IssuerNotice::ForceCaptured { amount } => sum.forced += amount.minor(),
            IssuerNotice::Refunded { amount } => sum.refunded += amount.minor(),
            IssuerNotice::RefundReversed { amount } => sum.taken_back += amount.minor(),
            IssuerNotice::Declined
            | IssuerNotice::CardClosed
            | IssuerNotice::Disputed { .. }
            | IssuerNotice::ChallengeAsked { .. }
            | IssuerNotice::ChallengeEnded { .. }
            | IssuerNotice::Other { .. } => {}
        }
    }
    all
}
