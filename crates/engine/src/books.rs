//! Bookings of the core as lines for the store: the one place that knows both.

use crate::EngineError;
use ids::PurchaseId;
use ledger::templates as t;
use ledger::{Amount, LedgerError, Place, PlaceName, Posting, Template};
use money::{Money, Msat};
use ports::EntryRow;
use purchase::{Booking, FundsSource, OwedAmount, PaidFrom};

/// Rows that one account's balance is spread over.
const SHARDS: u8 = 16;
/// The node that holds, and the one that pays vendors.
const NODE: &str = "node";
const VENDOR_NODE: &str = "vendor-node";

struct Places {
    node: PlaceName,
    vendor_node: PlaceName,
    issuer: PlaceName,
    exchange: PlaceName,
    /// The operator's own account with the provider of linked accounts.
    linked: PlaceName,
    /// The wallet that shoppers pay on the chain.
    on_chain: PlaceName,
}

impl Places {
    /// Where the operator has what a source brought.
    fn arrival(&self, source: FundsSource) -> Place {
        match source {
            FundsSource::LinkedAccount => Place::Exchange(self.linked),
            FundsSource::OnChain => Place::Chain(self.on_chain),
        }
    }
}

/// Names of the places that the outside's adapters stand for.
pub(crate) struct Names<'a> {
    pub issuer: &'a str,
    pub exchange: &'a str,
    pub linked: &'a str,
    pub on_chain: &'a str,
}

/// The lines of all postings of one commit.
pub(crate) fn entries(
    bookings: &[Booking],
    purchase: PurchaseId,
    names: &Names<'_>,
) -> Result<Vec<EntryRow>, EngineError> {
    let name = |text: &str| PlaceName::new(text).ok_or_else(|| EngineError::Broken(format!("`{text}` names no place")));
    let places = Places {
        node: name(NODE)?,
        vendor_node: name(VENDOR_NODE)?,
        issuer: name(names.issuer)?,
        exchange: name(names.exchange)?,
        linked: name(names.linked)?,
        on_chain: name(names.on_chain)?,
    };
    let shard = purchase.0[0] % SHARDS;
    let mut rows = Vec::new();
    let mut number = 0;
    for booking in bookings {
        let postings = postings(booking, &places, shard).map_err(|error| EngineError::Broken(error.to_string()))?;
        for posting in postings {
            rows.extend(posting.entries().iter().map(|entry| EntryRow {
                posting: number,
                template: posting.template().to_owned(),
                account: entry.account.to_string(),
                asset: entry.asset.to_string(),
                layer: entry.layer.word().to_owned(),
                shard,
                amount: entry.amount,
            }));
            number += 1;
        }
    }
    Ok(rows)
}

/// Some bookings are two postings.
fn postings(booking: &Booking, at: &Places, shard: u8) -> Result<Vec<Posting>, LedgerError> {
    if let Booking::Captured { funded, tolerance, overrun, reserved } = *booking {
        let covered = funded.checked_add(tolerance)?;
        let captured = t::CardCaptured { issuer: at.issuer, authorized: reserved, covered, overrun };
        let tolerated = t::ToleranceCovered { amount: tolerance };
        return Ok(vec![tolerated.posting(shard)?, captured.posting(shard)?]);
    }
    Ok(vec![posting(booking, at, shard)?])
}

fn posting(booking: &Booking, at: &Places, shard: u8) -> Result<Posting, LedgerError> {
    let Places { node, vendor_node, issuer, exchange, .. } = *at;
    match *booking {
        Booking::HoldAccepted { invoiced_msat: invoice_msat, excess_msat: above_msat } => {
            t::HoldAccepted { node, invoice_msat, above_msat }.posting(shard)
        }
        Booking::HoldReturned { invoiced_msat: invoice_msat, excess_msat: above_msat } => {
            t::HoldReturned { node, invoice_msat, above_msat }.posting(shard)
        }
        Booking::HoldClaimed { invoiced_msat: invoice_msat, excess_msat: above_msat } => {
            t::HoldClaimed { node, invoice_msat, above_msat }.posting(shard)
        }
        Booking::FundsArrived { source, invoiced_msat: quoted_msat, excess_msat: above_msat } => {
            t::FundsArrived { place: at.arrival(source), quoted_msat, above_msat }.posting(shard)
        }
        Booking::Converted { claimed_msat, rounding_msat, market_value, order_total, fee } => {
            t::Converted { claimed_msat, rounding_msat, market_value, order_total, fee }.posting(shard)
        }
        Booking::ConversionUndone { claimed_msat, rounding_msat, market_value, order_total, fee } => {
            let conversion = t::Converted { claimed_msat, rounding_msat, market_value, order_total, fee };
            t::ConversionUndone { conversion }.posting(shard)
        }
        Booking::Sold { sold, proceeds, fee, fee_sat } => {
            let fee: Amount = if fee_sat.is_zero() { fee.into() } else { fee_sat.msat().into() };
            t::SaleFilled { exchange, sold_msat: sold.msat(), proceeds, fee }.posting(shard)
        }
        Booking::ChargeApproved { amount } => t::CardAuthorized { issuer, amount }.posting(shard),
        Booking::ChargeReversed { amount } => t::AuthorizationReversed { issuer, amount }.posting(shard),
        Booking::CheckApproved { amount } => t::CheckApproved { issuer, amount }.posting(shard),
        Booking::CheckEnded { amount } => t::CheckExpired { issuer, amount }.posting(shard),
        Booking::Captured { funded, tolerance, overrun, reserved } => {
            let covered = funded.checked_add(tolerance)?;
            t::CardCaptured { issuer, authorized: reserved, covered, overrun }.posting(shard)
        }
        Booking::ForceCaptured { amount } => {
            t::ForceCaptured { issuer, covered: Money::zero(amount.currency()), overrun: amount }.posting(shard)
        }
        Booking::OwedOpened { amount, .. } => t::OwedOpened { amount: owed(amount) }.posting(shard),
        Booking::StoreRefunded { amount, to_shopper: true } => t::StoreRefundReceived { issuer, amount }.posting(shard),
        Booking::StoreRefunded { amount, to_shopper: false } => t::OverrunRecovered { issuer, amount }.posting(shard),
        // Whatever can still be kept back comes off this loss again.
        Booking::StoreRefundReversed { amount } => {
            let unpaid = Money::zero(amount.currency());
            t::StoreRefundReversed { issuer, unpaid, paid_back: amount }.posting(shard)
        }
        Booking::VendorSendStarted { amount_msat } => {
            t::VendorPayStarted { node: vendor_node, amount_msat }.posting(shard)
        }
        Booking::VendorSendFailed { amount_msat } => {
            t::VendorPayFailed { node: vendor_node, amount_msat }.posting(shard)
        }
        Booking::VendorPaid { amount_msat, fee_msat } => {
            t::VendorPaid { node: vendor_node, amount_msat, fee_msat }.posting(shard)
        }
        Booking::GiftCardLost { vendor_msat } => t::GiftCardLost { amount_msat: vendor_msat }.posting(shard),
        Booking::GiftCardDelivered { invoiced_msat, vendor_msat } => {
            let fee_msat = invoiced_msat.checked_sub(vendor_msat)?;
            t::GiftCardDelivered { vendor_msat, fee_msat, rounding_msat: Msat::ZERO }.posting(shard)
        }
        Booking::RefundPriced { .. }
        | Booking::RefundUnpriced { .. }
        | Booking::RefundStarted { .. }
        | Booking::RefundFailed { .. }
        | Booking::RefundSent { .. }
        | Booking::RefundCancelled { .. } => refund(booking, at, shard),
    }
}

fn owed(amount: OwedAmount) -> Amount {
    match amount {
        OwedAmount::Bitcoin(msat) => msat.into(),
        OwedAmount::Currency(money) => money.into(),
    }
}

fn refund(booking: &Booking, at: &Places, shard: u8) -> Result<Posting, LedgerError> {
    let place = |from| match from {
        PaidFrom::Node => Place::Lightning(at.node),
        PaidFrom::LinkedAccount => Place::Exchange(at.linked),
        PaidFrom::OnChain => Place::Chain(at.on_chain),
    };
    match *booking {
        Booking::RefundPriced { owed, amount_msat } => t::RefundQuoted { owed, amount_msat }.posting(shard),
        Booking::RefundUnpriced { owed, amount_msat } => t::RefundUnquoted { owed, amount_msat }.posting(shard),
        Booking::RefundStarted { from, amount_msat } => {
            t::RefundStarted { from: place(from), amount_msat }.posting(shard)
        }
        Booking::RefundFailed { from, amount_msat } => {
            t::RefundFailed { from: place(from), amount_msat }.posting(shard)
        }
        Booking::RefundSent { from, amount_msat, fee_msat } => {
            t::RefundSent { from: place(from), amount_msat, operator_fee_msat: fee_msat, shopper_fee_msat: Msat::ZERO }
                .posting(shard)
        }
        Booking::RefundCancelled { owed } => t::RefundReclaimed { amount: owed }.posting(shard),
        _ => Err(LedgerError::UnknownWord("a booking that is no refund's".to_owned())),
    }
}
