//! Log-in, and the password as a proof for what a token alone may not do.

use crate::devices::{Authenticated, read_device_name};
use crate::error::AccountError;
use crate::password::{Hasher, is_hashable};
use crate::profile::Profile;
use crate::secrets::new_token;
use crate::service::{Accounts, read_login};
use crate::throttle::Attempt;
use ids::{AccountId, DeviceId, UnixMs};
use ports::{AccountRow, DeviceRow, Secret};

/// Checks a password: run it off the async threads. As slow for a login that does not exist.
#[must_use]
pub struct LogInWork {
    hasher: Hasher,
    attempt: Attempt,
    login: String,
    row: Option<AccountRow>,
    password: Secret,
}

#[must_use]
pub struct LogInChecked {
    attempt: Attempt,
    login: String,
    /// Of a password that matched.
    row: Option<AccountRow>,
}

/// A device that is logged in.
pub struct Session {
    pub account: AccountId,
    pub device: DeviceId,
    /// Shown now and never again.
    pub token: Secret,
    pub expires_at: UnixMs,
    pub proof: PasswordProof,
}

/// That the password of an account was given a moment ago. Used up by what it is shown to, and of no use once the
/// password is another.
pub struct PasswordProof {
    account: AccountId,
    at: UnixMs,
    password_hash: String,
}

impl LogInWork {
    pub fn run(self) -> LogInChecked {
        let Self { hasher, attempt, login, row, password } = self;
        let matches = hasher.verify(row.as_ref().map(|row| row.password_hash.as_str()), &password);
        LogInChecked { attempt, login, row: row.filter(|_| matches) }
    }
}

impl Accounts {
    /// [`AccountError::TooManyAttempts`] says nothing about whether the login exists.
    pub async fn begin_log_in(&self, login: &str, password: Secret) -> Result<LogInWork, AccountError> {
        // What cannot be a login cannot be registered either; all of that counts as one.
        let login = read_login(login).unwrap_or_default();
        self.begin_attempt(Attempt::Password, &login)?;
        if !is_hashable(&password) {
            return Err(AccountError::BadCredentials);
        }
        let row = self.store.account_by_login(&login).await?;
        Ok(LogInWork { hasher: self.hasher.clone(), attempt: Attempt::Password, login, row, password })
    }

    pub async fn finish_log_in(&self, checked: LogInChecked, device_name: &str) -> Result<Session, AccountError> {
        let row = self.matched(checked)?;
        let device_name = read_device_name(device_name)?;
        let session = self.new_session(&row, device_name).await?;
        // The password may have been changed while the old one was checked.
        if self.row(row.id).await?.password_hash != row.password_hash {
            self.store.revoke_devices(row.id, Some(session.device), self.now()).await?;
            return Err(AccountError::BadCredentials);
        }
        Ok(session)
    }

    /// For who has a token already and wants to do what takes the password too.
    pub async fn begin_password_check(&self, who: &Authenticated, password: Secret) -> Result<LogInWork, AccountError> {
        let row = self.row(who.account).await?;
        let attempt = Attempt::PasswordWithToken;
        self.begin_attempt(attempt, &row.login)?;
        if !is_hashable(&password) {
            return Err(AccountError::BadCredentials);
        }
        Ok(LogInWork { hasher: self.hasher.clone(), attempt, login: row.login.clone(), row: Some(row), password })
    }

    pub fn finish_password_check(&self, checked: LogInChecked) -> Result<PasswordProof, AccountError> {
        Ok(self.proof(&self.matched(checked)?))
    }

    fn matched(&self, checked: LogInChecked) -> Result<AccountRow, AccountError> {
        let row = checked.row.ok_or(AccountError::BadCredentials)?;
        self.attempt_succeeded(checked.attempt, &checked.login);
        Ok(row)
    }

    /// A device and its token, for whoever has just given the password of the row.
    pub(crate) async fn new_session(&self, row: &AccountRow, device_name: String) -> Result<Session, AccountError> {
        let mut id = [0u8; DeviceId::LEN];
        let (token, token_hash) = self.with_rng(|rng| {
            rng.fill_bytes(&mut id);
            new_token(rng)
        });
        let now = self.now();
        // Not before the account's tokens are good, which can be a moment from now.
        let created_at = now.max(Profile::of(row)?.tokens_from_ms);
        let expires_at = now.plus_ms(self.rules.token_ms);
        let device = DeviceRow {
            id: DeviceId(id),
            account: row.id,
            name: device_name,
            token_hash,
            created_at,
            expires_at,
            last_seen_at: created_at,
            revoked_at: None,
        };
        self.store.create_device(device).await?;
        Ok(Session { account: row.id, device: DeviceId(id), token, expires_at, proof: self.proof(row) })
    }

    fn proof(&self, row: &AccountRow) -> PasswordProof {
        PasswordProof { account: row.id, at: self.now(), password_hash: row.password_hash.clone() }
    }

    /// Whether a proof is of this account, fresh, and of the password that is stored now.
    pub(crate) fn accept(&self, proof: &PasswordProof, row: &AccountRow) -> Result<(), AccountError> {
        let fresh = self.now().since_ms(proof.at) < self.rules.proof_ms;
        if proof.account == row.id && proof.password_hash == row.password_hash && fresh {
            Ok(())
        } else {
            Err(AccountError::PasswordNeeded)
        }
    }
}
