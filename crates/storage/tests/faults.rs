//! Full disks, vanished rights, closed stores: nothing is lost and everybody is told.

use futures::future::join_all;
use ports::{Commit, Store, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use storage::conformance::make::{entry, first, next, purchase, put};
use storage::sqlite::{OpenMode, Sqlite};

fn open(dir: &Path) -> Sqlite {
    Sqlite::open(dir, OpenMode::OrCreate).expect("a database")
}

fn large(number: u16) -> Commit {
    let mut commit = first(purchase(number));
    commit.state = format!("\"{}\"", "x".repeat(200_000));
    commit
}

fn pages(dir: &Path) -> u32 {
    let conn = Connection::open(dir.join("anytill.sqlite")).expect("the database");
    conn.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("a number")
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_ends() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    put(&store, first(purchase(1))).await;
    store.limit_pages(Some(pages(dir.path()) + 8)).await.expect("a limit");
    // With others in the same group: the large ones are refused, the small ones still fit.
    let mut group: Vec<_> = (10..20).map(large).collect();
    let mut small = next(purchase(1), 1);
    small.entries = vec![entry(0, "a", 1), entry(0, "b", -1)];
    group.insert(3, small);
    let answers = join_all(group.into_iter().map(|commit| store.commit(commit))).await;
    for (position, answer) in answers.iter().enumerate() {
        match answer {
            Ok(()) => assert_eq!(position, 3),
            Err(StoreError::NotWritten(text)) => assert!(position != 3 && text.contains("make room"), "{text}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(store.load(purchase(1)).await.map(|found| found.map(|found| found.version)), Ok(Some(2)));
    assert_eq!(store.load(purchase(12)).await, Ok(None));
    assert_eq!(store.failed().now(), None);
    store.limit_pages(None).await.expect("no limit");
    for number in 10..20 {
        put(&store, large(number)).await;
    }
    assert_eq!(store.verify().await, Ok(vec![]));
    store.close().await;
    assert!(open(dir.path()).load(purchase(12)).await.expect("a read").is_some());
}

#[tokio::test]
async fn a_full_disk_while_many_write() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    store.limit_pages(Some(pages(dir.path()) + 60)).await.expect("a limit");
    let mut written = Vec::new();
    for round in 0..20u16 {
        let numbers: Vec<u16> = (0..20).map(|number| round * 20 + number).collect();
        let answers = join_all(numbers.iter().map(|number| {
            let mut commit = first(purchase(*number));
            commit.entries = vec![entry(0, &format!("account {number}"), 1), entry(0, "all", -1)];
            commit.state = format!("\"{}\"", "x".repeat(1_500));
            store.commit(commit)
        }));
        for (number, answer) in numbers.iter().zip(answers.await) {
            match answer {
                Ok(()) => written.push(*number),
                Err(StoreError::NotWritten(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!((10..400).contains(&written.len()), "{} were written", written.len());
    store.limit_pages(None).await.expect("no limit");
    for number in 0..400 {
        let found = store.load(purchase(number)).await.expect("a read").is_some();
        assert_eq!(found, written.contains(&number));
    }
    assert_eq!(store.verify().await, Ok(vec![]));
}

#[tokio::test]
async fn another_writer_in_the_way() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let shell = Connection::open(dir.path().join("anytill.sqlite")).expect("the database");
    shell.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let refused = store.commit(first(purchase(1))).await;
    assert!(matches!(&refused, Err(StoreError::NotWritten(text)) if text.contains("another program")), "{refused:?}");
    // Reads go on meanwhile.
    assert_eq!(store.load(purchase(1)).await, Ok(None));
    shell.execute_batch("ROLLBACK").expect("the end of the lock");
    put(&store, first(purchase(1))).await;
}

#[tokio::test]
async fn the_log_is_append_only() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let mut commit = first(purchase(1));
    commit.entries = vec![entry(0, "a", 1), entry(0, "b", -1)];
    put(&store, commit).await;
    let shell = Connection::open(dir.path().join("anytill.sqlite")).expect("the database");
    for sql in [
        "UPDATE events SET body = ''",
        "DELETE FROM events",
        "UPDATE entries SET amount = 2",
        "DELETE FROM entries WHERE amount > 0",
    ] {
        let refused = shell.execute(sql, []).expect_err("it is append-only");
        assert!(refused.to_string().contains("append-only"), "{sql}: {refused}");
    }
}

#[tokio::test]
async fn verify_finds_what_does_not_add_up() {
    for (sql, says) in [
        ("UPDATE balances SET amount = amount + 1 WHERE account = 'a'", "balances"),
        ("INSERT INTO reserved VALUES ('room', 5)", "reserved sums"),
        ("UPDATE aggregates SET version = 7", "version"),
        (
            "INSERT INTO entries SELECT 9, aggregate, 9, 0, '', account, asset, layer, shard, 5, 0 FROM entries LIMIT 1",
            "postings",
        ),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open(dir.path());
        let mut commit = first(purchase(1));
        commit.entries = vec![entry(0, "a", 1), entry(0, "b", -1)];
        put(&store, commit).await;
        assert_eq!(store.verify().await, Ok(vec![]));
        let shell = Connection::open(dir.path().join("anytill.sqlite")).expect("the database");
        shell.execute(sql, []).expect("a change behind our back");
        let problems = store.verify().await.expect("a check");
        assert!(problems.iter().any(|problem| problem.contains(says)), "{sql}: {problems:?}");
    }
}

#[tokio::test]
async fn damage_met_while_running_ends_the_store() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    put(&store, first(purchase(1))).await;
    let mut failed = store.failed();
    assert_eq!(failed.now(), None);
    let shell = Connection::open(dir.path().join("anytill.sqlite")).expect("the database");
    // A value that no version of ours writes.
    shell
        .execute_batch("PRAGMA ignore_check_constraints=ON; UPDATE aggregates SET kind = 'purchase', account = 'zz'")
        .expect("a change behind our back");
    assert!(matches!(store.load(purchase(1)).await, Err(StoreError::Unusable(_))));
    tokio::time::timeout(Duration::from_secs(5), failed.wait()).await.expect("told");
    assert!(matches!(store.commit(first(purchase(2))).await, Err(StoreError::Unusable(_))));
    assert!(matches!(store.balances().await, Err(StoreError::Unusable(_))));
    assert!(matches!(store.verify().await, Err(StoreError::Unusable(_))));
}

#[tokio::test]
async fn closing_writes_what_waits() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let writing: Vec<_> = (0..300)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(first(purchase(number))).await })
        })
        .collect();
    let other = store.clone();
    put(&store, first(purchase(1_000))).await;
    store.close().await;
    let mut written = Vec::new();
    for (number, writing) in (0..300).zip(writing) {
        match writing.await.expect("a task") {
            Ok(()) => written.push(number),
            Err(StoreError::Unusable(text)) => assert!(text.contains("closed"), "{text}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(matches!(other.load(purchase(1_000)).await, Err(StoreError::Unusable(_))));
    assert!(matches!(other.commit(first(purchase(1_001))).await, Err(StoreError::Unusable(_))));
    drop(other);
    let again = open(dir.path());
    for number in 0..300 {
        assert_eq!(again.load(purchase(number)).await.expect("a read").is_some(), written.contains(&number));
    }
}

#[tokio::test]
async fn a_backup_is_whole_while_others_write() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    for number in 0..50 {
        let mut commit = first(purchase(number));
        commit.entries = vec![entry(0, "a", 1), entry(0, "b", -1)];
        put(&store, commit).await;
    }
    let copy_dir = tempfile::tempdir().expect("a directory");
    let copy = copy_dir.path().join("anytill.sqlite");
    let writing = async {
        for number in 50..150 {
            put(&store, first(purchase(number))).await;
        }
    };
    let (backup, ()) = tokio::join!(store.backup_to(&copy), writing);
    assert_eq!(backup, Ok(()));
    assert!(
        matches!(store.backup_to(&copy).await, Err(StoreError::NotWritten(text)) if text.contains("there already"))
    );
    let nowhere = copy_dir.path().join("nowhere").join("copy");
    assert!(matches!(store.backup_to(&nowhere).await, Err(StoreError::NotWritten(_))));
    let left: Vec<_> = std::fs::read_dir(copy_dir.path()).expect("a directory").collect();
    assert_eq!(left.len(), 1, "{left:?}");
    // It opens like the original, in a directory of its own.
    let restored = Sqlite::open(copy_dir.path(), OpenMode::Existing).expect("the copy");
    assert_eq!(restored.balances().await, store.balances().await);
    assert_eq!(restored.verify().await, Ok(vec![]));
    put(&restored, next(purchase(1), 1)).await;
}
