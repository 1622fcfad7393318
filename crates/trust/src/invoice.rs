//! The check that the extension makes before it shows an invoice: signed by a node of the key set, for the quoted amount,
//! committed to the terms, on the right network, still good. This is its reference; `vectors/invoice.json` are its answers.

use bitcoin::Network;
use ids::{NodeId, PaymentHash, UnixMs};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef};
use money::Msat;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What the invoice must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedInvoice<'a> {
    /// The node that the terms name; it must be one of the key set's.
    pub node: NodeId,
    pub key_set_nodes: &'a [NodeId],
    pub network: Network,
    pub amount_msat: Msat,
    /// `purchase::terms::description` of the terms as the extension computed them itself.
    pub description: &'a str,
}

/// What the invoice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedInvoice {
    pub payment_hash: PaymentHash,
    pub expires_at: UnixMs,
    /// Blocks that the last HTLC is asked to live (BOLT 11 `c`).
    pub min_final_cltv_delta: u64,
}

/// Why an invoice is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceFault {
    /// Check sum, signature or a field that BOLT 11 requires is wrong.
    #[error("not a BOLT11 invoice")]
    NotAnInvoice,
    #[error("for another network")]
    WrongNetwork,
    /// Signed by another key than the terms name, or by one that is not in the key set.
    #[error("not signed by the server's node")]
    WrongKey,
    /// Another amount than quoted, or none.
    #[error("for another amount than quoted")]
    WrongAmount,
    /// Does not commit to the terms.
    #[error("does not commit to the terms")]
    WrongDescription,
    #[error("expired")]
    Expired,
}

/// Faults are found in the order of [`InvoiceFault`].
pub fn check_invoice(
    bolt11: &str,
    expected: &ExpectedInvoice<'_>,
    now: UnixMs,
) -> Result<CheckedInvoice, InvoiceFault> {
    let invoice = Bolt11Invoice::from_str(bolt11).map_err(|_| InvoiceFault::NotAnInvoice)?;
    if invoice.network() != expected.network {
        return Err(InvoiceFault::WrongNetwork);
    }
    let signer = NodeId(invoice.recover_payee_pub_key().serialize());
    let named = invoice.payee_pub_key().is_none_or(|key| NodeId(key.serialize()) == signer);
    if signer != expected.node || !named || !expected.key_set_nodes.contains(&signer) {
        return Err(InvoiceFault::WrongKey);
    }
    if invoice.amount_milli_satoshis() != Some(expected.amount_msat.get()) {
        return Err(InvoiceFault::WrongAmount);
    }
    match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(text) if text.as_inner().0 == expected.description => {}
        Bolt11InvoiceDescriptionRef::Direct(_) | Bolt11InvoiceDescriptionRef::Hash(_) => {
            return Err(InvoiceFault::WrongDescription);
        }
    }
    let ends = invoice.duration_since_epoch().saturating_add(invoice.expiry_time());
    let expires_at = UnixMs(u64::try_from(ends.as_millis()).unwrap_or(u64::MAX));
    if now >= expires_at {
        return Err(InvoiceFault::Expired);
    }
    Ok(CheckedInvoice {
        payment_hash: PaymentHash(*AsRef::<[u8; 32]>::as_ref(invoice.payment_hash())),
        expires_at,
        min_final_cltv_delta: invoice.min_final_cltv_expiry_delta(),
    })
}
