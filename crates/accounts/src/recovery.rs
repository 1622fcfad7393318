//! The recovery code: the way back in without the password.
//!
//! Invariant: using it sets a new password, ends every token, calls off a waiting change of the refund destination
//! (whoever asked for it knew the old password) and replaces the code, all in one write.

use crate::error::AccountError;
use crate::log_in::PasswordProof;
use crate::password::{Hasher, Salt, check_new_password, new_salt};
use crate::register::{CredentialsWork, NewCredentials, hash_code};
use crate::secrets::{new_code, read_code};
use crate::service::{Accounts, read_login};
use crate::throttle::Attempt;
use ids::AccountId;
use ports::{AccountRow, Secret};

/// Checks a code and hashes a password and a new code: run it off the async threads.
#[must_use]
pub struct RecoveryWork {
    hasher: Hasher,
    login: String,
    row: Option<AccountRow>,
    /// None for what cannot be a code.
    code: Option<Secret>,
    credentials: CredentialsWork,
}

#[must_use]
pub struct RecoveryChecked {
    login: String,
    /// Of a code that matched.
    matched: Option<(AccountRow, NewCredentials)>,
}

pub struct Recovered {
    pub account: AccountId,
    /// Shown now and never again. The one that was used is of no more use.
    pub recovery_code: Secret,
    /// Devices that were logged in and are not any more.
    pub devices_revoked: u32,
}

/// Hashes a new code: run it off the async threads.
#[must_use]
pub struct NewCodeWork {
    hasher: Hasher,
    account: AccountId,
    proof: PasswordProof,
    code: Secret,
    salt: Salt,
}

#[must_use]
pub struct PreparedCode {
    account: AccountId,
    proof: PasswordProof,
    code: Secret,
    hash: String,
}

impl RecoveryWork {
    pub fn run(self) -> RecoveryChecked {
        let Self { hasher, login, row, code, credentials } = self;
        let stored = row.as_ref().map(|row| row.recovery_hash.as_str());
        let matches = match &code {
            Some(code) => hasher.verify(stored, code),
            None => hasher.verify(None, &Secret::new(String::new())),
        };
        let row = row.filter(|_| matches);
        RecoveryChecked { login, matched: row.map(|row| (row, credentials.run())) }
    }
}

impl NewCodeWork {
    pub fn run(self) -> PreparedCode {
        let hash = hash_code(&self.hasher, &self.code, &self.salt);
        PreparedCode { account: self.account, proof: self.proof, code: self.code, hash }
    }
}

impl Accounts {
    pub async fn begin_recovery(
        &self,
        login: &str,
        recovery_code: &str,
        new_password: Secret,
    ) -> Result<RecoveryWork, AccountError> {
        check_new_password(&new_password)?;
        let login = read_login(login).unwrap_or_default();
        self.begin_attempt(Attempt::RecoveryCode, &login)?;
        let row = self.store.account_by_login(&login).await?;
        let credentials = self.new_credentials(new_password);
        Ok(RecoveryWork { hasher: self.hasher.clone(), login, row, code: read_code(recovery_code), credentials })
    }

    /// Nobody is logged in by this: that takes the new password.
    pub async fn finish_recovery(&self, checked: RecoveryChecked) -> Result<Recovered, AccountError> {
        let (row, credentials) = checked.matched.ok_or(AccountError::BadCredentials)?;
        let account = row.id;
        let NewCredentials { password_hash, recovery_hash, recovery_code } = credentials;
        let now = self.now();
        self.update(account, |stored, profile| {
            // Used meanwhile by somebody else who has it.
            if stored.recovery_hash != row.recovery_hash {
                return Err(AccountError::BadCredentials);
            }
            stored.password_hash.clone_from(&password_hash);
            stored.recovery_hash.clone_from(&recovery_hash);
            profile.tokens_from_ms = profile.tokens_from_ms.max(now).plus_ms(1);
            profile.refund = profile.refund.without_waiting(now);
            Ok(())
        })
        .await?;
        self.attempt_succeeded(Attempt::RecoveryCode, &checked.login);
        self.attempt_succeeded(Attempt::Password, &checked.login);
        // They are dead already; this is for the list.
        let devices_revoked = self.store.revoke_devices(account, None, now).await?;
        Ok(Recovered { account, recovery_code, devices_revoked })
    }

    /// Another code in place of one that was lost, for whoever knows the password.
    pub fn begin_new_recovery_code(&self, account: AccountId, proof: PasswordProof) -> NewCodeWork {
        let hasher = self.hasher.clone();
        self.with_rng(|rng| NewCodeWork { hasher, account, proof, code: new_code(rng), salt: new_salt(rng) })
    }

    /// The code, shown now and never again.
    pub async fn finish_new_recovery_code(&self, prepared: PreparedCode) -> Result<Secret, AccountError> {
        let PreparedCode { account, proof, code, hash } = prepared;
        self.update(account, |row, _| {
            self.accept(&proof, row)?;
            row.recovery_hash.clone_from(&hash);
            Ok(())
        })
        .await?;
        Ok(code)
    }
}
