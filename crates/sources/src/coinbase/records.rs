//! What is kept, sealed: links, begun links, what was asked for, what arrived.

use super::CoinbaseLink;
use ids::{AccountId, IdempotencyKey, UnixMs};
use ports::StoreError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A linked account. The refresh token is good once: the next one is here before the access token is used.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Link {
    pub access_token: String,
    pub refresh_token: String,
    #[zeroize(skip)]
    pub ends_at: UnixMs,
    /// Somebody is refreshing until then.
    #[zeroize(skip)]
    pub refreshing_until: UnixMs,
    pub user_id: String,
    pub name: Option<String>,
    pub email: String,
    /// The bitcoin account there.
    pub account: String,
    #[zeroize(skip)]
    pub linked_at: UnixMs,
}

/// A link that was begun. One per shopper: a new one ends the old one.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Begun {
    pub state: String,
    pub verifier: String,
    #[zeroize(skip)]
    pub expires_at: UnixMs,
}

/// What was asked for under a key, and where from: it outlives the link, so that what is late finds its purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The sender as the operator's side sees it.
    pub user_id: String,
    /// An address of the operator's, with its name at Coinbase; none when it goes by e-mail.
    pub address: Option<(String, String)>,
    /// A send may have left: only a look-up, or the operator's side, can say that it did not.
    pub tried: bool,
}

/// A refund that may have left, and where to: repeated to the same, whatever is linked by then.
#[derive(Serialize, Deserialize)]
pub struct PayingBack {
    pub email: String,
}

/// An arrival that was taken into account, by the operator's transaction.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub key: IdempotencyKey,
}

/// The kind of record that a type is.
pub trait Kept: Serialize + DeserializeOwned {
    const KIND: &'static str;
}

impl Kept for Link {
    const KIND: &'static str = "coinbase-link";
}

impl Kept for Begun {
    const KIND: &'static str = "coinbase-begun";
}

impl Kept for Asked {
    const KIND: &'static str = "coinbase-asked";
}

impl Kept for PayingBack {
    const KIND: &'static str = "coinbase-paying-back";
}

impl Kept for Arrival {
    const KIND: &'static str = "coinbase-arrival";
}

pub fn name(account: AccountId) -> String {
    account.to_string()
}

impl CoinbaseLink {
    pub(super) async fn kept<T: Kept>(&self, id: &str) -> Result<Option<(u64, T)>, StoreError> {
        let Some(found) = self.records.record(T::KIND, id).await? else { return Ok(None) };
        let read = serde_json::from_slice(&found.body);
        let value = read.map_err(|_| StoreError::Unusable(format!("a record of {} cannot be read", T::KIND)))?;
        Ok(Some((found.version, value)))
    }

    /// False: somebody else was faster.
    pub(super) async fn keep<T: Kept>(&self, id: &str, expected: u64, value: &T) -> Result<bool, StoreError> {
        let body = serde_json::to_vec(value).map_err(|error| StoreError::NotWritten(error.to_string()))?;
        self.records.put_record(T::KIND, id, expected, &Zeroizing::new(body)).await
    }

    pub(super) async fn forget<T: Kept>(&self, id: &str, expected: u64) -> Result<bool, StoreError> {
        self.records.remove_record(T::KIND, id, expected).await
    }
}
