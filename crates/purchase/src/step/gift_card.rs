//! Gift cards: the hold carries the vendor invoice's own payment hash.

use super::Rejected;
use super::draft::{Draft, Verdict};
use super::funding::start_claim;
use super::opening::create_invoice;
use crate::{Booking, CloseCause, Effect, Flow, OwedAmount, OwedCause, State, VENDOR_CHAIN_BLOCKS, VendorOrder};
use ids::PaymentHash;
use money::Msat;

const TAKEN: &str = "the vendor delivered an order that we did not pay: it took the shopper's HTLC on its way";

pub(super) fn ordered(
    d: &mut Draft,
    order_id: &str,
    payment_hash: PaymentHash,
    bolt11: &str,
    amount_msat: Msat,
    final_cltv_delta: u32,
) -> Result<Verdict, Rejected> {
    if d.p.vendor.is_some() {
        return Ok(Verdict::Already);
    }
    match d.p.state {
        State::Quoted if d.p.policy.flow == Flow::GiftCard => {
            let quote = d.p.quote.clone().ok_or(Rejected::Unexpected("an order without a quote"))?;
            let send_blocks = final_cltv_delta.saturating_add(VENDOR_CHAIN_BLOCKS);
            let too_slow = send_blocks > d.p.policy.vendor_blocks_max;
            if amount_msat > quote.amount_msat || amount_msat.is_zero() || too_slow {
                d.close(CloseCause::VendorFailed);
                return Ok(Verdict::Applied);
            }
            d.p.vendor = Some(VendorOrder {
                order_id: order_id.to_owned(),
                payment_hash,
                bolt11: bolt11.to_owned(),
                amount_msat,
                delivered: false,
                failed: false,
            });
            create_invoice(d, &quote, Some(payment_hash))?;
            Ok(Verdict::Applied)
        }
        // Never paid: it runs out at the vendor.
        State::Closing | State::Returned | State::Expired => Ok(Verdict::Already),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Completed => Err(Rejected::Unexpected("an order that was not asked for")),
    }
}

/// Asks for the send, begun or not: the paying node does it once. Its fees come out of what was quoted.
pub(super) fn send(d: &mut Draft, vendor: VendorOrder) {
    let quoted = d.p.quote.as_ref().map_or(Msat::ZERO, |quote| quote.amount_msat);
    d.effect(Effect::PayVendor {
        payment_hash: vendor.payment_hash,
        bolt11: vendor.bolt11,
        max_fee_msat: quoted.saturating_sub(vendor.amount_msat),
        max_cltv_blocks: d.p.policy.vendor_blocks_max.saturating_sub(VENDOR_CHAIN_BLOCKS),
    });
}

pub(super) fn order_failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::Quoted if d.p.policy.flow == Flow::GiftCard && d.p.vendor.is_none() => {
            d.close(CloseCause::VendorFailed);
            Ok(Verdict::Applied)
        }
        State::Quoted
        | State::Invoiced
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Ok(Verdict::Already),
        State::Opened | State::CardPrepared | State::AwaitingFunds | State::Held | State::CardReady => {
            Err(Rejected::Unexpected("an order that was not asked for"))
        }
    }
}

/// The paying node has the preimage: from here only forward.
pub(super) fn paid(d: &mut Draft, fee_msat: Msat) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::PayingVendor => {
            let vendor = d.p.vendor.clone().ok_or(Rejected::Unexpected("a send without an order"))?;
            d.book(Booking::VendorPaid { amount_msat: vendor.amount_msat, fee_msat });
            if d.p.hold.is_none_or(|hold| hold.returned) {
                lost(d)?;
                return Ok(Verdict::Applied);
            }
            d.effect(Effect::AwaitDelivery { order_id: vendor.order_id });
            start_claim(d)?;
            Ok(Verdict::Applied)
        }
        State::Claiming | State::Funded | State::Completed if d.p.policy.flow == Flow::GiftCard => Ok(Verdict::Already),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Err(Rejected::Unexpected("the vendor was paid without our asking")),
    }
}

pub(super) fn send_failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::PayingVendor => {
            let amount_msat = d.p.vendor.as_ref().map_or(Msat::ZERO, |vendor| vendor.amount_msat);
            d.book(Booking::VendorSendFailed { amount_msat });
            d.close(CloseCause::VendorFailed);
            Ok(Verdict::Applied)
        }
        State::Closing | State::Returned | State::Expired => Ok(Verdict::Already),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::Claiming
        | State::Funded
        | State::Completed => Err(Rejected::Unexpected("a send that was not under way failed")),
    }
}

pub(super) fn delivered(d: &mut Draft) -> Result<Verdict, Rejected> {
    let unpaid = d.p.closing.is_some_and(|closing| closing.cause != CloseCause::NodeReturned);
    match d.p.vendor.as_mut() {
        Some(vendor) if unpaid && !vendor.delivered => {
            vendor.delivered = true;
            // Nothing is booked: no bitcoin came to us and none left.
            d.park(TAKEN);
            Ok(Verdict::Applied)
        }
        _ => set_outcome(d, |vendor| vendor.delivered = true),
    }
}

pub(super) fn failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    set_outcome(d, |vendor| vendor.failed = true)
}

fn set_outcome(d: &mut Draft, set: impl FnOnce(&mut VendorOrder)) -> Result<Verdict, Rejected> {
    let Some(vendor) = d.p.vendor.as_mut() else {
        return Err(Rejected::Unexpected("news of an order that was not made"));
    };
    if vendor.delivered || vendor.failed {
        return Ok(Verdict::Already);
    }
    match d.p.state {
        // The vendor may say so before the paying node does.
        State::PayingVendor | State::Claiming => set(vendor),
        State::Funded => {
            set(vendor);
            funded(d)?;
        }
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => return Err(Rejected::Unexpected("news of an order that was never paid")),
    }
    Ok(Verdict::Applied)
}

/// The vendor was paid and the HTLC went back: the shopper has lost nothing, the operator has.
pub(super) fn lost(d: &mut Draft) -> Result<(), Rejected> {
    let vendor = d.p.vendor.as_ref().ok_or(Rejected::Unexpected("a gift card without an order"))?;
    let vendor_msat = vendor.amount_msat;
    d.book(Booking::GiftCardLost { vendor_msat });
    d.park("the vendor was paid and the HTLC went back");
    d.close(CloseCause::NodeReturned);
    Ok(())
}

/// Funded, and the vendor's outcome is known: over. Else it waits for the vendor.
pub(super) fn funded(d: &mut Draft) -> Result<(), Rejected> {
    let (Some(vendor), Some(funding)) = (d.p.vendor.clone(), d.p.funding) else {
        return Err(Rejected::Unexpected("a gift card without an order"));
    };
    if vendor.delivered {
        d.book(Booking::GiftCardDelivered { invoiced_msat: funding.amount_msat, vendor_msat: vendor.amount_msat });
        d.p.captured_minor = d.order_total().minor();
        d.to(State::Completed);
    } else if vendor.failed {
        d.book(Booking::GiftCardLost { vendor_msat: vendor.amount_msat });
        d.owe(OwedAmount::Bitcoin(funding.amount_msat), OwedCause::NotDelivered);
        d.to(State::Completed);
    }
    Ok(())
}
