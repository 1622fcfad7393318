//! An outside that does anything: mostly what may happen next, sometimes what should not.

use super::{
    CLAIM_DEADLINE, HEIGHT, QUOTED_MSAT, VENDOR_MSAT, asks, charge, events, funds_arrived, funds_requested, hash,
    invoice_issued, merchant, msat, quote_given, reveal,
};
use ids::UnixMs;
use money::{Currency, Money, Sat};
use proptest::prelude::*;
use purchase::{
    CardState, ChargeKind, ChargeRecord, ClaimOn, DisputeState, Event, Flow, FundsSource, Policy, Purchase, SaleState,
    State, Tip,
};

/// A throw of the dice; what it means depends on the purchase.
#[derive(Debug, Clone, Copy)]
pub struct Throw {
    pub pick: u16,
    /// One in eight is arbitrary.
    pub wild: u8,
    pub amount: u8,
    pub delay: u8,
}

pub fn throws(most: usize) -> impl Strategy<Value = Vec<Throw>> {
    let throw = (any::<u16>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(pick, wild, amount, delay)| Throw {
        pick,
        wild,
        amount,
        delay,
    });
    prop::collection::vec(throw, 0..most)
}

pub fn policies() -> impl Strategy<Value = Policy> {
    let flows = prop::sample::select(vec![Flow::Card, Flow::CardFirst, Flow::GiftCard, Flow::PaidFirst]);
    let claims = prop::sample::select(vec![ClaimOn::Authorization, ClaimOn::Reveal]);
    (flows, claims, any::<bool>(), 0u64..200, 0u64..300, 0u32..3, 0u32..3).prop_map(
        |(flow, claim_on, splits, tolerance_minor, check_minor_max, checks_max, sale_attempts_max)| Policy {
            funds_source: (flow == Flow::PaidFirst).then_some(if splits {
                FundsSource::LinkedAccount
            } else {
                FundsSource::OnChain
            }),
            splits,
            tolerance_minor,
            check_minor_max,
            checks_max,
            sale_attempts_max,
            ..super::policy(flow, claim_on)
        },
    )
}

impl Throw {
    fn of<T: Clone>(self, list: &[T]) -> T {
        list[usize::from(self.pick) % list.len()].clone()
    }

    pub fn delay_ms(self) -> u64 {
        match self.delay % 16 {
            0 => 0,
            1..12 => 1,
            12 => super::ANSWER_MS + 1,
            13 => super::HOLD_MS,
            14 => super::QUOTE_MS,
            _ => super::OPEN_MS,
        }
    }

    fn money(self) -> Money {
        let minors = [0, 1, 50, 100, 101, 500, 711, 1_000, 2_000, 2_660, 2_711, 2_761, 2_762, 5_000, Money::MINOR_MAX];
        let currency = if self.amount >= 250 { Currency::JPY } else { Currency::USD };
        Money::new(minors[usize::from(self.amount) % minors.len()], currency).unwrap()
    }

    pub fn event(self, purchase: &Purchase, now: UnixMs) -> Event {
        if self.wild < 32 {
            let all = events::all();
            return all[usize::from(self.pick) % all.len()].1.clone();
        }
        let mut list = if self.wild < 64 { anything(self) } else { Vec::new() };
        list.extend(plausible(purchase, now, self));
        self.of(&list)
    }
}

fn asked(throw: Throw, number: usize) -> Event {
    let mut charge = charge(&format!("c{}", throw.amount % 4), &format!("q{number}"), "1");
    charge.amount = throw.money();
    charge.merchant_amount = charge.amount;
    charge.kind = match throw.delay % 3 {
        0 => ChargeKind::AuthorizationAndCapture,
        1 => ChargeKind::ZeroCheck,
        _ => ChargeKind::Authorization,
    };
    if throw.wild.is_multiple_of(7) {
        charge.merchant = merchant("store-2");
    }
    asks(charge)
}

/// What comes at any time, wanted or not.
fn anything(throw: Throw) -> Vec<Event> {
    let charge_id = format!("c{}", throw.pick % 6);
    let amount = throw.money();
    vec![
        Event::ChargeAuthorized { charge_id: charge_id.clone(), amount },
        Event::ChargeDeclined { charge_id: charge_id.clone() },
        Event::ChargeCaptured { charge_id: charge_id.clone(), amount },
        Event::ChargeReversed { charge_id: charge_id.clone(), amount },
        Event::ForceCaptured { charge_id: charge_id.clone(), amount },
        Event::StoreRefunded { charge_id: charge_id.clone(), amount },
        Event::StoreRefundReversed { charge_id: charge_id.clone(), amount },
        Event::ChargeDisputed {
            dispute_id: format!("d{charge_id}"),
            charge_id,
            amount,
            state: [DisputeState::Opened, DisputeState::Won, DisputeState::Lost][usize::from(throw.wild % 3)],
        },
        Event::CancelRequested,
        Event::CardClosed,
        Event::QuoteExpired,
        Event::HoldWindowEnded,
        Event::DeadlineNear { height: CLAIM_DEADLINE },
        Event::CardOpenEnded,
        Event::Parked { reason: "why".to_owned() },
        Event::Resumed,
    ]
}

/// What the outside may well say next.
pub fn plausible(p: &Purchase, now: UnixMs, throw: Throw) -> Vec<Event> {
    let mut list = Vec::new();
    let number = p.quote.as_ref().map_or(1, |quote| quote.number);
    let own = hash(u8::try_from(number % 200).unwrap());
    let why = || "why".to_owned();
    match p.state {
        State::Opened => list.extend([Event::CardCreated { card: why() }, Event::CardFailed { reason: why() }]),
        State::CardPrepared => list.push(quote_given(p.quote.as_ref().map_or(1, |quote| quote.number + 1), now)),
        State::Quoted => match p.policy.flow {
            Flow::PaidFirst => list.extend([Event::FundsConfirmed, funds_requested()]),
            Flow::GiftCard if p.vendor.is_none() => list.push(super::vendor_ordered()),
            Flow::GiftCard | Flow::Card | Flow::CardFirst => list.push(invoice_issued(number, own)),
        },
        State::Invoiced => {
            let amounts = [QUOTED_MSAT, QUOTED_MSAT, QUOTED_MSAT + 5, QUOTED_MSAT * 2, QUOTED_MSAT - 1];
            let amount_msat = msat(amounts[usize::from(throw.amount) % amounts.len()]);
            let tip = Tip { height: HEIGHT, fresh: throw.amount < 200 };
            list.push(Event::HtlcHeld { payment_hash: own, amount_msat, claim_deadline: CLAIM_DEADLINE, tip });
        }
        State::AwaitingFunds => {
            let amounts = [QUOTED_MSAT, QUOTED_MSAT + 5, VENDOR_MSAT];
            list.push(funds_arrived(amounts[usize::from(throw.amount) % amounts.len()]));
        }
        State::Held => list.extend([Event::CardCreated { card: why() }, Event::LimitRaised]),
        State::CardReady | State::Funded => {
            list.extend([reveal(), asked(throw, p.charges.len()), asked(throw, p.charges.len()), Event::LimitRaised]);
            list.extend([Event::CardCreated { card: why() }, Event::VendorDelivered]);
        }
        State::PayingVendor => {
            list.extend([Event::VendorPaid { fee_msat: msat(9) }, Event::VendorSendFailed { reason: why() }])
        }
        State::Claiming => {
            list.extend([claimed(p), claimed(p), asked(throw, p.charges.len()), returned(p), Event::CardClosed]);
        }
        State::Closing => list.extend([returned(p), Event::CardClosed, Event::CardCreated { card: why() }]),
        State::Completed | State::Returned | State::Expired => list.push(Event::CardClosed),
    }
    for charge in &p.charges {
        list.extend(of_charge(charge, throw));
    }
    if let Some(sale) = p.sale.filter(|sale| sale.state == SaleState::UnderWay) {
        let sold = Sat::new(sale.wanted.get() / (1 + u64::from(throw.amount % 3))).unwrap();
        let proceeds = Money::new(2_738, Currency::USD).unwrap();
        list.push(Event::SaleClosed { attempt: sale.attempt, sold, proceeds, fee_minor: 4, fee_sat: Sat::ZERO });
    }
    list
}

fn of_charge(charge: &ChargeRecord, throw: Throw) -> Vec<Event> {
    let charge_id = charge.charge_id.clone();
    let amount = if throw.amount < 128 { charge.amount } else { throw.money() };
    vec![
        Event::ChargeAuthorized { charge_id: charge_id.clone(), amount },
        Event::ChargeCaptured { charge_id: charge_id.clone(), amount },
        Event::ChargeReversed { charge_id, amount },
        Event::AnswerTimedOut { request_id: charge.request_id.clone() },
    ]
}

pub fn claimed(p: &Purchase) -> Event {
    let (payment_hash, amount_msat) = p.hold.map_or((hash(1), msat(1)), |hold| (hold.payment_hash, hold.amount_msat));
    Event::HtlcClaimed { payment_hash, amount_msat }
}

pub fn returned(p: &Purchase) -> Event {
    Event::HtlcReturned { payment_hash: p.hold.map_or(hash(1), |hold| hold.payment_hash) }
}

/// What a fair outside says in the end, so that a purchase gets over; none in a terminal state.
pub fn fair(p: &Purchase) -> Option<Event> {
    let why = || "why".to_owned();
    let card = p.card.as_ref().map(|card| card.state);
    if p.state.terminal() {
        return None;
    }
    Some(match p.state {
        State::Claiming => claimed(p),
        State::PayingVendor => Event::VendorSendFailed { reason: why() },
        State::Funded if p.policy.flow == Flow::GiftCard => Event::VendorFailed { reason: why() },
        State::Closing if p.hold.is_some_and(|hold| !hold.returned) => returned(p),
        State::Closing | State::Funded | State::CardReady if card == Some(CardState::Closing) => Event::CardClosed,
        State::Closing | State::Funded if card == Some(CardState::Requested) => Event::CardFailed { reason: why() },
        State::Funded | State::CardReady if p.winding_up => {
            let open = p.charges.iter().find(|charge| charge.stands() && charge.open_minor() > 0)?;
            let amount = Money::new(open.open_minor(), p.currency).unwrap();
            Event::ChargeReversed { charge_id: open.charge_id.clone(), amount }
        }
        State::Opened
        | State::CardPrepared
        | State::Quoted
        | State::Invoiced
        | State::AwaitingFunds
        | State::Held
        | State::CardReady
        | State::Funded
        | State::Closing
        | State::Completed
        | State::Returned
        | State::Expired => Event::CancelRequested,
    })
}
