//! What every [`GiftCardVendor`] must do, over any simulated vendor that can be brought into [`World`].
//!
//! Each function is one promise of the port; a vendor's test file calls all of them.

mod faults;

pub use faults::*;

use ids::{IdempotencyKey, UnixMs};
use money::Money;
use ports::{ClaimCode, GiftCardOrder, GiftCardVendor, Outcome, Secret, VendorOrderStatus, VendorQuote};

/// A call of the port that can be made to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Offers,
    PlaceOrder,
    SeeOrder,
    Reveal,
    Health,
}

/// How the next call of it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The vendor says that it is too much for now.
    TooMany,
    /// The vendor says that it does not know what became of it.
    Unsure,
    /// A server error, nothing done.
    Error,
    /// Done, then a server error.
    ErrorAfter,
    Stall,
    StallAfter,
    DropBefore,
    DropAfter,
    /// Done, the answer cannot be read.
    Corrupt,
    /// Sent twice by something on the way.
    Twice,
}

/// What becomes of an order that is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    Delivered,
    /// Paid, and nothing happens.
    Nothing,
    Failed,
    Refunded,
    /// The vendor refuses the payment after it came.
    Denied,
}

/// A vendor's simulation with the adapter under test in front of it.
pub trait World: Sync {
    fn vendor(&self) -> &dyn GiftCardVendor;
    fn now(&self) -> UnixMs;
    /// For the adapter and the vendor alike.
    fn pass(&self, ms: u64);
    /// A store that the vendor has a card for, and the card's country.
    fn store(&self) -> (&'static str, &'static str);
    /// That card, and a value that is sold.
    fn sold(&self) -> (&'static str, Money);
    /// A value of that card that is not sold.
    fn not_sold(&self) -> Money;
    fn set_in_stock(&self, in_stock: bool);
    /// Orders that were ever made.
    fn orders(&self) -> usize;
    /// Pays a vendor's invoice; the preimage is the receipt.
    fn pay(&self, bolt11: &str) -> [u8; 32];
    fn next_becomes(&self, becomes: Becomes);
    /// Ends an order of which nothing had become.
    fn resolve(&self, order_id: &str, becomes: Becomes);
    /// Until the vendor knows of the payment, or has done all that it does by itself.
    fn wait_paid(&self, order_id: &str) -> impl Future<Output = ()> + Send;
    fn wait_ended(&self, order_id: &str) -> impl Future<Output = ()> + Send;
    /// What a store that takes the card gives for it; `None` when it is worth nothing.
    fn redeem(&self, claim: &ClaimCode) -> Option<Money>;
    fn break_next(&self, asked: Asked, how: Break);
}

pub fn order(world: &impl World, name: &str) -> GiftCardOrder {
    let (product_id, value) = world.sold();
    GiftCardOrder { key: IdempotencyKey(name.to_owned()), product_id: product_id.to_owned(), value }
}

pub async fn ordered(world: &impl World, name: &str) -> VendorQuote {
    match world.vendor().order(order(world, name)).await {
        Outcome::Done(quote) => quote,
        other => panic!("{name}: {other:?}"),
    }
}

/// Long enough that an order is looked at again.
const A_WHILE_MS: u64 = 301_000;

pub async fn status(world: &impl World, quote: &VendorQuote) -> VendorOrderStatus {
    world.pass(A_WHILE_MS);
    match world.vendor().status(&quote.order_id).await {
        Outcome::Done(status) => status,
        other => panic!("{other:?}"),
    }
}

pub fn told<T>(outcome: &Outcome<T>) -> &'static str {
    match outcome {
        Outcome::Done(_) => "done",
        Outcome::Rejected(refusal) if refusal.retryable => "rejected for now",
        Outcome::Rejected(_) => "rejected",
        Outcome::NotSent(_) => "not sent",
        Outcome::Unknown(_) => "unknown",
    }
}

pub fn texts(claim: &ClaimCode) -> Vec<String> {
    [&claim.code, &claim.pin, &claim.link].into_iter().flatten().map(|secret| secret.expose().to_owned()).collect()
}

fn exposed(claim: &ClaimCode) -> [Option<&str>; 3] {
    [&claim.code, &claim.pin, &claim.link].map(|secret| secret.as_ref().map(Secret::expose))
}

/// What is offered can be ordered; what is sold out, elsewhere or for another store is not offered.
pub async fn offers_are_what_is_sold(world: &impl World) {
    let (store, country) = world.store();
    let (product, value) = world.sold();
    let offers = world.vendor().offers(store, country).await.done().expect("offers");
    let offer = offers.iter().find(|offer| offer.product_id == product).expect("the card is offered");
    assert_eq!((offer.store.as_str(), offer.country.as_str()), (store, country));
    assert!(offer.sells(value) && !offer.sells(world.not_sold()), "{offer:?}");
    assert!(offer.min.minor() <= offer.max.minor() && !offer.increment.is_zero(), "{offer:?}");
    for (elsewhere, abroad) in [("nobody.example", country), (store, "AQ")] {
        assert_eq!(world.vendor().offers(elsewhere, abroad).await, Outcome::Done(Vec::new()), "{elsewhere} {abroad}");
    }
    world.set_in_stock(false);
    world.pass(86_400_000);
    let offers = world.vendor().offers(store, country).await.done().expect("offers");
    assert!(offers.iter().all(|offer| offer.product_id != product), "{offers:?}");
}

/// From the order to the store: the invoice is what is paid, and the code is worth the value, once.
pub async fn a_card_is_bought(world: &impl World) {
    let quote = ordered(world, "bought").await;
    assert!(!quote.amount_msat.is_zero());
    assert!(quote.expires_at > world.now());
    assert!((1..=2_016).contains(&quote.min_final_cltv_delta), "{}", quote.min_final_cltv_delta);
    assert_eq!(status(world, &quote).await, VendorOrderStatus::AwaitingFunds);
    let quote = ordered(world, "bought now").await;
    world.next_becomes(Becomes::Nothing);
    world.pay(&quote.bolt11);
    world.wait_paid(&quote.order_id).await;
    assert_eq!(status(world, &quote).await, VendorOrderStatus::Paid);
    let early = world.vendor().reveal(&quote.order_id).await;
    assert_eq!(told(&early), "rejected for now", "{early:?}");
    world.resolve(&quote.order_id, Becomes::Delivered);
    assert_eq!(status(world, &quote).await, VendorOrderStatus::Delivered);
    assert_eq!(status(world, &quote).await, VendorOrderStatus::Delivered, "it can be asked again");

    let claim = world.vendor().reveal(&quote.order_id).await.done().expect("a code");
    let again = world.vendor().reveal(&quote.order_id).await.done().expect("the same code");
    assert_eq!(exposed(&claim), exposed(&again));
    assert_eq!(world.redeem(&claim), Some(world.sold().1));
    assert_eq!(world.redeem(&again), None, "once");
}

/// The hash that a purchase is built on is the one that the payment opens.
pub async fn the_hash_is_the_payments(world: &impl World, sha256: impl Fn(&[u8; 32]) -> [u8; 32]) {
    let quote = ordered(world, "hash").await;
    let preimage = world.pay(&quote.bolt11);
    assert_eq!(sha256(&preimage), quote.payment_hash.0);
}

/// The same key again: an order that can be paid each time, and no money is needed for the one that is not.
pub async fn one_key(world: &impl World) {
    let first = ordered(world, "once").await;
    let second = ordered(world, "once").await;
    assert_eq!(first, second, "remembered");
    let other = ordered(world, "another").await;
    assert_ne!(other.payment_hash, first.payment_hash);
    assert_ne!(other.order_id, first.order_id);
    world.pay(&first.bolt11);
    world.wait_ended(&first.order_id).await;
    assert_eq!(status(world, &first).await, VendorOrderStatus::Delivered);
    assert_eq!(status(world, &other).await, VendorOrderStatus::AwaitingFunds);
    // Long after, the invoice has run out: a new one.
    world.pass(86_400_000);
    let late = ordered(world, "another").await;
    assert_ne!(late.payment_hash, other.payment_hash);
    assert!(late.expires_at > world.now());
}

/// What the vendor does not sell does not become an order.
pub async fn what_is_not_sold(world: &impl World) {
    let before = world.orders();
    let vendor = world.vendor();
    let good = || order(world, "impossible");
    let unknown = GiftCardOrder { product_id: "no-such-card".to_owned(), ..good() };
    assert_eq!(told(&vendor.order(unknown).await), "rejected");
    let value = GiftCardOrder { value: world.not_sold(), ..good() };
    assert_eq!(told(&vendor.order(value).await), "rejected");
    let yen = GiftCardOrder { value: Money::new(2_500, money::Currency::JPY).unwrap(), ..good() };
    assert_eq!(told(&vendor.order(yen).await), "rejected");
    world.set_in_stock(false);
    let sold_out = vendor.order(good()).await;
    assert_eq!(told(&sold_out), "rejected for now", "{sold_out:?}");
    assert_eq!(world.orders(), before);
    world.set_in_stock(true);
    ordered(world, "possible").await;
    for nothing in ["", "nothing", "no:such"] {
        let outcome = vendor.status(nothing).await;
        assert_eq!(outcome, Outcome::Done(VendorOrderStatus::NotFound), "{nothing}");
        assert_eq!(told(&vendor.reveal(nothing).await), "rejected", "{nothing}");
    }
}

/// Paid and not delivered: told as what it is, for good, and there is no code.
pub async fn paid_in_vain(world: &impl World) {
    for becomes in [Becomes::Failed, Becomes::Denied, Becomes::Refunded] {
        let quote = ordered(world, &format!("{becomes:?}")).await;
        world.next_becomes(becomes);
        world.pay(&quote.bolt11);
        world.wait_ended(&quote.order_id).await;
        for _ in 0..2 {
            match (becomes, status(world, &quote).await) {
                (Becomes::Failed | Becomes::Denied, VendorOrderStatus::Failed { reason }) => {
                    assert!(!reason.is_empty());
                }
                (Becomes::Refunded, VendorOrderStatus::RefundedByVendor) => {}
                (_, other) => panic!("{becomes:?}: {other:?}"),
            }
        }
        let reveal = world.vendor().reveal(&quote.order_id).await;
        assert!(matches!(reveal, Outcome::Rejected(_)), "{becomes:?}: {reveal:?}");
    }
}

/// An order that is never delivered stays paid, however often it is looked at.
pub async fn never_delivered(world: &impl World) {
    let quote = ordered(world, "never").await;
    world.next_becomes(Becomes::Nothing);
    world.pay(&quote.bolt11);
    world.wait_paid(&quote.order_id).await;
    // Every two seconds for an hour, and every minute for a day, as the engine asks.
    for wait_ms in std::iter::repeat_n(2_000, 1_800).chain(std::iter::repeat_n(60_000, 1_440)) {
        world.pass(wait_ms);
        let outcome = world.vendor().status(&quote.order_id).await;
        assert_eq!(outcome, Outcome::Done(VendorOrderStatus::Paid));
    }
    world.resolve(&quote.order_id, Becomes::Delivered);
    assert_eq!(status(world, &quote).await, VendorOrderStatus::Delivered);
}
