//! The port itself: holds. Sends are in `sends`, events in `events`, room in `room`.

use super::finals::Fate;
use super::node::{LndNode, Shared};
use super::rest::RestError;
use super::watch::{self, msat};
use super::wire::{AddedInvoice, Invoice, InvoiceState, Nothing, Part, base64, base64_url};
use crate::requests::{check_hold, rejected};
use async_trait::async_trait;
use bitcoin::hashes::{Hash as _, sha256};
use ids::{NodeId, PaymentHash, UnixMs};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef};
use money::Msat;
use ports::{
    Description, HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode, NodeEvent, NodeInfo, Outcome, PayRequest,
    Preimage, Rejection, Room, SendStatus,
};
use serde_json::json;
use std::sync::Arc;

#[async_trait]
impl LightningNode for LndNode {
    fn node_id(&self) -> NodeId {
        self.shared.node_id
    }

    async fn info(&self) -> Outcome<NodeInfo> {
        let known = self.shared.tip().clone();
        match (self.shared.look().await, known) {
            (Ok(info), _) => Outcome::Done(info),
            // It is there but cannot say it now, as without its chain: what was known, and how old it is.
            (Err(RestError::Unknown(_) | RestError::Said { .. }), Some(known)) => Outcome::Done(known),
            (Err(error), _) => error.outcome(),
        }
    }

    async fn room(&self) -> Outcome<Room> {
        self.shared.look_for_room().await.map_or_else(RestError::outcome, Outcome::Done)
    }

    async fn create_hold_invoice(&self, request: HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        let _alone = self.shared.alone(&request.payment_hash).await;
        self.shared.create(&request).await
    }

    async fn claim(&self, payment_hash: PaymentHash, preimage: Preimage, amount_msat: Msat) -> Outcome<()> {
        if sha256::Hash::hash(&preimage.0).to_byte_array() != payment_hash.0 {
            return rejected("wrong_preimage", "the preimage is not this hash's");
        }
        let _alone = self.shared.alone(&payment_hash).await;
        self.shared.claim(&payment_hash, &preimage, amount_msat).await
    }

    async fn return_hold(&self, payment_hash: PaymentHash) -> Outcome<()> {
        let _alone = self.shared.alone(&payment_hash).await;
        self.shared.give_back(&payment_hash).await
    }

    async fn hold_status(&self, payment_hash: PaymentHash) -> Outcome<HoldStatus> {
        self.shared.hold_status(&payment_hash).await.map_or_else(RestError::outcome, Outcome::Done)
    }

    async fn pay(&self, request: PayRequest) -> Outcome<SendStatus> {
        self.shared.pay(&request).await
    }

    async fn send_status(&self, payment_hash: PaymentHash) -> Outcome<SendStatus> {
        self.shared.track(&payment_hash).await.map_or_else(RestError::outcome, Outcome::Done)
    }

    async fn next_event(&self) -> NodeEvent {
        self.shared.queue.next().await
    }

    async fn ack_event(&self) -> Outcome<()> {
        self.shared.acknowledge().await
    }
}

impl Shared {
    pub async fn invoice(&self, hash: &PaymentHash) -> Result<Invoice, RestError> {
        self.rest.get(format!("/v2/invoices/lookup?payment_hash={}", base64_url(hash))).await
    }

    pub async fn cancel(&self, hash: &PaymentHash) -> Result<(), RestError> {
        let body = json!({ "payment_hash": base64(&hash.0) });
        self.rest.post::<Nothing>("/v2/invoices/cancel", &body).await.map(drop)
    }

    async fn create(self: &Arc<Self>, request: &HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        if let Err(rejection) = check_hold(request, self.hold_msat_min) {
            return Outcome::Rejected(rejection);
        }
        let hash = request.payment_hash;
        let mut body = json!({
            "hash": base64(&hash.0),
            "value_msat": request.amount_msat.get().to_string(),
            "expiry": request.expiry_secs.to_string(),
            "cltv_expiry": request.min_final_cltv_delta.to_string(),
            // Only channels that the network does not know are hinted at.
            "private": true,
        });
        match &request.description {
            Description::Text(text) => body["memo"] = json!(text),
            Description::Hash(hash) => body["description_hash"] = json!(base64(hash)),
        }
        let bolt11 = match self.rest.post::<AddedInvoice>("/v2/invoices/hodl", &body).await {
            Ok(added) => added.payment_request,
            Err(error) if error.says("already exists") => match self.invoice(&hash).await {
                Ok(known) => match known.state {
                    InvoiceState::Settled => return rejected("already_claimed", "this hash was paid and claimed"),
                    InvoiceState::Canceled => return rejected("returned", "the invoice of this hash has ended"),
                    InvoiceState::Open | InvoiceState::Accepted => known.payment_request,
                },
                Err(error) => return error.outcome(),
            },
            Err(error) => return error.outcome(),
        };
        let expires_at = match self.read_back(&bolt11, request) {
            Ok(expires_at) => expires_at,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        if let Err(why) = self.with_table(move |table| table.add_hold(&hash)).await {
            return Outcome::Unknown(why);
        }
        watch::begin(self, hash, false);
        Outcome::Done(HoldInvoice { bolt11, expires_at })
    }

    /// What the node made is what was asked for, signed by the key that shoppers' extensions know.
    fn read_back(&self, bolt11: &str, request: &HoldInvoiceRequest) -> Result<UnixMs, Rejection> {
        let other =
            |what: &str| Rejection::fatal("hash_in_use", format!("the invoice of this hash has another {what}"));
        let read: Bolt11Invoice = bolt11.parse().map_err(|_| other("form"))?;
        let described = match (read.description(), &request.description) {
            (Bolt11InvoiceDescriptionRef::Direct(said), Description::Text(asked)) => said.to_string() == *asked,
            (Bolt11InvoiceDescriptionRef::Hash(said), Description::Hash(asked)) => said.0.to_byte_array() == *asked,
            _ => false,
        };
        let checks = [
            ("hash", AsRef::<[u8; 32]>::as_ref(read.payment_hash()) == &request.payment_hash.0),
            ("payee", read.recover_payee_pub_key().serialize() == self.node_id.0),
            ("amount", read.amount_milli_satoshis() == Some(request.amount_msat.get())),
            ("final CLTV", read.min_final_cltv_expiry_delta() == u64::from(request.min_final_cltv_delta)),
            ("expiry", read.expiry_time().as_secs() == u64::from(request.expiry_secs)),
            ("description", described),
        ];
        if let Some((what, _)) = checks.iter().find(|(_, same)| !same) {
            return Err(other(what));
        }
        let expires_at = read.duration_since_epoch().saturating_add(read.expiry_time());
        Ok(UnixMs(u64::try_from(expires_at.as_millis()).unwrap_or(u64::MAX)))
    }

    async fn claim(self: &Arc<Self>, hash: &PaymentHash, preimage: &Preimage, amount_msat: Msat) -> Outcome<()> {
        let invoice = match self.invoice(hash).await {
            Ok(invoice) => invoice,
            Err(error) if error.is_not_found() => return rejected("not_found", "no invoice with this hash was made"),
            Err(error) => return error.outcome(),
        };
        match invoice.state {
            InvoiceState::Settled => return Outcome::Done(()),
            InvoiceState::Canceled => return rejected("returned", "the hold was failed back"),
            InvoiceState::Open => return rejected("not_held", "nothing is held for this hash"),
            InvoiceState::Accepted => {}
        }
        self.take_up(hash, &invoice).await;
        let held_msat = invoice.sum_msat(InvoiceState::Accepted);
        if held_msat != amount_msat.get() {
            return rejected("wrong_amount", format!("{held_msat} msat are held"));
        }
        let deadline = invoice.claim_deadline();
        if self.height() >= deadline {
            // Returned first, so that the refusal stays true.
            return match self.cancel(hash).await {
                Ok(()) => rejected("deadline_passed", format!("its deadline was height {deadline}")),
                Err(error) => error.outcome(),
            };
        }
        let body = json!({ "preimage": base64(&preimage.0) });
        match self.rest.post::<Nothing>("/v2/invoices/settle", &body).await {
            Ok(_) => Outcome::Done(()),
            Err(error) if error.says("invoice already canceled") => rejected("returned", "the hold was failed back"),
            Err(error) if error.says("invoice still open") => rejected("not_held", "nothing is held for this hash"),
            Err(error) => error.outcome(),
        }
    }

    async fn give_back(self: &Arc<Self>, hash: &PaymentHash) -> Outcome<()> {
        let invoice = match self.invoice(hash).await {
            Ok(invoice) => invoice,
            Err(error) if error.is_not_found() => return Outcome::Done(()),
            Err(error) => return error.outcome(),
        };
        match invoice.state {
            InvoiceState::Canceled => Outcome::Done(()),
            InvoiceState::Settled => rejected("already_claimed", "the hold was claimed"),
            InvoiceState::Open | InvoiceState::Accepted => {
                self.take_up(hash, &invoice).await;
                match self.cancel(hash).await {
                    Ok(()) => Outcome::Done(()),
                    Err(error) if error.says("invoice already settled") => {
                        rejected("already_claimed", "the hold was claimed")
                    }
                    Err(error) => error.outcome(),
                }
            }
        }
    }

    async fn hold_status(self: &Arc<Self>, hash: &PaymentHash) -> Result<HoldStatus, RestError> {
        let invoice = match self.invoice(hash).await {
            Ok(invoice) => invoice,
            Err(error) if error.is_not_found() => return Ok(HoldStatus::NotFound),
            Err(error) => return Err(error),
        };
        Ok(match invoice.state {
            InvoiceState::Canceled => HoldStatus::Returned,
            InvoiceState::Open => {
                self.take_up(hash, &invoice).await;
                HoldStatus::Open
            }
            InvoiceState::Accepted => {
                self.take_up(hash, &invoice).await;
                let amount_msat = msat(invoice.sum_msat(InvoiceState::Accepted));
                HoldStatus::Held { amount_msat, claim_deadline: invoice.claim_deadline() }
            }
            InvoiceState::Settled => {
                let amount_msat = msat(invoice.sum_msat(InvoiceState::Settled));
                let parts: Vec<Part> = invoice.parts(InvoiceState::Settled).cloned().collect();
                if self.finals.fate(&self.rest, &parts).await? == Fate::Ours {
                    HoldStatus::Claimed { amount_msat }
                } else {
                    self.take_up(hash, &invoice).await;
                    HoldStatus::Claiming { amount_msat }
                }
            }
        })
    }

    /// What the engine asks about and is still live is the server's: it is watched, also when the table was lost.
    async fn take_up(self: &Arc<Self>, hash: &PaymentHash, _live: &Invoice) {
        if self.live().contains_key(hash) {
            return;
        }
        let hash = *hash;
        if let Err(why) = self.with_table(move |table| table.add_hold(&hash)).await {
            tracing::error!(%hash, why, "a live hash cannot be written down");
        }
        watch::begin(self, hash, false);
    }
}
