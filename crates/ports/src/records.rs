//! Small records that adapters keep: tokens, what was asked for, what was taken into account.

use crate::StoreError;
use async_trait::async_trait;
use zeroize::Zeroizing;

/// A record with the number of its last change, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    pub version: u64,
    pub body: Zeroizing<Vec<u8>>,
}

/// Durable when it answers. Each change names the version that it is made from, so that of two at once one wins.
#[async_trait]
pub trait RecordStore: Send + Sync {
    async fn record(&self, kind: &str, id: &str) -> Result<Option<StoredRecord>, StoreError>;

    /// `expected` 0: there is none yet. False: somebody else was faster, nothing was changed.
    async fn put_record(&self, kind: &str, id: &str, expected: u64, body: &[u8]) -> Result<bool, StoreError>;

    /// False: somebody else was faster, nothing was changed.
    async fn remove_record(&self, kind: &str, id: &str, expected: u64) -> Result<bool, StoreError>;
}
