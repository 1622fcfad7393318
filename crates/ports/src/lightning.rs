//! A Lightning node that can hold.

use crate::Outcome;
use async_trait::async_trait;
use ids::{NodeId, PaymentHash, UnixMs};
use money::Msat;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Height of a block in the chain the node follows.
pub type BlockHeight = u32;

/// 32 bytes whose SHA-256 is the payment hash (BOLT 2). Never shown, overwritten when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Preimage(pub [u8; 32]);

impl fmt::Debug for Preimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preimage(..)")
    }
}

/// What an invoice says of its purpose (BOLT 11 `d` or `h`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Description {
    /// At most 639 bytes.
    Text(String),
    /// SHA-256 of a longer text (LNURL-pay metadata).
    Hash([u8; 32]),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldInvoiceRequest {
    pub payment_hash: PaymentHash,
    pub amount_msat: Msat,
    pub description: Description,
    pub expiry_secs: u32,
    /// Blocks between arrival and expiry of the last HTLC that the payer is asked for (BOLT 11 `c`).
    pub min_final_cltv_delta: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldInvoice {
    /// Lower case.
    pub bolt11: String,
    pub expires_at: UnixMs,
}

/// What the node knows of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldStatus {
    /// No invoice with this hash was ever made.
    NotFound,
    /// An invoice, nothing held. It may be expired.
    Open,
    /// All parts are here. `claim_deadline` is the height at which the node fails them back by itself.
    Held { amount_msat: Msat, claim_deadline: BlockHeight },
    /// The preimage is with the node; not confirmed.
    Claiming { amount_msat: Msat },
    /// Confirmed: the preimage is out and every part is ours.
    Claimed { amount_msat: Msat },
    /// Failed back, by us or by the node.
    Returned,
}

/// Time-critical news. Delivered at least once, in the node's order, until acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeEvent {
    HtlcHeld {
        payment_hash: PaymentHash,
        amount_msat: Msat,
        claim_deadline: BlockHeight,
    },
    /// The node's own confirmation of a claim (LDK `PaymentReceived`; LND's final HTLC event of every part).
    HtlcClaimed {
        payment_hash: PaymentHash,
        amount_msat: Msat,
    },
    /// Where the node says so; not every node does, so heights are watched too.
    HtlcReturned {
        payment_hash: PaymentHash,
    },
    SendSucceeded {
        payment_hash: PaymentHash,
        fee_msat: Msat,
    },
    SendFailed {
        payment_hash: PaymentHash,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    pub tip_height: BlockHeight,
    /// When the chain source last confirmed that this is its tip.
    pub tip_seen_at: UnixMs,
    pub channels_usable: u32,
}

/// What one channel can still receive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRoom {
    pub channel_id: String,
    pub usable: bool,
    /// Can be sent on it now: our balance less the reserve and what is under way.
    pub outbound_msat: Msat,
    /// Inbound capacity less the peer's reserve.
    pub inbound_msat: Msat,
    /// Limit of what may be held at a time, less what is held (LDK: a tenth of the capacity by default).
    pub in_flight_left_msat: Msat,
    /// HTLC slots left.
    pub slots_left: u16,
    /// Smallest HTLC that is not dust there.
    pub htlc_min_msat: Msat,
}

/// Room to receive, over all usable channels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    pub channels: Vec<ChannelRoom>,
    /// On-chain satoshi kept for closing channels are there.
    pub reserve_ok: bool,
}

impl Room {
    /// All that could be held at once, msat.
    pub fn total_msat(&self) -> u64 {
        self.usable().map(|c| c.inbound_msat.get().min(c.in_flight_left_msat.get())).sum()
    }

    /// All that could be sent at once, fees included, msat.
    pub fn outbound_msat(&self) -> u64 {
        self.channels.iter().filter(|c| c.usable).map(|c| c.outbound_msat.get()).sum()
    }

    /// The largest single part, msat.
    pub fn largest_part_msat(&self) -> u64 {
        self.usable().map(|c| c.inbound_msat.get().min(c.in_flight_left_msat.get())).max().unwrap_or(0)
    }

    fn usable(&self) -> impl Iterator<Item = &ChannelRoom> {
        self.channels.iter().filter(|c| c.usable && c.slots_left > 0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayRequest {
    pub bolt11: String,
    pub payment_hash: PaymentHash,
    /// Only for an invoice without an amount.
    pub amount_msat: Option<Msat>,
    pub max_fee_msat: Msat,
    /// Longest way in blocks, the payee's final delta included: no route beyond it. None: the node's own bound.
    pub max_cltv_blocks: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendStatus {
    /// The node never heard of this hash.
    NotFound,
    Pending,
    Succeeded {
        preimage: Preimage,
        fee_msat: Msat,
    },
    /// Finally: no part is under way any more.
    Failed {
        reason: String,
    },
}

/// What a BOLT 11 invoice of somebody else says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignInvoice {
    pub bolt11: String,
    pub payment_hash: PaymentHash,
    pub payee: NodeId,
    pub amount_msat: Option<Msat>,
    pub expires_at: UnixMs,
}

/// Where refunds go: reads invoices and fetches them from Lightning addresses.
#[async_trait]
pub trait Payees: Send + Sync {
    /// Parsed, its signature checked, of our network; else the reason.
    fn read_invoice(&self, bolt11: &str) -> Result<ForeignInvoice, String>;

    /// An invoice for exactly this amount from a Lightning address `name@domain` (LUD-16, LUD-06).
    async fn fetch_invoice(&self, address: &str, amount_msat: Msat) -> Outcome<ForeignInvoice>;
}

/// One node. Payment hashes are its idempotency keys in both directions.
#[async_trait]
pub trait LightningNode: Send + Sync {
    fn node_id(&self) -> NodeId;

    async fn info(&self) -> Outcome<NodeInfo>;

    async fn room(&self) -> Outcome<Room>;

    /// The same request again gives an equally good invoice for the same hash.
    async fn create_hold_invoice(&self, request: HoldInvoiceRequest) -> Outcome<HoldInvoice>;

    /// Hands the preimage to the node. `Done` says that the node has taken it, never that the claim is confirmed:
    /// that is [`NodeEvent::HtlcClaimed`] or [`HoldStatus::Claimed`].
    async fn claim(&self, payment_hash: PaymentHash, preimage: Preimage, amount_msat: Msat) -> Outcome<()>;

    /// Fails all parts back. A later payer is refused by the node, or announced again and returned by the caller.
    /// Nothing held is `Done` too.
    async fn return_hold(&self, payment_hash: PaymentHash) -> Outcome<()>;

    async fn hold_status(&self, payment_hash: PaymentHash) -> Outcome<HoldStatus>;

    /// Starts or looks up a send; never a second one for the same hash.
    async fn pay(&self, request: PayRequest) -> Outcome<SendStatus>;

    async fn send_status(&self, payment_hash: PaymentHash) -> Outcome<SendStatus>;

    /// The oldest event not yet acknowledged; waits for one. Called by one task only.
    async fn next_event(&self) -> NodeEvent;

    /// The event that [`Self::next_event`] gave is durably stored.
    async fn ack_event(&self) -> Outcome<()>;
}
