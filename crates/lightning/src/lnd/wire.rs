//! What LND's REST interface says, as far as it is read (lnrpc, invoicesrpc and routerrpc of 0.21). Numbers of 64 bits
//! are texts there, bytes are base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ids::PaymentHash;
use serde::{Deserialize, Deserializer};
use std::str::FromStr;

/// For bodies.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// For paths and queries.
pub(super) fn base64_url(hash: &PaymentHash) -> String {
    URL_SAFE.encode(hash.0)
}

fn number<'de, D: Deserializer<'de>, N: FromStr + TryFrom<u64>>(from: D) -> Result<N, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(u64),
    }
    let read = match Written::deserialize(from)? {
        Written::Text(text) => text.parse().ok(),
        Written::Number(number) => N::try_from(number).ok(),
    };
    read.ok_or_else(|| serde::de::Error::custom("not a number of that size"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum InvoiceState {
    #[serde(rename = "OPEN")]
    Open,
    #[serde(rename = "ACCEPTED")]
    Accepted,
    #[serde(rename = "SETTLED")]
    Settled,
    #[serde(rename = "CANCELED")]
    Canceled,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Part {
    #[serde(deserialize_with = "number")]
    pub chan_id: u64,
    #[serde(deserialize_with = "number")]
    pub htlc_index: u64,
    #[serde(deserialize_with = "number")]
    pub amt_msat: u64,
    pub expiry_height: u32,
    pub state: InvoiceState,
}

/// An invoice and its HTLCs; the preimage is not read.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Invoice {
    pub payment_request: String,
    pub state: InvoiceState,
    #[serde(default)]
    pub htlcs: Vec<Part>,
}

/// Blocks before the lowest expiry of a hold's HTLCs at which this adapter returns it. LND 0.21 does so by itself at 18 by
/// default (`invoices.holdexpirydelta`), and goes to the chain at 16.
const RETURN_BEFORE_EXPIRY_BLOCKS: u32 = 20;

impl Invoice {
    /// The HTLCs in a state: those of earlier tries stay listed as canceled.
    pub fn parts(&self, state: InvoiceState) -> impl Iterator<Item = &Part> {
        self.htlcs.iter().filter(move |part| part.state == state)
    }

    pub fn sum_msat(&self, state: InvoiceState) -> u64 {
        self.parts(state).fold(0, |sum, part| sum.saturating_add(part.amt_msat))
    }

    pub fn claim_deadline(&self) -> u32 {
        let expiry = self.parts(InvoiceState::Accepted).map(|part| part.expiry_height).min().unwrap_or(0);
        expiry.saturating_sub(RETURN_BEFORE_EXPIRY_BLOCKS)
    }
}

#[derive(Deserialize)]
pub(super) struct AddedInvoice {
    pub payment_request: String,
}

/// An object of which nothing is read.
#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Info {
    pub identity_pubkey: String,
    pub version: String,
    pub block_height: u32,
    pub synced_to_chain: bool,
    pub num_active_channels: u32,
    #[serde(default)]
    pub store_final_htlc_resolutions: bool,
    pub chains: Vec<ChainName>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ChainName {
    pub network: String,
}

#[derive(Deserialize)]
pub(super) struct Resolution {
    pub settled: bool,
}

#[derive(Deserialize)]
pub(super) struct HtlcEvent {
    #[serde(deserialize_with = "number")]
    pub incoming_channel_id: u64,
    #[serde(deserialize_with = "number")]
    pub incoming_htlc_id: u64,
    pub final_htlc_event: Option<Resolution>,
}

#[derive(Deserialize)]
pub(super) struct Constraints {
    #[serde(deserialize_with = "number")]
    pub chan_reserve_sat: u64,
    #[serde(deserialize_with = "number")]
    pub dust_limit_sat: u64,
    #[serde(deserialize_with = "number")]
    pub max_pending_amt_msat: u64,
    #[serde(deserialize_with = "number")]
    pub min_htlc_msat: u64,
    pub max_accepted_htlcs: u32,
}

#[derive(Deserialize)]
pub(super) struct PendingHtlc {
    pub incoming: bool,
    #[serde(deserialize_with = "number")]
    pub amount: u64,
}

#[derive(Deserialize)]
pub(super) struct Channel {
    pub active: bool,
    pub private: bool,
    pub remote_pubkey: String,
    #[serde(deserialize_with = "number")]
    pub chan_id: u64,
    /// Zero where it has none, as the next.
    #[serde(deserialize_with = "number")]
    pub peer_scid_alias: u64,
    #[serde(deserialize_with = "number")]
    pub zero_conf_confirmed_scid: u64,
    pub channel_point: String,
    #[serde(deserialize_with = "number")]
    pub local_balance: u64,
    #[serde(deserialize_with = "number")]
    pub remote_balance: u64,
    #[serde(deserialize_with = "number")]
    pub fee_per_kw: u64,
    pub commitment_type: String,
    pub local_constraints: Constraints,
    pub remote_constraints: Constraints,
    #[serde(default)]
    pub pending_htlcs: Vec<PendingHtlc>,
}

#[derive(Deserialize)]
pub(super) struct Channels {
    #[serde(default)]
    pub channels: Vec<Channel>,
}

#[derive(Deserialize)]
pub(super) struct WalletBalance {
    #[serde(deserialize_with = "number")]
    pub confirmed_balance: u64,
    /// Confirmed or not.
    #[serde(deserialize_with = "number")]
    pub total_balance: u64,
}

#[derive(Deserialize)]
pub(super) struct PendingChannels {
    /// Of closed channels, on its way to the wallet.
    #[serde(deserialize_with = "number")]
    pub total_limbo_balance: u64,
}

#[derive(Deserialize)]
pub(super) struct RequiredReserve {
    #[serde(deserialize_with = "number")]
    pub required_reserve: u64,
}

#[derive(Deserialize)]
pub(super) struct FeeEstimate {
    #[serde(deserialize_with = "number")]
    pub sat_per_kw: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum PaymentState {
    Unknown,
    Initiated,
    InFlight,
    Succeeded,
    Failed,
}

/// A send as the node tells of it. No `Debug`: there is a preimage in it.
#[derive(Deserialize)]
pub(super) struct Payment {
    pub status: PaymentState,
    #[serde(default)]
    pub payment_preimage: String,
    #[serde(deserialize_with = "number")]
    pub fee_msat: u64,
    #[serde(default)]
    pub failure_reason: String,
}

#[derive(Deserialize)]
pub(super) struct WalletState {
    pub state: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(expiry_height: u32, state: &str) -> String {
        format!(
            r#"{{"chan_id":"1","htlc_index":"2","amt_msat":"1000","expiry_height":{expiry_height},"state":"{state}"}}"#
        )
    }

    /// HTLCs of an earlier try neither count nor shorten the time.
    #[test]
    fn a_hold_is_what_is_accepted() {
        let parts = [part(150, "CANCELED"), part(183, "ACCEPTED"), part(190, "ACCEPTED")].join(",");
        let text = format!(r#"{{"payment_request":"ln","state":"ACCEPTED","htlcs":[{parts}],"memo":"x"}}"#);
        let invoice: Invoice = serde_json::from_str(&text).unwrap();
        assert_eq!(invoice.sum_msat(InvoiceState::Accepted), 2_000);
        assert_eq!(invoice.claim_deadline(), 163);
        assert_eq!(invoice.parts(InvoiceState::Settled).count(), 0);
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        for bad in ["-1", "1.5", "18446744073709551616", ""] {
            let text = format!(r#"{{"required_reserve":"{bad}"}}"#);
            assert!(serde_json::from_str::<RequiredReserve>(&text).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<RequiredReserve>(r#"{"required_reserve":"18446744073709551615"}"#).is_ok());
    }
}
