//! A card issuer with real-time authorization.

use crate::{CardChallenges, Headers, Outcome, Rejection, Secret, WebhookAnswer, WebhookError};
use async_trait::async_trait;
use ids::{IdempotencyKey, UnixMs};
use money::Money;
use serde::{Deserialize, Serialize};

/// The issuer's own name of a card. No card number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardRef(pub String);

#[derive(Debug, Clone)]
pub struct CreateCard {
    pub key: IdempotencyKey,
    /// Zero is a prepared card: nothing above zero may be approved. Some vendors read a limit of zero as no limit;
    /// the adapter says it in their way.
    pub limit: Money,
    pub holder: CardHolder,
    /// Shown on the issuer's dashboard; holds the key, so that [`Issuer::find_card`] works after a lost answer.
    pub memo: String,
}

/// Who the card is made out to; goes with address checks and 3-D Secure. Read when the card is made, stored by nobody.
#[derive(Debug, Clone, Default)]
pub struct CardHolder {
    pub name: Option<Secret>,
    pub address_line: Option<Secret>,
    pub city: Option<Secret>,
    pub region: Option<Secret>,
    pub postal_code: Option<Secret>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// Number and codes, on their one way from the issuer to the shopper.
#[derive(Debug)]
pub struct CardSecrets {
    pub number: Secret,
    pub security_code: Secret,
    pub expiry_month: u8,
    pub expiry_year: u16,
}

/// Who charges, as the card network tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// The acceptor's identifier; what a card is locked to.
    pub acceptor_id: String,
    /// Free text, many variants; only ever scored.
    pub descriptor: String,
    /// ISO 18245 category.
    pub category: String,
    /// ISO 3166-1 alpha-3 or alpha-2, as the vendor gives it.
    pub country: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChargeKind {
    /// Amount zero: does the card exist?
    ZeroCheck,
    /// An authorization that holds money for a later capture.
    Authorization,
    /// Authorization and capture in one message.
    AuthorizationAndCapture,
    /// The store gives money back and asks whether the card takes it: always approved.
    Credit,
}

/// One request of the issuer: may the store have this?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The issuer's identifier of the authorization; an increment has the same.
    pub charge_id: String,
    /// This one question; the same when it is asked again.
    pub request_id: String,
    pub card: CardRef,
    pub kind: ChargeKind,
    /// What the card is billed by this request; an increment says what it adds.
    pub amount: Money,
    /// What the store asks, in its own currency; equal to `amount` when they are one.
    pub merchant_amount: Money,
    pub merchant: Merchant,
}

/// What the shopper's bitcoin decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    Approve,
    Decline(DeclineReason),
}

pub use decline::DeclineReason;
mod decline {
    use serde::{Deserialize, Serialize};

    /// Why a charge is declined; adapters map it to their vendor's words.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum DeclineReason {
        /// No purchase has this card, or it is closed or closing.
        CardClosed,
        /// Nothing is held or funded for it yet.
        NotFunded,
        AmountTooHigh,
        AmountTooLow,
        WrongCurrency,
        MerchantBlocked,
        /// Another merchant than the first approved one.
        MerchantLocked,
        /// The executable price no longer covers the quote.
        PriceMoved,
        /// The claim deadline is too near, or the chain tip is not known to be fresh.
        DeadlineNear,
        /// The claim was not confirmed in time.
        ClaimUnconfirmed,
        /// Small checks are used up for this card.
        CheckLimit,
        /// The issuer has declined by itself already.
        ByIssuer,
        Internal,
    }
}

/// What happened to a charge, from the issuer's events or its books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeChange {
    /// The issuer's identifier of the booked event, never of a delivery: the same from a webhook and from
    /// [`Issuer::changes`].
    pub event_id: String,
    pub card: CardRef,
    /// The charge it belongs to; of a force capture or a refund without one: the issuer's own new identifier. Empty of
    /// what is the card's alone.
    pub charge_id: String,
    pub notice: IssuerNotice,
}

/// Amounts are what this event adds, never a running total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssuerNotice {
    /// The network went on with an approved charge.
    Authorized {
        amount: Money,
    },
    /// The issuer (or a stand-in) declined after all, whatever we answered.
    Declined,
    Captured {
        amount: Money,
    },
    /// Voided or reduced before capture.
    Reversed {
        amount: Money,
    },
    /// The authorization ended without capture.
    Expired {
        amount: Money,
    },
    /// The store gave money back.
    Refunded {
        amount: Money,
    },
    RefundReversed {
        amount: Money,
    },
    /// A capture that no authorization stands behind. A stand-in's approval that the issuer tells of is
    /// [`Self::Authorized`] and its capture [`Self::Captured`]: who approved is known from our own decisions.
    ForceCaptured {
        amount: Money,
    },
    /// A dispute of a capture stands so now.
    Disputed {
        dispute_id: String,
        /// What is disputed.
        amount: Money,
        state: DisputeState,
    },
    /// The shopper is asked whether it is them; to be answered by then. Of a challenge, not of a charge.
    ChallengeAsked {
        authentication_id: String,
        /// What the card would be billed.
        amount: Option<Money>,
        merchant: String,
        answer_by: UnixMs,
    },
    /// The authentication is over.
    ChallengeEnded {
        authentication_id: String,
        passed: bool,
    },
    CardClosed,
    /// Known, and of no meaning here.
    Other {
        kind: String,
    },
}

/// Where a dispute is. What is won comes back to the issuer's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeState {
    Opened,
    Won,
    /// Also withdrawn, or over in another way without money.
    Lost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Float {
    /// What the issuer lets all cards spend now.
    pub available: Money,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuerHealth {
    pub reachable: bool,
    /// The account declines when we do not answer in time. `doctor` insists.
    pub declines_on_timeout: Option<bool>,
    /// Real-time authorization points at this server.
    pub webhook_registered: Option<bool>,
    /// Whether questions about 3-D Secure come here, or why not; none where nobody wants them.
    pub challenges: Option<Result<(), String>>,
    pub notes: Vec<String>,
}

/// What an event webhook brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuerNews {
    pub changes: Vec<ChargeChange>,
    /// Cards of which the body alone does not say what changed: ask [`Issuer::changes`].
    pub look_up: Vec<CardRef>,
    /// Disputes of which the body does not say whose card it is: ask [`Issuer::dispute`].
    pub disputes: Vec<String>,
}

#[async_trait]
pub trait Issuer: Send + Sync {
    /// Stable short name: part of addresses and of stored references.
    fn name(&self) -> &'static str;

    async fn create_card(&self, request: CreateCard) -> Outcome<CardRef>;

    /// The card made under this key, if any; `since` bounds the search.
    async fn find_card(&self, key: &IdempotencyKey, since: UnixMs) -> Outcome<Option<CardRef>>;

    async fn set_limit(&self, key: &IdempotencyKey, card: &CardRef, limit: Money) -> Outcome<()>;

    /// Closed for good. A closed card is `Done`.
    async fn close_card(&self, card: &CardRef) -> Outcome<()>;

    /// Over a connection of its own, whose buffers end with it.
    async fn reveal(&self, card: &CardRef) -> Outcome<CardSecrets>;

    async fn float(&self) -> Outcome<Float>;

    async fn health(&self) -> Outcome<IssuerHealth>;

    /// All that happened to a card, oldest first; what a lost webhook is replaced by.
    async fn changes(&self, card: &CardRef) -> Outcome<Vec<ChargeChange>>;

    /// What a dispute means for its card; asked where news name nothing but the dispute.
    async fn dispute(&self, _dispute_id: &str) -> Outcome<Vec<ChargeChange>> {
        Outcome::Rejected(Rejection::fatal("not_supported", "this issuer tells of no disputes"))
    }

    /// A real-time authorization request, its signature and time checked against `now`.
    fn read_charge(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<Charge, WebhookError>;

    fn answer_charge(&self, charge: &Charge, decision: Decision) -> WebhookAnswer;

    /// An event webhook, its signature and time checked against `now`. One body may carry several changes.
    fn read_news(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<IssuerNews, WebhookError>;

    /// 3-D Secure, where the issuer lets us decide. Without it stores that insist are answered by the issuer's rules.
    fn challenges(&self) -> Option<&dyn CardChallenges> {
        None
    }

    /// The issuer decides alone when it has no answer after this.
    fn answer_within_ms(&self) -> u64;
}
