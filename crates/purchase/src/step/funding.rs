//! The pivot: the claim, and what its confirmation sets off.

use super::Rejected;
use super::charge::{deadline_far, lock_to, price_holds};
use super::draft::{Draft, Verdict};
use crate::{
    Adjustment, Booking, ClaimOn, CloseCause, Decision, DeclineReason, Effect, Flow, Funding, OwedAmount, OwedCause,
    Sale, SaleState, State, Timer, Tip,
};
use ids::PaymentHash;
use money::{Money, MoneyError, Msat, Rate, Sat};

/// The parts of a conversion.
pub(super) struct Conversion {
    pub rounding_msat: Msat,
    pub market_value: Money,
    pub order_total: Money,
    pub fee: Money,
}

impl Draft {
    /// What the quoted bitcoin became.
    pub fn conversion(&self, claimed_msat: Msat) -> Result<Conversion, MoneyError> {
        let zero = Money::zero(self.p.currency);
        let Some(quote) = self.p.quote.as_ref() else {
            return Ok(Conversion { rounding_msat: Msat::ZERO, market_value: zero, order_total: zero, fee: zero });
        };
        Ok(Conversion {
            rounding_msat: claimed_msat.checked_sub(quote.rate.msat_floor(quote.due()?)?)?,
            market_value: quote.executable.minor_floor(claimed_msat)?,
            order_total: quote.order_total,
            fee: quote.fee,
        })
    }
}

/// Hands the preimage over. Everything was checked before.
pub(super) fn start_claim(d: &mut Draft) -> Result<(), Rejected> {
    let hold = d.p.hold.ok_or(Rejected::Unexpected("a claim without a hold"))?;
    d.cancel(Timer::HOLD);
    d.to(State::Claiming);
    d.effect(Effect::Claim { payment_hash: hold.payment_hash, amount_msat: hold.amount_msat, preimage: hold.preimage });
    Ok(())
}

pub(super) fn reveal_requested(d: &mut Draft, executable: Option<Rate>, tip: Tip) -> Result<Verdict, Rejected> {
    let claims = d.p.policy.claim_on == ClaimOn::Reveal && d.p.policy.flow == Flow::Card && !d.p.is_funded();
    let gift_card = d.p.policy.flow == Flow::GiftCard;
    let card = d.p.live_card().is_some();
    match d.p.state {
        State::CardReady if claims => {
            if !price_holds(d, executable)? {
                return Err(Rejected::PriceMoved);
            }
            if !deadline_far(d, tip) {
                return Err(Rejected::DeadlineNear);
            }
            start_claim(d)?;
        }
        State::CardPrepared | State::Quoted | State::Invoiced | State::Held | State::CardReady
            if card && !d.p.winding_up => {}
        State::Claiming if claims => return Ok(Verdict::Already),
        State::Claiming if card => {}
        State::Funded if card && !d.p.winding_up => {}
        State::Funded | State::Completed if gift_card && d.p.vendor.as_ref().is_some_and(|v| v.delivered) => {}
        State::Closing | State::Returned | State::Expired if d.p.delivered_without_us() => {}
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming => return Err(Rejected::NotReady),
        // Paid first: the card is still being made.
        State::Funded if !d.p.winding_up => return Err(Rejected::NotReady),
        State::Funded | State::Closing | State::Completed | State::Returned | State::Expired => {
            return Err(Rejected::TooLate);
        }
    }
    d.p.reveals = d.p.reveals.saturating_add(1);
    Ok(Verdict::Applied)
}

pub(super) fn htlc_claimed(d: &mut Draft, payment_hash: PaymentHash, amount_msat: Msat) -> Result<Verdict, Rejected> {
    let Some(hold) = d.p.hold.filter(|hold| hold.payment_hash == payment_hash) else {
        return Err(Rejected::UnknownHash);
    };
    match d.p.state {
        State::Claiming => {}
        State::CardReady | State::Funded | State::Completed if d.p.is_funded() => return Ok(Verdict::Already),
        State::Closing | State::Returned | State::Expired if hold.returned => return claimed_after_all(d, amount_msat),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => return Err(Rejected::Unexpected("claimed without our asking")),
    }
    if amount_msat != hold.amount_msat {
        return Err(Rejected::Unexpected("another amount was claimed than was held"));
    }
    let invoiced_msat = d.p.quote.as_ref().map_or(amount_msat, |quote| quote.amount_msat);
    let excess_msat = amount_msat.saturating_sub(invoiced_msat);
    d.book(Booking::HoldClaimed { invoiced_msat, excess_msat });
    funded(d, invoiced_msat, excess_msat)?;
    Ok(Verdict::Applied)
}

/// It was taken for returned, and the claim went through after all (on the chain): all of it is owed back.
fn claimed_after_all(d: &mut Draft, amount_msat: Msat) -> Result<Verdict, Rejected> {
    let known = d.p.adjustments.iter().any(|a| matches!(a, Adjustment::LateFunds { .. }));
    if known || amount_msat.is_zero() {
        return Ok(Verdict::Already);
    }
    d.book(Booking::HoldAccepted { invoiced_msat: Msat::ZERO, excess_msat: amount_msat });
    d.book(Booking::HoldClaimed { invoiced_msat: Msat::ZERO, excess_msat: amount_msat });
    d.p.adjustments.push(Adjustment::LateFunds { amount_msat });
    d.owe(OwedAmount::Bitcoin(amount_msat), OwedCause::ArrivedLate);
    Ok(Verdict::Applied)
}

/// The bitcoin is ours: answer the waiting charge, sell, open the card.
pub(super) fn funded(d: &mut Draft, invoiced_msat: Msat, excess_msat: Msat) -> Result<(), Rejected> {
    d.p.funding = Some(Funding { amount_msat: invoiced_msat, funded_at: d.now });
    d.to(State::Funded);
    if !excess_msat.is_zero() {
        d.owe(OwedAmount::Bitcoin(excess_msat), OwedCause::Overpaid);
    }
    if d.p.policy.flow == Flow::GiftCard {
        return super::gift_card::funded(d);
    }
    let parts = d.conversion(invoiced_msat)?;
    d.book(Booking::Converted {
        claimed_msat: invoiced_msat,
        rounding_msat: parts.rounding_msat,
        market_value: parts.market_value,
        order_total: parts.order_total,
        fee: parts.fee,
    });
    answer_pending(d);
    sell(d, invoiced_msat);
    let due_at = d.now.plus_ms(d.p.policy.card_open_ms_max);
    d.timer(Timer::CardOpen(due_at));
    let limit = d.limit()?;
    let raise = d.p.policy.flow == Flow::CardFirst && d.p.policy.claim_on == ClaimOn::Reveal;
    if let Some(card) = d.p.live_card().filter(|_| raise).map(str::to_owned) {
        d.effect(Effect::RaiseLimit { card, limit });
    }
    // The issuer may have closed the card while the claim was under way.
    d.finish_winding_up()?;
    Ok(())
}

/// Approved if the issuer still waits; else declined, and the store's next try is approved at once.
fn answer_pending(d: &mut Draft) {
    let (now, closed) = (d.now, d.p.winding_up);
    let mut approved = None;
    for charge in d.p.charges.iter_mut().filter(|charge| charge.decision == Decision::Pending) {
        if closed {
            charge.decision = Decision::Declined(DeclineReason::CardClosed);
        } else if now <= charge.answer_by {
            charge.decision = Decision::Approved;
            approved = Some((charge.amount, charge.merchant.acceptor_id.clone()));
        } else {
            charge.decision = Decision::Declined(DeclineReason::ClaimUnconfirmed);
        }
    }
    if let Some((amount, acceptor_id)) = approved {
        lock_to(d, &acceptor_id);
        d.book(Booking::ChargeApproved { amount });
    }
}

fn sell(d: &mut Draft, amount_msat: Msat) {
    let Some(expected) = d.p.quote.as_ref().map(|quote| quote.executable) else { return };
    let wanted = amount_msat.sat_floor();
    d.p.sale = Some(Sale { state: SaleState::UnderWay, wanted, sold: Sat::ZERO, attempt: 1, proceeds_minor: 0 });
    d.effect(Effect::Sell { attempt: 1, amount: wanted, expected });
}

pub(super) fn limit_raised(d: &mut Draft) -> Result<Verdict, Rejected> {
    let limit = d.limit()?;
    match d.p.state {
        State::Held if d.p.policy.flow == Flow::CardFirst => d.to(State::CardReady),
        State::Funded if d.p.policy.flow == Flow::CardFirst => {}
        State::CardReady
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => return Ok(Verdict::Already),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::PayingVendor => return Err(Rejected::Unexpected("a limit that was not asked for")),
    }
    match d.p.card.as_mut() {
        Some(card) if card.limit == limit => {
            Ok(if d.p.state == State::Funded { Verdict::Already } else { Verdict::Applied })
        }
        Some(card) => {
            card.limit = limit;
            Ok(Verdict::Applied)
        }
        None => Err(Rejected::Unexpected("a limit without a card")),
    }
}

pub(super) fn limit_failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    let limit = d.limit()?;
    let raised = d.p.card.as_ref().is_some_and(|card| card.limit == limit);
    let card_first = d.p.policy.flow == Flow::CardFirst;
    match d.p.state {
        State::Held if card_first => d.close(CloseCause::LimitFailed),
        State::Funded if card_first && !raised && !d.p.winding_up => d.wind_up()?,
        State::CardReady
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => return Ok(Verdict::Already),
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::PayingVendor => return Err(Rejected::Unexpected("a limit that was not asked for")),
    }
    Ok(Verdict::Applied)
}
