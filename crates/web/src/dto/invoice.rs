//! The invoice, and the ways in which a wallet comes by it.

use purchase::Purchase;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rail {
    Bolt11,
    Lnurl,
}

impl From<purchase::Rail> for Rail {
    fn from(rail: purchase::Rail) -> Self {
        match rail {
            purchase::Rail::Bolt11 => Self::Bolt11,
            purchase::Rail::Lnurl => Self::Lnurl,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct InvoiceView {
    /// Lower case; a QR code holds it in upper case.
    pub bolt11: String,
    /// The same invoice as a `bitcoin:` link (BIP 321, before it BIP 21) without an address: only Lightning can be held.
    #[schema(example = "bitcoin:?lightning=lnbc1...")]
    pub bip21: String,
    /// As a QR code holds it: the invoice in upper case, scheme and key in lower case, which some wallets insist on.
    #[schema(example = "bitcoin:?lightning=LNBC1...")]
    pub bip21_qr: String,
    #[schema(value_type = String)]
    pub payment_hash: ids::PaymentHash,
}

impl InvoiceView {
    /// None of an invoice that a wallet has fetched.
    pub fn of(p: &Purchase) -> Option<Self> {
        let invoice = p.invoice.as_ref().filter(|_| p.rail == purchase::Rail::Bolt11)?;
        let bip21 = |bolt11: &str| format!("bitcoin:?lightning={bolt11}");
        Some(Self {
            bip21: bip21(&invoice.bolt11),
            bip21_qr: bip21(&invoice.bolt11.to_ascii_uppercase()),
            bolt11: invoice.bolt11.clone(),
            payment_hash: invoice.payment_hash,
        })
    }
}
