//! The port itself: holds. Sends are in `sends`, events in `events`, room in `room`.

use super::events::msat;
use super::invoice::with_final_cltv;
use super::node::{EmbeddedNode, Gone, Shared};
use super::table::{HoldRow, HoldState, Sync, TableResult};
use super::watch::{self, DOUBT};
use crate::requests::{check_hold, rejected};
use async_trait::async_trait;
use bitcoin::hashes::{Hash as _, sha256};
use ids::{NodeId, PaymentHash, UnixMs};
use ldk_node::NodeError;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning_types::payment::{PaymentHash as LdkHash, PaymentPreimage};
use ldk_node::payment::PaymentDirection;
use lightning_invoice::{Bolt11InvoiceDescription, Description as LdkDescription, Sha256};
use money::Msat;
use ports::{
    Description, HoldInvoice, HoldInvoiceRequest, HoldStatus, LightningNode, NodeEvent, NodeInfo, Outcome, PayRequest,
    Preimage, Rejection, Room, SendStatus,
};

#[async_trait]
impl LightningNode for EmbeddedNode {
    fn node_id(&self) -> NodeId {
        self.shared.node_id
    }

    async fn info(&self) -> Outcome<NodeInfo> {
        self.call(|shared| {
            let status = shared.node.status();
            if !status.is_running {
                return Outcome::NotSent(STOPPED.to_owned());
            }
            let usable = shared.node.list_channels().iter().filter(|channel| channel.is_usable).count();
            Outcome::Done(NodeInfo {
                tip_height: status.current_best_block.height,
                // Set by ldk-node whenever its chain source has answered for the whole of it; kept over restarts.
                tip_seen_at: UnixMs(status.latest_lightning_wallet_sync_timestamp.unwrap_or(0).saturating_mul(1_000)),
                channels_usable: u32::try_from(usable).unwrap_or(u32::MAX),
            })
        })
        .await
    }

    async fn room(&self) -> Outcome<Room> {
        self.call(|shared| shared.room().map_or_else(table_failed, Outcome::Done)).await
    }

    async fn create_hold_invoice(&self, request: HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        self.call(move |shared| {
            let hash = request.payment_hash;
            shared.deciding(&hash, |shared| shared.create(&request))
        })
        .await
    }

    async fn claim(&self, payment_hash: PaymentHash, preimage: Preimage, amount_msat: Msat) -> Outcome<()> {
        self.call(move |shared| {
            shared.deciding(&payment_hash, |shared| shared.claim(&payment_hash, &preimage, amount_msat))
        })
        .await
    }

    async fn return_hold(&self, payment_hash: PaymentHash) -> Outcome<()> {
        self.call(move |shared| shared.deciding(&payment_hash, |shared| shared.give_back(&payment_hash))).await
    }

    async fn hold_status(&self, payment_hash: PaymentHash) -> Outcome<HoldStatus> {
        self.call(move |shared| shared.hold_status(&payment_hash).map_or_else(table_failed, Outcome::Done)).await
    }

    async fn pay(&self, request: PayRequest) -> Outcome<SendStatus> {
        self.call(move |shared| {
            let hash = request.payment_hash;
            shared.deciding(&hash, |shared| shared.pay(&request))
        })
        .await
    }

    async fn send_status(&self, payment_hash: PaymentHash) -> Outcome<SendStatus> {
        self.call(move |shared| {
            shared.deciding(&payment_hash, |shared| {
                shared.send_status(&payment_hash).map_or_else(table_failed, Outcome::Done)
            })
        })
        .await
    }

    async fn next_event(&self) -> NodeEvent {
        self.wait_for_event().await
    }

    async fn ack_event(&self) -> Outcome<()> {
        self.acknowledge().await
    }
}

pub(super) const STOPPED: &str = "the node has stopped";

/// The table could not be read or written; what the node did meanwhile is not known.
pub(super) fn table_failed<T>(error: rusqlite::Error) -> Outcome<T> {
    Outcome::Unknown(format!("the table of holds: {error}"))
}

impl EmbeddedNode {
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        match self.shared.blocking(work).await {
            Ok(outcome) => outcome,
            Err(Gone::Stopped) => Outcome::NotSent(STOPPED.to_owned()),
            Err(Gone::Panicked) => Outcome::Unknown("the node did not answer".to_owned()),
        }
    }
}

impl Shared {
    fn create(&self, request: &HoldInvoiceRequest) -> Outcome<HoldInvoice> {
        if let Err(rejection) = check_hold(request, self.hold_msat_min) {
            return Outcome::Rejected(rejection);
        }
        // Known again by its text; the expiry counts from the first time.
        let asked = format!(
            "{} {} {} {:?}",
            request.amount_msat.get(),
            request.expiry_secs,
            request.min_final_cltv_delta,
            request.description
        );
        match self.table.hold(&request.payment_hash) {
            Ok(None) => {}
            Ok(Some(row)) if row.state != HoldState::Claimed && row.request == asked => {
                return Outcome::Done(HoldInvoice { bolt11: row.bolt11, expires_at: UnixMs(row.expires_at_ms) });
            }
            Ok(Some(row)) if row.state == HoldState::Claimed => {
                return rejected("already_claimed", "this hash was paid and claimed");
            }
            Ok(Some(_)) => return rejected("hash_in_use", "another invoice has this hash"),
            Err(error) => return table_failed(error),
        }
        self.make_invoice(request, asked)
    }

    fn make_invoice(&self, request: &HoldInvoiceRequest, asked: String) -> Outcome<HoldInvoice> {
        let hash = request.payment_hash;
        match self.node.payment(&PaymentId(hash.0)) {
            Some(record) if record.direction == PaymentDirection::Outbound => {
                return rejected("hash_in_use", "a send of this node has this hash");
            }
            // ldk-node would forget that it was paid, and let it be paid again.
            Some(_) if watch::is_claimed(self, &hash) => {
                return rejected("already_claimed", "this hash was paid and claimed");
            }
            Some(_) | None => {}
        }
        let description = match ldk_description(&request.description) {
            Ok(description) => description,
            Err(why) => return rejected("invalid_description", why),
        };
        let amount_msat = request.amount_msat.get();
        let made = self.node.bolt11_payment().receive_for_hash(
            amount_msat,
            &description,
            request.expiry_secs,
            LdkHash(hash.0),
        );
        let made = match made {
            Ok(invoice) => with_final_cltv(invoice, request.min_final_cltv_delta, self.key.secret()),
            Err(NodeError::InvoiceCreationFailed) => {
                return rejected("invalid_amount", "the node makes no such invoice");
            }
            // An invoice that nobody has seen does no harm; the same call may succeed.
            Err(error) => return Outcome::Unknown(error.to_string()),
        };
        let invoice = match made {
            Ok(invoice) => invoice,
            Err(why) => return Outcome::Unknown(why),
        };
        let expires_at = invoice.duration_since_epoch().saturating_add(invoice.expiry_time());
        let row = HoldRow {
            hash,
            request: asked,
            bolt11: invoice.to_string(),
            expires_at_ms: u64::try_from(expires_at.as_millis()).unwrap_or(u64::MAX),
            state: HoldState::Open,
            amount_msat,
            claim_deadline: 0,
            claim_called: false,
            untold: false,
        };
        match self.table.put_hold(&row, Sync::Now) {
            Ok(()) => Outcome::Done(HoldInvoice { bolt11: row.bolt11, expires_at: UnixMs(row.expires_at_ms) }),
            Err(error) => table_failed(error),
        }
    }

    fn claim(&self, hash: &PaymentHash, preimage: &Preimage, amount_msat: Msat) -> Outcome<()> {
        if sha256::Hash::hash(&preimage.0).to_byte_array() != hash.0 {
            return rejected("wrong_preimage", "the preimage is not this hash's");
        }
        let row = match self.table.hold(hash) {
            Ok(Some(row)) => row,
            Ok(None) => return rejected("not_found", "no invoice with this hash was made"),
            Err(error) => return table_failed(error),
        };
        match row.state {
            HoldState::Claimed => return Outcome::Done(()),
            HoldState::Returned => return rejected("returned", "the hold was failed back"),
            HoldState::Open => return rejected("not_held", "nothing is held for this hash"),
            HoldState::Held => {}
        }
        if watch::is_claimed(self, hash) {
            return Outcome::Done(());
        }
        if row.amount_msat != amount_msat.get() {
            return rejected("wrong_amount", format!("{} msat are held", row.amount_msat));
        }
        if !row.claim_called && self.height() >= row.claim_deadline {
            // LDK would say Ok and do nothing.
            return self.too_late(&row);
        }
        if let Err(error) = self.table.mark_claim(hash, true, Sync::Later) {
            return table_failed(error);
        }
        watch::touch(self, *hash);
        let given =
            self.node.bolt11_payment().claim_for_hash(LdkHash(hash.0), row.amount_msat, PaymentPreimage(preimage.0));
        match given {
            Ok(()) => Outcome::Done(()),
            // Checked before anything is done with the preimage. With an earlier claim on the books it proves nothing.
            Err(error) if !row.claim_called => {
                if let Err(error) = self.table.mark_claim(hash, false, Sync::Later) {
                    return table_failed(error);
                }
                rejected("refused", error.to_string())
            }
            Err(error) => Outcome::Unknown(error.to_string()),
        }
    }

    /// After a loss of power the mark of an earlier claim may be missing: shortly after a start nothing is certain.
    fn too_late(&self, row: &HoldRow) -> Outcome<()> {
        let heard_of = self.touched().contains_key(&row.hash);
        if heard_of || self.started.elapsed() >= DOUBT {
            return rejected("deadline_passed", format!("the node failed it back at height {}", row.claim_deadline));
        }
        Outcome::Unknown("the deadline has passed, and the node has just started".to_owned())
    }

    fn give_back(&self, hash: &PaymentHash) -> Outcome<()> {
        let row = match self.table.hold(hash) {
            Ok(row) => row,
            Err(error) => return table_failed(error),
        };
        let claimed = row.as_ref().is_some_and(|row| row.state == HoldState::Claimed);
        if claimed || watch::is_claimed(self, hash) {
            // fail_for_hash would overwrite the node's record that it was paid.
            return rejected("already_claimed", "the hold was claimed");
        }
        if row.as_ref().is_some_and(|row| row.state == HoldState::Held && row.claim_called) {
            let message = "a claim was asked for and is not confirmed yet";
            return Outcome::Rejected(Rejection::retryable("claim_under_way", message));
        }
        let record = self.node.payment(&PaymentId(hash.0));
        if record.is_none_or(|record| record.direction == PaymentDirection::Outbound) {
            return Outcome::Done(());
        }
        // First the row: what it says is done again after a crash.
        let noted = match row {
            Some(row) if row.state == HoldState::Open => {
                self.table.put_hold(&HoldRow { state: HoldState::Returned, ..row }, Sync::Now)
            }
            Some(_) => self.table.returned(hash).map(|held| {
                if held {
                    self.touched().remove(hash);
                    self.returned.notify_one();
                }
            }),
            None => Ok(()),
        };
        if let Err(error) = noted {
            return table_failed(error);
        }
        match self.node.bolt11_payment().fail_for_hash(LdkHash(hash.0)) {
            Ok(()) => Outcome::Done(()),
            Err(error) => Outcome::Unknown(error.to_string()),
        }
    }

    fn hold_status(&self, hash: &PaymentHash) -> TableResult<HoldStatus> {
        let Some(row) = self.table.hold(hash)? else {
            return Ok(HoldStatus::NotFound);
        };
        let amount_msat = msat(row.amount_msat);
        Ok(match row.state {
            HoldState::Open => HoldStatus::Open,
            HoldState::Returned => HoldStatus::Returned,
            HoldState::Claimed => HoldStatus::Claimed { amount_msat },
            HoldState::Held if watch::is_claimed(self, hash) => HoldStatus::Claimed { amount_msat },
            HoldState::Held if row.claim_called => HoldStatus::Claiming { amount_msat },
            HoldState::Held => HoldStatus::Held { amount_msat, claim_deadline: row.claim_deadline },
        })
    }
}

fn ldk_description(description: &Description) -> Result<Bolt11InvoiceDescription, String> {
    match description {
        Description::Text(text) => LdkDescription::new(text.clone())
            .map(Bolt11InvoiceDescription::Direct)
            .map_err(|_| "longer than 639 bytes".to_owned()),
        Description::Hash(hash) => Ok(Bolt11InvoiceDescription::Hash(Sha256(sha256::Hash::from_byte_array(*hash)))),
    }
}
