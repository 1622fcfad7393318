//! Entries and what they add up to.

use super::make::*;
use ports::{BalanceRow, EntryRow, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

async fn post(store: &dyn Store, number: u16, entries: Vec<EntryRow>) -> Result<(), StoreError> {
    let mut commit = first(purchase(number));
    commit.entries = entries;
    store.commit(commit).await
}

pub async fn entries_and_balances(store: Arc<dyn Store>) {
    let usd = |posting, account: &str, shard, amount| EntryRow {
        asset: "USD".into(),
        shard,
        ..entry(posting, account, amount)
    };
    let entries = vec![
        entry(0, "node", 496_758_000),
        entry(0, "shopper", -496_758_000),
        usd(1, "float", 3, -2_711),
        usd(1, "card", 0, 2_711),
        EntryRow { layer: "pending".into(), ..entry(1, "node", 7) },
        EntryRow { layer: "pending".into(), ..entry(1, "shopper", -7) },
    ];
    assert_eq!(post(&*store, 1, entries.clone()).await, Ok(()));
    assert_eq!(store.entries(purchase(1)).await, Ok(entries.clone()));
    let more = vec![usd(0, "float", 200, -100), usd(0, "card", 0, 100), entry(1, "node", 5), entry(1, "node", -5)];
    let mut commit = next(purchase(1), 1);
    commit.entries = more.clone();
    put(&*store, commit).await;
    assert_eq!(store.entries(purchase(1)).await, Ok([entries, more].concat()));

    let row = |account: &str, asset: &str, layer: &str, amount| BalanceRow {
        account: account.into(),
        asset: asset.into(),
        layer: layer.into(),
        amount,
    };
    let mut balances = store.balances().await.expect("a read");
    balances.sort_by(|a, b| (&a.account, &a.asset, &a.layer).cmp(&(&b.account, &b.asset, &b.layer)));
    assert_eq!(
        balances,
        [
            row("card", "USD", "posted", 2_811),
            row("float", "USD", "posted", -2_811),
            row("node", "BTC", "pending", 7),
            row("node", "BTC", "posted", 496_758_000),
            row("shopper", "BTC", "pending", -7),
            row("shopper", "BTC", "posted", -496_758_000),
        ]
    );
}

pub async fn every_posting_adds_up(store: Arc<dyn Store>) {
    let asset = |asset: &str, entry: EntryRow| EntryRow { asset: asset.into(), ..entry };
    let layer = |layer: &str, entry: EntryRow| EntryRow { layer: layer.into(), ..entry };
    let unbalanced = [
        vec![entry(0, "a", 1)],
        vec![entry(0, "a", 1), entry(0, "b", -2)],
        // In sum, but not each posting, asset and layer for itself.
        vec![entry(0, "a", 1), entry(1, "b", -1)],
        vec![entry(0, "a", 1), asset("USD", entry(0, "b", -1))],
        vec![entry(0, "a", 1), layer("pending", entry(0, "b", -1))],
        // Would be zero if it wrapped.
        vec![entry(0, "a", i64::MIN), entry(0, "b", i64::MIN)],
    ];
    for entries in unbalanced {
        let refused = post(&*store, 1, entries.clone()).await;
        assert!(matches!(refused, Err(StoreError::NotWritten(_))), "{entries:?}: {refused:?}");
    }
    assert_eq!(store.load(purchase(1)).await, Ok(None));
    assert_eq!(store.balances().await, Ok(vec![]));
}

pub async fn balances_do_not_overflow(store: Arc<dyn Store>) {
    assert_eq!(post(&*store, 1, vec![entry(0, "a", i64::MAX), entry(0, "b", -i64::MAX)]).await, Ok(()));
    for (number, amount) in [(2, 1), (3, i64::MAX)] {
        let refused = post(&*store, number, vec![entry(0, "a", amount), entry(0, "c", -amount)]).await;
        assert!(matches!(refused, Err(StoreError::NotWritten(_))), "{refused:?}");
        let refused = post(&*store, number, vec![entry(0, "c", 2), entry(0, "b", -2)]).await;
        assert!(matches!(refused, Err(StoreError::NotWritten(_))), "{refused:?}");
    }
    // Up and down in one commit: only the sum has to fit.
    let there_and_back = vec![entry(0, "a", 9), entry(0, "c", -9), entry(1, "a", -9), entry(1, "c", 9)];
    assert_eq!(post(&*store, 4, there_and_back).await, Ok(()));
    assert_eq!(post(&*store, 5, vec![entry(0, "b", -1), entry(0, "c", 1)]).await, Ok(()));
    assert_eq!(balance(&*store, "a").await, i64::MAX);
    assert_eq!(balance(&*store, "b").await, i64::MIN);
}

pub async fn balances_equal_entries(store: Arc<dyn Store>) {
    let mut sums: BTreeMap<(String, String, String), i64> = BTreeMap::new();
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut draw = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    for number in 0..60 {
        let mut entries = Vec::new();
        for posting in 0..draw(3) as u32 {
            let amount = draw(1_000_000) as i64 - 500_000;
            for amount in [amount, -amount] {
                entries.push(EntryRow {
                    asset: ["BTC", "USD"][posting as usize % 2].into(),
                    layer: ["pending", "posted"][number as usize % 2].into(),
                    shard: draw(4) as u8,
                    ..entry(posting, ["a", "b", "c"][draw(3) as usize], amount)
                });
            }
        }
        for entry in &entries {
            let key = (entry.account.clone(), entry.asset.clone(), entry.layer.clone());
            *sums.entry(key).or_default() += entry.amount;
        }
        assert_eq!(post(&*store, number, entries).await, Ok(()));
    }
    let kept: BTreeMap<_, _> = store
        .balances()
        .await
        .expect("a read")
        .into_iter()
        .map(|row| ((row.account, row.asset, row.layer), row.amount))
        .collect();
    assert_eq!(kept, sums);
}
