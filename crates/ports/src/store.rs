//! Durable storage of aggregates: one commit holds the new state, its events, its postings, its outbox rows, its
//! inbox keys, its timers and its reservations, or none of them.
//!
//! The store knows rows, not purchases: states, events and effects are JSON text to it, so that it needs nothing of
//! the core and the core nothing of it.

use async_trait::async_trait;
use ids::{AccountId, PaymentHash, PurchaseId, RefundId, UnixMs};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AggregateKind {
    Purchase,
    Refund,
}

impl AggregateKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Refund => "refund",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AggregateRef {
    pub kind: AggregateKind,
    pub id: [u8; 16],
}

impl From<PurchaseId> for AggregateRef {
    fn from(id: PurchaseId) -> Self {
        Self { kind: AggregateKind::Purchase, id: id.0 }
    }
}

impl From<RefundId> for AggregateRef {
    fn from(id: RefundId) -> Self {
        Self { kind: AggregateKind::Refund, id: id.0 }
    }
}

impl fmt::Display for AggregateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), PurchaseId(self.id))
    }
}

/// An aggregate as last committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAggregate {
    pub at: AggregateRef,
    /// Number of events applied so far.
    pub version: u64,
    pub state: String,
    pub index: Index,
}

/// What an aggregate can be found by and listed with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    pub account: Option<AccountId>,
    /// Short word for lists: the state's name.
    pub status: String,
    pub terminal: bool,
    pub parked: bool,
    /// Every payment hash this aggregate ever had. A hash belongs to one aggregate of a kind only.
    pub payment_hashes: Vec<PaymentHash>,
    /// Card references (`issuer/ref`), each of one aggregate only.
    pub cards: Vec<String>,
    pub created_at: UnixMs,
    pub updated_at: UnixMs,
}

/// An outbox row to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEffect {
    /// Unique for ever: the effect's idempotency key.
    pub key: String,
    pub body: String,
    pub not_before: UnixMs,
    /// Lower runs first; authorizations are 0.
    pub priority: u8,
    /// Leased to the committing process until then, so that it can run it at once.
    pub leased_until: UnixMs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRow {
    pub key: String,
    pub at: AggregateRef,
    pub body: String,
    /// Times it was tried and postponed.
    pub attempts: u32,
    pub created_at: UnixMs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerChange {
    /// Replaces a timer of the same name.
    Set {
        name: String,
        due_at: UnixMs,
    },
    Cancel {
        name: String,
    },
    /// Ends the timer only while it is the one that was seen: not one of the same name that was set since.
    CancelDue {
        name: String,
        due_at: UnixMs,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerRow {
    pub at: AggregateRef,
    pub name: String,
    pub due_at: UnixMs,
}

/// One line of a posting. Debits are positive; lines of one posting add up to zero per asset and layer, which the
/// store checks again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRow {
    /// Numbers the postings of one commit, from 0.
    pub posting: u32,
    pub template: String,
    pub account: String,
    /// `BTC` (msat) or an ISO 4217 code (minor units).
    pub asset: String,
    /// `pending` or `posted`.
    pub layer: String,
    pub shard: u8,
    pub amount: i64,
}

/// Something scarce that is taken or given back with the commit, in the order given.
///
/// A `Take` fails the commit with [`StoreError::NoRoom`] if the sum of the resource would pass its limit; of nothing, it
/// only asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReservationChange {
    Take(Reservation),
    /// Gives back what this aggregate has of the resource; nothing is fine.
    GiveBack {
        resource: String,
    },
    /// Gives back all that this aggregate took under this rule; nothing is fine.
    End(GiveBack),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// `room:<node>`, `float:<issuer>:<currency>`, `unpaid:<account>`, `day:<account>:<day>:<currency>`, ...
    pub resource: String,
    pub amount: u64,
    pub limit: u64,
    pub give_back: GiveBack,
}

/// When a reservation is given back. The engine decides when it is time; the store keeps the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GiveBack {
    /// Once the quote is paid (held), or can be paid no more.
    WhenPaidOrOver,
    /// When the purchase ends without a claim.
    WhenUnclaimed,
    /// At the claim, or when it ends otherwise than by a hold that the shopper let go.
    UnlessAbandoned,
    /// When it ends before a card was made.
    WhenNoCard,
    /// At the claim, or when it ends.
    WhenClaimedOrOver,
    /// When it ends, however.
    WhenOver,
    /// At a time of its own: no step of the purchase ends it.
    OwnTime,
}

impl GiveBack {
    pub const ALL: [Self; 7] = [
        Self::WhenPaidOrOver,
        Self::WhenUnclaimed,
        Self::UnlessAbandoned,
        Self::WhenNoCard,
        Self::WhenClaimedOrOver,
        Self::WhenOver,
        Self::OwnTime,
    ];

    /// As stored; never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WhenPaidOrOver => "when_paid_or_over",
            Self::WhenUnclaimed => "when_unclaimed",
            Self::UnlessAbandoned => "unless_abandoned",
            Self::WhenNoCard => "when_no_card",
            Self::WhenClaimedOrOver => "when_claimed_or_over",
            Self::WhenOver => "when_over",
            Self::OwnTime => "own_time",
        }
    }
}

/// Sum now taken of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedRow {
    pub resource: String,
    pub amount: u64,
}

/// One commit of one aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub at: AggregateRef,
    /// Version the step was taken from; 0 creates.
    pub expected_version: u64,
    pub state: String,
    pub index: Index,
    /// Appended as versions `expected_version + 1 ..`; the new version is the number of all.
    pub events: Vec<String>,
    /// De-duplication key of the message that caused this; a second commit with it is refused.
    pub inbox: Option<String>,
    pub effects: Vec<NewEffect>,
    /// Outbox row that is done with this commit.
    pub finished_effect: Option<String>,
    pub timers: Vec<TimerChange>,
    pub entries: Vec<EntryRow>,
    pub reservations: Vec<ReservationChange>,
    pub now: UnixMs,
    /// Authorizations first.
    pub urgent: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else committed this aggregate since it was loaded: load and step again.
    #[error("the record changed meanwhile")]
    Conflict,
    /// This inbox key was committed before: the message is done.
    #[error("this message was handled before")]
    Duplicate,
    /// A hash, card or key that belongs to another aggregate.
    #[error("{0} belongs to another record")]
    Taken(String),
    /// A reservation over its limit.
    #[error("no room left in {resource}")]
    NoRoom { resource: String },
    /// Nothing was written (disk full, read-only, over a limit).
    #[error("the database refused: {0}")]
    NotWritten(String),
    /// It may have been written. Re-read before anything else.
    #[error("it is not known whether the commit was written: {0}")]
    Unknown(String),
    /// The database is damaged, of another program or of a newer version.
    #[error("the database cannot be used: {0}")]
    Unusable(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    PaymentHash(PaymentHash),
    /// `issuer/ref`.
    Card(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub version: u64,
    pub body: String,
    pub at: UnixMs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    pub account: String,
    pub asset: String,
    pub layer: String,
    /// Sum over shards.
    pub amount: i64,
}

/// One page of a list: at most `limit` rows after `after` (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub after: Option<[u8; 16]>,
    pub limit: u32,
}

#[async_trait]
pub trait Store: Send + Sync {
    async fn load(&self, at: AggregateRef) -> Result<Option<StoredAggregate>, StoreError>;

    async fn find(&self, kind: AggregateKind, lookup: Lookup) -> Result<Option<AggregateRef>, StoreError>;

    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;

    /// Was a message with this key committed?
    async fn inbox_has(&self, key: &str) -> Result<bool, StoreError>;

    /// Due rows that nobody has leased, leased until `leased_until` from now on; by priority, then age.
    async fn lease_effects(&self, now: UnixMs, leased_until: UnixMs, limit: u32) -> Result<Vec<EffectRow>, StoreError>;

    /// All leases of earlier processes end, those of calls under way ([`crate::AccountStore::begin_idempotent`]) too. Only
    /// for the single-process engine, on start.
    async fn end_leases(&self) -> Result<(), StoreError>;

    /// Try again at `at`; counts an attempt, ends the lease. A row that is gone is fine.
    async fn postpone_effect(&self, key: &str, at: UnixMs, error: &str) -> Result<(), StoreError>;

    /// The row is done without a change of its aggregate.
    async fn finish_effect(&self, key: &str) -> Result<(), StoreError>;

    async fn effects_of(&self, at: AggregateRef) -> Result<Vec<EffectRow>, StoreError>;

    async fn due_timers(&self, now: UnixMs, limit: u32) -> Result<Vec<TimerRow>, StoreError>;

    /// When the next timer or unleased outbox row is due.
    async fn next_due(&self) -> Result<Option<UnixMs>, StoreError>;

    async fn events(&self, at: AggregateRef) -> Result<Vec<EventRow>, StoreError>;

    async fn entries(&self, at: AggregateRef) -> Result<Vec<EntryRow>, StoreError>;

    /// Aggregates in order of id; `open_only` leaves out terminal ones, `parked_only` keeps parked ones.
    async fn list(
        &self,
        kind: AggregateKind,
        open_only: bool,
        parked_only: bool,
        page: Page,
    ) -> Result<Vec<StoredAggregate>, StoreError>;

    /// An account's aggregates, newest first, created before `before`.
    async fn list_of_account(
        &self,
        kind: AggregateKind,
        account: AccountId,
        before: Option<UnixMs>,
        limit: u32,
    ) -> Result<Vec<StoredAggregate>, StoreError>;

    async fn balances(&self) -> Result<Vec<BalanceRow>, StoreError>;

    /// Sum now taken of a resource.
    async fn reserved(&self, resource: &str) -> Result<u64, StoreError>;

    /// Sums of all resources whose name begins with `prefix` (ASCII), largest first; at most `limit`.
    async fn reserved_under(&self, prefix: &str, limit: u32) -> Result<Vec<ReservedRow>, StoreError>;

    /// A small named value of the operator's (key set version, cursor, ...).
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError>;

    async fn put_setting(&self, name: &str, value: &str) -> Result<(), StoreError>;
}
