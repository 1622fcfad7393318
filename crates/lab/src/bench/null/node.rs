//! The null Lightning node: signs invoices, and believes whoever says that they were paid.

use async_trait::async_trait;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey, SignOnly};
use ids::{NodeId, PaymentHash, UnixMs};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use money::Msat;
use ports::{
    ChannelRoom, Description, HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode, NodeEvent, NodeInfo, Outcome,
    PayRequest, Preimage, Rejection, Room, SendStatus,
};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// Far above anything that a bench holds at a time, below the sum of all bitcoin.
const ROOM_MSAT: u64 = 1_000_000_000_000_000;
pub const HEIGHT: u32 = 100;
const CLAIM_DEADLINE: u32 = HEIGHT + 1_000;

/// Has no peers and no channels; its events come from [`NullNode::paid`] and from claims.
pub struct NullNode {
    key: SecretKey,
    secp: Secp256k1<SignOnly>,
    events: Mutex<VecDeque<NodeEvent>>,
    some: Notify,
}

impl NullNode {
    pub fn new() -> Self {
        let key = SecretKey::from_slice(&[0x42; 32]).expect("a number below the order of the curve");
        Self { key, secp: Secp256k1::signing_only(), events: Mutex::default(), some: Notify::new() }
    }

    /// A shopper's wallet has paid: the HTLC is held.
    pub fn paid(&self, payment_hash: PaymentHash, amount_msat: Msat) {
        self.tell(NodeEvent::HtlcHeld { payment_hash, amount_msat, claim_deadline: CLAIM_DEADLINE });
    }

    fn tell(&self, event: NodeEvent) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
        self.some.notify_one();
    }

    fn sign(&self, request: &HoldInvoiceRequest) -> Result<HoldInvoice, String> {
        let Description::Text(description) = &request.description else {
            return Err("only descriptions in words".to_owned());
        };
        let hash = sha256::Hash::from_byte_array(request.payment_hash.0);
        // A payer would send it along; nobody checks it here.
        let secret = PaymentSecret(sha256::Hash::hash(&request.payment_hash.0).to_byte_array());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
        let expiry = Duration::from_secs(u64::from(request.expiry_secs));
        let invoice = InvoiceBuilder::new(Currency::Regtest)
            .description(description.clone())
            .payment_hash(hash)
            .payment_secret(secret)
            .amount_milli_satoshis(request.amount_msat.get())
            .duration_since_epoch(now)
            .expiry_time(expiry)
            .min_final_cltv_expiry_delta(u64::from(request.min_final_cltv_delta))
            .basic_mpp()
            .build_signed(|message| self.secp.sign_ecdsa_recoverable(message, &self.key))
            .map_err(|error| error.to_string())?;
        let expires_at = u64::try_from((now + expiry).as_millis()).unwrap_or(u64::MAX);
        Ok(HoldInvoice { bolt11: invoice.to_string(), expires_at: UnixMs(expires_at) })
    }
}

#[async_trait]
impl LightningNode for NullNode {
    fn node_id(&self) -> NodeId {
        NodeId(PublicKey::from_secret_key(&self.secp, &self.key).serialize())
    }

    async fn info(&self) -> Outcome<NodeInfo> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let tip_seen_at = UnixMs(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        Outcome::Done(NodeInfo { tip_height: HEIGHT, tip_seen_at, channels_usable: 1 })
    }

    async fn room(&self) -> Outcome<Room> {
        let room = Msat::new(ROOM_MSAT).unwrap_or(Msat::MAX);
        let channel = ChannelRoom {
            channel_id: "null".to_owned(),
            usable: true,
            outbound_msat: room,
            inbound_msat: room,
            in_flight_left_msat: room,
            slots_left: u16::MAX,
            htlc_min_msat: Msat::ZERO,
        };
        Outcome::Done(Room { channels: vec![channel], reserve_ok: true })
    }

    async fn create_hold_invoice(&self, request: HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        match self.sign(&request) {
            Ok(invoice) => Outcome::Done(invoice),
            Err(why) => Outcome::Rejected(Rejection::fatal("invalid_invoice", why)),
        }
    }

    /// Confirmed at once.
    async fn claim(&self, payment_hash: PaymentHash, preimage: Preimage, amount_msat: Msat) -> Outcome<()> {
        if sha256::Hash::hash(&preimage.0).to_byte_array() != payment_hash.0 {
            return Outcome::Rejected(Rejection::fatal("wrong_preimage", "the preimage is not this hash's"));
        }
        self.tell(NodeEvent::HtlcClaimed { payment_hash, amount_msat });
        Outcome::Done(())
    }

    async fn return_hold(&self, _: PaymentHash) -> Outcome<()> {
        Outcome::Done(())
    }

    async fn hold_status(&self, _: PaymentHash) -> Outcome<HoldStatus> {
        Outcome::Unknown("the null node keeps no books".to_owned())
    }

    async fn pay(&self, _: PayRequest) -> Outcome<SendStatus> {
        Outcome::NotSent("the null node does not pay".to_owned())
    }

    async fn send_status(&self, _: PaymentHash) -> Outcome<SendStatus> {
        Outcome::Done(SendStatus::NotFound)
    }

    async fn next_event(&self) -> NodeEvent {
        loop {
            if let Some(event) = self.events.lock().unwrap_or_else(PoisonError::into_inner).front() {
                return event.clone();
            }
            self.some.notified().await;
        }
    }

    async fn ack_event(&self) -> Outcome<()> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Outcome::Done(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightning_invoice::Bolt11Invoice;
    use std::str::FromStr as _;

    #[tokio::test]
    async fn its_invoices_are_real() {
        let node = NullNode::new();
        let request = HoldInvoiceRequest {
            payment_hash: PaymentHash([7; 32]),
            amount_msat: Msat::new(496_758_000).unwrap(),
            description: Description::Text("Anytill K7Q2 27.11 USD".to_owned()),
            expiry_secs: 300,
            min_final_cltv_delta: 80,
        };
        let made = node.create_hold_invoice(request).await.done().unwrap();
        // Parsing checks the signature.
        let invoice = Bolt11Invoice::from_str(&made.bolt11).unwrap();
        assert_eq!(invoice.amount_milli_satoshis(), Some(496_758_000));
        assert_eq!(invoice.recover_payee_pub_key().serialize(), node.node_id().0);
        assert_eq!(invoice.min_final_cltv_expiry_delta(), 80);
    }

    #[tokio::test]
    async fn it_claims_only_with_the_preimage() {
        let node = NullNode::new();
        let preimage = [9; 32];
        let hash = PaymentHash(sha256::Hash::hash(&preimage).to_byte_array());
        let amount = Msat::new(1).unwrap();
        assert!(matches!(node.claim(hash, Preimage([8; 32]), amount).await, Outcome::Rejected(_)));
        assert_eq!(node.claim(hash, Preimage(preimage), amount).await, Outcome::Done(()));
        assert_eq!(node.next_event().await, NodeEvent::HtlcClaimed { payment_hash: hash, amount_msat: amount });
    }
}
