//! Its money: on the chain, in channels, paid and received.

use super::{Electrum, ElectrumError};
use crate::chain::Chain;
use bitcoin::{Address, Txid};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Stdio;
use std::str::FromStr as _;
use std::time::Duration;

/// After so many blocks a channel may be used.
const CONFIRMATIONS: u32 = 6;
/// `lnpay` answers when the invoice is paid or has failed: longer than any hold.
const PAY_WITHIN: Duration = Duration::from_secs(6 * 3_600);
const READ_WITHIN: Duration = Duration::from_secs(30);
/// Of an invoice's status: "In progress".
const IN_PROGRESS: u64 = 4;
/// How Electrum's own window reads a code, spelled out: its commands take invoices only.
const READER: &str = include_str!("read_code.py");

/// How `lnpay` ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paid {
    Succeeded { preimage: [u8; 32] },
    Failed { reason: String },
}

impl Electrum {
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn address(&self) -> Result<Address, ElectrumError> {
        let made = self.call("createnewaddress", json!([])).await?;
        let address = Address::from_str(made.as_str().unwrap_or_default()).map_err(|error| {
            ElectrumError::Transport { what: "createnewaddress".to_owned(), why: error.to_string() }
        })?;
        Ok(address.assume_checked())
    }

    /// Gets money from the chain's faucet and waits until it can be spent.
    ///
    /// # Errors
    /// [`ElectrumError::Late`], else as [`Electrum::call`].
    pub async fn fund(&self, chain: &Chain, amount_sat: u64, within: Duration) -> Result<(), ElectrumError> {
        chain.fund(&self.address().await?, amount_sat).await.map_err(of_chain)?;
        chain.mine(1).await.map_err(of_chain)?;
        self.until("funds", within, || async {
            let balance = self.call("getbalance", json!([])).await.ok()?;
            (msat(&balance["confirmed"])? >= amount_sat * 1_000).then_some(())
        })
        .await
    }

    /// Connects to a peer; it may be connected already.
    ///
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn connect(&self, node_id: &str, to: SocketAddr) -> Result<(), ElectrumError> {
        self.call("add_peer", json!([format!("{node_id}@{to}")])).await.map(drop)
    }

    /// Opens a private channel, mines what it needs, and waits until it can be used.
    ///
    /// # Errors
    /// [`ElectrumError::Late`], else as [`Electrum::call`].
    pub async fn open_channel(
        &self,
        chain: &Chain,
        (peer, address): (&str, SocketAddr),
        (capacity_sat, push_sat): (u64, u64),
        within: Duration,
    ) -> Result<(), ElectrumError> {
        let words = json!([format!("{peer}@{address}"), btc(capacity_sat), btc(push_sat)]);
        self.call("open_channel", words).await?;
        chain.mine(CONFIRMATIONS).await.map_err(of_chain)?;
        self.until("usable channel", within, || async { self.has_usable(peer).await.ok()?.then_some(()) }).await
    }

    /// There is a channel to this node over which can be paid.
    ///
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn has_usable(&self, peer: &str) -> Result<bool, ElectrumError> {
        let usable = |channel: &Value| channel["state"] == "OPEN" && channel["peer_state"] == "GOOD";
        Ok(self.channels().await?.iter().any(|channel| usable(channel) && channel["remote_pubkey"] == peer))
    }

    /// # Errors
    /// As [`Electrum::call`].
    pub async fn channels(&self) -> Result<Vec<Value>, ElectrumError> {
        let channels = self.call("list_channels", json!([])).await?;
        Ok(channels.as_array().cloned().unwrap_or_default())
    }

    /// What it can spend, on the chain and in channels, msat. What is in flight is its own until it is claimed.
    ///
    /// # Errors
    /// [`ElectrumError::Transport`] for what is no amount.
    pub async fn balance_msat(&self) -> Result<u64, ElectrumError> {
        let balance = self.call("getbalance", json!([])).await?;
        let part = |name: &str| match &balance[name] {
            Value::Null => Some(0),
            amount => msat(amount),
        };
        ["confirmed", "unconfirmed", "lightning"]
            .into_iter()
            .try_fold(0u64, |sum, name| sum.checked_add(part(name)?))
            .ok_or_else(|| ElectrumError::Transport { what: "getbalance".to_owned(), why: balance.to_string() })
    }

    /// What it has in its channels is what its history adds up to: the history has what was claimed at once, the channels
    /// when both sides have signed for it.
    ///
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn is_booked(&self) -> Result<bool, ElectrumError> {
        let history = self.call("lightning_history", json!([])).await?;
        let amounts = history.as_array().into_iter().flatten().filter_map(|entry| entry["amount_msat"].as_i64());
        let balance = self.call("getbalance", json!([])).await?;
        let there_msat = if balance["lightning"].is_null() { Some(0) } else { msat(&balance["lightning"]) };
        Ok(there_msat.and_then(|msat| i64::try_from(msat).ok()) == Some(amounts.sum()))
    }

    /// Pays, and answers when it is claimed or has failed.
    ///
    /// # Errors
    /// [`ElectrumError::Said`] when nothing was sent.
    pub async fn pay(&self, bolt11: &str) -> Result<Paid, ElectrumError> {
        let said = self.call_within("lnpay", json!([bolt11]), PAY_WITHIN).await?;
        if said["success"] != true {
            return Ok(Paid::Failed { reason: said["log"].to_string() });
        }
        let mut preimage = [0; 32];
        hex::decode_to_slice(said["preimage"].as_str().unwrap_or_default(), &mut preimage)
            .map_err(|error| ElectrumError::Transport { what: "lnpay".to_owned(), why: error.to_string() })?;
        Ok(Paid::Succeeded { preimage })
    }

    /// It says "in progress" of the invoice, and an HTLC is out.
    ///
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn is_in_progress(&self, payment_hash: &str) -> Result<bool, ElectrumError> {
        let invoices = self.call("list_invoices", json!([])).await?;
        let of_it = |invoice: &&Value| invoice["invoice_id"] == payment_hash;
        let status = invoices.as_array().and_then(|all| all.iter().find(of_it)).map(|one| one["status"].as_u64());
        let out = self.channels().await?.iter().any(|channel| channel["local_unsettled_sent"] != 0);
        Ok(status == Some(Some(IN_PROGRESS)) && out)
    }

    /// An invoice that is claimed as soon as it is paid; 0: of no amount.
    ///
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn receive(&self, amount_sat: u64, description: &str) -> Result<String, ElectrumError> {
        let made = self.call("add_request", json!([btc(amount_sat), description])).await?;
        let bolt11 = made["lightning_invoice"].as_str().unwrap_or_default();
        match bolt11 {
            "" => Err(ElectrumError::Said { what: "add_request".to_owned(), said: made.to_string() }),
            bolt11 => Ok(bolt11.to_owned()),
        }
    }

    /// Sends on the chain at this rate.
    ///
    /// # Errors
    /// As [`Electrum::call`].
    pub async fn send(&self, to: &Address, sat: u64, sat_per_vbyte: u64) -> Result<Txid, ElectrumError> {
        let words = json!({ "destination": to.to_string(), "amount": btc(sat), "feerate": sat_per_vbyte });
        let signed = self.call("payto", words).await?;
        let txid = self.call("broadcast", json!([signed])).await?;
        Txid::from_str(txid.as_str().unwrap_or_default())
            .map_err(|error| ElectrumError::Transport { what: "broadcast".to_owned(), why: error.to_string() })
    }

    /// Waits until its history has all of these.
    ///
    /// # Errors
    /// [`ElectrumError::Late`].
    pub async fn wait_for(&self, txids: &BTreeSet<Txid>, within: Duration) -> Result<(), ElectrumError> {
        self.until("sight of what is its own", within, || async {
            let history = self.call("onchain_history", json!([])).await.ok()?;
            let seen: BTreeSet<_> =
                history["transactions"].as_array()?.iter().filter_map(|entry| entry["txid"].as_str()).collect();
            txids.iter().all(|txid| seen.contains(txid.to_string().as_str())).then_some(())
        })
        .await
    }

    /// The invoice behind a code, as Electrum's own modules read it: BOLT 11, a `bitcoin:` link, or an LNURL, where it
    /// fetches one of this amount.
    ///
    /// # Errors
    /// [`ElectrumError::Said`] with its refusal.
    pub async fn read_code(&self, code: &str, amount_sat: u64) -> Result<String, ElectrumError> {
        let mut python = tokio::process::Command::new(super::PYTHON);
        python.args(["-c", READER, code, &amount_sat.to_string()]).stdin(Stdio::null()).kill_on_drop(true);
        let read = tokio::time::timeout(READ_WITHIN, python.output()).await;
        let late = |_| ElectrumError::Late { what: "reading of a code".to_owned(), within: READ_WITHIN };
        let output = read.map_err(late)??;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(ElectrumError::Said { what: "reading of a code".to_owned(), said });
        }
        Ok(said)
    }
}

fn of_chain(error: crate::chain::ChainError) -> ElectrumError {
    ElectrumError::Transport { what: "the chain".to_owned(), why: error.to_string() }
}

/// As its commands take an amount.
fn btc(sat: u64) -> String {
    format!("{}.{:08}", sat / 100_000_000, sat % 100_000_000)
}

/// Of a decimal number of bitcoin, to the millisatoshi; none of what is finer or no number. Never through a float.
fn msat(amount: &Value) -> Option<u64> {
    let text = amount.as_str()?;
    if let Some((digits, exponent)) = text.split_once("E-") {
        // Python writes small ones so.
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let zeros = exponent.parse::<usize>().ok()?.checked_sub(whole.len())?;
        return msat_of("0", &format!("{}{whole}{part}", "0".repeat(zeros.min(11))));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    msat_of(whole, part)
}

fn msat_of(whole: &str, part: &str) -> Option<u64> {
    let part = part.trim_end_matches('0');
    if part.len() > 11 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<11}").parse().ok()?;
    whole.checked_mul(100_000_000_000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_exactly() {
        assert_eq!(
            (btc(16_000_000), btc(0), btc(100_000_001)),
            ("0.16000000".into(), "0.00000000".into(), "1.00000001".into())
        );
        let read = |text: &str| msat(&json!(text));
        assert_eq!(read("0.11503242"), Some(11_503_242_000));
        assert_eq!(read("0.11503241999"), Some(11_503_241_999));
        assert_eq!((read("50"), read("0"), read("1E-8")), (Some(5_000_000_000_000), Some(0), Some(1_000)));
        assert_eq!((read("1.5E-7"), read("1E-11")), (Some(15_000), Some(1)));
        for wrong in ["", "-1", "1e5", "0.000000000001", "1E-12", "abc", "0.1.2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(msat(&json!(0.5)), None);
    }
}
