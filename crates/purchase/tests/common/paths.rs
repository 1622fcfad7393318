//! How each state is reached: by events alone, flow by flow. Where a state means different things, by several ways.

use super::{
    QUOTE_MS, QUOTED_MSAT, START, asks, captured, card_created, charge, funds_arrived, funds_requested, funds_seen,
    hash, htlc_claimed, htlc_held, invoice_issued, quote_given, reveal, reversed, vendor_ordered,
};
use purchase::{ClaimOn, Event, Flow, Rail, State};

/// A name for this way to the state, and the events after the creation.
pub type Way = (&'static str, Vec<Event>);

/// No way: the flow has no such state. A state that is added to the core does not compile until each flow has an arm.
pub fn ways(flow: Flow, claim_on: ClaimOn, state: State) -> Vec<Way> {
    match (flow, claim_on) {
        (Flow::Card, ClaimOn::Authorization) => card_authorization(state),
        (Flow::Card, ClaimOn::Reveal) => card_reveal(state),
        (Flow::CardFirst, ClaimOn::Authorization) => first_authorization(state),
        (Flow::CardFirst, ClaimOn::Reveal) => first_reveal(state),
        (Flow::GiftCard, _) => gift_card(state),
        (Flow::PaidFirst, _) => paid_first(state),
    }
}

fn then(start: &[Event], more: &[Event]) -> Vec<Event> {
    [start, more].concat()
}

fn asked() -> Event {
    asks(charge("c1", "q1", "27.11"))
}

fn check() -> Event {
    asks(charge("k1", "k1", "1"))
}

fn lnurl() -> Event {
    Event::RailChosen { rail: Rail::Lnurl }
}

fn timed_out() -> Event {
    Event::AnswerTimedOut { request_id: "q1".to_owned() }
}

fn returned(of: u8) -> Event {
    Event::HtlcReturned { payment_hash: hash(of) }
}

fn why() -> String {
    "why".to_owned()
}

fn card_authorization(state: State) -> Vec<Way> {
    let invoiced = vec![invoice_issued(1, hash(1))];
    let held = then(&invoiced, &[htlc_held(hash(1))]);
    let ready = then(&held, &[card_created()]);
    let claiming = then(&ready, &[asked()]);
    let funded = then(&claiming, &[htlc_claimed(hash(1))]);
    let late = then(&claiming, &[timed_out(), htlc_claimed(hash(1))]);
    match state {
        State::Opened | State::CardPrepared | State::AwaitingFunds | State::PayingVendor => vec![],
        State::Quoted => vec![("", vec![]), ("by lnurl", then(&invoiced, &[lnurl()]))],
        State::Invoiced => {
            vec![("", invoiced.clone()), ("by lnurl", then(&invoiced, &[lnurl(), invoice_issued(2, hash(2))]))]
        }
        State::Held => vec![("", held)],
        State::CardReady => vec![("", ready.clone()), ("after a check", then(&ready, &[check()]))],
        State::Claiming => vec![
            ("charge waits", claiming.clone()),
            ("answered too late", then(&claiming, &[timed_out()])),
            ("card closed", then(&claiming, &[Event::CardClosed])),
        ],
        State::Funded => vec![
            ("charge approved", funded.clone()),
            ("answered too late", late.clone()),
            ("captured in part", then(&funded, &[captured("c1", "10")])),
            ("winding up, charge open", then(&funded, &[Event::CancelRequested])),
            ("winding up, nothing charged", then(&late, &[Event::CancelRequested])),
        ],
        State::Closing => vec![
            ("hold and card", then(&ready, &[Event::CancelRequested])),
            ("card asked for", then(&held, &[Event::CancelRequested])),
            ("claim failed", then(&claiming, &[returned(1)])),
        ],
        State::Completed => vec![
            ("captured", then(&funded, &[captured("c1", "27.11")])),
            ("voided", then(&funded, &[reversed("c1", "27.11"), Event::CardClosed])),
            ("captured in part", then(&funded, &[captured("c1", "10"), reversed("c1", "17.11"), Event::CardClosed])),
            ("never charged", then(&late, &[Event::CancelRequested, Event::CardClosed])),
        ],
        State::Returned => vec![
            ("before a hold", then(&invoiced, &[Event::CancelRequested])),
            ("after a hold", then(&ready, &[Event::CancelRequested, returned(1), Event::CardClosed])),
            ("claim failed", then(&claiming, &[returned(1), Event::CardClosed])),
        ],
        State::Expired => vec![("", then(&invoiced, &[Event::QuoteExpired]))],
    }
}

fn card_reveal(state: State) -> Vec<Way> {
    let held = vec![invoice_issued(1, hash(1)), htlc_held(hash(1))];
    let ready = then(&held, &[card_created()]);
    let claiming = then(&ready, &[reveal()]);
    let funded = then(&claiming, &[htlc_claimed(hash(1))]);
    let charged = then(&funded, &[asks(charge("c1", "q1", "20"))]);
    match state {
        State::Opened | State::CardPrepared | State::AwaitingFunds | State::PayingVendor => vec![],
        State::Quoted => vec![("", vec![])],
        State::Invoiced => vec![("", held[..1].to_vec())],
        State::Held => vec![("", held)],
        State::CardReady => vec![("", ready)],
        State::Claiming => vec![("", claiming.clone()), ("card closed", then(&claiming, &[Event::CardClosed]))],
        State::Funded => vec![
            ("nothing charged", funded.clone()),
            ("first part approved", charged.clone()),
            ("first part captured", then(&charged, &[captured("c1", "20")])),
            ("winding up, charge open", then(&charged, &[Event::CancelRequested])),
        ],
        State::Closing => vec![("hold and card", then(&ready, &[Event::CancelRequested]))],
        State::Completed => vec![
            (
                "in two parts",
                then(&charged, &[captured("c1", "20"), asks(charge("c2", "q2", "7.11")), captured("c2", "7.11")]),
            ),
            ("in one part", then(&charged, &[captured("c1", "20"), Event::CancelRequested, Event::CardClosed])),
            ("never charged", then(&funded, &[Event::CancelRequested, Event::CardClosed])),
        ],
        State::Returned => {
            vec![("", then(&ready, &[Event::CancelRequested, returned(1), Event::CardClosed]))]
        }
        State::Expired => vec![("", vec![Event::QuoteExpired])],
    }
}

fn first_authorization(state: State) -> Vec<Way> {
    let prepared = vec![card_created()];
    let quoted = then(&prepared, &[quote_given(1, START)]);
    let invoiced = then(&quoted, &[invoice_issued(1, hash(1))]);
    let held = then(&invoiced, &[htlc_held(hash(1))]);
    let ready = then(&held, &[Event::LimitRaised]);
    let claiming = then(&ready, &[asked()]);
    let funded = then(&claiming, &[htlc_claimed(hash(1))]);
    let expired = then(&invoiced, &[Event::QuoteExpired]);
    let again = then(&expired, &[quote_given(2, START.plus_ms(QUOTE_MS))]);
    match state {
        State::AwaitingFunds | State::PayingVendor | State::Expired => vec![],
        State::Opened => vec![("", vec![])],
        State::CardPrepared => vec![
            ("", prepared.clone()),
            ("after checks", then(&prepared, &[check(), asks(charge("k0", "k0", "0"))])),
            ("quote expired", expired),
        ],
        State::Quoted => vec![("", quoted), ("again", again.clone())],
        State::Invoiced => vec![("", invoiced), ("again", then(&again, &[invoice_issued(2, hash(2))]))],
        State::Held => vec![("", held)],
        State::CardReady => vec![
            ("", ready.clone()),
            ("second quote", then(&again, &[invoice_issued(2, hash(2)), htlc_held(hash(2)), Event::LimitRaised])),
        ],
        State::Claiming => vec![("", claiming)],
        State::Funded => vec![("", funded.clone())],
        State::Closing => vec![
            ("no hold", then(&prepared, &[Event::CancelRequested])),
            ("hold and card", then(&held, &[Event::CancelRequested])),
        ],
        State::Completed => vec![("captured", then(&funded, &[captured("c1", "27.11")]))],
        State::Returned => vec![("", then(&prepared, &[Event::CancelRequested, Event::CardClosed]))],
    }
}

fn first_reveal(state: State) -> Vec<Way> {
    let invoiced = vec![card_created(), quote_given(1, START), invoice_issued(1, hash(1))];
    let claiming = then(&invoiced, &[htlc_held(hash(1))]);
    let funded = then(&claiming, &[htlc_claimed(hash(1))]);
    let raised = then(&funded, &[Event::LimitRaised]);
    match state {
        State::AwaitingFunds | State::PayingVendor | State::Expired | State::Held | State::CardReady => vec![],
        State::Opened => vec![("", vec![])],
        State::CardPrepared => vec![("", invoiced[..1].to_vec())],
        State::Quoted => vec![("", invoiced[..2].to_vec())],
        State::Invoiced => vec![("", invoiced)],
        State::Claiming => vec![("", claiming)],
        State::Funded => vec![("limit zero", funded.clone()), ("limit raised", raised.clone())],
        State::Closing => vec![("claim failed", then(&claiming, &[returned(1)]))],
        State::Completed => vec![
            ("captured", then(&raised, &[asked(), captured("c1", "27.11")])),
            ("limit failed", then(&funded, &[Event::LimitFailed { reason: why() }, Event::CardClosed])),
        ],
        State::Returned => vec![("", vec![Event::CardFailed { reason: why() }])],
    }
}

fn gift_card(state: State) -> Vec<Way> {
    let ordered = vec![vendor_ordered()];
    let invoiced = then(&ordered, &[invoice_issued(1, hash(1))]);
    let paying = then(&invoiced, &[htlc_held(hash(1))]);
    let claiming = then(&paying, &[Event::VendorPaid { fee_msat: super::msat(1_000) }]);
    let funded = then(&claiming, &[htlc_claimed(hash(1))]);
    match state {
        State::Opened | State::CardPrepared | State::AwaitingFunds | State::Held | State::CardReady => vec![],
        State::Quoted => vec![("", vec![]), ("ordered", ordered)],
        State::Invoiced => vec![("", invoiced)],
        State::PayingVendor => vec![
            ("", paying.clone()),
            ("delivered", then(&paying, &[Event::VendorDelivered])),
            ("hold went back", then(&paying, &[returned(1)])),
        ],
        State::Claiming => vec![
            ("", claiming.clone()),
            ("delivered", then(&claiming, &[Event::VendorDelivered])),
            ("vendor failed", then(&claiming, &[Event::VendorFailed { reason: why() }])),
        ],
        State::Funded => vec![("", funded.clone())],
        State::Closing => vec![("send failed", then(&paying, &[Event::VendorSendFailed { reason: why() }]))],
        State::Completed => vec![
            ("delivered", then(&funded, &[Event::VendorDelivered])),
            ("not delivered", then(&funded, &[Event::VendorFailed { reason: why() }])),
        ],
        State::Returned => vec![
            ("send failed", then(&paying, &[Event::VendorSendFailed { reason: why() }, returned(1)])),
            ("lost", then(&claiming, &[returned(1)])),
        ],
        State::Expired => vec![
            ("", then(&invoiced, &[Event::QuoteExpired])),
            ("taken by the vendor", then(&invoiced, &[Event::QuoteExpired, Event::VendorDelivered])),
        ],
    }
}

fn paid_first(state: State) -> Vec<Way> {
    let awaiting = vec![Event::FundsConfirmed, funds_requested()];
    let arrived = then(&awaiting, &[funds_arrived(QUOTED_MSAT)]);
    let ready = then(&arrived, &[card_created()]);
    let charged = then(&ready, &[asked()]);
    match state {
        State::Opened
        | State::CardPrepared
        | State::Invoiced
        | State::Held
        | State::PayingVendor
        | State::Claiming
        | State::Closing => vec![],
        State::Quoted => vec![("", vec![]), ("confirmed", vec![Event::FundsConfirmed])],
        State::AwaitingFunds => vec![("", awaiting.clone()), ("seen", then(&awaiting, &[funds_seen()]))],
        State::CardReady => vec![("", ready.clone()), ("winding up", then(&ready, &[Event::CancelRequested]))],
        State::Funded => vec![
            ("card asked for", arrived.clone()),
            ("card asked for, winding up", then(&arrived, &[Event::CancelRequested])),
            ("charge approved", charged.clone()),
        ],
        State::Completed => vec![
            ("captured", then(&charged, &[captured("c1", "27.11")])),
            ("no card", then(&arrived, &[Event::CardFailed { reason: why() }])),
        ],
        State::Returned => vec![
            ("cancelled", then(&awaiting, &[Event::CancelRequested])),
            ("too little came", then(&awaiting, &[funds_arrived(super::VENDOR_MSAT)])),
        ],
        State::Expired => vec![("", then(&awaiting, &[Event::QuoteExpired]))],
    }
}
