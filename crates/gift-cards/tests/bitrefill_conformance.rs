//! Bitrefill's adapter against Bitrefill's simulation.

mod conformance;

use bitcoin::{
    Network,
    hashes::{Hash, sha256},
};
use conformance::{Asked, Becomes, Break, World, order, ordered, told};
use gift_cards::bitrefill::{Bitrefill, BitrefillConfig, StoreProduct};
use ids::UnixMs;
use money::{Currency, Money};
use outbound::Limits;
use ports::{ClaimCode, Clock, GiftCardVendor, Outcome, Secret};
use sandbox::{
    VendorClock,
    bitrefill::{self, Delivery, MemoryInvoicer, Product, RateLimits, Twist},
    faults::Fault,
};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// The demo store's host and card.
const STORE: (&str, &str) = ("records.example", "US");
const PRODUCT: &str = Product::DEMO;

/// One clock for the vendor, its node and the adapter, that goes when told.
#[derive(Clone)]
struct Hands(Arc<AtomicU64>);

impl Clock for Hands {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

struct BitrefillWorld {
    simulation: bitrefill::Bitrefill,
    node: Arc<MemoryInvoicer>,
    vendor: Arc<Bitrefill>,
    hands: Hands,
}

fn usd(minor: u64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

impl BitrefillWorld {
    async fn start() -> Self {
        Self::with(RateLimits::Off).await
    }

    async fn with(limits: RateLimits) -> Self {
        let hands = Hands(Arc::new(AtomicU64::new(1_700_000_000_000)));
        let shown = hands.clone();
        let clock = VendorClock::new(move || i64::try_from(shown.now().0).unwrap());
        let node = Arc::new(MemoryInvoicer::new(clock.clone()));
        let config = bitrefill::BitrefillConfig { limits, clock, ..bitrefill::BitrefillConfig::default() };
        let simulation = bitrefill::Bitrefill::start(node.clone(), config).await.unwrap();
        let vendor = Arc::new(adapter(&simulation, simulation.api_key(), &hands));
        Self { simulation, node, vendor, hands }
    }

    fn order_of(order_id: &str) -> &str {
        order_id.split_once(':').expect("invoice and order").1
    }
}

fn adapter(simulation: &bitrefill::Bitrefill, key: &str, hands: &Hands) -> Bitrefill {
    let (host, country) = STORE;
    let own = StoreProduct { host: host.to_owned(), country: country.to_owned(), product: PRODUCT.to_owned() };
    let config = BitrefillConfig {
        base_url: simulation.api_url(),
        api_id: None,
        api_key: Secret::new(key.to_owned()),
        network: Network::Regtest,
        products: vec![own],
        catalogue_ms_max: 86_400_000,
        invoice_life_ms_min: 300_000,
    };
    let limits = Limits { deadline_ms: 300, ..Limits::default() };
    Bitrefill::new(config, limits, Arc::new(hands.clone())).unwrap()
}

fn delivery(becomes: Becomes) -> Delivery {
    match becomes {
        Becomes::Delivered => Delivery::AfterMs(0),
        Becomes::Nothing => Delivery::Never,
        Becomes::Failed => Delivery::Failed,
        Becomes::Refunded => Delivery::Refunded,
        Becomes::Denied => Delivery::Denied,
    }
}

impl World for BitrefillWorld {
    fn vendor(&self) -> &dyn GiftCardVendor {
        self.vendor.as_ref()
    }

    fn now(&self) -> UnixMs {
        self.hands.now()
    }

    fn pass(&self, ms: u64) {
        self.hands.0.fetch_add(ms, Ordering::SeqCst);
    }

    fn store(&self) -> (&'static str, &'static str) {
        STORE
    }

    fn sold(&self) -> (&'static str, Money) {
        (PRODUCT, usd(2_711))
    }

    fn not_sold(&self) -> Money {
        usd(499)
    }

    fn set_in_stock(&self, in_stock: bool) {
        self.simulation.set_in_stock(PRODUCT, in_stock);
    }

    fn orders(&self) -> usize {
        self.simulation.invoices()
    }

    fn pay(&self, bolt11: &str) -> [u8; 32] {
        self.node.pay(bolt11).expect("an invoice that can be paid")
    }

    fn next_becomes(&self, becomes: Becomes) {
        self.simulation.next_delivery(delivery(becomes));
    }

    fn resolve(&self, order_id: &str, becomes: Becomes) {
        self.simulation.resolve(Self::order_of(order_id), delivery(becomes)).expect("a paid order");
    }

    async fn wait_paid(&self, order_id: &str) {
        self.simulation.wait_paid(Self::order_of(order_id)).await;
    }

    async fn wait_ended(&self, order_id: &str) {
        self.simulation.wait_ended(Self::order_of(order_id)).await;
    }

    fn redeem(&self, claim: &ClaimCode) -> Option<Money> {
        let code = claim.code.as_ref()?.expose();
        let pin = claim.pin.as_ref().map(Secret::expose);
        let worth = self.simulation.codes().redeem(code, pin, &[PRODUCT.to_owned()]).ok()?;
        Money::new(worth.minor, worth.currency).ok()
    }

    fn break_next(&self, asked: Asked, how: Break) {
        let endpoint = match asked {
            Asked::Offers => "GET /v2/products/{id}",
            Asked::PlaceOrder => "POST /v2/invoices",
            Asked::SeeOrder => "GET /v2/invoices/{id}",
            Asked::Reveal => "GET /v2/orders/{id}",
            Asked::Health => "GET /v2/accounts/balance",
        };
        let refuse = |status, message: &str| Fault::Refuse { status, message: message.to_owned() };
        let fault = match how {
            Break::TooMany => refuse(429, "Rate limit exceeded"),
            Break::Unsure => refuse(500, "create_invoice_failed: Internal error"),
            Break::Error => Fault::Status(502),
            Break::ErrorAfter => Fault::StatusAfter(504),
            Break::Stall => Fault::Stall,
            Break::StallAfter => Fault::StallAfter,
            Break::DropBefore => Fault::DropBefore,
            Break::DropAfter => Fault::DropAfter,
            Break::Corrupt => Fault::CorruptJson,
            Break::Twice => Fault::Twice,
        };
        self.simulation.faults().next(endpoint, fault);
    }
}

#[tokio::test]
async fn cards() {
    conformance::offers_are_what_is_sold(&BitrefillWorld::start().await).await;
    conformance::a_card_is_bought(&BitrefillWorld::start().await).await;
    let hash = |preimage: &[u8; 32]| sha256::Hash::hash(preimage).to_byte_array();
    conformance::the_hash_is_the_payments(&BitrefillWorld::start().await, hash).await;
    conformance::one_key(&BitrefillWorld::start().await).await;
    conformance::what_is_not_sold(&BitrefillWorld::start().await).await;
}

#[tokio::test]
async fn deliveries() {
    conformance::paid_in_vain(&BitrefillWorld::start().await).await;
    conformance::never_delivered(&BitrefillWorld::start().await).await;
}

/// The documented limits are on at both ends: what the adapter lets through, the vendor does not refuse.
#[tokio::test]
async fn deliveries_within_the_documented_rate_limits() {
    let world = BitrefillWorld::with(RateLimits::Documented).await;
    conformance::never_delivered(&world).await;
    let looks = world.simulation.faults().seen("GET /v2/invoices/{id}");
    assert!((10..350).contains(&looks), "{looks} looks in a day and an hour");
}

#[tokio::test]
async fn lost_orders() {
    conformance::a_lost_order_costs_nothing(&BitrefillWorld::start().await).await;
}

#[tokio::test]
async fn broken_looks() {
    conformance::blind_is_not_an_answer(&BitrefillWorld::start().await).await;
    conformance::an_order_needs_its_product(&BitrefillWorld::start().await).await;
    conformance::a_broken_reveal(&BitrefillWorld::start().await).await;
}

#[tokio::test]
async fn nobody_there() {
    let world = BitrefillWorld::start().await;
    let (vendor, order) = (world.vendor.clone(), order(&world, "nobody"));
    drop(world);
    conformance::nobody_there(vendor.as_ref(), order, STORE, "inv:ord").await;
}

/// Lines of every level, of everything on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn secrets() {
    let log = Log::default();
    let (written, made) = (log.clone(), log.clone());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || made.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let world = BitrefillWorld::start().await;
    let key = world.simulation.api_key().to_owned();
    let read = move || String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    conformance::no_secret_is_told(&world, read.clone()).await;
    let text = read();
    assert!(text.contains("outcome unknown"), "the log has what went wrong: {text}");
    assert!(!text.contains(&key), "the key is in the log");
}

/// An invoice that nobody should build a purchase on is refused, whatever the JSON around it says.
#[tokio::test]
async fn invoices_are_read_and_checked() {
    let world = BitrefillWorld::start().await;
    for (twist, why) in [
        (Twist::Mainnet, "for another network"),
        (Twist::NoAmount, "has no amount"),
        (Twist::Expired, "runs out before"),
        (Twist::FinalCltv(5_000), "more blocks"),
        (Twist::Broken, "no BOLT 11"),
    ] {
        world.node.twist_next(twist);
        match world.vendor.order(order(&world, &format!("{twist:?}"))).await {
            Outcome::Rejected(refusal) => {
                assert!(refusal.code == "bad_invoice" && refusal.message.contains(why), "{twist:?}: {refusal:?}");
            }
            other => panic!("{twist:?}: {other:?}"),
        }
    }
    world.node.twist_next(Twist::FinalCltv(144));
    assert_eq!(ordered(&world, "long").await.min_final_cltv_delta, 144);
    let plain = ordered(&world, "plain").await;
    assert_eq!(u64::from(plain.min_final_cltv_delta), MemoryInvoicer::FINAL_CLTV);
    // $27.11 at 5,500 dollars a bitcoin, rounded up to a satoshi; half an hour.
    assert_eq!(plain.amount_msat.get(), 492_910_000);
    assert_eq!(plain.expires_at, world.now().plus_ms(1_800_000));
}

/// The limits are kept before the vendor has to refuse.
#[tokio::test]
async fn the_sixty_first_order_is_not_sent() {
    let world = BitrefillWorld::with(RateLimits::Documented).await;
    for number in 0..60 {
        ordered(&world, &number.to_string()).await;
    }
    let outcome = world.vendor.order(order(&world, "one too many")).await;
    assert_eq!(told(&outcome), "not sent", "{outcome:?}");
    assert_eq!(world.orders(), 60);
    assert_eq!(world.simulation.faults().seen("POST /v2/invoices"), 60);
    world.pass(600_000);
    ordered(&world, "one too many").await;
}

/// Somebody else uses the key too: the vendor refuses, and is left alone for a minute.
#[tokio::test]
async fn a_refusal_for_too_many_calls_is_heeded() {
    let world = BitrefillWorld::with(RateLimits::Each(1)).await;
    ordered(&world, "first").await;
    let refused = world.vendor.order(order(&world, "second")).await;
    assert!(matches!(&refused, Outcome::Rejected(r) if r.retryable && r.code == "rate_limited"), "{refused:?}");
    let seen = world.simulation.faults().seen("POST /v2/invoices");
    assert_eq!(told(&world.vendor.order(order(&world, "third")).await), "not sent");
    assert_eq!(world.simulation.faults().seen("POST /v2/invoices"), seen);
    world.pass(600_000);
    ordered(&world, "fourth").await;
}

/// The catalogue is asked for once a day; an order that shows it to be wrong is asked for anew.
#[tokio::test]
async fn the_catalogue_is_kept_for_a_day() {
    let world = BitrefillWorld::start().await;
    let seen = || world.simulation.faults().seen("GET /v2/products/{id}");
    for _ in 0..3 {
        world.vendor.offers(STORE.0, STORE.1).await.done().unwrap();
        ordered(&world, &seen().to_string()).await;
    }
    assert_eq!(seen(), 1);
    world.pass(86_399_999);
    world.vendor.offers(STORE.0, STORE.1).await.done().unwrap();
    assert_eq!(seen(), 1);
    world.set_in_stock(false);
    assert_eq!(told(&world.vendor.order(order(&world, "sold out")).await), "rejected for now");
    assert_eq!(world.vendor.offers(STORE.0, STORE.1).await, Outcome::Done(Vec::new()));
    assert_eq!(seen(), 2);
}

/// Packages, PINs and links, of the products that are in the list that comes with the program.
#[tokio::test]
async fn other_kinds_of_cards() {
    let world = BitrefillWorld::start().await;
    let offers = world.vendor.offers("www.amazon.com", "US").await.done().unwrap();
    assert_eq!(offers[0].product_id, "amazon_com-usa");
    assert_eq!(offers[0].at_least(usd(2_711)), Some(usd(2_800)));
    let italy = world.vendor.offers("amazon.it", "IT").await.done().unwrap();
    let euros = |minor| Money::new(minor, Currency::EUR).unwrap();
    assert_eq!(italy[0].steps, [euros(1_000), euros(2_000), euros(5_000)]);
    for (product, value, pin, link) in
        [("rare_groove_records_fixed-usa", usd(2_500), true, false), ("amazon_it-italy", euros(2_000), false, true)]
    {
        let wanted = ports::GiftCardOrder { product_id: product.to_owned(), value, ..order(&world, product) };
        let quote = world.vendor.order(wanted).await.done().unwrap();
        world.pay(&quote.bolt11);
        world.wait_ended(&quote.order_id).await;
        let claim = world.vendor.reveal(&quote.order_id).await.done().unwrap();
        assert_eq!((claim.pin.is_some(), claim.link.is_some(), claim.code.is_some()), (pin, link, !link), "{product}");
        assert!(!claim.instructions.is_empty());
    }
}

#[tokio::test]
async fn health_sees_the_key() {
    let world = BitrefillWorld::start().await;
    let text = world.vendor.health().await.done().unwrap();
    assert!(text.contains("takes the key"), "{text}");
    let stranger = adapter(&world.simulation, "another key", &world.hands);
    for outcome in [told(&stranger.health().await), told(&stranger.order(order(&world, "stranger")).await)] {
        assert_eq!(outcome, "rejected");
    }
    assert!(matches!(stranger.health().await, Outcome::Rejected(refusal) if refusal.code == "unauthorized"));
}

/// An answer with the recorded word for an unpaid invoice.
#[tokio::test]
async fn not_delivered_is_not_paid() {
    let hands = Hands(Arc::new(AtomicU64::new(1_700_000_000_000)));
    let shown = hands.clone();
    let clock = VendorClock::new(move || i64::try_from(shown.now().0).unwrap());
    let node = Arc::new(MemoryInvoicer::new(clock.clone()));
    let config =
        bitrefill::BitrefillConfig { says_not_delivered: true, clock, ..bitrefill::BitrefillConfig::default() };
    let simulation = bitrefill::Bitrefill::start(node.clone(), config).await.unwrap();
    let vendor = Arc::new(adapter(&simulation, simulation.api_key(), &hands));
    let world = BitrefillWorld { simulation, node, vendor, hands };
    conformance::a_card_is_bought(&world).await;
}
