//! Refunds.

use super::money::MoneyOut;
use super::{OwedCause, RefundState};
use ::purchase::{Destination, OwedAmount, Refund};
use ports::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a refund goes: exactly one of these.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveDestination {
    /// A BOLT 11 invoice of the server's network, without an amount or for exactly what is owed.
    pub bolt11: Option<String>,
    /// `name@domain` (LUD-16).
    #[schema(example = "shopper@wallet.example")]
    pub lightning_address: Option<String>,
    /// An address on the chain, where that is served: what the chain takes comes off.
    #[schema(example = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")]
    pub address: Option<String>,
    /// A device token alone does not collect a refund.
    #[serde(default, serialize_with = "super::account::withheld", deserialize_with = "super::account::secret_option")]
    #[schema(value_type = String, format = Password)]
    pub password: Option<Secret>,
}

/// Asks for a link by which a wallet collects one refund.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// The link is money: a device token alone does not get one.
    #[serde(default, deserialize_with = "super::account::secret_option")]
    #[schema(value_type = String, format = Password)]
    pub password: Option<Secret>,
}

/// Whoever has it collects the refund. It replaces an older one.
#[derive(Serialize, ToSchema)]
pub struct WithdrawLinkView {
    /// LUD-01, upper case: LUD-03.
    pub lnurl: String,
    /// What the wallet gets, no more and no less.
    pub amount_msat: u64,
    pub expires_at_ms: u64,
}

#[derive(Serialize, ToSchema)]
pub struct RefundView {
    #[schema(value_type = String)]
    pub id: ids::RefundId,
    #[schema(value_type = String)]
    pub purchase: ids::PurchaseId,
    pub number: u32,
    pub state: RefundState,
    pub cause: OwedCause,
    /// Bitcoin is owed: this much.
    pub owed_msat: Option<u64>,
    /// The store's currency is owed: quoted anew when it is paid back.
    pub owed: Option<MoneyOut>,
    /// Where it goes; none while that has to be said.
    pub destination: Option<DestinationView>,
    /// The destination that was given could not be paid to: give another. While `preparing` it is still tried again.
    pub destination_refused: bool,
    /// Not paid back before this: what the store may still take back.
    pub not_before_ms: u64,
    pub created_at_ms: u64,
    /// What is being sent, or was.
    pub sent_msat: Option<u64>,
    /// What the chain took of it: so much less has arrived.
    pub taken_msat: Option<u64>,
    #[schema(value_type = Option<String>)]
    pub payment_hash: Option<ids::PaymentHash>,
    /// The operator has to look before it goes on.
    pub waits_for_operator: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DestinationView {
    Bolt11 {
        invoice: String,
    },
    LightningAddress {
        address: String,
    },
    /// Back to the account that the purchase was paid from.
    LinkedAccount {
        provider: String,
    },
    /// On the chain: less what the chain takes.
    OnChain {
        address: String,
    },
}

#[derive(Serialize, ToSchema)]
pub struct RefundList {
    /// Newest first.
    pub refunds: Vec<RefundView>,
    /// `before_ms` of the next page, if there may be one.
    pub next_before_ms: Option<u64>,
}

impl From<&Destination> for DestinationView {
    fn from(destination: &Destination) -> Self {
        match destination {
            Destination::Bolt11 { invoice } | Destination::Withdrawn { invoice, .. } => {
                Self::Bolt11 { invoice: invoice.clone() }
            }
            Destination::LightningAddress { address } => Self::LightningAddress { address: address.clone() },
            Destination::LinkedAccount { provider } => Self::LinkedAccount { provider: provider.clone() },
            Destination::OnChain { address } => Self::OnChain { address: address.clone() },
        }
    }
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        let (owed_msat, owed) = match refund.amount {
            OwedAmount::Bitcoin(amount) => (Some(amount.get()), None),
            OwedAmount::Currency(amount) => (None, Some(amount.into())),
        };
        Self {
            id: refund.id,
            purchase: refund.purchase,
            number: refund.number,
            state: refund.state.into(),
            cause: refund.cause.into(),
            owed_msat,
            owed,
            destination: refund.destination.as_ref().map(DestinationView::from),
            destination_refused: refund.destination_refused(),
            not_before_ms: refund.not_before.0,
            created_at_ms: refund.created_at.0,
            sent_msat: refund.send.as_ref().map(|send| send.amount_msat.get()),
            taken_msat: refund.taken_msat.map(money::Msat::get),
            payment_hash: refund.send.as_ref().filter(|send| !send.bolt11.is_empty()).map(|send| send.payment_hash),
            waits_for_operator: refund.parked.is_some(),
        }
    }
}
