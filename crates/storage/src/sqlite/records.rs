//! Small records of adapters.

use super::Sqlite;
use super::values::number;
use async_trait::async_trait;
use ports::{RecordStore, StoreError, StoredRecord};
use rusqlite::{OptionalExtension as _, params};
use zeroize::Zeroizing;

#[async_trait]
impl RecordStore for Sqlite {
    async fn record(&self, kind: &str, id: &str) -> Result<Option<StoredRecord>, StoreError> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.read(move |conn| {
            conn.prepare_cached("SELECT version, body FROM records WHERE kind = ?1 AND id = ?2")?
                .query_row(params![kind, id], |row| {
                    Ok(StoredRecord {
                        version: row.get::<_, i64>(0)?.unsigned_abs(),
                        body: Zeroizing::new(row.get(1)?),
                    })
                })
                .optional()
        })
        .await
    }

    async fn put_record(&self, kind: &str, id: &str, expected: u64, body: &[u8]) -> Result<bool, StoreError> {
        let (kind, id, body) = (kind.to_owned(), id.to_owned(), body.to_vec());
        let version = number(expected, "the version")?;
        self.write(None, false, move |conn| {
            let changed = if expected == 0 {
                conn.prepare_cached(
                    "INSERT INTO records (kind, id, version, body) VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute(params![kind, id, body])?
            } else {
                conn.prepare_cached(
                    "UPDATE records SET version = version + 1, body = ?3 WHERE kind = ?1 AND id = ?2 AND version = ?4",
                )?
                .execute(params![kind, id, body, version])?
            };
            Ok(changed == 1)
        })
        .await
    }

    async fn remove_record(&self, kind: &str, id: &str, expected: u64) -> Result<bool, StoreError> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        let version = number(expected, "the version")?;
        self.write(None, false, move |conn| {
            let removed = conn
                .prepare_cached("DELETE FROM records WHERE kind = ?1 AND id = ?2 AND version = ?3")?
                .execute(params![kind, id, version])?;
            Ok(removed == 1)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::sqlite::{OpenMode, Sqlite};
    use ports::RecordStore as _;

    #[tokio::test]
    async fn of_two_changes_from_one_version_one_wins() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path(), OpenMode::OrCreate).unwrap();
        assert_eq!(store.record("link", "a").await.unwrap(), None);
        assert!(store.put_record("link", "a", 0, b"one").await.unwrap());
        assert!(!store.put_record("link", "a", 0, b"two").await.unwrap(), "there is one already");
        assert!(store.put_record("link", "a", 1, b"two").await.unwrap());
        assert!(!store.put_record("link", "a", 1, b"three").await.unwrap(), "made from an old version");
        let found = store.record("link", "a").await.unwrap().unwrap();
        assert_eq!((found.version, found.body.as_slice()), (2, b"two".as_slice()));
        assert_eq!(store.record("state", "a").await.unwrap(), None, "kinds are apart");
        assert!(!store.remove_record("link", "a", 1).await.unwrap());
        assert!(store.remove_record("link", "a", 2).await.unwrap());
        assert!(store.put_record("link", "a", 0, b"again").await.unwrap());
    }
}
