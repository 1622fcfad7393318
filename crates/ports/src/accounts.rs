//! Durable storage of shoppers and their devices. Secrets arrive here hashed only.

use crate::StoreError;
use async_trait::async_trait;
use ids::{AccountId, DeviceId, UnixMs};

/// A shopper.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    pub id: AccountId,
    /// Lower case, unique.
    pub login: String,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// Argon2id of the recovery code, PHC string.
    pub recovery_hash: String,
    pub created_at: UnixMs,
    /// JSON: billing address, or none yet.
    pub billing_address: Option<String>,
    /// JSON: the refund destination in force, a waiting change with its time, counters of the account.
    pub profile: String,
    /// Rises with each change; a write names the version it read.
    pub version: u64,
}

/// A device with its bearer token's hash.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceRow {
    pub id: DeviceId,
    pub account: AccountId,
    pub name: String,
    /// SHA-256 of the token's 32 random bytes.
    pub token_hash: [u8; 32],
    pub created_at: UnixMs,
    pub expires_at: UnixMs,
    pub last_seen_at: UnixMs,
    pub revoked_at: Option<UnixMs>,
}

/// An invitation; used once.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    pub created_at: UnixMs,
    pub expires_at: UnixMs,
    pub used_by: Option<AccountId>,
}

/// The stored answer of a mutating call.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// SHA-256 of method, path and body.
    pub request_hash: [u8; 32],
    /// `None` while the first call is still under way.
    pub answer: Option<(u16, String)>,
}

/// A mutating call that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotentCall {
    /// SHA-256 of method, path and body.
    pub request_hash: [u8; 32],
    /// Random. What the call makes is named by it, so that a repeat finds what is there.
    pub subject: [u8; 16],
    pub now: UnixMs,
    /// Until then the key is this call's, unless the process ends; then a repeat takes it over.
    pub leased_until: UnixMs,
}

/// What became of a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody had it: do the work.
    First,
    /// The call that had it died half-way: look first whether it was done, under the name that it had.
    Again { subject: [u8; 16] },
    /// Answered, still under way, or of another request.
    Before(IdempotentAnswer),
}

#[async_trait]
pub trait AccountStore: Send + Sync {
    /// With the invitation used up in the same commit. [`StoreError::Taken`] for a login or invitation in use.
    async fn create_account(&self, account: AccountRow, invite: Option<[u8; 32]>) -> Result<(), StoreError>;

    async fn account(&self, id: AccountId) -> Result<Option<AccountRow>, StoreError>;

    async fn account_by_login(&self, login: &str) -> Result<Option<AccountRow>, StoreError>;

    /// [`StoreError::Conflict`] unless the stored version is `account.version - 1`.
    async fn update_account(&self, account: AccountRow) -> Result<(), StoreError>;

    async fn create_device(&self, device: DeviceRow) -> Result<(), StoreError>;

    async fn device_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<DeviceRow>, StoreError>;

    async fn devices(&self, account: AccountId) -> Result<Vec<DeviceRow>, StoreError>;

    async fn touch_device(&self, id: DeviceId, now: UnixMs) -> Result<(), StoreError>;

    /// One device, or all of the account.
    async fn revoke_devices(&self, account: AccountId, id: Option<DeviceId>, now: UnixMs) -> Result<u32, StoreError>;

    async fn create_invite(&self, invite: InviteRow) -> Result<(), StoreError>;

    async fn invite(&self, code_hash: &[u8; 32]) -> Result<Option<InviteRow>, StoreError>;

    /// Remembers a key and its request before the work is done, or takes it over from a call that died.
    async fn begin_idempotent(&self, account: AccountId, key: &str, call: IdempotentCall) -> Result<Begun, StoreError>;

    async fn finish_idempotent(&self, account: AccountId, key: &str, status: u16, body: &str)
    -> Result<(), StoreError>;

    /// Nobody knows whether the work was done: the next call with this key and request takes it over.
    async fn lapse_idempotent(&self, account: AccountId, key: &str) -> Result<(), StoreError>;

    /// The work did not happen: the key is free again.
    async fn forget_idempotent(&self, account: AccountId, key: &str) -> Result<(), StoreError>;
}
