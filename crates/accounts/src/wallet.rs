//! Accounts that are opened with a wallet's key (LUD-04) instead of a password.
//!
//! Invariant: such an account's login is made of the key, and nobody registers one of that form with a password. Its
//! password is random and known to nobody: what needs one (a refund's destination) waits until the recovery code has
//! set one.

use crate::devices::read_device_name;
use crate::error::AccountError;
use crate::log_in::Session;
use crate::register::RegistrationWork;
use crate::service::Accounts;
use ports::Secret;
use sha2::{Digest, Sha256};

pub(crate) const LOGIN_PREFIX: &str = "wallet-";

/// A key on secp256k1 as wallets send it, compressed. They have another one for each server's host.
pub type LinkingKey = [u8; 33];

/// `wallet-` and half of a hash of the key: 128 bits, so that no other key is found for it.
pub fn wallet_login(key: &LinkingKey) -> String {
    let mut hash = Sha256::new();
    hash.update(b"anytill wallet login v1\n");
    hash.update(key);
    let digits: String = hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{LOGIN_PREFIX}{digits}")
}

impl Accounts {
    /// The caller has verified a signature of this key. As [`Accounts::begin_registration`].
    pub async fn begin_wallet_registration(
        &self,
        key: &LinkingKey,
        invitation: Option<&str>,
    ) -> Result<RegistrationWork, AccountError> {
        let mut bytes = zeroize::Zeroizing::new([0u8; 32]);
        self.with_rng(|rng| rng.fill_bytes(&mut *bytes));
        let password = Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        self.begin(wallet_login(key), password, invitation).await
    }

    /// The caller has verified a signature of this key, made for this log-in.
    pub async fn log_in_with_wallet(&self, key: &LinkingKey, device_name: &str) -> Result<Session, AccountError> {
        let device_name = read_device_name(device_name)?;
        let row = self.store.account_by_login(&wallet_login(key)).await?.ok_or(AccountError::BadCredentials)?;
        self.new_session(&row, device_name).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_login_of_its_own_for_ever() {
        assert_ne!(wallet_login(&[2; 33]), wallet_login(&[3; 33]));
        assert_eq!(wallet_login(&[2; 33]).len(), LOGIN_PREFIX.len() + 32);
        assert_eq!(wallet_login(&[2; 33]), KNOWN);
    }

    /// By Python: `hashlib.sha256(b"anytill wallet login v1\n" + b"\2" * 33).hexdigest()[:32]`.
    const KNOWN: &str = "wallet-ffe57accc0acbb74bfd6c4e56bab69c4";
}
