//! What is refused on opening, and that it is left as it was.

use ports::{Store, StoreError};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use storage::conformance::make::{first, purchase, put};
use storage::sqlite::{DirLock, OpenMode, Sqlite};
use tempfile::TempDir;

fn dir() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn file(dir: &Path) -> PathBuf {
    dir.join("anytill.sqlite")
}

/// What the refusal says.
fn refused(dir: &Path, mode: OpenMode) -> String {
    match Sqlite::open(dir, mode) {
        Err(StoreError::Unusable(text)) => text,
        other => panic!("opened or failed otherwise: {other:?}"),
    }
}

async fn with_purchases(dir: &Path, purchases: u16) {
    let store = Sqlite::open(dir, OpenMode::OrCreate).expect("a database");
    for number in 0..purchases {
        put(&store, first(purchase(number))).await;
    }
    store.close().await;
}

#[tokio::test]
async fn made_where_there_is_none_and_found_again() {
    let dir = dir();
    let inside = dir.path().join("a").join("b");
    with_purchases(&inside, 3).await;
    let store = Sqlite::open(&inside, OpenMode::Existing).expect("the database");
    assert!(store.load(purchase(2)).await.expect("a read").is_some());
    #[cfg(unix)]
    for path in [file(&inside), inside.join("anytill.lock"), inside.join("anytill.sqlite-wal")] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("the file").permissions());
        assert_eq!(mode & 0o077, 0, "{} is open to others", path.display());
    }
}

#[test]
fn not_made_unless_told() {
    let dir = dir();
    assert!(refused(dir.path(), OpenMode::Existing).contains("anytill init"));
    assert!(!file(dir.path()).exists());
}

#[test]
fn not_made_anew_beside_its_log() {
    let dir = dir();
    fs::write(dir.path().join("anytill.sqlite-wal"), b"left").expect("a file");
    assert!(refused(dir.path(), OpenMode::OrCreate).contains("is missing, but its log"));
}

#[test]
fn a_draft_of_a_start_that_died_is_made_again() {
    let dir = dir();
    fs::write(dir.path().join("anytill.sqlite.new"), b"half").expect("a file");
    Sqlite::open(dir.path(), OpenMode::OrCreate).expect("a database");
    assert!(!dir.path().join("anytill.sqlite.new").exists());
}

#[test]
fn empty_or_of_something_else() {
    for (content, says) in [(&b""[..], "is empty"), (b"hello", "not an SQLite"), (&[7; 4096], "not an SQLite")] {
        let dir = dir();
        fs::write(file(dir.path()), content).expect("a file");
        assert!(refused(dir.path(), OpenMode::OrCreate).contains(says));
        assert_eq!(fs::read(file(dir.path())).expect("the file"), content);
    }
}

#[test]
fn of_another_program() {
    let dir = dir();
    let other = Connection::open(file(dir.path())).expect("a database");
    other.execute_batch("PRAGMA application_id=77; CREATE TABLE theirs (x)").expect("a table");
    drop(other);
    let before = fs::read(file(dir.path())).expect("the file");
    assert!(refused(dir.path(), OpenMode::OrCreate).contains("another program's"));
    assert_eq!(fs::read(file(dir.path())).expect("the file"), before);
}

#[tokio::test]
async fn of_a_newer_version() {
    let dir = dir();
    with_purchases(dir.path(), 1).await;
    let conn = Connection::open(file(dir.path())).expect("the database");
    conn.execute_batch("PRAGMA user_version=999").expect("a pragma");
    drop(conn);
    let before = fs::read(file(dir.path())).expect("the file");
    let text = refused(dir.path(), OpenMode::OrCreate);
    assert!(text.contains("newer Anytill") && text.contains("999"), "{text}");
    assert_eq!(fs::read(file(dir.path())).expect("the file"), before);
}

#[tokio::test]
async fn damaged() {
    let dir = dir();
    with_purchases(dir.path(), 200).await;
    let whole = fs::read(file(dir.path())).expect("the file");
    let pages = whole.len() / 4096;
    let mut found = 0;
    for page in 0..pages {
        let mut broken = whole.clone();
        // Past the header of the first page, which says whose it is.
        let from = page * 4096 + if page == 0 { 100 } else { 0 };
        broken[from..(page + 1) * 4096].fill(0xa5);
        fs::write(file(dir.path()), &broken).expect("a file");
        if let Err(error) = Sqlite::open(dir.path(), OpenMode::Existing) {
            let StoreError::Unusable(text) = error else { panic!("{error:?}") };
            assert!(text.contains("damaged") && text.contains("backup"), "{text}");
            found += 1;
        }
    }
    assert_eq!(found, pages, "every damaged page is seen");
    let cut = &whole[..whole.len() / 2 / 4096 * 4096];
    fs::write(file(dir.path()), cut).expect("a file");
    assert!(refused(dir.path(), OpenMode::Existing).contains("damaged"));
    fs::write(file(dir.path()), &whole).expect("a file");
    Sqlite::open(dir.path(), OpenMode::Existing).expect("the whole one");
}

#[tokio::test]
async fn one_process_a_directory() {
    let dir = dir();
    let store = Sqlite::open(dir.path(), OpenMode::OrCreate).expect("a database");
    let text = refused(dir.path(), OpenMode::OrCreate);
    assert!(text.contains("another Anytill server") && text.contains("stop it first"), "{text}");
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    // The first goes on as if nothing had been.
    put(&store, first(purchase(1))).await;
    let clone = store.clone();
    drop(store);
    assert!(Sqlite::open(dir.path(), OpenMode::OrCreate).is_err());
    drop(clone);
    let lock = DirLock::acquire(dir.path()).expect("the lock");
    assert!(Sqlite::open(dir.path(), OpenMode::OrCreate).is_err());
    drop(lock);
    Sqlite::open(dir.path(), OpenMode::Existing).expect("the database");
}
