//! Every event there is, each as it may come: right, wrong, early, late, again.

use super::{
    CLAIM_DEADLINE, HEIGHT, MARGIN_BLOCKS, QUOTED_MSAT, START, TIP, VENDOR_MSAT, asks, captured, card_created, charge,
    creation, funds_arrived, funds_requested, funds_seen, hash, htlc_claimed, htlc_held, invoice_issued, merchant,
    msat, policy, quote_given, rate, reveal, reversed, sale_closed, usd, vendor_ordered,
};
use money::{Msat, Sat};
use purchase::{Charge, ChargeKind, ClaimOn, DisputeState, Event, Flow, Merchant, Rail, Tip};

/// A table that is a `match` too: an event that is added to the core does not compile until it has a row.
macro_rules! table {
    ($($variant:pat => [$($label:literal = $event:expr),+ $(,)?]),+ $(,)?) => {
        fn row(event: &Event) -> usize {
            let rows: &[fn(&Event) -> bool] = &[$(|event| matches!(event, $variant)),+];
            match event { $($variant => {})+ }
            rows.iter().position(|row| row(event)).expect("matched above")
        }

        /// Label and event, in the order of the table.
        pub fn all() -> Vec<(&'static str, Event)> {
            let rows: Vec<Vec<(&str, Event)>> = vec![$(vec![$(($label, $event)),+]),+];
            let mut all = Vec::new();
            for (index, fixtures) in rows.into_iter().enumerate() {
                for (label, event) in fixtures {
                    assert_eq!(row(&event), index, "{label} stands in the wrong row");
                    all.push((label, event));
                }
            }
            all
        }
    };
}

fn why() -> String {
    "why".to_owned()
}

fn with(amount: &str, change: impl FnOnce(&mut Charge)) -> Event {
    let mut charge = charge("c9", "q9", amount);
    change(&mut charge);
    asks(charge)
}

fn held(payment_hash: u8, amount_msat: u64, claim_deadline: u32, fresh: bool) -> Event {
    let tip = Tip { height: HEIGHT, fresh };
    Event::HtlcHeld { payment_hash: hash(payment_hash), amount_msat: msat(amount_msat), claim_deadline, tip }
}

fn disputed(amount: &str, state: DisputeState) -> Event {
    let (charge_id, dispute_id) = ("c1".to_owned(), "d1".to_owned());
    Event::ChargeDisputed { charge_id, dispute_id, amount: usd(amount), state }
}

const NEAR: u32 = HEIGHT + MARGIN_BLOCKS;

table! {
    Event::Created(_) => ["" = Event::Created(Box::new(creation(policy(Flow::Card, ClaimOn::Authorization))))],
    Event::QuoteGiven { .. } => ["#1" = quote_given(1, START), "#2" = quote_given(2, START.plus_ms(9))],
    Event::InvoiceIssued { .. } => [
        "#1" = invoice_issued(1, hash(1)),
        "#2" = invoice_issued(2, hash(2)),
        "#2 of an old hash" = invoice_issued(2, hash(1)),
    ],
    Event::InvoiceFailed { .. } => ["" = Event::InvoiceFailed { reason: why() }],
    Event::RailChosen { .. } => [
        "lnurl" = Event::RailChosen { rail: Rail::Lnurl },
        "bolt11" = Event::RailChosen { rail: Rail::Bolt11 },
    ],
    Event::CancelRequested => ["" = Event::CancelRequested],
    Event::RevealRequested { .. } => [
        "" = reveal(),
        "without price" = Event::RevealRequested { executable: None, tip: TIP },
        "price fell" = Event::RevealRequested { executable: Some(rate("5389.99")), tip: TIP },
        "stale tip" = Event::RevealRequested { executable: Some(rate("5500")), tip: Tip { fresh: false, ..TIP } },
    ],
    Event::HtlcHeld { .. } => [
        "" = htlc_held(hash(1)),
        "#2" = htlc_held(hash(2)),
        "above" = held(1, QUOTED_MSAT + 7_000, CLAIM_DEADLINE, true),
        "below" = held(1, QUOTED_MSAT - 1, CLAIM_DEADLINE, true),
        "near" = held(1, QUOTED_MSAT, NEAR, true),
        "stale tip" = held(1, QUOTED_MSAT, CLAIM_DEADLINE, false),
        "of another" = held(77, QUOTED_MSAT, CLAIM_DEADLINE, true),
    ],
    Event::HtlcClaimed { .. } => [
        "" = htlc_claimed(hash(1)),
        "#2" = htlc_claimed(hash(2)),
        "of another amount" = Event::HtlcClaimed { payment_hash: hash(1), amount_msat: msat(1) },
    ],
    Event::HtlcReturned { .. } => [
        "" = Event::HtlcReturned { payment_hash: hash(1) },
        "#2" = Event::HtlcReturned { payment_hash: hash(2) },
    ],
    Event::CardCreated { .. } => ["" = card_created(), "another" = Event::CardCreated { card: "card-2".to_owned() }],
    Event::CardFailed { .. } => ["" = Event::CardFailed { reason: why() }],
    Event::LimitRaised => ["" = Event::LimitRaised],
    Event::LimitFailed { .. } => ["" = Event::LimitFailed { reason: why() }],
    Event::CardClosed => ["" = Event::CardClosed],
    Event::ChargeRequested(_) => [
        "27.11" = with("27.11", |_| {}),
        "27.61" = with("27.61", |_| {}),
        "27.62" = with("27.62", |_| {}),
        "26.60" = with("26.60", |_| {}),
        "zero check" = with("0", |_| {}),
        "zero check of 27.11" = with("27.11", |c| c.kind = ChargeKind::ZeroCheck),
        "check 1.00" = with("1.00", |_| {}),
        "check 1.01" = with("1.01", |_| {}),
        "1.00 at once" = with("1.00", |c| c.kind = ChargeKind::AuthorizationAndCapture),
        "c1 + 0.50" = with("0.50", |c| c.charge_id = "c1".to_owned()),
        "c1 + 0.51" = with("0.51", |c| c.charge_id = "c1".to_owned()),
        "billed in yen" = with("27.11", |c| c.amount = money::Money::new(3_000, money::Currency::JPY).unwrap()),
        "in yen" = with("27.11", |c| c.merchant_amount = money::Money::new(3_000, money::Currency::JPY).unwrap()),
        "blocked" = with("27.11", |c| c.merchant = Merchant { category: "7995".to_owned(), ..merchant("casino") }),
        "elsewhere" = with("27.11", |c| c.merchant = merchant("store-2")),
        "without price" = with("27.11", |c| c.executable = None),
        "price fell" = with("27.11", |c| c.executable = Some(rate("5389.99"))),
        "near" = with("27.11", |c| c.tip.height = CLAIM_DEADLINE - MARGIN_BLOCKS),
        "stale tip" = with("27.11", |c| c.tip.fresh = false),
        "asked again" = asks(charge("c1", "q1", "27.11")),
    ],
    Event::ChargeAuthorized { .. } => [
        "c1" = Event::ChargeAuthorized { charge_id: "c1".to_owned(), amount: usd("27.11") },
        "unasked" = Event::ChargeAuthorized { charge_id: "c8".to_owned(), amount: usd("5") },
        "unasked zero" = Event::ChargeAuthorized { charge_id: "c8".to_owned(), amount: usd("0") },
    ],
    Event::ChargeDeclined { .. } => [
        "c1" = Event::ChargeDeclined { charge_id: "c1".to_owned() },
        "unasked" = Event::ChargeDeclined { charge_id: "c8".to_owned() },
    ],
    Event::ChargeCaptured { .. } => [
        "c1 27.11" = captured("c1", "27.11"),
        "c1 10.00" = captured("c1", "10"),
        "c1 28.00" = captured("c1", "28"),
        "check 1.00" = captured("k1", "1"),
        "check 3.00" = captured("k1", "3"),
        "unasked 5.00" = captured("c8", "5"),
        "c1 zero" = captured("c1", "0"),
    ],
    Event::ChargeReversed { .. } => [
        "c1 27.11" = reversed("c1", "27.11"),
        "c1 10.00" = reversed("c1", "10"),
        "check 1.00" = reversed("k1", "1"),
        "unasked 5.00" = reversed("c8", "5"),
    ],
    Event::ForceCaptured { .. } => [
        "5.00" = Event::ForceCaptured { charge_id: "f1".to_owned(), amount: usd("5") },
        "30.00" = Event::ForceCaptured { charge_id: "f2".to_owned(), amount: usd("30") },
    ],
    Event::StoreRefunded { .. } => [
        "10.00" = Event::StoreRefunded { charge_id: "r1".to_owned(), amount: usd("10") },
        "30.00" = Event::StoreRefunded { charge_id: "r1".to_owned(), amount: usd("30") },
    ],
    Event::StoreRefundReversed { .. } => [
        "10.00" = Event::StoreRefundReversed { charge_id: "r1".to_owned(), amount: usd("10") },
    ],
    Event::ChallengeAsked { .. } => [
        "" = Event::ChallengeAsked {
            authentication_id: "a1".to_owned(),
            amount: Some(usd("27.11")),
            merchant: "store".to_owned(),
            answer_by: START.plus_ms(86_400_000),
        },
        "over" = Event::ChallengeAsked {
            authentication_id: "a1".to_owned(),
            amount: None,
            merchant: "store".to_owned(),
            answer_by: START,
        },
    ],
    Event::ChallengeEnded { .. } => [
        "" = Event::ChallengeEnded { authentication_id: "a1".to_owned(), passed: true },
    ],
    Event::ChargeDisputed { .. } => [
        "opened" = disputed("10.00", DisputeState::Opened),
        "won 10.00" = disputed("10.00", DisputeState::Won),
        "lost" = disputed("10.00", DisputeState::Lost),
    ],
    Event::SaleClosed { .. } => [
        "whole" = sale_closed(1, 496_758),
        "half" = sale_closed(1, 248_379),
        "of too much" = sale_closed(1, 496_759),
        "of the second try" = sale_closed(2, 496_758),
    ],
    Event::SaleFailed { .. } => [
        "" = Event::SaleFailed { attempt: 1, reason: why() },
        "of the second try" = Event::SaleFailed { attempt: 2, reason: why() },
    ],
    Event::SaleGivenUp { .. } => [
        "" = Event::SaleGivenUp { attempt: 1, reason: why() },
        "of the second try" = Event::SaleGivenUp { attempt: 2, reason: why() },
    ],
    Event::VendorOrdered { .. } => [
        "" = vendor_ordered(),
        "too dear" = Event::VendorOrdered {
            order_id: "order-2".to_owned(),
            payment_hash: hash(5),
            bolt11: "lnbcrtdear".to_owned(),
            amount_msat: msat(QUOTED_MSAT + 1),
            final_cltv_delta: 9,
        },
        "too slow" = Event::VendorOrdered {
            order_id: "order-3".to_owned(),
            payment_hash: hash(6),
            bolt11: "lnbcrtslow".to_owned(),
            amount_msat: msat(VENDOR_MSAT),
            final_cltv_delta: 5_000,
        },
    ],
    Event::VendorOrderFailed { .. } => ["" = Event::VendorOrderFailed { reason: why() }],
    Event::VendorPaid { .. } => ["" = Event::VendorPaid { fee_msat: msat(1_000) }],
    Event::VendorSendFailed { .. } => ["" = Event::VendorSendFailed { reason: why() }],
    Event::VendorDelivered => ["" = Event::VendorDelivered],
    Event::VendorFailed { .. } => ["" = Event::VendorFailed { reason: why() }],
    Event::FundsConfirmed => ["" = Event::FundsConfirmed],
    Event::FundsRequested { .. } => [
        "" = funds_requested(),
        "elsewhere" = Event::FundsRequested { target: "bcrt1-second".to_owned(), seen_msat: Msat::ZERO },
        "seen" = funds_seen(),
    ],
    Event::FundsRequestFailed { .. } => ["" = Event::FundsRequestFailed { reason: why() }],
    Event::FundsArrived { .. } => [
        "" = funds_arrived(QUOTED_MSAT),
        "above" = funds_arrived(QUOTED_MSAT + 7_000),
        "below" = funds_arrived(VENDOR_MSAT),
        "zero" = funds_arrived(0),
        "at no price" = Event::FundsArrived { amount_msat: msat(QUOTED_MSAT), executable: None },
    ],
    Event::QuoteExpired => ["" = Event::QuoteExpired],
    Event::HoldWindowEnded => ["" = Event::HoldWindowEnded],
    Event::DeadlineNear { .. } => ["" = Event::DeadlineNear { height: NEAR }],
    Event::AnswerTimedOut { .. } => [
        "q1" = Event::AnswerTimedOut { request_id: "q1".to_owned() },
        "unasked" = Event::AnswerTimedOut { request_id: "q8".to_owned() },
    ],
    Event::CardOpenEnded => ["" = Event::CardOpenEnded],
    Event::Parked { .. } => [
        "" = Event::Parked { reason: why() },
        "for more" = Event::Parked { reason: "more".to_owned() },
    ],
    Event::Resumed => ["" = Event::Resumed],
}

/// A sale of nothing that brought something.
pub fn impossible_sale() -> Event {
    Event::SaleClosed { attempt: 1, sold: Sat::ZERO, proceeds: usd("1"), fee_minor: 0, fee_sat: Sat::ZERO }
}
