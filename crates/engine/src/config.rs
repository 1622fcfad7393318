//! What the operator sets for the engine.

use money::{Bps, Money, Ppm};

/// Windows, limits and margins. Times in milliseconds.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address under which shoppers pair with this server; part of the terms.
    pub server_url: String,
    pub spread: Ppm,
    /// The same for gift cards, whose vendors sell bitcoin at a price of their own.
    pub gift_card_spread: Ppm,
    /// The same for what is paid on the chain, whose price is locked for longer.
    pub chain_spread: Ppm,
    /// Fee on every order total, hundredths of a percent of it.
    pub fee: Bps,
    /// How long a price is locked.
    pub quote_ms: u64,
    /// The same for what is paid on the chain.
    pub chain_quote_ms: u64,
    /// The chain tip counts as fresh for this long.
    pub tip_age_ms_max: u64,
    /// A step's effects are leased to this process for so long.
    pub lease_ms: u64,
    /// Below it, refused: dust HTLCs can be lost in a force close.
    pub hold_msat_min: u64,
    /// How far below the quoted price the sale may go.
    pub sale_slack: Bps,
    /// An order at the exchange is dead after this.
    pub sale_deadline_ms: u64,
    /// Claimed and not yet sold, in satoshi, the next purchase included: beyond it nothing is quoted.
    pub exposure_sat_max: u64,
    /// Card attempts answered by "not sent" or "try later" before the hold is returned.
    pub card_attempts_max: u32,
    /// The issuer's settlement window: when a void or a store's refund is final.
    pub refund_wait_ms: u64,
    /// Funds that cannot be held are watched for so long after their quote is over; what arrives is paid back.
    pub late_funds_ms: u64,
    /// Early refunds of one account within a settlement window, and of all accounts at one store; minor units.
    pub early_refund_minor_max: u64,
    pub early_refund_store_minor_max: u64,
    /// Captures that the operator bore for one account, and at one store beyond the tolerance, since they were last
    /// cleared; minor units. Beyond it nothing more is sold.
    pub borne_account_minor_max: u64,
    pub borne_store_minor_max: u64,
    /// Highest routing fee of a refund: share of it, and at least so much.
    pub refund_fee_max: Bps,
    pub refund_fee_msat_min: u64,
    /// Quoting stops before the issuer's balance, less what is quoted, falls below it. None: at zero.
    pub float_keep: Option<Money>,
    /// The same of what the node that pays vendors can send.
    pub vendor_send_keep_msat: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server_url: "http://127.0.0.1:8780".to_owned(),
            spread: Ppm(10_000),
            gift_card_spread: Ppm(30_000),
            chain_spread: Ppm(20_000),
            fee: Bps(0),
            quote_ms: 5 * 60_000,
            chain_quote_ms: 60 * 60_000,
            tip_age_ms_max: 2 * 3_600_000,
            lease_ms: 60_000,
            hold_msat_min: 5_000_000,
            sale_slack: Bps(200),
            sale_deadline_ms: 20_000,
            exposure_sat_max: u64::MAX,
            card_attempts_max: 3,
            refund_wait_ms: 7 * 86_400_000,
            late_funds_ms: 30 * 86_400_000,
            early_refund_minor_max: 10_000,
            early_refund_store_minor_max: 50_000,
            borne_account_minor_max: 5_000,
            borne_store_minor_max: 20_000,
            refund_fee_max: Bps(100),
            refund_fee_msat_min: 10_000,
            float_keep: None,
            vendor_send_keep_msat: 0,
        }
    }
}
