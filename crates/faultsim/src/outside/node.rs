//! A Lightning node: holds, claims that are confirmed later, sends, deadlines at which it returns silently.

use super::{Defect, sha256};
use crate::shared::{Inner, Shared};
use async_trait::async_trait;
use ids::{NodeId, PaymentHash, UnixMs};
use money::Msat;
use ports::{
    ChannelRoom, HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode, NodeEvent, NodeInfo, Outcome, PayRequest,
    Preimage, Rejection, Room, SendStatus,
};
use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::future::pending;

/// From the preimage to the confirmation, milliseconds.
const CONFIRM_MS: u64 = 150;
/// From a send to its end, milliseconds: long enough to be looked up.
const SEND_MS: u64 = 7_000;
/// Routing fee of every send, msat.
pub const SEND_FEE_MSAT: u64 = 1_021;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldIs {
    Open,
    Held,
    Claiming { due: u64 },
    Claimed,
    Returned,
}

#[derive(Debug, Clone)]
pub struct HoldEntry {
    pub asked_msat: u64,
    pub expires: u64,
    pub held_msat: u64,
    pub deadline: u32,
    pub is: HoldIs,
    pub cltv: u16,
    /// When the claim was confirmed, in the order of all happenings.
    pub claimed_seq: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendIs {
    Pending { due: u64 },
    Succeeded,
    Failed,
}

#[derive(Debug, Clone)]
pub struct SendEntry {
    pub amount_msat: u64,
    pub is: SendIs,
}

#[derive(Default)]
pub struct NodeBook {
    pub holds: BTreeMap<PaymentHash, HoldEntry>,
    pub sends: BTreeMap<PaymentHash, SendEntry>,
    /// Not yet acknowledged.
    pub events: VecDeque<NodeEvent>,
    pub sends_fail: bool,
    /// Milliseconds from preimage to confirmation, when the run says another time.
    pub confirm_ms: Option<u64>,
}

impl NodeBook {
    /// When something happens here by itself.
    pub fn next_ms(&self) -> Option<u64> {
        let holds =
            self.holds.values().filter_map(|h| if let HoldIs::Claiming { due } = h.is { Some(due) } else { None });
        let sends =
            self.sends.values().filter_map(|s| if let SendIs::Pending { due } = s.is { Some(due) } else { None });
        holds.chain(sends).min()
    }

    pub fn holds_live(&self) -> bool {
        self.holds.values().any(|h| matches!(h.is, HoldIs::Held | HoldIs::Claiming { .. }))
    }

    /// Bitcoin claimed less bitcoin sent, msat.
    pub fn balance_msat(&self) -> i64 {
        let claimed: u64 = self.holds.values().filter(|h| h.is == HoldIs::Claimed).map(|h| h.held_msat).sum();
        let sent = self.sends.values().filter(|s| s.is == SendIs::Succeeded).map(|s| s.amount_msat + SEND_FEE_MSAT);
        claimed as i64 - sent.sum::<u64>() as i64
    }
}

/// Time passes at the nodes.
pub fn pass(inner: &mut Inner) {
    let (now, height, planted, seq) = (inner.now, inner.height(), inner.books.planted, inner.activity);
    let mut lines = Vec::new();
    let books = &mut inner.books;
    for (word, node) in [("node", &mut books.node), ("vendor node", &mut books.vendor_node)] {
        for (hash, hold) in &mut node.holds {
            match hold.is {
                HoldIs::Claiming { due } if due <= now => {
                    hold.is = HoldIs::Claimed;
                    hold.claimed_seq = Some(seq);
                    if planted == Some(Defect::ConfirmsWithoutClaiming) {
                        hold.is = HoldIs::Returned;
                        hold.claimed_seq = None;
                    }
                    lines.push(format!("{word} confirms the claim of {}", short(hash)));
                    let amount_msat = msat(hold.held_msat);
                    node.events.push_back(NodeEvent::HtlcClaimed { payment_hash: *hash, amount_msat });
                }
                HoldIs::Held if height >= hold.deadline => {
                    hold.is = HoldIs::Returned;
                    lines.push(format!("{word} returns {} at its deadline, silently", short(hash)));
                }
                _ => {}
            }
        }
        for (hash, send) in &mut node.sends {
            if !matches!(send.is, SendIs::Pending { due } if due <= now) {
                continue;
            }
            let payment_hash = *hash;
            if node.sends_fail || books.misc.payees.unreachable.contains(hash) {
                send.is = SendIs::Failed;
                node.events.push_back(NodeEvent::SendFailed { payment_hash, reason: "no route".to_owned() });
            } else {
                send.is = SendIs::Succeeded;
                node.events.push_back(NodeEvent::SendSucceeded { payment_hash, fee_msat: msat(SEND_FEE_MSAT) });
            }
            lines.push(format!("{word} send {} ends: {:?}", short(hash), send.is));
        }
    }
    for line in lines {
        inner.note(line);
    }
}

pub fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap_or(Msat::ZERO)
}

pub fn short(hash: &PaymentHash) -> String {
    hash.to_string()[..6].to_owned()
}

/// The payer pays a hold invoice: true if the HTLC is held.
pub fn payer_pays(shared: &Shared, hash: PaymentHash, amount_msat: u64) -> bool {
    let mut inner = shared.lock();
    let (now, height) = (inner.now, inner.height());
    let Some(hold) = inner.books.node.holds.get_mut(&hash) else { return false };
    // The node refuses what is not what the invoice asks, a second payer, and (with the invoice) whoever is late.
    if hold.is != HoldIs::Open || now > hold.expires {
        inner.note("payer is refused");
        return false;
    }
    hold.is = HoldIs::Held;
    hold.held_msat = amount_msat;
    hold.deadline = height + u32::from(hold.cltv);
    let claim_deadline = hold.deadline;
    let event = NodeEvent::HtlcHeld { payment_hash: hash, amount_msat: msat(amount_msat), claim_deadline };
    inner.books.node.events.push_back(event);
    inner.note(format!("payer's HTLC {} of {amount_msat} msat is held", short(&hash)));
    true
}

/// One of the two nodes.
pub struct ModelNode {
    pub shared: Shared,
    /// The node that pays vendors.
    pub vendor: bool,
}

impl ModelNode {
    fn book<'a>(&self, inner: &'a mut Inner) -> &'a mut NodeBook {
        if self.vendor { &mut inner.books.vendor_node } else { &mut inner.books.node }
    }

    const fn word(&self, holding: &'static str, vendor: &'static str) -> &'static str {
        if self.vendor { vendor } else { holding }
    }
}

fn not_held<T>() -> Outcome<T> {
    Outcome::Rejected(Rejection::fatal("not_held", "nothing is held for this hash"))
}

#[async_trait]
impl LightningNode for ModelNode {
    fn node_id(&self) -> NodeId {
        let mut id = [if self.vendor { 3 } else { 7 }; 33];
        id[0] = 2;
        NodeId(id)
    }

    async fn info(&self) -> Outcome<NodeInfo> {
        let act = |inner: &mut Inner| {
            let (tip_height, tip_seen_at) = (inner.height(), UnixMs(inner.now));
            Outcome::Done(NodeInfo { tip_height, tip_seen_at, channels_usable: 1 })
        };
        self.shared.call("node.info", act).await
    }

    async fn room(&self) -> Outcome<Room> {
        let channel = ChannelRoom {
            channel_id: "c".to_owned(),
            usable: true,
            outbound_msat: msat(5_000_000_000),
            inbound_msat: msat(10_000_000_000),
            in_flight_left_msat: msat(2_000_000_000),
            slots_left: 50,
            htlc_min_msat: msat(1_000),
        };
        let act = |_: &mut Inner| Outcome::Done(Room { channels: vec![channel.clone()], reserve_ok: true });
        self.shared.call("node.room", act).await
    }

    async fn create_hold_invoice(&self, request: HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        let act = |inner: &mut Inner| {
            let expires = inner.now + u64::from(request.expiry_secs) * 1_000;
            let bolt11 = format!("lnsim{}", request.payment_hash);
            inner.books.node.holds.entry(request.payment_hash).or_insert(HoldEntry {
                asked_msat: request.amount_msat.get(),
                expires,
                held_msat: 0,
                deadline: 0,
                is: HoldIs::Open,
                cltv: request.min_final_cltv_delta,
                claimed_seq: None,
            });
            Outcome::Done(HoldInvoice { bolt11, expires_at: UnixMs(expires) })
        };
        self.shared.call("node.create_hold_invoice", act).await
    }

    async fn claim(&self, payment_hash: PaymentHash, preimage: Preimage, amount_msat: Msat) -> Outcome<()> {
        let act = |inner: &mut Inner| {
            let due = inner.now + inner.books.node.confirm_ms.unwrap_or(CONFIRM_MS);
            if sha256(&preimage.0) != payment_hash.0 {
                return Outcome::Rejected(Rejection::fatal("preimage", "not the preimage of this hash"));
            }
            let Some(hold) = inner.books.node.holds.get_mut(&payment_hash) else { return not_held() };
            match hold.is {
                HoldIs::Held if hold.held_msat == amount_msat.get() => {
                    hold.is = HoldIs::Claiming { due };
                    inner.note("node takes the preimage");
                    Outcome::Done(())
                }
                HoldIs::Claiming { .. } | HoldIs::Claimed => Outcome::Done(()),
                HoldIs::Held | HoldIs::Open | HoldIs::Returned => not_held(),
            }
        };
        self.shared.call("node.claim", act).await
    }

    async fn return_hold(&self, payment_hash: PaymentHash) -> Outcome<()> {
        let act = |inner: &mut Inner| {
            let Some(hold) = inner.books.node.holds.get_mut(&payment_hash) else { return Outcome::Done(()) };
            match hold.is {
                HoldIs::Held => {
                    hold.is = HoldIs::Returned;
                    inner.note(format!("node returns {}", short(&payment_hash)));
                    Outcome::Done(())
                }
                HoldIs::Open | HoldIs::Returned => Outcome::Done(()),
                HoldIs::Claiming { .. } | HoldIs::Claimed => {
                    Outcome::Rejected(Rejection::fatal("claimed", "it is claimed"))
                }
            }
        };
        self.shared.call("node.return_hold", act).await
    }

    async fn hold_status(&self, payment_hash: PaymentHash) -> Outcome<HoldStatus> {
        let act = |inner: &mut Inner| {
            let Some(hold) = inner.books.node.holds.get(&payment_hash) else {
                return Outcome::Done(HoldStatus::NotFound);
            };
            let amount_msat = msat(hold.held_msat);
            Outcome::Done(match hold.is {
                HoldIs::Open => HoldStatus::Open,
                HoldIs::Held => HoldStatus::Held { amount_msat, claim_deadline: hold.deadline },
                HoldIs::Claiming { .. } => HoldStatus::Claiming { amount_msat },
                HoldIs::Claimed => HoldStatus::Claimed { amount_msat },
                HoldIs::Returned => HoldStatus::Returned,
            })
        };
        self.shared.call("node.hold_status", act).await
    }

    async fn pay(&self, request: PayRequest) -> Outcome<SendStatus> {
        let act = |inner: &mut Inner| {
            let due = inner.now + inner.books.misc.payees.send_ms(&request.payment_hash).unwrap_or(SEND_MS);
            let asked = inner.books.misc.invoices.get(&request.payment_hash).copied();
            let amount_msat = request.amount_msat.map(Msat::get).or(asked).unwrap_or(0);
            let book = self.book(inner);
            // Never a second one for the same hash.
            if let Entry::Vacant(place) = book.sends.entry(request.payment_hash) {
                place.insert(SendEntry { amount_msat, is: SendIs::Pending { due } });
                inner.note(format!("a send of {amount_msat} msat begins, {}", short(&request.payment_hash)));
            }
            status(inner, self.vendor, &request.payment_hash)
        };
        self.shared.call(self.word("node.pay", "vendor_node.pay"), act).await
    }

    async fn send_status(&self, payment_hash: PaymentHash) -> Outcome<SendStatus> {
        let act = |inner: &mut Inner| status(inner, self.vendor, &payment_hash);
        self.shared.call(self.word("node.send_status", "vendor_node.send_status"), act).await
    }

    /// The world hands events over itself.
    async fn next_event(&self) -> NodeEvent {
        pending().await
    }

    async fn ack_event(&self) -> Outcome<()> {
        let mut inner = self.shared.lock();
        inner.activity += 1;
        self.book(&mut inner).events.pop_front();
        Outcome::Done(())
    }
}

fn status(inner: &Inner, vendor: bool, hash: &PaymentHash) -> Outcome<SendStatus> {
    let book = if vendor { &inner.books.vendor_node } else { &inner.books.node };
    let Some(send) = book.sends.get(hash) else { return Outcome::Done(SendStatus::NotFound) };
    Outcome::Done(match send.is {
        SendIs::Pending { .. } => SendStatus::Pending,
        SendIs::Succeeded => {
            let preimage = inner.books.misc.preimages.get(hash).copied().unwrap_or_default();
            SendStatus::Succeeded { preimage: Preimage(preimage), fee_msat: msat(SEND_FEE_MSAT) }
        }
        SendIs::Failed => SendStatus::Failed { reason: "no route".to_owned() },
    })
}
