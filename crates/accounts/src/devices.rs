//! Devices and the tokens that speak for them.

use crate::error::AccountError;
use crate::profile::Profile;
use crate::secrets::token_hash;
use crate::service::{Accounts, read_line};
use ids::{AccountId, DeviceId, UnixMs};
use ports::DeviceRow;
use subtle::ConstantTimeEq;

const NAME_CHARS_MAX: usize = 64;

/// Who showed a good token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authenticated {
    pub account: AccountId,
    pub device: DeviceId,
}

/// A device as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub created_at: UnixMs,
    pub last_seen_at: UnixMs,
    pub expires_at: UnixMs,
    /// Its token works.
    pub live: bool,
}

impl Accounts {
    /// The token as the client sends it, without `Bearer`.
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, AccountError> {
        let hash = token_hash(token).ok_or(AccountError::TokenInvalid)?;
        let device = self.store.device_by_token(&hash).await?.ok_or(AccountError::TokenInvalid)?;
        // The look-up compared hashes of random bytes, which tell nothing; this one is for a store that is sloppy.
        if !bool::from(device.token_hash.ct_eq(&hash)) {
            return Err(AccountError::TokenInvalid);
        }
        let profile = Profile::of(&self.row(device.account).await?)?;
        if device.revoked_at.is_some() || device.created_at < profile.tokens_from_ms {
            return Err(AccountError::TokenInvalid);
        }
        let now = self.now();
        if now >= device.expires_at {
            return Err(AccountError::TokenExpired);
        }
        if now.since_ms(device.last_seen_at) >= self.rules.touch_ms {
            // Only for the list of devices: a full disk must not keep anybody out.
            let _ = self.store.touch_device(device.id, now).await;
        }
        Ok(Authenticated { account: device.account, device: device.id })
    }

    /// Oldest first, the dead ones too.
    pub async fn devices(&self, account: AccountId) -> Result<Vec<Device>, AccountError> {
        let tokens_from = Profile::of(&self.row(account).await?)?.tokens_from_ms;
        let now = self.now();
        let live = |row: &DeviceRow| row.revoked_at.is_none() && row.created_at >= tokens_from && now < row.expires_at;
        let devices = self.store.devices(account).await?;
        Ok(devices
            .into_iter()
            .map(|row| Device {
                live: live(&row),
                id: row.id,
                name: row.name,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
                expires_at: row.expires_at,
            })
            .collect())
    }

    /// Whether there was such a device of this account with a token to revoke.
    pub async fn revoke_device(&self, account: AccountId, device: DeviceId) -> Result<bool, AccountError> {
        Ok(self.store.revoke_devices(account, Some(device), self.now()).await? > 0)
    }

    /// Everywhere, also here. Says how many.
    pub async fn revoke_all_devices(&self, account: AccountId) -> Result<u32, AccountError> {
        Ok(self.store.revoke_devices(account, None, self.now()).await?)
    }
}

pub(crate) fn read_device_name(text: &str) -> Result<String, AccountError> {
    read_line("device name", text, NAME_CHARS_MAX)
}
