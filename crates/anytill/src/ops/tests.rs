//! The operator's reports on a database with a parked purchase in it.

use super::funds::{Against, AssetWord, Fund, Funds, PlaceWord};
use super::{backup, borne, find, ledger, parked};
use ids::{AccountId, PaymentHash, PurchaseId, TermsHash, UnixMs};
use money::{Bps, Currency, Money, Msat, Ppm, Rate};
use ports::{AggregateKind, AggregateRef, Commit, EntryRow, GiveBack, Index, Reservation, ReservationChange, Store};
use purchase::{ClaimOn, Creation, Event, Flow, Policy, Purchase, Recorded, Stepped, Tip, make_quote, step};
use storage::sqlite::{OpenMode, Sqlite};

const ID: PurchaseId = PurchaseId([0xa7; 16]);
const START: UnixMs = UnixMs(1_700_000_000_000);

fn creation() -> Event {
    let usd = |text| Money::parse(text, Currency::USD).unwrap();
    let policy = Policy {
        flow: Flow::Card,
        funds_source: None,
        claim_on: ClaimOn::Authorization,
        tolerance_minor: 50,
        splits: false,
        check_minor_max: 100,
        checks_max: 1,
        blocked_categories: Vec::new(),
        blocked_countries: Vec::new(),
        hold_ms_max: 600_000,
        card_open_ms_max: 86_400_000,
        answer_ms_max: 1_200,
        deadline_margin_blocks: 12,
        min_final_cltv_delta: 80,
        price_fall_max: Bps(200),
        vendor_blocks_max: 144,
        sale_attempts_max: 2,
    };
    let quote = make_quote(&purchase::QuoteInput {
        number: 1,
        order_total: usd("27.11"),
        fee: Money::zero(Currency::USD),
        executable: Rate::parse("5500", Currency::USD).unwrap(),
        spread: Ppm(7_748),
        observed_at: START,
        expires_at: START.plus_ms(300_000),
        market: None,
    });
    Event::Created(Box::new(Creation {
        id: ID,
        account: AccountId([8; 16]),
        store_host: "shop.example".to_owned(),
        store_name: "shop".to_owned(),
        currency: Currency::USD,
        policy,
        product_id: None,
        refund_to: None,
        told: None,
        quote: Some(quote.unwrap()),
        terms_hash: Some(TermsHash([9; 32])),
    }))
}

/// Held, then parked.
fn events() -> Vec<(UnixMs, Event)> {
    let payment_hash = PaymentHash([3; 32]);
    let tip = Tip { height: 100, fresh: true };
    let amount_msat = Msat::new(496_758_000).unwrap();
    vec![
        (START, creation()),
        (START.plus_ms(40), Event::InvoiceIssued { number: 1, payment_hash, bolt11: "lnbcrt1".repeat(40) }),
        (START.plus_ms(61_000), Event::HtlcHeld { payment_hash, amount_msat, claim_deadline: 180, tip }),
        (START.plus_ms(62_000), Event::Parked { reason: "a card nobody made".to_owned() }),
    ]
}

fn taken(resource: &str, amount: u64) -> ReservationChange {
    let (resource, give_back) = (resource.to_owned(), GiveBack::OwnTime);
    ReservationChange::Take(Reservation { resource, amount, limit: u64::MAX, give_back })
}

/// A store with it in, as the engine leaves it.
async fn store(dir: &std::path::Path) -> Sqlite {
    let store = Sqlite::open(dir, OpenMode::OrCreate).unwrap();
    let (mut purchase, mut log): (Option<Purchase>, Vec<String>) = (None, Vec::new());
    for (at, event) in events() {
        let Stepped::Applied(done) = step(purchase.as_ref(), &event, at).unwrap() else { panic!("{event:?}") };
        purchase = Some(done.purchase);
        log.push(serde_json::to_string(&Recorded { format: purchase::FORMAT, at, event }).unwrap());
    }
    let purchase = purchase.unwrap();
    let entry = |account: &str, amount| EntryRow {
        posting: 0,
        template: "hold_accepted".to_owned(),
        account: account.to_owned(),
        asset: "BTC".to_owned(),
        layer: "pending".to_owned(),
        shard: 0,
        amount,
    };
    let index = Index {
        account: Some(purchase.account),
        status: purchase.state.name().to_owned(),
        terminal: false,
        parked: true,
        created_at: START,
        updated_at: START,
        ..Index::default()
    };
    let commit = Commit {
        at: AggregateRef::from(ID),
        expected_version: 0,
        state: serde_json::to_string(&purchase).unwrap(),
        index,
        events: log,
        inbox: None,
        effects: Vec::new(),
        finished_effect: None,
        timers: Vec::new(),
        entries: vec![entry("lightning:node", 496_758_000), entry("shopper", -496_758_000)],
        reservations: vec![
            taken("borne:store:shop.example:USD", 2_711),
            taken("borne:account:0808:USD", 2_761),
            taken("breaches:0808", 1),
            taken("room:02", 496_758_000),
        ],
        now: START,
        urgent: false,
    };
    store.commit(commit).await.unwrap();
    store
}

#[tokio::test]
async fn what_is_parked_is_listed_and_its_story_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let list = parked::list(&store).await.unwrap();
    assert!(list.text.contains("a card nobody made") && list.text.contains("held"), "{}", list.text);
    assert_eq!(list.json[0]["id"], ID.to_string());

    let code = purchase::terms::code(ID);
    for name in [ID.to_string(), "a7a7a7".to_owned(), code.clone()] {
        let story = parked::explain(&store, &name).await.unwrap();
        assert!(story.text.contains(&format!("({code}) at shop.example: 27.11 USD, held, PARKED")), "{}", story.text);
        for line in [
            "2023-11-14 22:13:20",
            "+0.040s  invoice_issued",
            "+1m01s  htlc_held",
            "quote.order_total=27.11 USD",
            "quote.rate=5457.386 USD/BTC",
            "reason=a card nobody made",
            "still return what is held",
            &format!("anytill parked resolve {ID}"),
        ] {
            assert!(story.text.contains(line), "{line}\n{}", story.text);
        }
        assert!(story.text.lines().all(|line| !line.contains(&"lnbcrt1".repeat(20))), "{}", story.text);
        assert_eq!(story.json["events"].as_array().map(Vec::len), Some(4));
    }
    for unknown in ["b7b7", "a7", "", "ffffffffffffffffffffffffffffffff", "ZZZZZZZZ"] {
        assert!(parked::explain(&store, unknown).await.is_err(), "{unknown}");
    }
    assert_eq!(find::find(&store, "a7a7").await.unwrap().at.kind, AggregateKind::Purchase);
}

#[tokio::test]
async fn the_ledger_takes_the_operators_funds_in_and_balances() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let mut funds = Funds::load(&store).await.unwrap();
    let fund = Fund {
        place: PlaceWord("issuer:lithic".parse().unwrap()),
        asset: AssetWord("USD".parse().unwrap()),
        amount: 1_000_000,
        against: Against::Equity,
    };
    funds.change(START, "opened", vec![fund]).unwrap();
    funds.save(&store).await.unwrap();
    assert_eq!(Funds::load(&store).await.unwrap(), funds);

    let report = ledger::report(&store).await.unwrap();
    assert!(report.ok);
    assert_eq!(report.json["balanced"], true);
    for line in [
        "lightning:node BTC pending 0.00496758000",
        "issuer:lithic USD posted 10000.00",
        "equity USD posted 10000.00",
        "sum USD posted 10000.00 10000.00",
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.text.lines().any(|shown| words(shown) == line), "{line}\n{}", report.text);
    }
}

#[tokio::test]
async fn what_was_borne_is_shown_and_cleared() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let listed = borne::list(&store).await.unwrap();
    let rows = |json: &serde_json::Value| -> Vec<(String, u64, u64)> {
        let number = |row: &serde_json::Value, key: &str| row[key].as_u64().unwrap();
        let rows = json.as_array().unwrap().iter();
        rows.map(|row| (row["count"].as_str().unwrap().to_owned(), number(row, "amount"), number(row, "cleared")))
            .collect()
    };
    let (account, shop) = ("borne:account:0808:USD".to_owned(), "borne:store:shop.example:USD".to_owned());
    let breaches = "breaches:0808".to_owned();
    let all = [(account.clone(), 2_761, 0), (shop.clone(), 2_711, 0), (breaches.clone(), 1, 0)];
    assert_eq!(rows(&listed.json), all);
    let report = ledger::report(&store).await.unwrap();
    assert_eq!(rows(&report.json["borne"]), all);
    assert!(report.text.contains(&shop) && report.text.contains("2711"), "{}", report.text);

    assert!(borne::clear(&store, &account).await.unwrap().text.contains("begins anew at 2761"));
    let cleared = borne::list(&store).await.unwrap();
    assert_eq!(rows(&cleared.json), [(account, 2_761, 2_761), (shop, 2_711, 0), (breaches, 1, 0)]);
    for none in ["room:02", "borne:account:09:USD", ""] {
        assert!(borne::clear(&store, none).await.unwrap_err().to_string().contains("borne list"), "{none}");
    }
}

#[tokio::test]
async fn a_backup_is_whole_and_never_written_over_another() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let copy = dir.path().join("copy.sqlite");
    let path = copy.to_str().unwrap();
    assert!(backup(&store, path).await.unwrap().text.contains("not the Lightning node"));
    assert!(copy.metadata().unwrap().len() > 0);
    assert!(backup(&store, path).await.is_err());
}
