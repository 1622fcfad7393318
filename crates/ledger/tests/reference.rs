//! The reference purchase, template by template: an order of $27.11 for 496,758,000 msat at 5,457.386 USD/BTC.
//!
//! The snapshots are the reviewed truth: whoever changes a posting sees here what changes on the books.

use ledger::templates::*;
use ledger::{
    Account, Amount, Asset, Exposure, Layer, Place, PlaceName, Posting, ProfitAndLoss, Template, TrialBalance,
};
use money::{Currency, Money, Msat, Rate};

const NODE: PlaceName = PlaceName::new("hold").expect("a good name");
const PAYER_NODE: PlaceName = PlaceName::new("vendor").expect("a good name");
const KRAKEN: PlaceName = PlaceName::new("kraken").expect("a good name");
const LITHIC: PlaceName = PlaceName::new("lithic").expect("a good name");

fn msat(value: u64) -> Msat {
    Msat::new(value).unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn rate(text: &str) -> Rate {
    Rate::parse(text, Currency::USD).unwrap()
}

const INVOICE: u64 = 496_758_000;

fn conversion() -> Converted {
    Converted::at_rates(msat(INVOICE), rate("5457.386"), rate("5484.81"), usd("27.11"), usd("0")).unwrap()
}

fn holding() -> Vec<Posting> {
    let (node, invoice_msat, above_msat) = (NODE, msat(INVOICE), msat(1_000));
    vec![
        HoldAccepted { node, invoice_msat, above_msat }.posting(0).unwrap(),
        HoldReturned { node, invoice_msat, above_msat }.posting(0).unwrap(),
        HoldClaimed { node, invoice_msat, above_msat }.posting(0).unwrap(),
        FundsArrived { place: Place::Chain(NODE), quoted_msat: invoice_msat, above_msat }.posting(0).unwrap(),
    ]
}

fn converting() -> Vec<Posting> {
    let sale =
        |sold, proceeds, fee| SaleFilled { exchange: KRAKEN, sold_msat: msat(sold), proceeds: usd(proceeds), fee };
    vec![
        conversion().posting(0).unwrap(),
        ConversionUndone { conversion: conversion() }.posting(0).unwrap(),
        sale(INVOICE, "27.20", usd("0.07").into()).posting(0).unwrap(),
        sale(INVOICE, "27.20", msat(1_291_000).into()).posting(0).unwrap(),
        SaleRemainderKept { remainder_msat: msat(758_000), worth: usd("0.04") }.posting(0).unwrap(),
    ]
}

fn charging() -> Vec<Posting> {
    let (issuer, amount) = (LITHIC, usd("27.11"));
    vec![
        CardAuthorized { issuer, amount }.posting(0).unwrap(),
        AuthorizationReversed { issuer, amount }.posting(0).unwrap(),
        CardCaptured { issuer, authorized: amount, covered: amount, overrun: usd("0") }.posting(0).unwrap(),
        CardCaptured { issuer, authorized: amount, covered: amount, overrun: usd("2.89") }.posting(0).unwrap(),
        ForceCaptured { issuer, covered: usd("0"), overrun: usd("5.00") }.posting(0).unwrap(),
        ToleranceCovered { amount: usd("0.04") }.posting(0).unwrap(),
        CheckApproved { issuer, amount: usd("1.00") }.posting(0).unwrap(),
        CheckExpired { issuer, amount: usd("1.00") }.posting(0).unwrap(),
        CheckCaptured { issuer, approved: usd("1.00"), covered: usd("0"), lost: usd("1.00") }.posting(0).unwrap(),
        StoreRefundReceived { issuer, amount }.posting(0).unwrap(),
        StoreRefundReversed { issuer, unpaid: usd("7.11"), paid_back: usd("20.00") }.posting(0).unwrap(),
    ]
}

fn refunding() -> Vec<Posting> {
    let (from, owed, amount_msat) = (Place::Lightning(NODE), usd("27.11"), msat(490_000_000));
    let sent = |operator, shopper| RefundSent {
        from,
        amount_msat,
        operator_fee_msat: msat(operator),
        shopper_fee_msat: msat(shopper),
    };
    vec![
        OwedOpened { amount: owed.into() }.posting(0).unwrap(),
        OwedOpened { amount: msat(INVOICE).into() }.posting(0).unwrap(),
        OwedWithdrawn { amount: owed.into() }.posting(0).unwrap(),
        RefundQuoted { owed, amount_msat }.posting(0).unwrap(),
        RefundUnquoted { owed, amount_msat }.posting(0).unwrap(),
        RefundStarted { from, amount_msat }.posting(0).unwrap(),
        RefundFailed { from, amount_msat }.posting(0).unwrap(),
        sent(1_500, 0).posting(0).unwrap(),
        sent(0, 1_500).posting(0).unwrap(),
    ]
}

fn gift_cards_and_treasury() -> Vec<Posting> {
    let (node, amount_msat) = (PAYER_NODE, msat(494_000_000));
    let delivered = GiftCardDelivered { vendor_msat: amount_msat, fee_msat: msat(2_757_100), rounding_msat: msat(900) };
    let move_to_issuer = TreasuryMoved {
        from: Place::Exchange(KRAKEN),
        to: Place::Issuer(LITHIC),
        amount: usd("100.00").into(),
        fee: usd("0.50").into(),
    };
    let move_to_exchange = TreasuryMoved {
        from: Place::Chain(NODE),
        to: Place::Exchange(KRAKEN),
        amount: msat(1_000_000_000).into(),
        fee: msat(250_000).into(),
    };
    let opening = OpeningBalance { place: Place::Issuer(LITHIC), amount: usd("500.00").into() };
    vec![
        VendorPayStarted { node, amount_msat }.posting(0).unwrap(),
        VendorPayFailed { node, amount_msat }.posting(0).unwrap(),
        VendorPaid { node, amount_msat, fee_msat: msat(2_000) }.posting(0).unwrap(),
        VendorRefunded { place: Place::Lightning(node), amount_msat }.posting(0).unwrap(),
        delivered.posting(0).unwrap(),
        GiftCardLost { amount_msat }.posting(0).unwrap(),
        move_to_issuer.posting(0).unwrap(),
        move_to_exchange.posting(0).unwrap(),
        opening.posting(0).unwrap(),
    ]
}

fn written(postings: &[Posting]) -> String {
    postings.iter().map(|posting| format!("{posting}\n")).collect()
}

#[test]
fn postings_of_holding() {
    insta::assert_snapshot!(written(&holding()));
}

#[test]
fn postings_of_converting() {
    insta::assert_snapshot!(written(&converting()));
}

#[test]
fn postings_of_charging() {
    insta::assert_snapshot!(written(&charging()));
}

#[test]
fn postings_of_refunding() {
    insta::assert_snapshot!(written(&refunding()));
}

#[test]
fn postings_of_gift_cards_and_treasury() {
    insta::assert_snapshot!(written(&gift_cards_and_treasury()));
}

/// All of a good purchase, from the opening balances to the sale.
fn whole_purchase() -> TrialBalance {
    let (node, invoice_msat, above_msat, none) = (NODE, msat(INVOICE), Msat::ZERO, usd("0"));
    let opening = |place, amount: Amount| OpeningBalance { place, amount }.posting(0).unwrap();
    let sale =
        SaleFilled { exchange: KRAKEN, sold_msat: invoice_msat, proceeds: usd("27.22"), fee: usd("0.07").into() };
    let amount = usd("27.11");
    let mut balance = TrialBalance::default();
    for posting in [
        opening(Place::Exchange(KRAKEN), msat(100_000_000_000).into()),
        opening(Place::Issuer(LITHIC), usd("500.00").into()),
        HoldAccepted { node, invoice_msat, above_msat }.posting(1).unwrap(),
        HoldClaimed { node, invoice_msat, above_msat }.posting(1).unwrap(),
        conversion().posting(1).unwrap(),
        CardAuthorized { issuer: LITHIC, amount }.posting(1).unwrap(),
        sale.posting(1).unwrap(),
        CardCaptured { issuer: LITHIC, authorized: amount, covered: amount, overrun: none }.posting(1).unwrap(),
    ] {
        balance.apply(&posting).unwrap();
    }
    balance
}

#[test]
fn a_whole_purchase_leaves_nothing_open() {
    let balance = whole_purchase();
    assert!(balance.is_balanced() && balance.nothing_pending());
    for asset in [Asset::Btc, Asset::Fiat(Currency::USD)] {
        assert_eq!(balance.get(Account::Shopper, asset, Layer::Posted), 0);
    }
    assert_eq!(Exposure::of(&balance), Exposure::default());
    insta::assert_snapshot!(format!("{balance}\n{}", ProfitAndLoss::of(&balance)));
}

#[test]
fn what_is_at_stake_is_shown() {
    let (from, refund_msat) = (Place::Lightning(NODE), msat(360_000_000));
    let refunded =
        RefundSent { from, amount_msat: refund_msat, operator_fee_msat: msat(500), shopper_fee_msat: msat(0) };
    let mut balance = whole_purchase();
    for posting in [
        conversion().posting(2).unwrap(),
        CheckApproved { issuer: LITHIC, amount: usd("1.00") }.posting(2).unwrap(),
        ForceCaptured { issuer: LITHIC, covered: usd("0"), overrun: usd("5.00") }.posting(2).unwrap(),
        StoreRefundReceived { issuer: LITHIC, amount: usd("27.11") }.posting(2).unwrap(),
        RefundQuoted { owed: usd("20.00"), amount_msat: refund_msat }.posting(2).unwrap(),
        RefundStarted { from, amount_msat: refund_msat }.posting(2).unwrap(),
        refunded.posting(2).unwrap(),
        StoreRefundReversed { issuer: LITHIC, unpaid: usd("7.11"), paid_back: usd("20.00") }.posting(2).unwrap(),
        VendorPaid { node: PAYER_NODE, amount_msat: msat(494_000_000), fee_msat: msat(2_000) }.posting(2).unwrap(),
    ] {
        balance.apply(&posting).unwrap();
    }
    assert!(!balance.nothing_pending());
    insta::assert_snapshot!(Exposure::of(&balance));
}

#[test]
fn other_currencies_in_one_posting_are_an_error() {
    let yen = Money::parse("3000", Currency::JPY).unwrap();
    let mixed = CardCaptured { issuer: LITHIC, authorized: usd("1.00"), covered: usd("1.00"), overrun: yen };
    assert!(mixed.posting(0).is_err());
    assert!(Converted { fee: yen, ..conversion() }.posting(0).is_err());
    assert!(Converted { market_value: yen, ..conversion() }.posting(0).is_err());
    assert!(Converted { rounding_msat: msat(INVOICE + 1), ..conversion() }.posting(0).is_err());
}
