//! Its money: on the chain, in channels, paid and received.

use super::{Lnd, LndError};
use crate::chain::Chain;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bitcoin::{Address, Txid};
use lightning_invoice::Bolt11Invoice;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::time::Duration;

/// After so many blocks a channel may be used.
const CONFIRMATIONS: u32 = 6;

/// How a payment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LndOutcome {
    Succeeded { preimage: [u8; 32], fee_msat: u64 },
    Failed { reason: String },
}

/// How a payment is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct PayWith {
    /// More than the invoice asks for.
    pub amount_msat: Option<u64>,
    /// The largest part; None: as the node likes.
    pub part_msat_max: Option<u64>,
}

/// A number that LND writes as text.
fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Lnd {
    /// # Errors
    /// As [`Lnd::get`].
    pub async fn address(&self) -> Result<Address, LndError> {
        let made = self.get("/v1/newaddress").await?;
        let text = made["address"].as_str().unwrap_or_default();
        let address = Address::from_str(text)
            .map_err(|error| LndError::Transport { what: "newaddress".to_owned(), why: error.to_string() })?;
        Ok(address.assume_checked())
    }

    /// Gets money from the chain's faucet and waits until it can be spent.
    ///
    /// # Errors
    /// [`LndError::Late`], else as [`Lnd::get`].
    pub async fn fund(&self, chain: &Chain, amount_sat: u64, within: Duration) -> Result<(), LndError> {
        let of_chain = |error: crate::chain::ChainError| LndError::Transport {
            what: "the chain".to_owned(),
            why: error.to_string(),
        };
        let address = self.address().await?;
        chain.fund(&address, amount_sat).await.map_err(of_chain)?;
        chain.mine(1).await.map_err(of_chain)?;
        self.until("funds", within, || async {
            let balance = self.get("/v1/balance/blockchain").await.ok()?;
            (number(&balance["confirmed_balance"]) >= amount_sat).then_some(())
        })
        .await
    }

    /// Sends on the chain at this rate.
    ///
    /// # Errors
    /// As [`Lnd::get`].
    pub async fn send_on_chain(&self, to: &Address, sat: u64, sat_per_vbyte: u64) -> Result<Txid, LndError> {
        let body = json!({
            "addr": to.to_string(),
            "amount": sat.to_string(),
            "sat_per_vbyte": sat_per_vbyte.to_string(),
            "spend_unconfirmed": true,
        });
        let sent = self.post("/v1/transactions", body).await?;
        Txid::from_str(sent["txid"].as_str().unwrap_or_default())
            .map_err(|error| LndError::Transport { what: "transactions".to_owned(), why: error.to_string() })
    }

    /// Connects to a peer; it may be connected already.
    ///
    /// # Errors
    /// [`LndError::Late`].
    pub async fn connect(&self, node_id: &str, to: SocketAddr, within: Duration) -> Result<(), LndError> {
        self.until("connection to a peer", within, || async {
            let body = json!({ "addr": { "pubkey": node_id, "host": to.to_string() }, "perm": false });
            match self.post("/v1/peers", body).await {
                Ok(_) => Some(()),
                Err(error) => error.to_string().contains("already connected").then_some(()),
            }
        })
        .await
    }

    /// Opens a private channel, mines what it needs, and waits for a route of this amount through it.
    ///
    /// # Errors
    /// [`LndError::Late`], else as [`Lnd::get`].
    pub async fn open_channel(
        &self,
        chain: &Chain,
        peer: &str,
        (capacity_sat, push_sat): (u64, u64),
        within: Duration,
    ) -> Result<(), LndError> {
        self.open(chain, peer, (capacity_sat, push_sat), false, within).await
    }

    /// The same, known to the whole network.
    ///
    /// # Errors
    /// As [`Self::open_channel`].
    pub async fn open_announced_channel(
        &self,
        chain: &Chain,
        peer: &str,
        (capacity_sat, push_sat): (u64, u64),
        within: Duration,
    ) -> Result<(), LndError> {
        self.open(chain, peer, (capacity_sat, push_sat), true, within).await
    }

    async fn open(
        &self,
        chain: &Chain,
        peer: &str,
        (capacity_sat, push_sat): (u64, u64),
        announced: bool,
        within: Duration,
    ) -> Result<(), LndError> {
        let of_chain = |error: crate::chain::ChainError| LndError::Transport {
            what: "the chain".to_owned(),
            why: error.to_string(),
        };
        let key = hex::decode(peer).unwrap_or_default();
        let body = json!({
            "node_pubkey": STANDARD.encode(key),
            "local_funding_amount": capacity_sat.to_string(),
            "push_sat": push_sat.to_string(),
            "private": !announced,
        });
        self.post("/v1/channels", body).await?;
        chain.mine(CONFIRMATIONS).await.map_err(of_chain)?;
        self.path(peer, capacity_sat / 10, within).await
    }

    /// Closes every channel without its peer; HTLCs in them are decided on the chain.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn close_by_force(&self) -> Result<(), LndError> {
        let open = self.get("/v1/channels").await?;
        for channel in open["channels"].as_array().into_iter().flatten() {
            let Some((txid, output)) = channel["channel_point"].as_str().and_then(|point| point.split_once(':')) else {
                continue;
            };
            self.first_line(Method::DELETE, &format!("/v1/channels/{txid}/{output}?force=true"), None).await?;
        }
        Ok(())
    }

    /// Waits until a route is found, which is later than a channel's becoming active.
    ///
    /// # Errors
    /// [`LndError::Late`].
    pub async fn path(&self, to: &str, amount_sat: u64, within: Duration) -> Result<(), LndError> {
        self.until("route", within, || async {
            let channels = self.get("/v1/channels?active_only=true").await.ok()?;
            let active = channels["channels"].as_array()?.iter().any(|channel| channel["remote_pubkey"] == to);
            let routes = self.get(&format!("/v1/graph/routes/{to}/{amount_sat}")).await.ok()?;
            (active && routes["routes"].as_array().is_some_and(|routes| !routes.is_empty())).then_some(())
        })
        .await
    }

    /// Starts to pay; an error when nothing was sent.
    ///
    /// # Errors
    /// [`LndError::Said`] with the reason.
    pub async fn pay(&self, bolt11: &str, with: PayWith) -> Result<(), LndError> {
        let mut body = json!({ "timeout_seconds": 60, "fee_limit_msat": "100000" });
        match with.amount_msat {
            None => body["payment_request"] = json!(bolt11),
            // LND pays no more than an invoice says, but whoever spells the payment out may.
            Some(amount_msat) => {
                let read: Bolt11Invoice = bolt11
                    .parse()
                    .map_err(|error| LndError::Said { what: "pay".to_owned(), said: format!("{error:?}") })?;
                body["dest"] = json!(STANDARD.encode(read.recover_payee_pub_key().serialize()));
                body["payment_hash"] = json!(STANDARD.encode(AsRef::<[u8; 32]>::as_ref(read.payment_hash())));
                body["payment_addr"] = json!(STANDARD.encode(read.payment_secret().0));
                body["final_cltv_delta"] = json!(read.min_final_cltv_expiry_delta());
                body["amt_msat"] = json!(amount_msat.to_string());
                // TLV onion, payment secret, several parts.
                body["dest_features"] = json!([9, 14, 17]);
            }
        }
        if let Some(part_msat_max) = with.part_msat_max {
            body["max_shard_size_msat"] = json!(part_msat_max.to_string());
            body["max_parts"] = json!(16);
        }
        let first = self.first_line(Method::POST, "/v2/router/send", Some(body)).await?;
        if first["status"] == "FAILED" {
            return Err(LndError::Said { what: "pay".to_owned(), said: first["failure_reason"].to_string() });
        }
        Ok(())
    }

    /// HTLCs of this hash that are out and not resolved.
    ///
    /// # Errors
    /// As [`Lnd::get`].
    pub async fn htlcs_out(&self, hash: &[u8; 32]) -> Result<usize, LndError> {
        let lock = STANDARD.encode(hash);
        let ours = |htlc: &Value| htlc["incoming"] == false && htlc["hash_lock"] == lock.as_str();
        let channels = self.get("/v1/channels").await?;
        let channels = channels["channels"].as_array().cloned().unwrap_or_default();
        let pending = channels.iter().filter_map(|channel| channel["pending_htlcs"].as_array()).flatten();
        Ok(pending.filter(|htlc| ours(htlc)).count())
    }

    /// Waits for the end of a payment.
    ///
    /// # Errors
    /// [`LndError::Late`].
    pub async fn outcome(&self, hash: &[u8; 32], within: Duration) -> Result<LndOutcome, LndError> {
        let path = format!("/v2/router/track/{}", URL_SAFE.encode(hash));
        self.until("end of a payment", within, || async {
            let payment = self.first_line(Method::GET, &path, None).await.ok()?;
            match payment["status"].as_str()? {
                "SUCCEEDED" => {
                    let mut preimage = [0; 32];
                    hex::decode_to_slice(payment["payment_preimage"].as_str()?, &mut preimage).ok()?;
                    Some(LndOutcome::Succeeded { preimage, fee_msat: number(&payment["fee_msat"]) })
                }
                "FAILED" => Some(LndOutcome::Failed { reason: payment["failure_reason"].as_str()?.to_owned() }),
                _ => None,
            }
        })
        .await
    }

    /// What it has in its channels, once nothing is in flight, msat.
    ///
    /// # Errors
    /// [`LndError::Late`].
    pub async fn channels_msat(&self, within: Duration) -> Result<u64, LndError> {
        self.until("rest in its channels", within, || async {
            let channels = self.get("/v1/channels").await.ok()?;
            let none = |channel: &Value| channel["pending_htlcs"].as_array().is_some_and(Vec::is_empty);
            if !channels["channels"].as_array()?.iter().all(none) {
                return None;
            }
            let balance = self.get("/v1/balance/channels").await.ok()?;
            Some(number(&balance["local_balance"]["msat"]))
        })
        .await
    }

    /// What is in its channels, or on its way back from closed ones.
    ///
    /// # Errors
    /// As [`Lnd::get`].
    pub async fn in_channels_sat(&self) -> Result<u64, LndError> {
        let open = self.get("/v1/balance/channels").await?;
        let pending = self.get("/v1/channels/pending").await?;
        let closing = pending["waiting_close_channels"].as_array().into_iter().flatten();
        let limbo = number(&pending["total_limbo_balance"]);
        Ok(number(&open["local_balance"]["sat"])
            + limbo
            + closing.map(|one| number(&one["limbo_balance"])).sum::<u64>())
    }

    /// An invoice that is claimed as soon as it is paid.
    ///
    /// # Errors
    /// As [`Lnd::get`].
    pub async fn receive(&self, amount_msat: u64) -> Result<String, LndError> {
        let body = json!({ "value_msat": amount_msat.to_string(), "memo": "for the payer", "private": true });
        let made = self.post("/v1/invoices", body).await?;
        Ok(made["payment_request"].as_str().unwrap_or_default().to_owned())
    }

    /// As [`Lnd::receive`], with a description hash as a Lightning address asks for (LUD-06).
    ///
    /// # Errors
    /// As [`Lnd::get`].
    pub async fn receive_of_hash(&self, amount_msat: u64, hash: [u8; 32]) -> Result<String, LndError> {
        let hash = STANDARD.encode(hash);
        let body = json!({ "value_msat": amount_msat.to_string(), "description_hash": hash, "private": true });
        let made = self.post("/v1/invoices", body).await?;
        Ok(made["payment_request"].as_str().unwrap_or_default().to_owned())
    }
}
