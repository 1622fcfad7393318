//! Up to the hold: creation, quote, invoice, and the making of a card.

use super::Rejected;
use super::draft::{Draft, Verdict};
use crate::{CardRecord, CardState, CloseCause, Effect, Flow, Invoice, Quote, Rail, State, Timer, metadata, terms};
use ids::{PaymentHash, TermsHash};
use money::Money;

pub(super) fn created(d: &mut Draft) -> Result<(), Rejected> {
    match (d.p.quote.clone(), d.p.policy.flow) {
        (Some(quote), Flow::Card | Flow::GiftCard | Flow::PaidFirst) => start_quote(d, &quote),
        (Some(_), Flow::CardFirst) => Err(Rejected::Unexpected("a quote before the prepared card")),
        (None, Flow::Card | Flow::GiftCard | Flow::PaidFirst) => {
            Err(Rejected::Unexpected("a creation without a quote"))
        }
        (None, Flow::CardFirst) => {
            request_card(d, Money::zero(d.p.currency));
            let due_at = d.now.plus_ms(d.p.policy.card_open_ms_max);
            d.timer(Timer::CardOpen(due_at));
            Ok(())
        }
    }
}

/// All that is computed from it later has a result, so that nothing can fail once bitcoin is held.
fn check_quote(d: &Draft, quote: &Quote) -> Result<(), Rejected> {
    if quote.order_total.is_zero() || quote.amount_msat.is_zero() {
        return Err(Rejected::Unexpected("a quote of nothing"));
    }
    if quote.order_total.currency() != d.p.currency {
        return Err(Rejected::Unexpected("a quote in another currency"));
    }
    if quote.rate.minor_floor(quote.amount_msat)?.minor() < quote.due()?.minor() {
        return Err(Rejected::Unexpected("a quote below its own price"));
    }
    if d.p.terms_hash.is_none() {
        return Err(Rejected::Unexpected("a quote without terms"));
    }
    d.limit()?;
    d.conversion(quote.amount_msat)?;
    quote.executable.less_spread_floor(d.p.policy.price_fall_max)?;
    Ok(())
}

fn start_quote(d: &mut Draft, quote: &Quote) -> Result<(), Rejected> {
    check_quote(d, quote)?;
    d.to(State::Quoted);
    d.p.rail = Rail::default();
    d.timer(Timer::Quote(quote.expires_at));
    match d.p.policy.flow {
        Flow::Card | Flow::CardFirst => create_invoice(d, quote, None),
        Flow::GiftCard => {
            let product_id = d.p.product_id.clone().ok_or(Rejected::Unexpected("a gift card without a product"))?;
            d.effect(Effect::OrderGiftCard { value: quote.order_total, product_id });
            Ok(())
        }
        // Nothing is asked for before the shopper has read what holds instead of a hold.
        Flow::PaidFirst if d.p.policy.funds_source.is_some() => Ok(()),
        Flow::PaidFirst => Err(Rejected::Unexpected("a purchase that is paid first from nowhere")),
    }
}

pub(super) fn request_funds(d: &mut Draft, quote: &Quote) {
    d.effect(Effect::RequestFunds { amount_msat: quote.amount_msat, expires_at: quote.expires_at });
}

pub(super) fn create_invoice(d: &mut Draft, quote: &Quote, hash: Option<PaymentHash>) -> Result<(), Rejected> {
    let terms_hash = d.p.terms_hash.ok_or(Rejected::Unexpected("a quote without terms"))?;
    let number = d.p.invoice_number().ok_or(Rejected::Unexpected("an invoice without a quote"))?;
    let min_final_cltv_delta = d.p.policy.min_final_cltv_delta;
    let (description, hashed) = match d.p.rail {
        Rail::Bolt11 => (terms::description(d.p.id, quote, terms_hash), false),
        Rail::Lnurl => (metadata(d.p.id, quote, terms_hash, d.p.policy.claim_on), true),
    };
    d.effect(Effect::CreateInvoice {
        number,
        amount_msat: quote.amount_msat,
        payment_hash: hash,
        description,
        hashed,
        expires_at: quote.expires_at,
        min_final_cltv_delta,
    });
    Ok(())
}

pub(super) fn request_card(d: &mut Draft, limit: Money) {
    d.p.card = Some(CardRecord { card: None, state: CardState::Requested, limit, locked_to: None, checks_used: 0 });
    d.effect(Effect::CreateCard { limit });
}

pub(super) fn quote_given(d: &mut Draft, quote: &Quote, terms_hash: TermsHash) -> Result<Verdict, Rejected> {
    if d.p.quote.as_ref() == Some(quote) {
        return Ok(Verdict::Already);
    }
    match d.p.state {
        State::CardPrepared => {
            let last = d.p.quote.as_ref().map_or(0, |q| q.number);
            if last.checked_add(1) != Some(quote.number) {
                return Err(Rejected::Unexpected("a quote out of order"));
            }
            d.p.quote = Some(quote.clone());
            d.p.terms_hash = Some(terms_hash);
            start_quote(d, quote)?;
            Ok(Verdict::Applied)
        }
        State::Opened => Err(Rejected::NotReady),
        State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Err(Rejected::TooLate),
    }
}

pub(super) fn invoice_issued(
    d: &mut Draft,
    number: u32,
    payment_hash: PaymentHash,
    bolt11: &str,
) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::Quoted if !invoice_awaited(d) => Err(Rejected::Unexpected("an invoice that was not asked for")),
        State::Quoted if d.p.invoice_number() == Some(number) => {
            if d.p.payment_hashes.contains(&payment_hash) {
                return Err(Rejected::Unexpected("a payment hash that was used before"));
            }
            if d.p.vendor.as_ref().is_some_and(|vendor| vendor.payment_hash != payment_hash) {
                return Err(Rejected::Unexpected("an invoice without the vendor's payment hash"));
            }
            d.p.invoice = Some(Invoice { number, payment_hash, bolt11: bolt11.to_owned() });
            d.p.payment_hashes.push(payment_hash);
            d.to(State::Invoiced);
            Ok(Verdict::Applied)
        }
        // Made for a quote or a rail that is over: nobody has seen it.
        State::Quoted
        | State::CardPrepared
        | State::Invoiced
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Ok(Verdict::Already),
        State::Opened | State::AwaitingFunds => Err(Rejected::Unexpected("an invoice that was not asked for")),
    }
}

/// Has the node been asked for an invoice? A gift card's waits for the vendor's.
fn invoice_awaited(d: &Draft) -> bool {
    match d.p.policy.flow {
        Flow::Card | Flow::CardFirst => true,
        Flow::GiftCard => d.p.vendor.is_some(),
        Flow::PaidFirst => false,
    }
}

pub(super) fn invoice_failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    match d.p.state {
        State::Quoted if !invoice_awaited(d) => Err(Rejected::Unexpected("an invoice that was not asked for")),
        State::Quoted => {
            d.close(CloseCause::InvoiceFailed);
            Ok(Verdict::Applied)
        }
        State::CardPrepared
        | State::Invoiced
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Ok(Verdict::Already),
        State::Opened | State::AwaitingFunds => Err(Rejected::Unexpected("an invoice that was not asked for")),
    }
}

pub(super) fn card_created(d: &mut Draft, reference: &str) -> Result<Verdict, Rejected> {
    let Some(card) = d.p.card.as_mut() else {
        return Err(Rejected::Unexpected("a card that was not asked for"));
    };
    match (&card.card, card.state) {
        (Some(known), _) if known == reference => return Ok(Verdict::Already),
        (Some(_), _) => return Err(Rejected::Unexpected("a second card")),
        (None, CardState::Requested | CardState::Failed) => {}
        (None, CardState::Open | CardState::Closing | CardState::Closed) => {
            return Err(Rejected::Unexpected("a card without a reference"));
        }
    }
    card.card = Some(reference.to_owned());
    card.state = CardState::Open;
    match d.p.state {
        State::Opened => d.to(State::CardPrepared),
        State::Held => d.to(State::CardReady),
        State::Funded if d.p.winding_up => d.close_card(),
        State::Funded => d.to(State::CardReady),
        // It came after all: it must not stay open.
        State::Closing | State::Completed | State::Returned | State::Expired => d.close_card(),
        State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::CardReady
        | State::PayingVendor
        | State::Claiming => return Err(Rejected::Unexpected("a card in a state that has none")),
    }
    Ok(Verdict::Applied)
}

pub(super) fn card_failed(d: &mut Draft) -> Result<Verdict, Rejected> {
    let Some(card) = d.p.card.as_mut().filter(|card| card.state == CardState::Requested) else {
        return Ok(Verdict::Already);
    };
    card.state = CardState::Failed;
    match d.p.state {
        State::Opened | State::Held => d.close(CloseCause::CardFailed),
        State::Closing => d.finish_closing(),
        State::Funded => d.wind_up()?,
        State::Completed | State::Returned | State::Expired => {}
        State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::CardReady
        | State::PayingVendor
        | State::Claiming => return Err(Rejected::Unexpected("a card in a state that has none")),
    }
    Ok(Verdict::Applied)
}

pub(super) fn quote_expired(d: &mut Draft) -> Result<Verdict, Rejected> {
    if d.p.quote.as_ref().is_none_or(|quote| d.now < quote.expires_at) {
        return Ok(Verdict::Already);
    }
    match d.p.state {
        State::Quoted | State::Invoiced if d.p.policy.flow == Flow::CardFirst => {
            // The card stays; the shopper may ask for a new price.
            d.p.invoice = None;
            d.to(State::CardPrepared);
            Ok(Verdict::Applied)
        }
        // What was sent in time is waited for; the price is looked at again when it is final.
        State::AwaitingFunds if !d.p.funds_seen_msat.is_zero() => Ok(Verdict::Already),
        State::Quoted | State::Invoiced | State::AwaitingFunds => {
            d.close(CloseCause::QuoteExpired);
            Ok(Verdict::Applied)
        }
        State::Opened
        | State::CardPrepared
        | State::Held
        | State::CardReady
        | State::PayingVendor
        | State::Claiming
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Ok(Verdict::Already),
    }
}
