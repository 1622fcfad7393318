//! `anytill reconcile`: the ledger against node, exchange and issuer, to the satoshi and the cent.
//!
//! Invariant: what cannot be read is a difference, not an agreement; what a place rounds is allowed for only as far as
//! it can have rounded, and said so.

use super::funds::{Against, AssetWord, Fund, Funds, PlaceWord};
use super::ledger::trial_balance;
use crate::admin::Answer;
use crate::server::Server;
use crate::wiring;
use crate::wiring::{HoldingNodes, ServerNode};
use anyhow::{Result, bail};
use ledger::{Account, Asset, Layer, Place, PlaceName, TrialBalance};
use ports::{AggregateKind, AssetBalance, HoldStatus, Outcome, Page, PaidFirstSource as _, Store};
use purchase::{Purchase, State};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const PAGE: u32 = 256;
/// Purchases that are named when a place differs.
const NEWEST: usize = 5;
/// The ledger's names of the node that holds and of the one that pays vendors.
const NODE: &str = "node";
const VENDOR_NODE: &str = "vendor-node";
const MSAT_PER_SAT: i64 = 1_000;
/// Minor units that one sale may be off the exchange's own books: proceeds are rounded down and fees up.
const MINOR_PER_SALE: i64 = 2;

/// What a place says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub place: Place,
    pub asset: Asset,
    /// msat or minor units; or why it is not known.
    pub amount: Result<i64, String>,
    /// How far rounding at the place can put it below and above the ledger.
    pub below: i64,
    pub above: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub place: String,
    pub asset: String,
    pub ledger: i64,
    pub seen: Option<i64>,
    /// Seen less ledger.
    pub difference: Option<i64>,
    pub agrees: bool,
    pub note: String,
}

/// The arithmetic: each place against the ledger.
pub fn compare(books: &TrialBalance, seen: &[Seen]) -> Vec<Row> {
    seen.iter().map(|seen| compare_one(books, seen)).collect()
}

fn compare_one(books: &TrialBalance, seen: &Seen) -> Row {
    let ledger = expected(books, seen.place, seen.asset);
    let difference = seen.amount.as_ref().ok().map(|amount| amount.saturating_sub(ledger));
    let agrees = difference.is_some_and(|difference| (-seen.below..=seen.above).contains(&difference));
    let note = match (&seen.amount, difference) {
        (Err(why), _) => format!("not known: {why}"),
        (Ok(_), Some(0)) => String::new(),
        (Ok(_), Some(_)) if agrees => "within what the place rounds".to_owned(),
        (Ok(_), Some(difference)) if difference > 0 => "more there than in the ledger".to_owned(),
        (Ok(_), _) => "less there than in the ledger".to_owned(),
    };
    let amount = seen.amount.as_ref().ok().copied();
    Row { place: seen.place.to_string(), asset: seen.asset.to_string(), ledger, seen: amount, difference, agrees, note }
}

/// The node is compared as a whole: opening and closing a channel moves bitcoin between its two places. The issuer's
/// figure is what it lets the cards spend, so what is approved and not captured is off it already.
fn expected(books: &TrialBalance, place: Place, asset: Asset) -> i64 {
    let get = |place, layer| books.get(Account::At(place), asset, layer);
    match place {
        Place::Lightning(name) => get(place, Layer::Posted).saturating_add(get(Place::Chain(name), Layer::Posted)),
        Place::Issuer(_) => get(place, Layer::Posted).saturating_add(get(place, Layer::Pending)),
        Place::Chain(_) | Place::Exchange(_) | Place::Bank(_) => get(place, Layer::Posted),
    }
}

pub async fn run(server: &Server, accept: Option<String>, against: Against) -> Result<Answer> {
    let damage = server.store.verify().await?;
    let walked = walk(server).await?;
    let seen = look(server, walked.sales).await?;
    let books = trial_balance(&server.store).await?;
    let rows = compare(&books, &seen);
    let mut text = table(&rows, &seen)?;
    for line in damage.iter().chain(&walked.differences) {
        writeln!(text, "DIFFERS  {line}")?;
    }
    if rows.iter().any(|row| !row.agrees) {
        writeln!(text, "\nnewest purchases that moved something:")?;
        for line in walked.newest(NEWEST) {
            writeln!(text, "  {line}")?;
        }
    }
    let agrees = rows.iter().all(|row| row.agrees) && damage.is_empty() && walked.differences.is_empty();
    if let Some(note) = accept {
        return take_in(server, (&rows, &seen), &note, against, text).await;
    }
    text.push_str(if agrees {
        "\neverything agrees"
    } else {
        "\nA difference that you made by hand (funding, moving): `anytill reconcile --accept NOTE`; what opening or \
         closing channels cost: `--accept NOTE --fees`. Any other: stop opening purchases (`anytill drain`) and look."
    });
    let json = serde_json::json!({
        "agrees": agrees, "places": rows, "damage": damage, "purchases": walked.differences,
    });
    Answer::new(agrees, text, &json)
}

/// Books every difference as put in or taken out by the operator, or as fees.
async fn take_in(
    server: &Server,
    (rows, seen): (&[Row], &[Seen]),
    note: &str,
    against: Against,
    mut text: String,
) -> Result<Answer> {
    if let Some(row) = rows.iter().find(|row| row.difference.is_none()) {
        bail!("{} is not known now ({}): nothing was accepted", row.place, row.note);
    }
    let changes: Vec<Fund> = rows
        .iter()
        .zip(seen)
        .filter(|(row, _)| !row.agrees)
        .filter_map(|(row, seen)| {
            let (place, asset) = (PlaceWord(seen.place), AssetWord(seen.asset));
            Some(Fund { place, asset, amount: row.difference?, against })
        })
        .collect();
    if against == Against::TransferFees
        && let Some(more) = changes.iter().find(|change| change.amount > 0)
    {
        bail!("{} has more than the ledger says, and fees only take: nothing was accepted", more.place.0);
    }
    let mut funds = Funds::load(&server.store).await?;
    funds.change(server.clock.now(), note, changes.clone())?;
    funds.save(&server.store).await?;
    for change in &changes {
        let (place, asset) = (change.place.0, change.asset.0);
        let how = match against {
            Against::Equity => "booked",
            Against::TransferFees => "booked as fees",
        };
        writeln!(text, "{how}: {place} {} {asset}, {note}", asset.decimal(change.amount))?;
    }
    if changes.is_empty() {
        text.push_str("\nnothing differed: nothing was booked");
    }
    Answer::new(true, text.trim_end(), &serde_json::json!({ "accepted": changes, "note": note }))
}

fn table(rows: &[Row], seen: &[Seen]) -> Result<String> {
    let mut text = format!("{:20}{:6}{:>22}{:>22}\n", "place", "asset", "ledger", "there");
    for (row, seen) in rows.iter().zip(seen) {
        let there = row.seen.map_or_else(|| "?".to_owned(), |amount| seen.asset.decimal(amount));
        let verdict = if row.agrees { "agrees " } else { "DIFFERS" };
        let by = row.difference.filter(|by| *by != 0).map_or_else(String::new, |by| seen.asset.decimal(by));
        let (place, asset, ledger) = (&row.place, &row.asset, seen.asset.decimal(row.ledger));
        let line = format!("{place:20}{asset:6}{ledger:>22}{there:>22}  {verdict} {by} {}", row.note);
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(text)
}

fn name(text: &'static str) -> Result<PlaceName> {
    PlaceName::new(text).ok_or_else(|| anyhow::anyhow!("`{text}` names no place"))
}

/// The answer, or why there is none.
pub fn why<T>(outcome: Outcome<T>) -> Result<T, String> {
    match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Rejected(refusal) => Err(format!("{}: {}", refusal.code, refusal.message)),
        Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
    }
}

async fn look(server: &Server, sales: u32) -> Result<Vec<Seen>> {
    let mut seen = vec![look_at_node(&server.nodes, NODE).await?];
    if let Some(node) = &server.vendor_node {
        seen.push(look_at_node(&HoldingNodes::one(ServerNode::Embedded(node.clone())), VENDOR_NODE).await?);
    }
    if server.exchange.name() != wiring::NO_VENDOR {
        look_at_exchange(server, sales, &mut seen).await?;
    }
    // The same account as the exchange's, where both are of one vendor.
    if let Some(source) = server.linked.as_ref().filter(|source| source.name() != server.exchange.name()) {
        let place = Place::Exchange(name(source.name())?);
        let amount = why(source.balance().await).map(|sat| sat.msat().signed());
        seen.push(Seen { place, asset: Asset::Btc, amount, below: 0, above: 0 });
    }
    if let Some(wallet) = &server.chain_wallet {
        let place = Place::Chain(name(wallet.name())?);
        let amount = why(wallet.balance().await).map(|sat| sat.msat().signed());
        seen.push(Seen { place, asset: Asset::Btc, amount, below: 0, above: 0 });
    }
    if server.issuer.name() != wiring::NO_VENDOR {
        look_at_issuer(server, &mut seen).await?;
    }
    Ok(seen)
}

async fn look_at_exchange(server: &Server, sales: u32, seen: &mut Vec<Seen>) -> Result<()> {
    let exchange = Place::Exchange(name(server.exchange.name())?);
    let balances = why(server.exchange.balances().await);
    let assets = std::iter::once(Asset::Btc).chain(server.config.served.currencies.iter().copied().map(Asset::Fiat));
    for asset in assets {
        let amount = balances.clone().and_then(|balances| at_exchange(&balances, asset));
        let most = MINOR_PER_SALE.saturating_mul(i64::from(sales));
        let above = if asset == Asset::Btc { 0 } else { most };
        seen.push(Seen { place: exchange, asset, amount, below: 0, above });
    }
    Ok(())
}

async fn look_at_issuer(server: &Server, seen: &mut Vec<Seen>) -> Result<()> {
    let float = why(server.issuer.float().await).map(|float| float.available);
    let asset = Asset::Fiat(server.config.issuer.currency);
    let amount = float.and_then(|float| {
        let same = Asset::Fiat(float.currency()) == asset;
        if same { Ok(float.signed()) } else { Err(format!("it bills in {}", float.currency())) }
    });
    seen.push(Seen { place: Place::Issuer(name(server.issuer.name())?), asset, amount, below: 0, above: 0 });
    Ok(())
}

/// What the exchange has of an asset, msat or minor units; none is zero.
pub fn at_exchange(balances: &[AssetBalance], asset: Asset) -> Result<i64, String> {
    let mut amounts = balances.iter().filter_map(|balance| match balance {
        AssetBalance::Bitcoin(sat) if asset == Asset::Btc => Some(sat.msat().signed()),
        AssetBalance::Currency(money) if asset == Asset::Fiat(money.currency()) => Some(money.signed()),
        AssetBalance::Bitcoin(_) | AssetBalance::Currency(_) => None,
    });
    amounts.try_fold(0i64, i64::checked_add).ok_or_else(|| "too large".to_owned())
}

async fn look_at_node(nodes: &HoldingNodes, called: &'static str) -> Result<Seen> {
    let place = Place::Lightning(name(called)?);
    let (balances, channels) = (nodes.balances().await, nodes.channels().await);
    let rounded = i64::try_from(channels.max(1)).unwrap_or(i64::MAX);
    let amount = balances.and_then(|found| {
        let sums = [found.onchain_total_sat, found.lightning_sat, found.closing_sat];
        let sat = sums.into_iter().try_fold(0u64, u64::checked_add).and_then(|sat| i64::try_from(sat).ok());
        sat.and_then(|sat| sat.checked_mul(MSAT_PER_SAT)).ok_or_else(|| "too large".to_owned())
    });
    // Each channel shows whole satoshi of what it has.
    let slack = MSAT_PER_SAT.saturating_mul(rounded).saturating_sub(1);
    Ok(Seen { place, asset: Asset::Btc, amount, below: slack, above: slack })
}

/// One pass over all purchases.
#[derive(Default)]
struct Walked {
    sales: u32,
    differences: Vec<String>,
    moved: BTreeSet<(u64, String)>,
}

impl Walked {
    fn newest(&self, count: usize) -> impl Iterator<Item = &str> {
        self.moved.iter().rev().take(count).map(|(_, line)| line.as_str())
    }
}

/// Counts sales, and asks the node of every hash that is open whether it agrees with the purchase.
async fn walk(server: &Server) -> Result<Walked> {
    let (mut walked, mut after) = (Walked::default(), None);
    loop {
        let page =
            Store::list(&server.store, AggregateKind::Purchase, false, false, Page { after, limit: PAGE }).await?;
        for stored in &page {
            let purchase: Purchase = serde_json::from_str(&stored.state)?;
            walked.sales = walked.sales.saturating_add(purchase.sale.map_or(0, |sale| sale.attempt));
            if purchase.is_funded() || purchase.captured_minor > 0 {
                let line = format!("{} {} {}", purchase.id, purchase.code(), purchase.state.name());
                walked.moved.insert((stored.index.updated_at.0, line));
                while walked.moved.len() > NEWEST {
                    walked.moved.pop_first();
                }
            }
            walked.differences.extend(against_node(server, &purchase).await);
        }
        after = page.last().map(|stored| stored.at.id);
        if page.len() < PAGE as usize {
            return Ok(walked);
        }
    }
}

/// Only what is settled on our side is compared: everything else is under way.
async fn against_node(server: &Server, p: &Purchase) -> Option<String> {
    let hold = p.hold?;
    let status = match server.engine.ports().nodes.of(p.node()).hold_status(hold.payment_hash).await {
        Outcome::Done(status) => status,
        Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => return None,
    };
    let disagrees = match (&p.funding, p.state) {
        (Some(funding), _) => match status {
            HoldStatus::Claimed { amount_msat } => amount_msat != funding.amount_msat,
            HoldStatus::NotFound | HoldStatus::Open | HoldStatus::Held { .. } | HoldStatus::Returned => true,
            HoldStatus::Claiming { .. } => false,
        },
        (None, State::Returned | State::Expired) => matches!(status, HoldStatus::Claimed { .. }),
        (None, _) => false,
    };
    disagrees.then(|| {
        let ours =
            p.funding.map_or_else(|| "not claimed".to_owned(), |funding| format!("{} claimed", funding.amount_msat));
        format!("purchase {}: {ours} by the ledger, the node says {status:?} of {}", p.id, hold.payment_hash)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Balance;
    use money::Currency;

    fn books(rows: &[(&str, &str, &str, i64)]) -> TrialBalance {
        let rows = rows.iter().map(|(account, asset, layer, amount)| Balance::parse(account, asset, layer, *amount));
        TrialBalance::from_balances(rows.map(Result::unwrap)).unwrap()
    }

    fn seen(place: &str, asset: Asset, amount: i64, below: i64, above: i64) -> Seen {
        Seen { place: place.parse().unwrap(), asset, amount: Ok(amount), below, above }
    }

    const USD: Asset = Asset::Fiat(Currency::USD);

    #[test]
    fn the_node_is_its_channels_and_its_wallet() {
        let books = books(&[
            ("lightning:node", "BTC", "posted", 496_758_000),
            ("lightning:node", "BTC", "pending", 5_000_000),
            ("chain:node", "BTC", "posted", 1_000_000),
        ]);
        for (amount, agrees) in [
            (497_758_000, true),
            (497_758_999, true),
            (497_757_001, true),
            (497_759_000, false),
            (497_757_000, false),
            (502_758_000, false),
        ] {
            let row = &compare(&books, &[seen("lightning:node", Asset::Btc, amount, 999, 999)])[0];
            assert_eq!(row.agrees, agrees, "{row:?}");
            assert_eq!((row.ledger, row.difference), (497_758_000, Some(amount - 497_758_000)));
        }
    }

    #[test]
    fn what_is_approved_is_off_the_issuers_figure() {
        let books = books(&[("issuer:lithic", "USD", "posted", 10_000), ("issuer:lithic", "USD", "pending", -2_711)]);
        assert!(compare(&books, &[seen("issuer:lithic", USD, 7_289, 0, 0)])[0].agrees);
        let short = &compare(&books, &[seen("issuer:lithic", USD, 7_288, 0, 0)])[0];
        assert!(!short.agrees && short.difference == Some(-1), "{short:?}");
    }

    #[test]
    fn an_exchange_may_round_in_our_favour_only() {
        let books = books(&[("exchange:kraken", "USD", "posted", 2_700)]);
        for (amount, agrees) in [(2_700, true), (2_704, true), (2_705, false), (2_699, false)] {
            assert_eq!(compare(&books, &[seen("exchange:kraken", USD, amount, 0, 4)])[0].agrees, agrees, "{amount}");
        }
    }

    #[test]
    fn what_cannot_be_read_does_not_agree() {
        let place = "exchange:kraken".parse().unwrap();
        let unknown = Seen { place, asset: Asset::Btc, amount: Err("timeout".to_owned()), below: 0, above: 0 };
        let row = &compare(&TrialBalance::default(), &[unknown])[0];
        assert!(!row.agrees && row.difference.is_none() && row.note.contains("timeout"), "{row:?}");
    }

    #[test]
    fn balances_of_an_asset_add_up() {
        let money = |minor| AssetBalance::Currency(money::Money::new(minor, Currency::USD).unwrap());
        let found = [money(5), AssetBalance::Bitcoin(money::Sat::new(7).unwrap()), money(6)];
        assert_eq!(at_exchange(&found, USD), Ok(11));
        assert_eq!(at_exchange(&found, Asset::Btc), Ok(7_000));
        assert_eq!(at_exchange(&found, Asset::Fiat(Currency::EUR)), Ok(0));
    }
}
