//! Looks at rows and books when all is over, and says what is wrong.
//!
//! Shares no code with the core and the ledger: rows are read as JSON and as lines, amounts are plain numbers, and what
//! a shopper may lose is worked out here once more.

use crate::outside::others::EXECUTABLE_MINOR;
use crate::outside::{ChargeEntry, HoldIs, SendIs};
use crate::scenarios::CHECK_MAX;
use crate::shared::Inner;
use crate::store::Rows;
use crate::world::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

struct Audit<'a> {
    rows: &'a Rows,
    outside: &'a Inner,
    wrong: Vec<String>,
    purchases: Vec<(String, Value)>,
    refunds: Vec<(String, Value)>,
}

/// Everything that is wrong; nothing for a good run.
pub fn audit(world: &World) -> Vec<String> {
    let rows = world.store.rows().clone();
    let outside = world.shared.lock();
    let mut audit = Audit { rows: &rows, outside: &outside, wrong: Vec::new(), purchases: vec![], refunds: vec![] };
    audit.read();
    audit.ended();
    audit.outside_ended();
    audit.borne();
    audit.exposed();
    audit.approvals();
    audit.postings();
    audit.balances();
    audit.refunds_once();
    audit.sales_once();
    audit.losses();
    audit.wrong
}

fn hashes(of: &Value) -> Vec<String> {
    let list = of["payment_hashes"].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(|h| h.as_str().map(str::to_owned)).collect()
}

/// Minor units as millisatoshi at the model's rate, rounded down: 10^11 msat are one bitcoin.
fn msat_of(minor: u64) -> u64 {
    let exact = u128::from(minor) * 100_000_000_000 / u128::from(EXECUTABLE_MINOR);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

impl Audit<'_> {
    fn say(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    fn read(&mut self) {
        for (at, stored) in &self.rows.aggregates {
            let Ok(value) = serde_json::from_str::<Value>(&stored.state) else {
                self.wrong.push(format!("{at} cannot be read"));
                continue;
            };
            let list = if at.kind.name() == "purchase" { &mut self.purchases } else { &mut self.refunds };
            list.push((at.to_string(), value));
        }
    }

    /// Every aggregate is over, nobody has anything left to do, nothing is kept from others.
    fn ended(&mut self) {
        let mut wrong = Vec::new();
        for (at, v) in self.purchases.iter().chain(&self.refunds) {
            let state = v["state"].as_str().unwrap_or("?");
            if !["completed", "returned", "expired", "paid", "cancelled"].contains(&state) {
                wrong.push(format!("{at} is still {state}"));
            }
            // What a vendor took on its way is the one thing that the operator has to be told, and the shopper's code.
            let taken = self.outside.books.misc.gifts_taken && !v["invoice"].is_null();
            let told = !v["parked"].is_null() && v["vendor"]["delivered"] == true;
            match (taken, v["parked"].is_null()) {
                (true, _) if !told => wrong.push(format!("{at}: what the vendor took is not told")),
                (false, false) => wrong.push(format!("{at} is parked: {}", v["parked"]["reason"])),
                (true | false, _) => {}
            }
        }
        wrong.extend(self.rows.outbox.keys().map(|key| format!("outbox row {key} is left")));
        wrong.extend(self.rows.timers.keys().map(|(at, name)| format!("timer {name} of {at} is left")));
        // What counts for good is told apart below.
        let counts = |name: &str| ["borne:", "breaches:", "unsold:exposed"].iter().any(|kind| name.starts_with(kind));
        let kept = self.rows.reservations.iter().filter(|((name, _), _)| !counts(name));
        wrong.extend(kept.map(|((name, at), (amount, _))| format!("{at} still has {amount} of {name}")));
        self.wrong.append(&mut wrong);
    }

    /// Sales that were given up, as the purchases have them, are what is counted.
    fn exposed(&mut self) {
        let counted = self.rows.reservations.iter().filter(|((name, _), _)| name == "unsold:exposed");
        let counted: u64 = counted.map(|(_, (amount, _))| amount).sum();
        let given_up = self.purchases.iter().map(|(_, v)| &v["sale"]).filter(|sale| sale["state"] == "exposed");
        let left = |sale: &serde_json::Value| Some(sale["wanted"].as_u64()?.saturating_sub(sale["sold"].as_u64()?));
        let unsold: u64 = given_up.filter_map(left).sum();
        if unsold != counted {
            self.say(format!("{unsold} sat are given up, and {counted} are counted"));
        }
    }

    /// What the operator bore, as the ledger has it, is what is counted against accounts.
    fn borne(&mut self) {
        let counted = self.rows.reservations.iter().filter(|((name, _), _)| name.starts_with("borne:account:"));
        let counted: u64 = counted.map(|(_, (amount, _))| amount).sum();
        let booked = self.balance("overruns", "USD", "posted") + self.balance("tolerance_cost", "USD", "posted");
        if booked != counted as i64 {
            self.say(format!("the operator bore {booked}, and {counted} is counted"));
        }
    }

    /// No HTLC, card or charge waits, and all is someone's.
    fn outside_ended(&mut self) {
        let books = &self.outside.books;
        let mut wrong = Vec::new();
        for (hash, hold) in &books.node.holds {
            if matches!(hold.is, HoldIs::Held | HoldIs::Claiming { .. }) {
                wrong.push(format!("the node still holds {hash}"));
            }
        }
        let open = books.issuer.cards.iter().filter(|(_, card)| card.open);
        wrong.extend(open.map(|(reference, card)| format!("{reference} ({}) is open", card.key)));
        let mut keys = BTreeSet::new();
        let twice = books.issuer.cards.values().filter(|card| !keys.insert(card.key.clone()));
        wrong.extend(twice.map(|card| format!("two cards under {}", card.key)));
        if !books.node.events.is_empty() || !books.vendor_node.events.is_empty() {
            wrong.push("node events are not acknowledged".to_owned());
        }
        wrong.extend(books.issuer.news.iter().map(|n| format!("{} is not acknowledged", n.change.event_id)));
        self.wrong.append(&mut wrong);
    }

    /// No approval above a check before the bitcoin was ours, none after the purchase's card was closed.
    fn approvals(&mut self) {
        let mut wrong = Vec::new();
        for (id, charge) in &self.outside.books.issuer.charges {
            let Some(approved) = charge.approved_seq.filter(|_| charge.amount_minor > CHECK_MAX) else { continue };
            let owner = self.purchases.iter().find(|(_, p)| p["card"]["card"].as_str() == Some(&charge.card));
            let Some((at, p)) = owner else {
                wrong.push(format!("{id} was approved on a card of nobody"));
                continue;
            };
            let claimed = self.holds_of(p).any(|hold| hold.claimed_seq.is_some_and(|seq| seq < approved));
            let funds = self.funds_of(at).any(|(_, seq)| seq < approved);
            if !claimed && !funds {
                wrong.push(format!("{id} of {at} was approved before its bitcoin was ours"));
            }
        }
        self.wrong.append(&mut wrong);
    }

    fn holds_of<'b>(&'b self, p: &Value) -> impl Iterator<Item = &'b crate::outside::HoldEntry> + use<'b> {
        let of = hashes(p);
        self.outside.books.node.holds.iter().filter(move |(h, _)| of.contains(&h.to_string())).map(|(_, hold)| hold)
    }

    /// Amount and moment of what came from a source that is paid first.
    fn funds_of(&self, at: &str) -> impl Iterator<Item = (u64, u64)> + use<'_> {
        let prefix = format!("{at}/");
        let funds = self.outside.books.misc.funds.iter().filter(move |f| f.key.starts_with(&prefix));
        funds.filter_map(|f| Some((f.received_msat?, f.final_seq?)))
    }

    fn postings(&mut self) {
        let mut sums: BTreeMap<(u64, u32, &str, &str), i64> = BTreeMap::new();
        for ((commit, posting), (_, e)) in self.rows.postings.iter().zip(&self.rows.entries) {
            *sums.entry((*commit, *posting, &e.asset, &e.layer)).or_default() += e.amount;
        }
        let bad: Vec<String> =
            sums.iter().filter(|(_, sum)| **sum != 0).map(|(key, sum)| format!("posting {key:?}: {sum}")).collect();
        self.wrong.extend(bad);
    }

    fn balance(&self, account: &str, asset: &str, layer: &str) -> i64 {
        let of = |e: &&ports::EntryRow| e.account == account && e.asset == asset && e.layer == layer;
        self.rows.entries.iter().map(|(_, e)| e).filter(of).map(|e| e.amount).sum()
    }

    /// The ledger says what node, issuer, exchange and chain say; nobody is owed anything, nothing is pending.
    fn balances(&mut self) {
        let books = &self.outside.books;
        let sold: u64 = books.exchange.sales.iter().map(|s| s.sat * 1_000).sum();
        let earned: i64 = books.exchange.sales.iter().map(|s| s.proceeds_minor as i64 - s.fee_minor as i64).sum();
        let wanted = [
            ("lightning:node", "BTC", books.node.balance_msat()),
            ("lightning:vendor-node", "BTC", books.vendor_node.balance_msat()),
            ("exchange:model-exchange", "BTC", -(sold as i64)),
            ("exchange:model-exchange", "USD", earned),
            ("issuer:model-issuer", "USD", books.issuer.balance_minor()),
            ("chain:model-source", "BTC", books.misc.received_msat(false) as i64),
            ("exchange:model-linked", "BTC", books.misc.received_msat(true) as i64),
            ("shopper", "BTC", 0),
            ("shopper", "USD", 0),
            ("owed", "BTC", 0),
            ("owed", "USD", 0),
            ("gift_cards", "BTC", 0),
        ];
        for (account, asset, want) in wanted {
            let have = self.balance(account, asset, "posted");
            if have != want {
                self.say(format!("ledger {account} {asset}: {have}, the books say {want}"));
            }
        }
        let mut pending: BTreeMap<(String, String), i64> = BTreeMap::new();
        for (_, e) in self.rows.entries.iter().filter(|(_, e)| e.layer == "pending") {
            *pending.entry((e.account.clone(), e.asset.clone())).or_default() += e.amount;
        }
        for ((account, asset), sum) in pending.into_iter().filter(|(_, sum)| *sum != 0) {
            self.say(format!("pending is left: {account} {asset} {sum}"));
        }
        let mut trial: BTreeMap<(String, String), i64> = BTreeMap::new();
        for (_, e) in &self.rows.entries {
            *trial.entry((e.asset.clone(), e.layer.clone())).or_default() += e.amount;
        }
        for ((asset, layer), sum) in trial.into_iter().filter(|(_, sum)| *sum != 0) {
            self.say(format!("the trial balance of {asset} {layer} is {sum}"));
        }
    }

    /// Paid exactly once if paid, never otherwise; every send is a refund's.
    fn refunds_once(&mut self) {
        let sends = &self.outside.books.node.sends;
        let mut wrong = Vec::new();
        let mut owned = BTreeSet::new();
        for (at, refund) in &self.refunds {
            let of = hashes(refund);
            let paid = sends.iter().filter(|(h, s)| of.contains(&h.to_string()) && s.is == SendIs::Succeeded).count();
            let paid = paid + self.sent_back(at).count();
            let want = usize::from(refund["state"].as_str() == Some("paid"));
            if paid != want {
                wrong.push(format!("{at} is {} and was paid {paid} times", refund["state"]));
            }
            owned.extend(of);
        }
        let strays = sends.keys().filter(|h| !owned.contains(&h.to_string()));
        wrong.extend(strays.map(|h| format!("a send of no refund: {h}")));
        self.wrong.append(&mut wrong);
    }

    /// One order a key, and no purchase sells more than it got.
    fn sales_once(&mut self) {
        let sales = &self.outside.books.exchange.sales;
        let mut keys = BTreeSet::new();
        let twice: Vec<String> =
            sales.iter().filter(|s| !keys.insert(s.key.clone())).map(|s| format!("{} was sold twice", s.key)).collect();
        self.wrong.extend(twice);
        for (at, p) in &self.purchases {
            let prefix = format!("{at}/");
            let sold: u64 = sales.iter().filter(|s| s.key.starts_with(&prefix)).map(|s| s.sat).sum();
            let got = p["funding"]["amount_msat"].as_u64().unwrap_or(0) / 1_000;
            if sold > got {
                self.wrong.push(format!("{at} got {got} sat and sold {sold}"));
            }
        }
    }

    /// Each payer lost what was bought, to the millisatoshi.
    fn losses(&mut self) {
        let mut wrong = Vec::new();
        for (at, p) in &self.purchases {
            let claimed: u64 = self.holds_of(p).filter(|h| h.is == HoldIs::Claimed).map(|h| h.held_msat).sum();
            let paid = claimed + self.funds_of(at).map(|(amount, _)| amount).sum::<u64>();
            let back: u64 =
                self.refunds.iter().filter(|(_, r)| r["purchase"] == p["id"]).map(|(at, r)| self.sent(at, r)).sum();
            let promised = self.promised(at, p, paid);
            if !promised.contains(&back) {
                wrong.push(format!("{at}: paid {paid} msat, got back {back}, promised {promised:?}"));
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// What of a refund went back to a linked account.
    fn sent_back(&self, at: &str) -> impl Iterator<Item = u64> + use<'_> {
        let prefix = format!("{at}/");
        let all = self.outside.books.misc.linked_refunds.iter();
        all.filter(move |(key, _)| key.starts_with(&prefix)).map(|(_, amount)| *amount)
    }

    fn sent(&self, at: &str, refund: &Value) -> u64 {
        let of = hashes(refund);
        let sends = self.outside.books.node.sends.iter();
        self.sent_back(at).sum::<u64>()
            + sends
                .filter(|(h, s)| of.contains(&h.to_string()) && s.is == SendIs::Succeeded)
                .map(|(_, s)| s.amount_msat)
                .sum::<u64>()
    }

    /// What may have been paid back of `paid`, msat.
    fn promised(&self, at: &str, p: &Value, paid: u64) -> Vec<u64> {
        if paid == 0 {
            return vec![0];
        }
        let asked = p["quote"]["amount_msat"].as_u64().unwrap_or(0);
        let more = paid.saturating_sub(asked);
        let prefix = format!("{at}/");
        let gift = self.outside.books.misc.gifts.iter().find(|(key, _)| key.starts_with(&prefix));
        if gift.is_some() {
            return vec![if self.outside.books.misc.gifts_fail { paid } else { more }];
        }
        let card = p["card"]["card"].as_str().unwrap_or_default();
        let mine =
            |c: &&ChargeEntry| c.card == card && !c.forced && c.approved == Some(true) && c.amount_minor > CHECK_MAX;
        let charges: Vec<&ChargeEntry> = self.outside.books.issuer.charges.values().filter(mine).collect();
        if charges.is_empty() {
            return vec![paid];
        }
        let total = p["quote"]["order_total"]["minor"].as_u64().unwrap_or(0);
        let captured: u64 = charges.iter().map(|c| c.captured_minor).sum();
        let kept = more + msat_of(total - captured.min(total));
        // Each is priced by itself.
        let refunded: u64 = charges.iter().flat_map(|c| &c.refunded_minor).map(|minor| msat_of(*minor)).sum();
        let taken_back = charges.iter().any(|c| c.taken_back_minor > 0);
        // A refund that the store took back is paid or not, as it came first.
        if taken_back { vec![kept, kept + refunded] } else { vec![kept + refunded] }
    }
}
