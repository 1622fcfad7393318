//! What the server says of itself: rates, what is served, health.

use super::ClaimOn;
use super::price::Basis;
use money::Currency;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Rates {
    pub rates: Vec<RateView>,
}

/// The consolidated rate of one currency, or why there is none. A quote is made from the executable price, which is at
/// most a little lower. Of a currency that no venue trades it is an estimate through a daily table (`basis`), which
/// nothing is sold by.
#[derive(Serialize, ToSchema)]
pub struct RateView {
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    /// One bitcoin, in millionths of the major unit.
    pub rate_micro: Option<u64>,
    #[schema(example = "5512.511112")]
    pub rate: Option<String>,
    /// The shopper's, after the spread.
    pub shopper_rate_micro: Option<u64>,
    pub shopper_rate: Option<String>,
    pub observed_at_ms: Option<u64>,
    /// How old the oldest price is that it rests on.
    pub age_ms: Option<u64>,
    /// Venues it rests on.
    pub venues: Vec<String>,
    /// Venues with a fresh price that was too far from the others' to be believed.
    pub outliers: Vec<String>,
    /// What it rests on.
    pub basis: Option<Basis>,
    /// Why there is none: `stale`, `too_few_venues`, `deviation`, `thin_book`, `unknown_currency`, `table_old`,
    /// `never`.
    pub unavailable: Option<&'static str>,
}

/// What can be bought through this server, told before anyone pays.
#[derive(Serialize, ToSchema)]
pub struct Served {
    /// Part of the terms.
    pub server: String,
    #[schema(value_type = String)]
    pub node: ids::NodeId,
    pub accepts_purchases: bool,
    /// Anybody may register; else by invitation.
    pub open_registration: bool,
    pub currencies: Vec<CurrencyServed>,
    /// ISO 3166-1 alpha-2; empty: every country but the blocked ones.
    pub countries: Vec<String>,
    pub blocked_countries: Vec<String>,
    /// With everything below them.
    pub blocked_stores: Vec<String>,
    /// ISO 18245.
    pub blocked_categories: Vec<String>,
    pub blocked_merchant_countries: Vec<String>,
    /// Stores with rules of their own.
    pub stores: Vec<StoreServed>,
    /// The rules of all others; none: they are not served.
    pub other_stores: Option<StoreServed>,
    /// Stores are paid by card.
    pub cards: bool,
    /// Providers whose accounts can be linked and paid from (`source: linked_account`): paid first, not held.
    pub linked_accounts: Vec<&'static str>,
    /// Purchases can be paid on the chain (`source: on_chain`): paid first, not held, and slow. None: they cannot.
    pub on_chain: Option<OnChainServed>,
    /// Stores are paid by gift card, where there is one (`GET /v1/gift-cards`).
    pub gift_cards: bool,
    pub spread_ppm: u32,
    /// Of gift cards.
    pub gift_card_spread_ppm: u32,
    pub fee_bps: u32,
    /// How long a price is locked.
    pub quote_ms: u64,
    /// Longest time the bitcoin is held.
    pub hold_ms_max: u64,
    pub limits: AccountLimits,
}

/// What is different on the chain.
#[derive(Serialize, ToSchema)]
pub struct OnChainServed {
    pub spread_ppm: u32,
    /// How long a price is locked.
    pub quote_ms: u64,
}

#[derive(Serialize, ToSchema)]
pub struct CurrencyServed {
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    pub total_minor_min: u64,
    pub total_minor_max: u64,
}

#[derive(Serialize, ToSchema)]
pub struct StoreServed {
    /// None for all others.
    pub host: Option<String>,
    pub name: String,
    pub claim_on: ClaimOn,
    /// A charge may be so much above the total.
    pub tolerance_minor: u64,
    /// Several charges are approved.
    pub splits: bool,
    /// How long a funded card stays open; then what is left is owed back.
    pub card_open_ms_max: u64,
    pub takes_gift_cards: bool,
}

/// Bounds of one account. Amounts are minor units of `currency`, whatever the store's; days begin at midnight UTC.
#[derive(Serialize, ToSchema)]
pub struct AccountLimits {
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    pub purchase_minor_max: u64,
    pub day_minor_max: u64,
    pub unpaid_at_once: u64,
    /// Holds that come to nothing.
    pub abandoned_holds_of_day_max: u64,
    pub cards_of_day_max: u64,
}

/// The gift cards that a store can be paid with.
#[derive(Serialize, ToSchema)]
pub struct GiftCards {
    /// Empty: none.
    pub offers: Vec<GiftCardOffer>,
}

/// One gift card. It is bought whole or not at all: the bitcoin is claimed with what paying the vendor's Lightning
/// invoice reveals.
#[derive(Serialize, ToSchema)]
pub struct GiftCardOffer {
    pub product_id: String,
    /// As the vendor calls it.
    pub store: String,
    /// ISO 3166-1 alpha-2: where it can be used.
    pub country: String,
    #[schema(value_type = String, example = "USD")]
    pub currency: Currency,
    /// Values sold, minor units, rising; empty: `min_minor` and every `increment_minor` above it up to `max_minor`.
    pub steps_minor: Vec<u64>,
    pub min_minor: u64,
    pub max_minor: u64,
    pub increment_minor: u64,
}

/// A signed bundle of recipes.
#[derive(Serialize, ToSchema)]
pub struct Recipes {
    /// `anytill-recipes-v1`, three lines of head, one recipe a line as JSON.
    pub text: String,
    /// ECDSA on secp256k1 over the text's SHA-256, r and s, hex.
    pub signature: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// The process answers.
    pub live: bool,
    /// Purchases can be begun.
    pub ready: bool,
    /// Why not: `draining`, `storage`, `node`, `chain_tip_old`, `no_channel`, `chain_reserve`, `prices`, `issuer`.
    pub reasons: Vec<&'static str>,
}

/// One row of the table of problems.
#[derive(Serialize, ToSchema)]
pub struct ProblemKind {
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
    pub detail: &'static str,
}
