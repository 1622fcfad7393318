//! Shoppers and where their refunds go: payees that answer as they should, and payees that do not.

use super::node::short;
use super::others::new_invoice;
use crate::shared::{Inner, Shared};
use async_trait::async_trait;
use engine::Shoppers;
use ids::{AccountId, NodeId, PaymentHash, UnixMs};
use money::Msat;
use ports::{CardHolder, ForeignInvoice, Outcome, Payees, Rejection};
use purchase::Destination;
use std::collections::{BTreeMap, BTreeSet};

const HOUR: u64 = 3_600_000;
/// After so long whoever asks gives up, as the adapter does.
const STALL_MS: u64 = 10_000;
/// First byte of the account of a shopper whose payee is not as it should be; the second says how, the third whose.
pub const HOSTILE: u8 = 0xaa;

/// What is wrong with a payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// Refuses for now, two times of three.
    Errs,
    /// Says nothing, every other time.
    Stalls,
    /// Another invoice each time, every other one of a node that nobody reaches.
    Changes,
    /// Its invoice is for a millisatoshi more, or less, than it was asked for, three times of four.
    AsksMore,
    AsksLess,
    /// Its invoice has expired, every other time.
    Expired,
    /// The send hangs for hours, and arrives.
    Slow,
    /// The same invoice for everybody.
    Same,
    /// Not known any more, until it is mended.
    Unknown,
    /// Does not answer, until it is mended.
    Away,
}

impl Mood {
    pub const ALL: [Self; 10] = [
        Self::Errs,
        Self::Stalls,
        Self::Changes,
        Self::AsksMore,
        Self::AsksLess,
        Self::Expired,
        Self::Slow,
        Self::Same,
        Self::Unknown,
        Self::Away,
    ];
}

#[derive(Default)]
pub struct PayeeBook {
    /// How often each address was asked.
    asked: BTreeMap<String, u64>,
    /// Of those whose invoice is always the same.
    same: BTreeMap<u64, PaymentHash>,
    /// Sends that find no route, and those that hang.
    pub unreachable: BTreeSet<PaymentHash>,
    pub slow: BTreeSet<PaymentHash>,
    /// From now on all are as they should be.
    pub mended: bool,
}

impl PayeeBook {
    /// From the start of a send to its end, where it is not the usual.
    pub fn send_ms(&self, hash: &PaymentHash) -> Option<u64> {
        self.slow.contains(hash).then_some(3 * HOUR)
    }
}

/// `a` and the number of the mood, then whose.
fn mood_of(address: &str) -> Option<Mood> {
    let (name, _) = address.strip_suffix("@hostile.test")?.split_once('.')?;
    Mood::ALL.get(name.parse::<usize>().ok()?).copied()
}

/// Every shopper has a Lightning address.
pub struct ModelShoppers;

#[async_trait]
impl Shoppers for ModelShoppers {
    async fn card_holder(&self, _account: AccountId) -> CardHolder {
        CardHolder::default()
    }

    async fn refund_destination(&self, account: AccountId, _paid_at: UnixMs) -> Option<Destination> {
        let address = match account.0 {
            [HOSTILE, mood, whose, ..] => format!("{mood}.{whose}@hostile.test"),
            _ => "shopper@wallet.test".to_owned(),
        };
        Some(Destination::LightningAddress { address })
    }
}

pub struct ModelPayees {
    pub shared: Shared,
}

fn invoice(payment_hash: PaymentHash, amount_msat: u64, expires_at: u64) -> Outcome<ForeignInvoice> {
    Outcome::Done(ForeignInvoice {
        bolt11: format!("lnback{payment_hash}"),
        payment_hash,
        payee: NodeId([9; 33]),
        amount_msat: Msat::new(amount_msat).ok(),
        expires_at: UnixMs(expires_at),
    })
}

/// What a payee of that mood answers the `count`th time.
fn answer(inner: &mut Inner, mood: Option<Mood>, count: u64, amount: u64) -> Outcome<ForeignInvoice> {
    let expires = inner.now + HOUR;
    let (third, even) = (count.is_multiple_of(3), count.is_multiple_of(2));
    let amount = match mood {
        Some(Mood::Errs) if !third => return Outcome::Rejected(Rejection::retryable("refused", "not now")),
        Some(Mood::Unknown) => return Outcome::Rejected(Rejection::fatal("no_such_address", "nobody of that name")),
        Some(Mood::Away) => return Outcome::NotSent("no connection".to_owned()),
        Some(Mood::Same) => {
            let known = inner.books.misc.payees.same.get(&amount).copied();
            let hash = known.unwrap_or_else(|| new_invoice(inner, amount));
            inner.books.misc.payees.same.insert(amount, hash);
            return invoice(hash, amount, expires);
        }
        Some(Mood::AsksMore) if !count.is_multiple_of(4) => amount + 1,
        Some(Mood::AsksLess) if !count.is_multiple_of(4) => amount - 1,
        Some(_) | None => amount,
    };
    let hash = new_invoice(inner, amount);
    match mood {
        Some(Mood::Changes) if !even => {
            inner.books.misc.payees.unreachable.insert(hash);
            inner.note(format!("nobody reaches the payee of {}", short(&hash)));
        }
        Some(Mood::Slow) => {
            inner.books.misc.payees.slow.insert(hash);
        }
        _ => {}
    }
    let expires = if mood == Some(Mood::Expired) && !even { inner.now - 1 } else { expires };
    invoice(hash, amount, expires)
}

#[async_trait]
impl Payees for ModelPayees {
    fn read_invoice(&self, _bolt11: &str) -> Result<ForeignInvoice, String> {
        Err("the model knows addresses only".to_owned())
    }

    async fn fetch_invoice(&self, address: &str, amount_msat: Msat) -> Outcome<ForeignInvoice> {
        let (mood, count) = {
            let payees = &mut self.shared.lock().books.misc.payees;
            let count = payees.asked.entry(address.to_owned()).or_default();
            *count += 1;
            (mood_of(address).filter(|_| !payees.mended), *count)
        };
        if mood == Some(Mood::Stalls) && !count.is_multiple_of(2) {
            let until = self.shared.now_ms() + STALL_MS;
            self.shared.until(until).await;
            return Outcome::NotSent("no answer in time".to_owned());
        }
        self.shared.call("payees.fetch_invoice", |inner| answer(inner, mood, count, amount_msat.get())).await
    }
}
