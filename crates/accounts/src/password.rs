//! Argon2id, as plain blocking functions: tens of milliseconds each, so never on an async thread.

use crate::error::{AccountError, invalid};
use argon2::password_hash::SaltString;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use ports::Secret;
use rand::{CryptoRng, RngCore};
use std::sync::Arc;

const PASSWORD_CHARS_MIN: usize = 10;
/// More than any passphrase, less than a way to keep the server busy.
const PASSWORD_BYTES_MAX: usize = 512;

/// What one hash costs. The default is OWASP's first choice for argon2id (Password Storage Cheat Sheet).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1_024, passes: 2 }
    }
}

pub(crate) type Salt = [u8; 16];

pub(crate) fn new_salt(rng: &mut dyn RngCore) -> Salt {
    let mut salt = Salt::default();
    rng.fill_bytes(&mut salt);
    salt
}

/// Hashes and checks. Cheap to clone.
#[derive(Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    /// Hash of nothing anybody knows, checked where there is no account, so that this takes as long.
    nobody: Arc<str>,
}

impl Hasher {
    /// Blocks for one hash. [`AccountError::Invalid`] for a cost that argon2 does not allow.
    pub fn new(cost: HashCost, rng: &mut dyn CryptoRng) -> Result<Self, AccountError> {
        let Ok(params) = Params::new(cost.memory_kib, cost.passes, 1, None) else {
            return invalid("hash cost", "argon2 needs 8 KiB or more of memory and one pass or more");
        };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hasher = Self { argon2, nobody: "".into() };
        hasher.nobody = hasher.hash(&crate::secrets::new_code(rng), &new_salt(rng)).into();
        Ok(hasher)
    }

    /// A PHC string.
    pub(crate) fn hash(&self, secret: &Secret, salt: &Salt) -> String {
        let salt = SaltString::encode_b64(salt).expect("16 bytes are a valid salt");
        let hash = self.argon2.hash_password(secret.expose().as_bytes(), &salt);
        hash.expect("parameters and lengths were checked").to_string()
    }

    /// In constant time for a hash of today's cost, whether there is one or not.
    pub(crate) fn verify(&self, stored: Option<&str>, secret: &Secret) -> bool {
        let check = |phc: &str| {
            PasswordHash::new(phc)
                .is_ok_and(|hash| self.argon2.verify_password(secret.expose().as_bytes(), &hash).is_ok())
        };
        match stored.filter(|phc| PasswordHash::new(phc).is_ok()) {
            Some(phc) => check(phc),
            None => {
                check(&self.nobody);
                false
            }
        }
    }
}

/// A password that may be set.
pub(crate) fn check_new_password(password: &Secret) -> Result<(), AccountError> {
    if password.expose().chars().count() < PASSWORD_CHARS_MIN {
        return invalid("password", "at least 10 characters");
    }
    if password.expose().len() > PASSWORD_BYTES_MAX {
        return invalid("password", "at most 512 bytes");
    }
    Ok(())
}

/// A password to be checked against a stored one: nothing but its size matters.
pub(crate) fn is_hashable(password: &Secret) -> bool {
    password.expose().len() <= PASSWORD_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn secret(text: &str) -> Secret {
        Secret::new(text.into())
    }

    #[test]
    fn only_the_same_password_matches() {
        let mut rng = StdRng::seed_from_u64(3);
        let hasher = Hasher::new(HashCost { memory_kib: 8, passes: 1 }, &mut rng).unwrap();
        let stored = hasher.hash(&secret("correct horse"), &new_salt(&mut rng));
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_ne!(stored, hasher.hash(&secret("correct horse"), &new_salt(&mut rng)));
        assert!(hasher.verify(Some(&stored), &secret("correct horse")));
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            assert!(!hasher.verify(Some(&stored), &secret(wrong)));
        }
        assert!(!hasher.verify(None, &secret("correct horse")));
        assert!(!hasher.verify(Some("$argon2id$damaged"), &secret("correct horse")));
        assert!(!hasher.verify(Some(""), &secret("")));
    }

    #[test]
    fn costs_are_checked() {
        let mut rng = StdRng::seed_from_u64(4);
        for cost in [HashCost { memory_kib: 1, passes: 1 }, HashCost { memory_kib: 64, passes: 0 }] {
            assert!(Hasher::new(cost, &mut rng).is_err());
        }
    }

    #[test]
    fn lengths() {
        for (length, good) in [(0, false), (9, false), (10, true), (512, true), (513, false)] {
            assert_eq!(check_new_password(&secret(&"x".repeat(length))).is_ok(), good, "{length}");
        }
        assert!(check_new_password(&secret(&"\u{20ac}".repeat(10))).is_ok());
        assert!(check_new_password(&secret(&"\u{20ac}".repeat(9))).is_err());
    }
}
