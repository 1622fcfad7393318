//! The suite that every store has to pass, on SQLite.

use std::sync::Arc;
use storage::conformance::{AccountCase, RateCase, StoreCase};
use storage::sqlite::{OpenMode, Sqlite};

fn on_sqlite(case: StoreCase) {
    with(async |store| case(Arc::new(store)).await);
}

fn accounts_on_sqlite(case: AccountCase) {
    with(async |store| case(Arc::new(store)).await);
}

fn rates_on_sqlite(case: RateCase) {
    with(async |store| case(Arc::new(store)).await);
}

/// Whatever a case has done, everything still adds up.
fn with(case: impl AsyncFnOnce(Sqlite)) {
    let dir = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(async {
        let store = Sqlite::open(dir.path(), OpenMode::OrCreate).expect("a database");
        case(store.clone()).await;
        let problems = store.verify().await.expect("a check");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(store.failed().now(), None);
        store.close().await;
    });
}

storage::store_conformance!(crate::on_sqlite);

mod shoppers {
    storage::account_conformance!(crate::accounts_on_sqlite);
}

mod pictures {
    storage::rate_conformance!(crate::rates_on_sqlite);
}

#[test]
fn steps_share_a_sync() {
    with(async |store| {
        let stats = store.clone();
        storage::conformance::concurrency::steps_share_a_sync(Arc::new(store), || stats.stats().groups).await;
    });
}
