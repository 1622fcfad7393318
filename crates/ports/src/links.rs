//! Linking a shopper's account at a provider, so that purchases can be paid from it.

use crate::Secret;
use async_trait::async_trait;
use ids::{AccountId, UnixMs};
use money::Sat;

/// The provider's page, on which the shopper says yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBegun {
    pub authorize_url: String,
    pub expires_at: UnixMs,
}

/// What a shopper sees of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// As the provider names its owner, where it does.
    pub name: Option<String>,
    pub linked_at: UnixMs,
    /// Bitcoin that can be sent; none while the provider does not answer.
    pub available: Option<Sat>,
    pub as_of: UnixMs,
}

/// Why a link cannot be made, seen or undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The state is unknown, used, another account's or too old: begin again.
    #[error("this request to link is not known, or too old")]
    UnknownState,
    /// The shopper or the provider said no.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// Try again later.
    #[error("the provider cannot be reached: {0}")]
    Unavailable(String),
    #[error(transparent)]
    Store(#[from] crate::StoreError),
}

#[async_trait]
pub trait AccountLinks: Send + Sync {
    /// `coinbase`.
    fn provider(&self) -> &'static str;

    /// Single use, bound to the account.
    async fn begin(&self, account: AccountId) -> Result<LinkBegun, LinkError>;

    /// What the provider's page sent back with the shopper's browser.
    async fn finish(&self, state: &str, code: &Secret) -> Result<(), LinkError>;

    /// The shopper said no there: the state is used up.
    async fn refused(&self, state: &str) -> Result<(), LinkError>;

    async fn linked(&self, account: AccountId) -> Result<Option<LinkedAccount>, LinkError>;

    /// Revokes at the provider, then forgets. Not linked is fine.
    async fn unlink(&self, account: AccountId) -> Result<(), LinkError>;
}
