//! Purchases that are paid first, from a source that cannot be held.

use ::purchase::{Adjustment, FundsSource, Purchase, State};
use ports::{FundsTarget, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the purchase is paid from. Only `lightning` can be held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayFrom {
    /// Any Lightning wallet, by a hold invoice.
    #[default]
    Lightning,
    /// The account that is linked (`GET /v1/account/linked`). Paid first.
    LinkedAccount,
    /// Any wallet, to an address of the purchase's own. Paid first.
    OnChain,
}

impl PayFrom {
    pub const fn source(self) -> Option<FundsSource> {
        match self {
            Self::Lightning => None,
            Self::LinkedAccount => Some(FundsSource::LinkedAccount),
            Self::OnChain => Some(FundsSource::OnChain),
        }
    }
}

impl From<FundsSource> for PayFrom {
    fn from(source: FundsSource) -> Self {
        match source {
            FundsSource::LinkedAccount => Self::LinkedAccount,
            FundsSource::OnChain => Self::OnChain,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FundsState {
    /// Quoted. Nothing is sent before the shopper confirms (`POST confirm-funds`).
    Unconfirmed,
    /// Asked for, not answered yet; on-chain, once there is an address: waits for the shopper to send.
    Asked,
    /// The linked account's provider wants a code (`POST second-factor`).
    SecondFactor,
    /// Sent, not seen by the operator yet.
    UnderWay,
    /// Seen, not final.
    Pending,
    /// The operator has it: used, or owed back.
    Arrived,
    /// It does not come.
    Failed,
}

/// A source that cannot be held, and how far it is.
#[derive(Serialize, ToSchema)]
pub struct FundsView {
    pub source: PayFrom,
    pub status: FundsState,
    pub amount_msat: u64,
    /// What arrives later buys nothing and is paid back. On-chain, what was seen by then still buys when it is final, if the
    /// price has held.
    pub locked_until_ms: u64,
    /// BIP 21; none where the shopper sends nothing.
    pub address: Option<String>,
    /// Seen on the chain, in all, and not final.
    pub seen_msat: u64,
    /// How deep the least deep of it is.
    pub confirmations: Option<u32>,
    /// How deep it has to be: more than is promised, where more was sent.
    pub confirmations_needed: Option<u32>,
    /// Codes that may still be tried.
    pub codes_left: Option<u8>,
    pub promise: FundsPromise,
}

/// What holds instead of the hold: to be shown before the shopper confirms.
#[derive(Serialize, ToSchema)]
pub struct FundsPromise {
    /// Always false: once sent it is the operator's, until it is used or paid back.
    pub held: bool,
    /// All of it goes back, in bitcoin, when nothing is bought: late, too little, cancelled, declined.
    pub unused_goes_back: bool,
    /// When the store has not charged by so long after the arrival, it goes back.
    pub unused_after_ms: u64,
    /// What the store voids or gives back later goes back at that day's rate.
    pub returned_at_new_rate: bool,
    /// Where to: `linked_account`, the address that was given, or the account's refund destination.
    pub back_to: BackTo,
    /// On-chain: it is final when it is so deep.
    pub confirmations: Option<u32>,
    /// To an address it goes back less what the chain takes: so much at the most.
    pub back_fee_msat: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackTo {
    /// While it is linked; after that the shopper is asked.
    LinkedAccount,
    /// The refund destination, or the shopper is asked.
    RefundDestination,
    /// The address that was given with the purchase.
    Address,
}

/// The code that the linked account's provider sent, or that its app shows.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    #[serde(serialize_with = "withheld", deserialize_with = "super::account::secret")]
    #[schema(value_type = String, format = Password, example = "123456")]
    pub code: Secret,
}

fn withheld<S: serde::Serializer>(_: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

impl FundsView {
    pub fn of(p: &Purchase) -> Option<Self> {
        let source = p.policy.funds_source?;
        let quote = p.quote.as_ref()?;
        let target: Option<FundsTarget> = p.funds_target.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let codes_left = match target {
            Some(FundsTarget::SecondFactor { tries }) => Some(engine::CODES_MAX.saturating_sub(tries)),
            Some(FundsTarget::Address { .. } | FundsTarget::UnderWay | FundsTarget::Pending { .. }) | None => None,
        };
        let (address, depth) = match &target {
            Some(FundsTarget::Address { uri, depth, .. }) => (Some(uri.clone()), *depth),
            Some(FundsTarget::SecondFactor { .. } | FundsTarget::UnderWay | FundsTarget::Pending { .. }) | None => {
                (None, None)
            }
        };
        Some(Self {
            source: source.into(),
            status: state(p, target.as_ref()),
            amount_msat: quote.amount_msat.get(),
            locked_until_ms: quote.expires_at.0,
            address,
            seen_msat: p.funds_seen_msat.get(),
            confirmations: depth.map(|depth| depth.blocks),
            confirmations_needed: depth.map(|depth| depth.needed),
            codes_left,
            promise: FundsPromise {
                held: false,
                unused_goes_back: true,
                unused_after_ms: p.policy.card_open_ms_max,
                returned_at_new_rate: true,
                back_to: match source {
                    FundsSource::LinkedAccount => BackTo::LinkedAccount,
                    FundsSource::OnChain if p.refund_to.is_some() => BackTo::Address,
                    FundsSource::OnChain => BackTo::RefundDestination,
                },
                confirmations: p.told.map(|told| told.confirmations),
                back_fee_msat: p.told.map(|told| told.refund_fee_msat.get()),
            },
        })
    }
}

fn state(p: &Purchase, target: Option<&FundsTarget>) -> FundsState {
    if arrived(p) {
        return FundsState::Arrived;
    }
    let over = match p.state {
        State::Quoted if !p.funds_confirmed => return FundsState::Unconfirmed,
        State::Quoted => return FundsState::Asked,
        State::AwaitingFunds => false,
        _ => true,
    };
    match target {
        Some(FundsTarget::UnderWay) => FundsState::UnderWay,
        Some(FundsTarget::Pending { .. }) => FundsState::Pending,
        Some(FundsTarget::Address { .. }) if !p.funds_seen_msat.is_zero() => FundsState::Pending,
        _ if over => FundsState::Failed,
        Some(FundsTarget::SecondFactor { .. }) => FundsState::SecondFactor,
        Some(FundsTarget::Address { .. }) | None => FundsState::Asked,
    }
}

/// For the purchase, or too late for it.
pub fn arrived(p: &Purchase) -> bool {
    let late = |adjustment: &Adjustment| matches!(adjustment, Adjustment::LateFunds { .. });
    p.policy.funds_source.is_some() && (p.is_funded() || p.adjustments.iter().any(late))
}
