//! The one handle on all of it.

use crate::address::BillingAddress;
use crate::error::{AccountError, invalid};
use crate::password::Hasher;
use crate::profile::Profile;
use crate::refunds::{Hosts, REFUND_CHANGE_DELAY_MS};
use crate::throttle::{Attempt, Throttle, ThrottleRules};
use ids::{AccountId, UnixMs};
use ports::{AccountRow, AccountStore, Clock, StoreError};
use rand::{CryptoRng, RngCore};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Writes of one account that met another's before we give up.
const UPDATE_TRIES: u32 = 8;
const LOGIN_LEN: std::ops::RangeInclusive<usize> = 3..=64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRules {
    /// Register without an invitation.
    pub open_registration: bool,
    /// How long a token lasts.
    pub token_ms: u64,
    /// How often a device's last use is written down.
    pub touch_ms: u64,
    /// How long after it was given a password still proves something.
    pub proof_ms: u64,
    /// How long a changed refund destination waits.
    pub refund_change_delay_ms: u64,
    /// What a Lightning address may point to.
    pub refund_hosts: Hosts,
    pub throttle: ThrottleRules,
}

impl Default for AccountRules {
    fn default() -> Self {
        Self {
            open_registration: false,
            token_ms: 90 * DAY_MS,
            touch_ms: DAY_MS / 24,
            proof_ms: 5 * 60_000,
            refund_change_delay_ms: REFUND_CHANGE_DELAY_MS,
            refund_hosts: Hosts::Public,
            throttle: ThrottleRules::default(),
        }
    }
}

pub struct Accounts {
    pub(crate) store: Arc<dyn AccountStore>,
    clock: Arc<dyn Clock>,
    rng: Mutex<Box<dyn CryptoRng + Send>>,
    pub(crate) hasher: Hasher,
    pub(crate) rules: AccountRules,
    throttle: Mutex<Throttle>,
}

impl Accounts {
    pub fn new(
        store: Arc<dyn AccountStore>,
        clock: Arc<dyn Clock>,
        rng: Box<dyn CryptoRng + Send>,
        hasher: Hasher,
        rules: AccountRules,
    ) -> Self {
        let throttle = Mutex::new(Throttle::new(rules.throttle));
        Self { store, clock, rng: Mutex::new(rng), hasher, rules, throttle }
    }

    pub fn rules(&self) -> &AccountRules {
        &self.rules
    }

    /// When the account was registered, for limits that depend on its age.
    pub async fn created_at(&self, account: AccountId) -> Result<UnixMs, AccountError> {
        Ok(self.row(account).await?.created_at)
    }

    pub async fn billing_address(&self, account: AccountId) -> Result<Option<BillingAddress>, AccountError> {
        let stored = self.row(account).await?.billing_address;
        // Without the reason, which would quote the address.
        let damaged = |_| {
            AccountError::Store(StoreError::Unusable(format!("the billing address of account {account} is damaged")))
        };
        stored.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
    }

    pub async fn set_billing_address(&self, account: AccountId, address: &BillingAddress) -> Result<(), AccountError> {
        let text = serde_json::to_string(address).expect("an address is plain text");
        self.update(account, |row, _| {
            row.billing_address = Some(text.clone());
            Ok(())
        })
        .await
    }

    pub(crate) fn now(&self) -> UnixMs {
        self.clock.now()
    }

    pub(crate) fn with_rng<T>(&self, draw: impl FnOnce(&mut dyn RngCore) -> T) -> T {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        draw(&mut **rng)
    }

    pub(crate) fn begin_attempt(&self, attempt: Attempt, login: &str) -> Result<(), AccountError> {
        let begun = self.lock_throttle().begin(attempt, login, self.now());
        begun.map_err(|retry_after_ms| AccountError::TooManyAttempts { retry_after_ms })
    }

    pub(crate) fn attempt_succeeded(&self, attempt: Attempt, login: &str) {
        self.lock_throttle().succeeded(attempt, login);
    }

    fn lock_throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account of somebody who has shown a token or a password: if it is gone, so is their right.
    pub(crate) async fn row(&self, account: AccountId) -> Result<AccountRow, AccountError> {
        self.store.account(account).await?.ok_or(AccountError::TokenInvalid)
    }

    /// Reads, changes and writes; again if somebody else wrote meanwhile.
    pub(crate) async fn update<T>(
        &self,
        account: AccountId,
        mut change: impl FnMut(&mut AccountRow, &mut Profile) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        for _ in 0..UPDATE_TRIES {
            let mut row = self.row(account).await?;
            let mut profile = Profile::of(&row)?;
            let value = change(&mut row, &mut profile)?;
            row.profile = profile.text();
            row.version += 1;
            match self.store.update_account(row).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|()| value).map_err(AccountError::from),
            }
        }
        Err(AccountError::ChangedMeanwhile)
    }
}

/// A login as it is stored: lower case, without spaces around it.
pub(crate) fn read_login(text: &str) -> Result<String, AccountError> {
    let login = text.trim();
    if !LOGIN_LEN.contains(&login.len()) {
        return invalid("login", "3 to 64 characters");
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+@".contains(&byte);
    if !login.bytes().all(good) || !login.as_bytes()[0].is_ascii_alphanumeric() {
        return invalid("login", "letters a to z, digits and . _ - + @ only, a letter or digit first");
    }
    Ok(login.to_ascii_lowercase())
}

/// One line of text of somebody's: trimmed, without control characters, of limited length.
pub(crate) fn read_line(field: &'static str, text: &str, chars_max: usize) -> Result<String, AccountError> {
    let line = text.trim();
    if line.is_empty() {
        return invalid(field, "is missing");
    }
    if line.chars().count() > chars_max {
        return invalid(field, "is too long");
    }
    if line.chars().any(char::is_control) {
        return invalid(field, "has control characters in it");
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins() {
        for (text, login) in [
            ("ada", Some("ada")),
            (" Ada.Lovelace+1@example.com ", Some("ada.lovelace+1@example.com")),
            ("ab", None),
            ("", None),
            (".ada", None),
            ("a da", None),
            ("\u{e5}da", None),
            ("ada\n1", None),
        ] {
            assert_eq!(read_login(text).ok().as_deref(), login, "{text:?}");
        }
        assert!(read_login(&"x".repeat(64)).is_ok());
        assert!(read_login(&"x".repeat(65)).is_err());
    }

    #[test]
    fn lines() {
        assert_eq!(read_line("name", "  Zo\u{eb} \u{20ac} ", 5), Ok("Zo\u{eb} \u{20ac}".into()));
        for text in ["", "   ", "123456", "a\u{7}b", "a\nb"] {
            assert!(read_line("name", text, 5).is_err(), "{text:?}");
        }
    }
}
