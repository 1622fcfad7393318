//! What is agreed for one purchase when it is created, and does not change after.

use money::Bps;
use serde::{Deserialize, Serialize};

/// Of [`Policy::vendor_blocks_max`], kept for the chain: a send whose HTLC has to time out there is over only when its
/// channel is closed and the timeout is buried (LDK: 3 blocks of grace, two transactions, 6 confirmations), in days of
/// high fees much later.
pub const VENDOR_CHAIN_BLOCKS: u32 = 36;

/// When the HTLC is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOn {
    /// When the store charges the card.
    Authorization,
    /// When the card becomes usable: for stores that charge days later.
    Reveal,
}

/// Which way the purchase takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Quote, hold, card.
    Card,
    /// A prepared card with limit zero, then quote, hold, limit raised.
    CardFirst,
    /// Quote, hold under the vendor invoice's hash, vendor paid, claim.
    GiftCard,
    /// A source that cannot be held, then card.
    PaidFirst,
}

/// What a purchase is paid from that cannot be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FundsSource {
    /// The shopper's account at an exchange, which sends when the shopper has confirmed.
    LinkedAccount,
    /// Any wallet, to an address of the purchase's own.
    OnChain,
}

/// Limits and windows of one purchase. Amounts in minor units of the order total's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub flow: Flow,
    /// With [`Flow::PaidFirst`] only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funds_source: Option<FundsSource>,
    pub claim_on: ClaimOn,
    /// What a charge may be above or below the order total (taxes found late); the operator bears it.
    pub tolerance_minor: u64,
    /// The store charges in parts: charges below the total are approved.
    pub splits: bool,
    /// Largest small check approved without a claim, and how many of them.
    pub check_minor_max: u64,
    pub checks_max: u32,
    /// Acceptor categories (ISO 18245) and countries that are never paid.
    pub blocked_categories: Vec<String>,
    pub blocked_countries: Vec<String>,
    /// Longest time an HTLC is held.
    pub hold_ms_max: u64,
    /// How long a funded card stays open.
    pub card_open_ms_max: u64,
    /// From an authorization request to our answer.
    pub answer_ms_max: u64,
    /// An HTLC is failed back this many blocks before its claim deadline; none is claimed later than that.
    pub deadline_margin_blocks: u32,
    /// What the hold asks the payer for.
    pub min_final_cltv_delta: u16,
    /// How far the executable price may have fallen below the quote's when the claim is decided.
    pub price_fall_max: Bps,
    /// Gift card: blocks the send to the vendor may take at worst, [`VENDOR_CHAIN_BLOCKS`] included.
    pub vendor_blocks_max: u32,
    /// Sales tried before the operator is asked.
    pub sale_attempts_max: u32,
}
