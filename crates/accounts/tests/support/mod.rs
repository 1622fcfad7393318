//! A store in memory, a clock that is moved by hand, and short cuts.
#![allow(dead_code, reason = "each test file uses some of it")]

use accounts::{
    AccountError, AccountRules, Accounts, Authenticated, HashCost, Hasher, PasswordProof, RefundDestination,
    Registered, Session,
};
use async_trait::async_trait;
use ids::{AccountId, DeviceId, UnixMs};
use ports::{AccountRow, AccountStore, Begun, Clock, DeviceRow, IdempotentCall, InviteRow, Secret, StoreError};
use rand::{SeedableRng, rngs::StdRng};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

pub const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
pub const PASSWORD: &str = "correct horse battery";

#[derive(Default)]
pub struct Tables {
    pub accounts: Vec<AccountRow>,
    pub devices: Vec<DeviceRow>,
    pub invites: Vec<InviteRow>,
    /// Updates that meet another's write, to come.
    pub conflicts: u32,
}

#[derive(Default)]
pub struct Memory(pub Mutex<Tables>);

impl Memory {
    fn with<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl AccountStore for Memory {
    async fn create_account(&self, account: AccountRow, invite: Option<[u8; 32]>) -> Result<(), StoreError> {
        self.with(|tables| {
            if tables.accounts.iter().any(|row| row.login == account.login) {
                return Err(StoreError::Taken("login".into()));
            }
            if let Some(hash) = invite {
                let usable = |row: &&mut InviteRow| {
                    row.code_hash == hash && row.used_by.is_none() && account.created_at < row.expires_at
                };
                let invite = tables.invites.iter_mut().find(usable);
                invite.ok_or(StoreError::Taken("invitation".into()))?.used_by = Some(account.id);
            }
            tables.accounts.push(account);
            Ok(())
        })
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        Ok(self.with(|tables| tables.accounts.iter().find(|row| row.id == id).cloned()))
    }

    async fn account_by_login(&self, login: &str) -> Result<Option<AccountRow>, StoreError> {
        Ok(self.with(|tables| tables.accounts.iter().find(|row| row.login == login).cloned()))
    }

    async fn update_account(&self, account: AccountRow) -> Result<(), StoreError> {
        self.with(|tables| {
            if tables.conflicts > 0 {
                tables.conflicts -= 1;
                return Err(StoreError::Conflict);
            }
            let (id, version) = (account.id, account.version);
            let same = |row: &&mut AccountRow| row.id == id && row.version + 1 == version;
            *tables.accounts.iter_mut().find(same).ok_or(StoreError::Conflict)? = account;
            Ok(())
        })
    }

    async fn create_device(&self, device: DeviceRow) -> Result<(), StoreError> {
        self.with(|tables| tables.devices.push(device));
        Ok(())
    }

    async fn device_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<DeviceRow>, StoreError> {
        Ok(self.with(|tables| tables.devices.iter().find(|row| row.token_hash == *token_hash).cloned()))
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<DeviceRow>, StoreError> {
        Ok(self.with(|tables| tables.devices.iter().filter(|row| row.account == account).cloned().collect()))
    }

    async fn touch_device(&self, id: DeviceId, now: UnixMs) -> Result<(), StoreError> {
        self.with(|tables| tables.devices.iter_mut().filter(|row| row.id == id).for_each(|row| row.last_seen_at = now));
        Ok(())
    }

    async fn revoke_devices(&self, account: AccountId, id: Option<DeviceId>, now: UnixMs) -> Result<u32, StoreError> {
        self.with(|tables| {
            let of = |row: &&mut DeviceRow| {
                row.account == account && id.is_none_or(|id| row.id == id) && row.revoked_at.is_none()
            };
            let revoked = tables.devices.iter_mut().filter(of).map(|row| row.revoked_at = Some(now)).count();
            Ok(revoked as u32)
        })
    }

    async fn create_invite(&self, invite: InviteRow) -> Result<(), StoreError> {
        self.with(|tables| tables.invites.push(invite));
        Ok(())
    }

    async fn invite(&self, code_hash: &[u8; 32]) -> Result<Option<InviteRow>, StoreError> {
        Ok(self.with(|tables| tables.invites.iter().find(|row| row.code_hash == *code_hash).cloned()))
    }

    async fn begin_idempotent(&self, _: AccountId, _: &str, _: IdempotentCall) -> Result<Begun, StoreError> {
        Err(StoreError::NotWritten("not kept here".into()))
    }

    async fn lapse_idempotent(&self, _: AccountId, _: &str) -> Result<(), StoreError> {
        Err(StoreError::NotWritten("not kept here".into()))
    }

    async fn finish_idempotent(&self, _: AccountId, _: &str, _: u16, _: &str) -> Result<(), StoreError> {
        Err(StoreError::NotWritten("not kept here".into()))
    }

    async fn forget_idempotent(&self, _: AccountId, _: &str) -> Result<(), StoreError> {
        Err(StoreError::NotWritten("not kept here".into()))
    }
}

pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn move_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

pub struct World {
    pub accounts: Accounts,
    pub store: Arc<Memory>,
    pub clock: Arc<HandClock>,
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

/// With hashes that cost next to nothing.
pub fn world(rules: AccountRules) -> World {
    let hasher = Hasher::new(HashCost { memory_kib: 8, passes: 1 }, &mut StdRng::seed_from_u64(41)).unwrap();
    world_with(hasher, rules)
}

pub fn world_with(hasher: Hasher, rules: AccountRules) -> World {
    let store = Arc::new(Memory::default());
    let clock = Arc::new(HandClock(AtomicU64::new(1_700_000_000_000)));
    let rng = StdRng::seed_from_u64(42);
    let accounts = Accounts::new(store.clone(), clock.clone(), Box::new(rng), hasher, rules);
    World { accounts, store, clock }
}

pub fn open_rules() -> AccountRules {
    AccountRules { open_registration: true, ..AccountRules::default() }
}

pub fn open_world() -> World {
    world(open_rules())
}

impl World {
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    pub async fn register(&self, login: &str, invitation: Option<&str>) -> Result<Registered, AccountError> {
        let work = self.accounts.begin_registration(login, secret(PASSWORD), invitation).await?;
        self.accounts.finish_registration(work.run(), "laptop").await
    }

    pub async fn log_in(&self, login: &str, password: &str) -> Result<Session, AccountError> {
        let work = self.accounts.begin_log_in(login, secret(password)).await?;
        self.accounts.finish_log_in(work.run(), "phone").await
    }

    pub async fn prove(&self, who: &Authenticated, password: &str) -> Result<PasswordProof, AccountError> {
        let work = self.accounts.begin_password_check(who, secret(password)).await?;
        self.accounts.finish_password_check(work.run())
    }

    pub async fn who(&self, session: &Session) -> Authenticated {
        self.accounts.authenticate(session.token.expose()).await.expect("the token works")
    }

    pub fn to(&self, address: &str) -> RefundDestination {
        self.accounts.read_lightning_address(address).expect("a good address")
    }

    pub async fn works(&self, session: &Session) -> bool {
        self.accounts.authenticate(session.token.expose()).await.is_ok()
    }
}
