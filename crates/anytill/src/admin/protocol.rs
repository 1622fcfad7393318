//! What is asked and answered.

use money::Currency;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest line in either direction, bytes.
pub const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    Doctor,
    Ledger,
    Treasury,
    Reconcile {
        accept: Option<String>,
        fees: bool,
    },
    ParkedList,
    ParkedExplain {
        id: String,
    },
    ParkedResolve {
        id: String,
    },
    BorneList,
    BorneClear {
        count: String,
    },
    Drain {
        return_holds: bool,
        wait_secs: u64,
    },
    Invite {
        count: u16,
    },
    Rates {
        currency: Option<Currency>,
    },
    Network {
        amount_sat: Option<u64>,
    },
    RateHistory {
        currency: Option<Currency>,
        days: u16,
    },
    Backup {
        path: String,
    },
    /// One of the node's, of the node that pays vendors.
    VendorNode {
        request: Box<Request>,
    },
    /// From the wallet that shoppers pay.
    OnChainWithdraw {
        address: String,
        amount_sat: u64,
        number: u32,
    },
    NodeId,
    NodeAddress,
    NodeConnect {
        peer: String,
    },
    NodeOpen {
        peer: String,
        capacity_sat: u64,
        push_msat: u64,
        announce: bool,
    },
    NodeClose {
        channel_id: String,
        force: bool,
    },
    NodeBalances,
    NodeChannels,
    NodePeers,
    NodeHolds,
    NodeWithdraw {
        address: String,
        amount_sat: u64,
        sat_per_vbyte: Option<u64>,
    },
    NodeInvoice {
        amount_sat: u64,
    },
    NodeJitInvoice {
        amount_sat: u64,
        max_fee_sat: u64,
    },
    NodeOrderChannel {
        capacity_sat: u64,
        max_fee_sat: u64,
        expiry_blocks: u32,
        anew: bool,
    },
    NodeOrders,
    NodeSpliceIn {
        channel_id: String,
        amount_sat: u64,
    },
    NodeSpliceOut {
        channel_id: String,
        address: String,
        amount_sat: u64,
    },
    NodeLiquidity {
        days: u16,
    },
    NodePay {
        bolt11: String,
        max_fee_sat: u64,
    },
}

/// The same thing for a person and for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// False: the command ends with exit code 1.
    pub ok: bool,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// # Errors
    /// When the value has no JSON form.
    pub fn new(ok: bool, text: impl Into<String>, json: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self { ok, text: text.into(), json: serde_json::to_value(json)? })
    }

    /// Done, with nothing more to say than this.
    pub fn done(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { ok: true, json: serde_json::json!({ "done": text }), text }
    }
}

/// One line from the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// More is to come.
    Progress(String),
    Answer(Answer),
    /// Refused or failed: for the person at the terminal.
    Error(String),
}
