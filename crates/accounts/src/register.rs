//! Registration.

use crate::error::{AccountError, invalid};
use crate::log_in::Session;
use crate::password::{Hasher, Salt, check_new_password, new_salt};
use crate::profile::Profile;
use crate::secrets::{code_hash, new_code, read_code};
use crate::service::{Accounts, read_login};
use crate::wallet::LOGIN_PREFIX;
use ids::AccountId;
use ports::{AccountRow, Secret, StoreError};

/// Hashes a new password and a new recovery code: run it off the async threads.
#[must_use]
pub struct RegistrationWork {
    login: String,
    invite: Option<[u8; 32]>,
    credentials: CredentialsWork,
}

#[must_use]
pub struct PreparedRegistration {
    login: String,
    invite: Option<[u8; 32]>,
    credentials: NewCredentials,
}

/// A new account, logged in on its first device.
pub struct Registered {
    pub session: Session,
    /// Shown now and never again.
    pub recovery_code: Secret,
}

pub(crate) struct CredentialsWork {
    hasher: Hasher,
    password: Secret,
    recovery_code: Secret,
    salts: [Salt; 2],
}

pub(crate) struct NewCredentials {
    pub password_hash: String,
    pub recovery_hash: String,
    pub recovery_code: Secret,
}

impl CredentialsWork {
    pub(crate) fn run(self) -> NewCredentials {
        let Self { hasher, password, recovery_code, salts } = self;
        let password_hash = hasher.hash(&password, &salts[0]);
        let recovery_hash = hash_code(&hasher, &recovery_code, &salts[1]);
        NewCredentials { password_hash, recovery_hash, recovery_code }
    }
}

/// Of the code as it is read, not as it is shown.
pub(crate) fn hash_code(hasher: &Hasher, code: &Secret, salt: &Salt) -> String {
    let read = read_code(code.expose()).expect("a code of ours can be read");
    hasher.hash(&read, salt)
}

impl RegistrationWork {
    pub fn run(self) -> PreparedRegistration {
        PreparedRegistration { login: self.login, invite: self.invite, credentials: self.credentials.run() }
    }
}

impl Accounts {
    /// Checks everything that can be checked before the slow part. Whether a login exists is told only to who may
    /// register.
    pub async fn begin_registration(
        &self,
        login: &str,
        password: Secret,
        invitation: Option<&str>,
    ) -> Result<RegistrationWork, AccountError> {
        let login = read_login(login)?;
        check_new_password(&password)?;
        if login.starts_with(LOGIN_PREFIX) {
            return invalid("login", "logins of this form are a wallet's");
        }
        self.begin(login, password, invitation).await
    }

    pub(crate) async fn begin(
        &self,
        login: String,
        password: Secret,
        invitation: Option<&str>,
    ) -> Result<RegistrationWork, AccountError> {
        let invite = match invitation {
            _ if self.rules.open_registration => None,
            None => return Err(AccountError::InvitationNeeded),
            Some(code) => Some(self.usable_invitation(code).await?),
        };
        if self.store.account_by_login(&login).await?.is_some() {
            return Err(AccountError::LoginTaken);
        }
        Ok(RegistrationWork { login, invite, credentials: self.new_credentials(password) })
    }

    /// Uses the invitation up, together with the new account or not at all.
    pub async fn finish_registration(
        &self,
        prepared: PreparedRegistration,
        device_name: &str,
    ) -> Result<Registered, AccountError> {
        let PreparedRegistration { login, invite, credentials } = prepared;
        let device_name = crate::devices::read_device_name(device_name)?;
        let mut id = [0u8; AccountId::LEN];
        self.with_rng(|rng| rng.fill_bytes(&mut id));
        let row = AccountRow {
            id: AccountId(id),
            login: login.clone(),
            password_hash: credentials.password_hash,
            recovery_hash: credentials.recovery_hash,
            created_at: self.now(),
            billing_address: None,
            profile: Profile::default().text(),
            version: 1,
        };
        match self.store.create_account(row.clone(), invite).await {
            Ok(()) => {}
            Err(StoreError::Taken(_)) if self.store.account_by_login(&login).await?.is_some() => {
                return Err(AccountError::LoginTaken);
            }
            Err(StoreError::Taken(_)) => return Err(AccountError::InvitationInvalid),
            Err(error) => return Err(error.into()),
        }
        let session = self.new_session(&row, device_name).await?;
        Ok(Registered { session, recovery_code: credentials.recovery_code })
    }

    pub(crate) fn new_credentials(&self, password: Secret) -> CredentialsWork {
        let hasher = self.hasher.clone();
        self.with_rng(|rng| CredentialsWork {
            hasher,
            password,
            recovery_code: new_code(rng),
            salts: [new_salt(rng), new_salt(rng)],
        })
    }

    async fn usable_invitation(&self, code: &str) -> Result<[u8; 32], AccountError> {
        let hash = code_hash(&read_code(code).ok_or(AccountError::InvitationInvalid)?);
        match self.store.invite(&hash).await? {
            Some(invite) if invite.used_by.is_none() && self.now() < invite.expires_at => Ok(hash),
            _ => Err(AccountError::InvitationInvalid),
        }
    }
}
