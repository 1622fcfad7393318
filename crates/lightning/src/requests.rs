//! What every node refuses before it does anything, in the same words.

use bitcoin::Network;
use lightning_invoice::{Bolt11Invoice, Currency};
use ports::{Description, HoldInvoiceRequest, Outcome, PayRequest, Rejection};

/// Longest validity of an invoice; holds are meant to be short.
const EXPIRY_SECS_MAX: u32 = 7 * 24 * 3_600;
/// Fewer blocks leave no time to hold: LDK fails a hold 39 blocks before its expiry, LND 18.
const FINAL_CLTV_MIN: u16 = 80;
/// From 1,008 on payers refuse: LDK caps the sum of all CLTV deltas of a route there, and adds padding of its own.
const FINAL_CLTV_MAX: u16 = 1_001;
/// BOLT 11: a field has at most 1,023 groups of five bits.
const DESCRIPTION_BYTES_MAX: usize = 639;

pub(crate) fn rejected<T>(code: &str, message: impl Into<String>) -> Outcome<T> {
    Outcome::Rejected(Rejection::fatal(code, message))
}

/// `Err` for what makes no invoice that could be held safely.
pub(crate) fn check_hold(request: &HoldInvoiceRequest, hold_msat_min: u64) -> Result<(), Rejection> {
    let amount_msat = request.amount_msat.get();
    if amount_msat < hold_msat_min {
        let message = format!("{amount_msat} msat, at least {hold_msat_min} msat");
        return Err(Rejection::fatal("amount_too_small", message));
    }
    let delta = request.min_final_cltv_delta;
    if !(FINAL_CLTV_MIN..=FINAL_CLTV_MAX).contains(&delta) {
        let message = format!("a final CLTV of {delta} blocks, not {FINAL_CLTV_MIN} to {FINAL_CLTV_MAX}");
        return Err(Rejection::fatal("invalid_final_cltv", message));
    }
    if request.expiry_secs == 0 || request.expiry_secs > EXPIRY_SECS_MAX {
        let message = format!("an expiry of {} s, not 1 to {EXPIRY_SECS_MAX}", request.expiry_secs);
        return Err(Rejection::fatal("invalid_expiry", message));
    }
    match &request.description {
        Description::Text(text) if text.len() > DESCRIPTION_BYTES_MAX => {
            Err(Rejection::fatal("invalid_description", format!("longer than {DESCRIPTION_BYTES_MAX} bytes")))
        }
        Description::Text(_) | Description::Hash(_) => Ok(()),
    }
}

/// Somebody's invoice, and the amount to send if the invoice does not say it.
pub(crate) fn check_send(request: &PayRequest, network: Network) -> Result<(Bolt11Invoice, Option<u64>), Rejection> {
    let bad = |message: String| Rejection::fatal("invalid_invoice", message);
    let invoice: Bolt11Invoice =
        request.bolt11.parse().map_err(|error| bad(format!("not a BOLT 11 invoice: {error:?}")))?;
    let hash: &[u8; 32] = AsRef::<[u8; 32]>::as_ref(invoice.payment_hash());
    if *hash != request.payment_hash.0 {
        return Err(bad("the invoice has another payment hash".to_owned()));
    }
    if invoice.currency() != Currency::from(network) {
        return Err(bad("the invoice is for another network".to_owned()));
    }
    let amount_msat = match (invoice.amount_milli_satoshis(), request.amount_msat) {
        (Some(_), None) => None,
        (None, Some(amount_msat)) => Some(amount_msat.get()),
        (Some(said), Some(asked)) if said == asked.get() => None,
        (Some(_), Some(_)) => return Err(bad("the invoice says another amount".to_owned())),
        (None, None) => return Err(bad("the invoice says no amount, and none was given".to_owned())),
    };
    Ok((invoice, amount_msat))
}
