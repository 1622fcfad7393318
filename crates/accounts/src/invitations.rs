//! Invitations: made by the operator, used once.

use crate::error::{AccountError, invalid};
use crate::secrets::{code_hash, new_code, read_code};
use crate::service::Accounts;
use ids::UnixMs;
use ports::{InviteRow, Secret};

/// 400 days: an invitation that is forgotten does not stay open for ever.
const LIFE_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1_000;

pub struct Invitation {
    /// Shown now and never again.
    pub code: Secret,
    pub expires_at: UnixMs,
}

impl Accounts {
    pub async fn create_invitation(&self, life_ms: u64) -> Result<Invitation, AccountError> {
        if life_ms == 0 || life_ms > LIFE_MS_MAX {
            return invalid("lifetime", "more than nothing and at most 400 days");
        }
        let code = self.with_rng(|rng| new_code(rng));
        let read = read_code(code.expose()).expect("a code of ours can be read");
        let now = self.now();
        let expires_at = now.plus_ms(life_ms);
        let invite = InviteRow { code_hash: code_hash(&read), created_at: now, expires_at, used_by: None };
        self.store.create_invite(invite).await?;
        Ok(Invitation { code, expires_at })
    }
}
