//! The table of all ways, with what each must end in.

use super::{PRICE_MSAT, Scenario, after, before, charge, closed, crash, gift, linked, nodes, onchain, onchain_odd};
use crate::demo::{Payout, Way};

const BOTH: &[Payout] = &[Payout::Card, Payout::GiftCard];
const CARD: &[Payout] = &[Payout::Card];
const GIFT_CARD: &[Payout] = &[Payout::GiftCard];
const LIGHTNING: &[Way] = &[Way::Lightning];
const COINBASE: &[Way] = &[Way::Coinbase];
const ONCHAIN: &[Way] = &[Way::Onchain];

macro_rules! scenario {
    ($name:literal, $state:literal, $change:expr, $about:literal, $play:path) => {
        scenario!($name, $state, $change, $about, $play, CARD)
    };
    ($name:literal, $state:literal, $change:expr, $about:literal, $play:path, $payouts:expr) => {
        scenario!($name, $state, $change, $about, $play, $payouts, LIGHTNING)
    };
    ($name:literal, $state:literal, $change:expr, $about:literal, $play:path, $payouts:expr, $ways:expr) => {
        Scenario {
            payouts: $payouts,
            ways: $ways,
            name: $name,
            about: $about,
            state: $state,
            change_msat: $change,
            needs_address: matches!($name.as_bytes(), b"partial"),
            play: |world, claim_on, timeline| Box::pin($play(world, claim_on, timeline)),
        }
    };
}

/// What is paid back for an amount of dollars at the middle of the market, 5,500.05 USD/BTC, rounded down to a millisatoshi.
const fn at_market_msat(minor: i64) -> i64 {
    minor * 100_000_000_000 / 550_005
}

/// A linked account, and the chain, are told whole satoshis, rounded up.
const fn whole_sat(msat: i64) -> i64 {
    (msat + 999) / 1_000 * 1_000
}

/// All of them, in the order of `--scenario all`.
pub static ALL: [Scenario; 55] = [
    scenario!(
        "purchase",
        "completed",
        -PRICE_MSAT,
        "the album is bought",
        charge::purchase,
        BOTH,
        &[Way::Lightning, Way::Coinbase, Way::Onchain]
    ),
    scenario!(
        "declined",
        "returned",
        0,
        "the store's bank declines a mistyped card; the shopper gives up",
        charge::declined
    ),
    scenario!("abandoned", "returned", 0, "paid, then nothing: the hold window ends", before::abandoned),
    scenario!("cancelled", "returned", 0, "paid, then cancelled", before::cancelled),
    scenario!("issuer-down", "returned", 0, "the issuer makes no card", before::issuer_down),
    scenario!("price-stale", "returned", 0, "no fresh price when the store charges", charge::price_stale),
    scenario!(
        "exchange-down",
        "completed",
        -PRICE_MSAT,
        "the exchange takes no order: the operator's exposure",
        charge::exchange_down,
        BOTH
    ),
    scenario!("late", "expired", 0, "the bitcoin arrives after the invoice has expired", before::late, BOTH),
    scenario!(
        "twice",
        "completed",
        -PRICE_MSAT,
        "a second wallet pays too: while held, after return, after claim",
        before::twice
    ),
    scenario!(
        "turned-back",
        "completed",
        -PRICE_MSAT,
        "the wallet fetches an invoice, the shopper turns back to a checked one",
        before::turned_back
    ),
    scenario!("check", "completed", -PRICE_MSAT, "the store checks the card with $0 and $1 first", charge::check),
    scenario!("overcharge", "returned", 0, "the store asks five dollars more", charge::overcharge),
    scenario!("tax-change", "completed", -PRICE_MSAT, "seven cents more, inside the tolerance", charge::tax_change),
    scenario!(
        "partial",
        "completed",
        at_market_msat(711) - PRICE_MSAT,
        "two shipments, together less than the total",
        after::partial
    ),
    scenario!(
        "card-first",
        "completed",
        -PRICE_MSAT,
        "a prepared card, a check, then quote, hold, limit raised, charge",
        charge::card_first
    ),
    scenario!(
        "voided",
        "completed",
        at_market_msat(2_711) - PRICE_MSAT,
        "charged, then voided by the store",
        after::voided
    ),
    scenario!("late-answer", "completed", 0, "claimed, but the issuer did not get the answer", after::late_answer),
    scenario!(
        "refund",
        "completed",
        at_market_msat(1_000) - PRICE_MSAT,
        "months later the store gives ten dollars back",
        after::refund
    ),
    scenario!(
        "crash",
        "completed",
        -PRICE_MSAT,
        "the server is killed while the HTLC is held, and starts again",
        crash::held,
        BOTH
    ),
    scenario!(
        "crash-claim",
        "completed",
        -PRICE_MSAT,
        "the server is killed right after the claim call, and starts again",
        crash::claiming
    ),
    scenario!(
        "force-close",
        "completed",
        -PRICE_MSAT,
        "the channel is closed by force, then the store charges; the chain's fees are in the books",
        closed::charged
    ),
    scenario!(
        "force-cancel",
        "returned",
        0,
        "the channel is closed by force, then the shopper cancels; the chain's fees are in the books",
        closed::cancelled
    ),
    scenario!(
        "vendor-refuses",
        "returned",
        0,
        "the gift-card vendor takes no order: nothing is asked for",
        gift::refuses,
        GIFT_CARD
    ),
    scenario!(
        "vendor-unreachable",
        "returned",
        0,
        "no route to the vendor when the HTLC is held: it goes back",
        gift::unreachable,
        GIFT_CARD
    ),
    scenario!(
        "vendor-slow",
        "completed",
        -PRICE_MSAT,
        "the vendor delivers later: the code is waited for",
        gift::slow,
        GIFT_CARD
    ),
    scenario!(
        "undelivered",
        "completed",
        0,
        "the vendor was paid and does not deliver: all is owed back",
        gift::undelivered,
        GIFT_CARD
    ),
    scenario!(
        "crash-paying",
        "completed",
        -PRICE_MSAT,
        "the server is killed while the vendor is being paid, and starts again",
        gift::crash_paying,
        GIFT_CARD
    ),
    scenario!(
        "unconfirmed",
        "returned",
        0,
        "the shopper reads that it cannot be held, and leaves",
        linked::unconfirmed,
        CARD,
        COINBASE
    ),
    scenario!(
        "store-declines",
        "completed",
        0,
        "paid, the store declines a mistyped card: all goes back",
        linked::store_declines,
        CARD,
        COINBASE
    ),
    scenario!(
        "store-voids",
        "completed",
        whole_sat(at_market_msat(2_711)) - PRICE_MSAT,
        "charged, then voided: the dollars go back",
        linked::store_voids,
        CARD,
        COINBASE
    ),
    scenario!(
        "second-factor",
        "completed",
        -PRICE_MSAT,
        "a code is asked for: a wrong one, then the right one",
        linked::second_factor,
        CARD,
        COINBASE
    ),
    scenario!(
        "transfer-cancelled",
        "returned",
        0,
        "Coinbase cancels the transfer",
        linked::transfer_cancelled,
        CARD,
        COINBASE
    ),
    scenario!(
        "transfer-late",
        "expired",
        0,
        "it arrives after the price has expired: all goes back",
        linked::transfer_late,
        CARD,
        COINBASE
    ),
    scenario!(
        "crash-sending",
        "completed",
        -PRICE_MSAT,
        "the server is killed when it was sent, and starts again: sent once",
        linked::crash_sending,
        CARD,
        COINBASE
    ),
    scenario!(
        "token-ended",
        "completed",
        -PRICE_MSAT,
        "the access token has ended and is refreshed",
        linked::token_ended,
        CARD,
        COINBASE
    ),
    scenario!(
        "unlinked",
        "completed",
        at_market_msat(2_711) - PRICE_MSAT,
        "unlinked meanwhile: what is owed asks for another destination",
        linked::unlinked,
        CARD,
        COINBASE
    ),
    scenario!("source-refuses", "returned", 0, "Coinbase refuses the send", linked::source_refuses, CARD, COINBASE),
    scenario!(
        "source-down",
        "expired",
        0,
        "Coinbase does not answer: nothing is sent",
        linked::source_down,
        CARD,
        COINBASE
    ),
    scenario!(
        "chain-unconfirmed",
        "returned",
        0,
        "the shopper reads that it cannot be held, and leaves: no address",
        onchain::unconfirmed,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-filled",
        "completed",
        -PRICE_MSAT,
        "too little, and then the rest to the same address",
        onchain::filled,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-short",
        "expired",
        0,
        "too little until the time is over: it goes back",
        onchain::short,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-overpaid",
        "completed",
        -PRICE_MSAT,
        "more than was asked: the rest goes back",
        onchain::overpaid,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-twice",
        "completed",
        -PRICE_MSAT,
        "the address is paid once more later: that goes back",
        onchain::paid_twice,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-late",
        "expired",
        0,
        "sent after the price has expired: all goes back",
        onchain::late,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-slow",
        "completed",
        -PRICE_MSAT,
        "sent in time, mined after it: the price has held",
        onchain::slow,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-no-price",
        "expired",
        0,
        "sent in time, mined after it, and no price: all goes back",
        onchain::slow_and_no_price,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-replaced",
        "completed",
        -PRICE_MSAT,
        "replaced by less, then by what was asked",
        onchain::replaced,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-double-spent",
        "expired",
        0,
        "sent, and spent otherwise before a block: nothing is bought",
        onchain::double_spent,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-reorganized",
        "completed",
        -PRICE_MSAT,
        "its block is taken off; it is mined again",
        onchain::reorganized,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-declined",
        "completed",
        0,
        "paid, the store declines a mistyped card: all goes back",
        onchain::declined,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-voided",
        "completed",
        whole_sat(at_market_msat(2_711)) - PRICE_MSAT,
        "charged, then voided: the dollars go back",
        onchain::voided,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-crash",
        "completed",
        -PRICE_MSAT,
        "the server is killed while it waits for blocks",
        onchain::crash,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-crash-refund",
        "completed",
        0,
        "the server is killed when its refund is sent: sent once",
        onchain::crash_refund,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-small-coins",
        "completed",
        -PRICE_MSAT,
        "paid in many small coins: a refund is less what was said, the rest of its fee is the operator's",
        onchain_odd::small_coins,
        CARD,
        ONCHAIN
    ),
    scenario!(
        "chain-gone",
        "completed",
        0,
        "what was final is taken back: its refund waits for the operator",
        onchain_odd::gone,
        CARD,
        ONCHAIN
    ),
];

/// Where the server holds on several nodes.
pub static SEVERAL_NODES: Scenario = scenario!(
    "two-at-a-time",
    "completed",
    -2 * PRICE_MSAT,
    "two albums at a time, held by two nodes",
    nodes::two_at_a_time
);
