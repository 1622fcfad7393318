//! How a wallet comes by its invoice, and the numbers that keep invoices apart.

use crate::{Flow, Purchase, State};
use ids::PaymentHash;
use serde::{Deserialize, Serialize};

/// How the payer's wallet comes by its invoice. A `bitcoin:` link carries the BOLT 11 one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rail {
    /// Shown to the shopper, whose side has checked it.
    #[default]
    Bolt11,
    /// Fetched by the wallet itself (LUD-06): it commits to the metadata that the wallet was given, not to the terms.
    Lnurl,
}

impl Rail {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub number: u32,
    pub payment_hash: PaymentHash,
    pub bolt11: String,
}

/// How often one purchase changes its rail, each time with an invoice of its own.
pub const RAIL_CHANGES_MAX: u32 = 16;

impl Purchase {
    /// Of the invoice of the quote in force, live or being made. Quotes and changes of the rail only ever add up, so no
    /// two invoices share a number, and with it a preimage.
    pub fn invoice_number(&self) -> Option<u32> {
        self.quote.as_ref().and_then(|quote| quote.number.checked_add(self.rail_changes))
    }

    /// Can its wallet fetch an invoice itself? A gift card's carries the vendor's hash, which one invoice has already;
    /// what is paid first has none.
    pub fn offers_lnurl(&self) -> bool {
        match self.policy.flow {
            Flow::Card | Flow::CardFirst => matches!(self.state, State::Quoted | State::Invoiced),
            Flow::GiftCard | Flow::PaidFirst => false,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
pub(crate) const fn none_yet(count: &u32) -> bool {
    *count == 0
}
