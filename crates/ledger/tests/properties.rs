//! Whatever happens in whatever order, the books balance; and when a purchase and its refunds are over, nothing of them
//! is left under way, owed or unsold.

use ledger::templates::*;
use ledger::{Account, Amount, Asset, Exposure, Layer, LedgerError, Place, PlaceName, Posting, Template, TrialBalance};
use money::{Currency, Money, Msat, Rate};
use proptest::prelude::*;

const NODE: PlaceName = PlaceName::new("hold").expect("a good name");
const KRAKEN: PlaceName = PlaceName::new("kraken").expect("a good name");
const LITHIC: PlaceName = PlaceName::new("lithic").expect("a good name");
const USD: Asset = Asset::Fiat(Currency::USD);

fn msat(value: u64) -> Msat {
    Msat::new(value).unwrap()
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

/// Template number `which`, on amounts that need not make sense together.
fn any_posting(which: usize, a: u64, b: u64, c: u64, shard: u8) -> Option<Result<Posting, LedgerError>> {
    let (node, issuer, from) = (NODE, LITHIC, Place::Lightning(NODE));
    let (invoice_msat, above_msat, amount_msat, amount) = (msat(a), msat(b), msat(a), usd(a));
    let conversion = Converted {
        claimed_msat: msat(a.saturating_add(b)),
        rounding_msat: msat(b),
        market_value: usd(a),
        order_total: usd(b),
        fee: usd(c),
    };
    Some(match which {
        0 => HoldAccepted { node, invoice_msat, above_msat }.posting(shard),
        1 => HoldReturned { node, invoice_msat, above_msat }.posting(shard),
        2 => HoldClaimed { node, invoice_msat, above_msat }.posting(shard),
        3 => FundsArrived { place: Place::Chain(NODE), quoted_msat: invoice_msat, above_msat }.posting(shard),
        4 => conversion.posting(shard),
        5 => ConversionUndone { conversion }.posting(shard),
        6 => {
            SaleFilled { exchange: KRAKEN, sold_msat: amount_msat, proceeds: usd(b), fee: usd(c).into() }.posting(shard)
        }
        7 => SaleRemainderKept { remainder_msat: amount_msat, worth: usd(b) }.posting(shard),
        8 => CardAuthorized { issuer, amount }.posting(shard),
        9 => AuthorizationReversed { issuer, amount }.posting(shard),
        10 => CardCaptured { issuer, authorized: amount, covered: usd(b), overrun: usd(c) }.posting(shard),
        11 => ForceCaptured { issuer, covered: usd(b), overrun: usd(c) }.posting(shard),
        12 => ToleranceCovered { amount }.posting(shard),
        13 => CheckApproved { issuer, amount }.posting(shard),
        14 => CheckExpired { issuer, amount }.posting(shard),
        15 => CheckCaptured { issuer, approved: amount, covered: usd(b), lost: usd(c) }.posting(shard),
        16 => StoreRefundReceived { issuer, amount }.posting(shard),
        17 => StoreRefundReversed { issuer, unpaid: amount, paid_back: usd(b) }.posting(shard),
        18 => OwedOpened { amount: amount.into() }.posting(shard),
        19 => OwedWithdrawn { amount: amount_msat.into() }.posting(shard),
        20 => RefundQuoted { owed: usd(b), amount_msat }.posting(shard),
        21 => RefundUnquoted { owed: usd(b), amount_msat }.posting(shard),
        22 => RefundStarted { from, amount_msat }.posting(shard),
        23 => RefundFailed { from, amount_msat }.posting(shard),
        24 => RefundSent { from, amount_msat, operator_fee_msat: msat(b), shopper_fee_msat: msat(c) }.posting(shard),
        25 => VendorPayStarted { node, amount_msat }.posting(shard),
        26 => VendorPayFailed { node, amount_msat }.posting(shard),
        27 => VendorPaid { node, amount_msat, fee_msat: msat(b) }.posting(shard),
        28 => VendorRefunded { place: from, amount_msat }.posting(shard),
        29 => GiftCardDelivered { vendor_msat: msat(a), fee_msat: msat(b), rounding_msat: msat(c) }.posting(shard),
        30 => GiftCardLost { amount_msat }.posting(shard),
        31 => TreasuryMoved { from, to: Place::Exchange(KRAKEN), amount: amount_msat.into(), fee: msat(c).into() }
            .posting(shard),
        32 => OpeningBalance { place: from, amount: amount_msat.into() }.posting(shard),
        33 => OverrunRecovered { issuer, amount }.posting(shard),
        34 => RefundReclaimed { amount }.posting(shard),
        _ => return None,
    })
}

/// How many templates [`any_posting`] knows: as many as there are files.
const TEMPLATES: usize = 35;

#[test]
fn every_template_is_tried() {
    let mut names: Vec<_> = (0..TEMPLATES)
        .filter_map(|which| any_posting(which, 3, 2, 1, 0))
        .map(|posting| posting.expect("small amounts").template())
        .collect();
    names.sort_unstable();
    names.dedup();
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/templates");
    let files = dir.read_dir().expect("the templates lie there").count();
    assert_eq!((names.len(), files), (TEMPLATES, TEMPLATES + 1), "one file each, and mod.rs");
}

/// A charge: so much authorized, then part of it voided and the rest captured, perhaps with something on top.
#[derive(Debug, Clone)]
struct Charge {
    authorized: u64,
    captured: u64,
    on_top: u64,
}

/// One purchase and what became of it.
#[derive(Debug, Clone)]
struct Life {
    total: u64,
    micro_per_btc: u64,
    spread_bps: u32,
    above: u64,
    claimed: bool,
    undone: bool,
    charges: Vec<Charge>,
    sold_percent: u64,
    refund_fails_first: bool,
    shard: u8,
}

fn mostly(value: bool) -> impl Strategy<Value = bool> {
    prop_oneof![9 => Just(value), 1 => Just(!value)]
}

fn life() -> impl Strategy<Value = Life> {
    let charge = (1u64..3_000, 0u64..3_000, prop_oneof![4 => Just(0u64), 1 => 1u64..500])
        .prop_map(|(authorized, captured, on_top)| Charge { authorized, captured: captured.min(authorized), on_top });
    let money = (1u64..1_000_000, 1_000_000_000u64..200_000_000_000, 0u32..500, 0u64..5_000);
    let flags = (mostly(true), mostly(false), prop::bool::ANY);
    let rest = (prop::collection::vec(charge, 0..5), 0u64..=100, 0u8..4);
    (money, flags, rest).prop_map(|((total, micro_per_btc, spread_bps, above), flags, rest)| Life {
        total,
        micro_per_btc,
        spread_bps,
        above,
        claimed: flags.0,
        undone: flags.1,
        refund_fails_first: flags.2,
        charges: rest.0,
        sold_percent: rest.1,
        shard: rest.2,
    })
}

/// Plays a life on the books and checks them after every posting.
struct Books {
    balance: TrialBalance,
    shard: u8,
}

impl Books {
    fn post(&mut self, template: impl Template) {
        let posting = template.posting(self.shard).expect("the story makes sense");
        self.balance.apply(&posting).expect("small amounts");
        assert!(self.balance.is_balanced(), "{posting}{:?}", self.balance.imbalances());
    }

    fn posted(&self, account: Account, asset: Asset) -> i64 {
        self.balance.get(account, asset, Layer::Posted)
    }

    fn play(&mut self, life: &Life) {
        let market = Rate::new(life.micro_per_btc, Currency::USD).unwrap();
        let quoted = market.less_spread_floor(money::Bps(life.spread_bps)).unwrap();
        let invoice_msat = quoted.sat_ceil(usd(life.total)).unwrap().msat();
        let (node, above_msat) = (NODE, msat(life.above));
        self.post(HoldAccepted { node, invoice_msat, above_msat });
        if !life.claimed {
            self.post(HoldReturned { node, invoice_msat, above_msat });
            return;
        }
        self.post(HoldClaimed { node, invoice_msat, above_msat });
        let conversion = Converted::at_rates(invoice_msat, quoted, market, usd(life.total), usd(0)).unwrap();
        self.post(conversion);
        if life.undone {
            self.post(ConversionUndone { conversion });
            self.post(OwedOpened { amount: invoice_msat.into() });
            return self.pay_back(life, market);
        }
        self.sell(life, invoice_msat, market);
        self.charge(life);
        let left = self.posted(Account::Shopper, USD);
        assert!(left <= 0, "captures use up no more than there is");
        self.post(OwedOpened { amount: usd(left.unsigned_abs()).into() });
        self.pay_back(life, market);
    }

    fn sell(&mut self, life: &Life, claimed_msat: Msat, market: Rate) {
        let sold_msat = msat(claimed_msat.get() * life.sold_percent / 100);
        let proceeds = market.minor_floor(sold_msat).unwrap();
        self.post(SaleFilled { exchange: KRAKEN, sold_msat, proceeds, fee: Amount::from(usd(1)) });
        let remainder_msat = claimed_msat.checked_sub(sold_msat).unwrap();
        self.post(SaleRemainderKept { remainder_msat, worth: market.minor_floor(remainder_msat).unwrap() });
    }

    fn charge(&mut self, life: &Life) {
        let issuer = LITHIC;
        for charge in &life.charges {
            let amount = usd(charge.authorized);
            self.post(CardAuthorized { issuer, amount });
            self.post(AuthorizationReversed { issuer, amount: usd(charge.authorized - charge.captured) });
            let money_left = self.posted(Account::Shopper, USD).unsigned_abs();
            let captured = charge.captured + charge.on_top;
            let covered = usd(captured.min(money_left));
            let overrun = usd(captured - covered.minor());
            self.post(CardCaptured { issuer, authorized: usd(charge.captured), covered, overrun });
        }
    }

    fn pay_back(&mut self, life: &Life, market: Rate) {
        let from = Place::Lightning(NODE);
        let owed = usd(self.posted(Account::Owed, USD).unsigned_abs());
        let amount_msat = market.msat_floor(owed).unwrap();
        self.post(RefundQuoted { owed, amount_msat });
        if life.refund_fails_first {
            self.post(RefundStarted { from, amount_msat });
            self.post(RefundFailed { from, amount_msat });
            self.post(RefundUnquoted { owed, amount_msat });
            self.post(RefundQuoted { owed, amount_msat });
        }
        let amount_msat = msat(self.posted(Account::Owed, Asset::Btc).unsigned_abs());
        self.post(RefundStarted { from, amount_msat });
        self.post(RefundSent { from, amount_msat, operator_fee_msat: msat(1_000), shopper_fee_msat: msat(0) });
    }
}

proptest! {
    #[test]
    fn any_sequence_of_postings_balances(
        steps in prop::collection::vec((0..TEMPLATES, 0u64..1 << 50, 0u64..1 << 50, 0u64..1 << 50, any::<u8>()), 1..60),
    ) {
        let mut balance = TrialBalance::default();
        let mut kept = std::collections::BTreeMap::new();
        for (which, a, b, c, shard) in steps {
            let posting = any_posting(which, a, b, c, shard).expect("there is one").expect("it fits");
            balance.apply(&posting).unwrap();
            prop_assert!(balance.is_balanced());
            for (key, amount) in posting.changes() {
                prop_assert_ne!(amount, 0);
                *kept.entry(key).or_insert(0i64) += amount;
            }
        }
        let rows = kept.into_iter().map(|(key, amount)| ledger::Balance {
            account: key.account,
            asset: key.asset,
            layer: key.layer,
            amount,
        });
        prop_assert_eq!(TrialBalance::from_balances(rows).unwrap(), balance);
    }

    #[test]
    fn when_it_is_over_nothing_is_left_open(lives in prop::collection::vec(life(), 1..8)) {
        let mut books = Books { balance: TrialBalance::default(), shard: 0 };
        for life in &lives {
            books.shard = life.shard;
            books.play(life);
            prop_assert!(books.balance.nothing_pending(), "{}", books.balance);
            for asset in [Asset::Btc, USD] {
                prop_assert_eq!(books.posted(Account::Shopper, asset), 0);
                prop_assert_eq!(books.posted(Account::Owed, asset), 0);
            }
        }
        let exposure = Exposure::of(&books.balance);
        prop_assert!(exposure.owed.is_empty() && exposure.checks_open.is_empty());
        // All that was claimed is sold or kept; what was paid back in bitcoin is not bought yet.
        prop_assert!(exposure.unsold.iter().all(|position| position.btc_msat >= 0));
    }

    #[test]
    fn words_never_panic(text in ".{0,24}") {
        let _ = text.parse::<Account>();
        let _ = text.parse::<Asset>();
        let _ = text.parse::<Layer>();
    }
}
