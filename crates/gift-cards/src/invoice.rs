//! What a vendor's BOLT 11 invoice must be before a purchase is built on it. Pure.

use bitcoin::Network;
use ids::{PaymentHash, UnixMs};
use lightning_invoice::Bolt11Invoice;
use money::Msat;
use std::{str::FromStr, time::Duration};

/// Longer than any invoice a vendor needs.
const LENGTH_MAX: usize = 4_096;

/// What a good invoice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub payment_hash: PaymentHash,
    pub amount_msat: Msat,
    pub expires_at: UnixMs,
    pub min_final_cltv_delta: u32,
}

/// Why nothing is built on it. An order with such an invoice is never paid, so nothing is lost with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadInvoice {
    #[error("the vendor's invoice is no BOLT 11 invoice with a valid signature")]
    Unreadable,
    #[error("the vendor's invoice is for another network")]
    WrongNetwork,
    #[error("the vendor's invoice has no amount")]
    NoAmount,
    #[error("the vendor's invoice runs out before the shopper could have paid")]
    TooShort,
    #[error("the vendor's invoice asks for more blocks than can be held")]
    TooManyBlocks,
}

/// `life_ms_min` is how long from `now` it has to be payable at least.
pub fn check(bolt11: &str, network: Network, now: UnixMs, life_ms_min: u64) -> Result<Checked, BadInvoice> {
    if bolt11.len() > LENGTH_MAX {
        return Err(BadInvoice::Unreadable);
    }
    // Parsing checks the signature and what the specification asks of the fields.
    let invoice = Bolt11Invoice::from_str(bolt11).map_err(|_| BadInvoice::Unreadable)?;
    if invoice.network() != network {
        return Err(BadInvoice::WrongNetwork);
    }
    let amount_msat = invoice.amount_milli_satoshis().filter(|amount| *amount > 0).ok_or(BadInvoice::NoAmount)?;
    let amount_msat = Msat::new(amount_msat).map_err(|_| BadInvoice::Unreadable)?;
    let expires_at = invoice.expires_at().ok_or(BadInvoice::Unreadable)?;
    if invoice.would_expire(Duration::from_millis(now.plus_ms(life_ms_min).0)) {
        return Err(BadInvoice::TooShort);
    }
    let blocks = invoice.min_final_cltv_expiry_delta();
    Ok(Checked {
        payment_hash: PaymentHash(*invoice.payment_hash().as_ref()),
        amount_msat,
        expires_at: UnixMs(u64::try_from(expires_at.as_millis()).map_err(|_| BadInvoice::Unreadable)?),
        min_final_cltv_delta: u32::try_from(blocks)
            .ok()
            .filter(|blocks| *blocks <= BLOCKS_MAX)
            .ok_or(BadInvoice::TooManyBlocks)?,
    })
}

/// Two weeks: what nodes refuse beyond (BOLT 4, `expiry_too_far`).
const BLOCKS_MAX: u32 = 2_016;
