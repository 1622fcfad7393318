//! Shoppers, devices, invitations and the stored answers of mutating calls.

use super::Sqlite;
use super::error::StepResult;
use super::values::{column_hex, column_hex_or_none, column_time, hex16, hex32, ms, number};
use async_trait::async_trait;
use ids::{AccountId, DeviceId, UnixMs};
use ports::{AccountRow, AccountStore, Begun, DeviceRow, IdempotentAnswer, IdempotentCall, InviteRow, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Stored answers older than this are forgotten, a few with each new one.
const ANSWERS_KEPT_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
const FORGOTTEN_AT_ONCE: u32 = 16;

/// `SELECT` of what [`account`] reads.
macro_rules! select_account {
    ($which:literal) => {
        concat!(
            "SELECT id, login, password_hash, recovery_hash, created_at_ms, billing_address, profile, version ",
            "FROM accounts WHERE ",
            $which
        )
    };
}

/// `SELECT` of what [`device`] reads.
macro_rules! select_device {
    ($which:literal) => {
        concat!(
            "SELECT id, account, name, token_hash, created_at_ms, expires_at_ms, last_seen_at_ms, revoked_at_ms ",
            "FROM devices WHERE ",
            $which
        )
    };
}
#[async_trait]
impl AccountStore for Sqlite {
    async fn create_account(&self, account: AccountRow, invite: Option<[u8; 32]>) -> Result<(), StoreError> {
        self.write(None, false, move |conn| create_account(conn, &account, invite.as_ref())).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        self.read(move |conn| {
            conn.prepare_cached(select_account!("id = ?1"))?.query_row([hex16(id.as_bytes())], account).optional()
        })
        .await
    }

    async fn account_by_login(&self, login: &str) -> Result<Option<AccountRow>, StoreError> {
        let login = login.to_owned();
        self.read(move |conn| {
            conn.prepare_cached(select_account!("login = ?1"))?.query_row([login], account).optional()
        })
        .await
    }

    async fn update_account(&self, account: AccountRow) -> Result<(), StoreError> {
        self.write(None, false, move |conn| update_account(conn, &account)).await
    }

    async fn create_device(&self, device: DeviceRow) -> Result<(), StoreError> {
        self.write(None, false, move |conn| create_device(conn, &device)).await
    }

    async fn device_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<DeviceRow>, StoreError> {
        let token_hash = hex32(token_hash);
        self.read(move |conn| {
            conn.prepare_cached(select_device!("token_hash = ?1"))?.query_row([token_hash], device).optional()
        })
        .await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<DeviceRow>, StoreError> {
        self.read(move |conn| {
            conn.prepare_cached(select_device!("account = ?1 ORDER BY created_at_ms, id"))?
                .query_map([hex16(account.as_bytes())], device)?
                .collect()
        })
        .await
    }

    async fn touch_device(&self, id: DeviceId, now: UnixMs) -> Result<(), StoreError> {
        self.write(None, false, move |conn| {
            conn.prepare_cached("UPDATE devices SET last_seen_at_ms = ?2 WHERE id = ?1 AND last_seen_at_ms < ?2")?
                .execute(params![hex16(id.as_bytes()), ms(now)])?;
            Ok(())
        })
        .await
    }

    async fn revoke_devices(&self, account: AccountId, id: Option<DeviceId>, now: UnixMs) -> Result<u32, StoreError> {
        self.write(None, true, move |conn| {
            let id = id.map(|id| hex16(id.as_bytes()));
            let revoked = conn
                .prepare_cached(
                    "UPDATE devices SET revoked_at_ms = ?3
                     WHERE account = ?1 AND (?2 IS NULL OR id = ?2) AND revoked_at_ms IS NULL",
                )?
                .execute(params![hex16(account.as_bytes()), id, ms(now)])?;
            Ok(u32::try_from(revoked).unwrap_or(u32::MAX))
        })
        .await
    }

    async fn create_invite(&self, invite: InviteRow) -> Result<(), StoreError> {
        self.write(None, false, move |conn| create_invite(conn, &invite)).await
    }

    async fn invite(&self, code_hash: &[u8; 32]) -> Result<Option<InviteRow>, StoreError> {
        let code_hash = hex32(code_hash);
        self.read(move |conn| invite(conn, &code_hash)).await
    }

    async fn begin_idempotent(&self, account: AccountId, key: &str, call: IdempotentCall) -> Result<Begun, StoreError> {
        let key = key.to_owned();
        self.write(None, false, move |conn| begin_idempotent(conn, account, &key, &call)).await
    }

    async fn finish_idempotent(
        &self,
        account: AccountId,
        key: &str,
        status: u16,
        body: &str,
    ) -> Result<(), StoreError> {
        let (key, body) = (key.to_owned(), body.to_owned());
        self.write(None, false, move |conn| {
            conn.prepare_cached(
                "UPDATE idempotent_answers SET status = ?3, body = ?4 WHERE account = ?1 AND key = ?2",
            )?
            .execute(params![hex16(account.as_bytes()), key, status, body])?;
            Ok(())
        })
        .await
    }

    async fn lapse_idempotent(&self, account: AccountId, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(None, false, move |conn| {
            conn.prepare_cached(
                "UPDATE idempotent_answers SET leased_until_ms = 0
                 WHERE account = ?1 AND key = ?2 AND status IS NULL",
            )?
            .execute(params![hex16(account.as_bytes()), key])?;
            Ok(())
        })
        .await
    }

    async fn forget_idempotent(&self, account: AccountId, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(None, false, move |conn| {
            conn.prepare_cached("DELETE FROM idempotent_answers WHERE account = ?1 AND key = ?2")?
                .execute(params![hex16(account.as_bytes()), key])?;
            Ok(())
        })
        .await
    }
}

fn create_account(conn: &Connection, account: &AccountRow, code_hash: Option<&[u8; 32]>) -> StepResult<()> {
    let id = hex16(account.id.as_bytes());
    let inserted = conn
        .prepare_cached(
            "INSERT INTO accounts (id, login, password_hash, recovery_hash, created_at_ms, billing_address, profile,
                    version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            id,
            account.login,
            account.password_hash,
            account.recovery_hash,
            ms(account.created_at),
            account.billing_address,
            account.profile,
            number(account.version, "version")?
        ])?;
    if inserted == 0 {
        return Err(StoreError::Taken("login".into()).into());
    }
    let Some(code_hash) = code_hash else { return Ok(()) };
    let used = conn
        .prepare_cached(
            "UPDATE invites SET used_by = ?2 WHERE code_hash = ?1 AND used_by IS NULL AND expires_at_ms > ?3",
        )?
        .execute(params![hex32(code_hash), id, ms(account.created_at)])?;
    if used == 0 {
        return Err(StoreError::Taken("invitation".into()).into());
    }
    Ok(())
}

fn update_account(conn: &Connection, account: &AccountRow) -> StepResult<()> {
    let id = hex16(account.id.as_bytes());
    let owner: Option<[u8; 16]> = conn
        .prepare_cached("SELECT id FROM accounts WHERE login = ?1")?
        .query_row([&account.login], |row| column_hex(row, 0))
        .optional()?;
    if owner.is_some_and(|owner| owner != account.id.0) {
        return Err(StoreError::Taken("login".into()).into());
    }
    let version = number(account.version, "version")?;
    let updated = conn
        .prepare_cached(
            "UPDATE accounts SET login = ?2, password_hash = ?3, recovery_hash = ?4, billing_address = ?5,
                    profile = ?6, version = ?7 WHERE id = ?1 AND version = ?7 - 1",
        )?
        .execute(params![
            id,
            account.login,
            account.password_hash,
            account.recovery_hash,
            account.billing_address,
            account.profile,
            version
        ])?;
    if updated == 0 {
        return Err(StoreError::Conflict.into());
    }
    Ok(())
}

fn create_device(conn: &Connection, device: &DeviceRow) -> StepResult<()> {
    let inserted = conn
        .prepare_cached(
            "INSERT INTO devices (id, account, name, token_hash, created_at_ms, expires_at_ms, last_seen_at_ms,
                    revoked_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            hex16(device.id.as_bytes()),
            hex16(device.account.as_bytes()),
            device.name,
            hex32(&device.token_hash),
            ms(device.created_at),
            ms(device.expires_at),
            ms(device.last_seen_at),
            device.revoked_at.map(ms)
        ])?;
    if inserted == 0 {
        return Err(StoreError::Taken("device".into()).into());
    }
    Ok(())
}

fn create_invite(conn: &Connection, invite: &InviteRow) -> StepResult<()> {
    let inserted = conn
        .prepare_cached(
            "INSERT INTO invites (code_hash, created_at_ms, expires_at_ms, used_by) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            hex32(&invite.code_hash),
            ms(invite.created_at),
            ms(invite.expires_at),
            invite.used_by.map(|account| hex16(account.as_bytes()))
        ])?;
    if inserted == 0 {
        return Err(StoreError::Taken("invitation".into()).into());
    }
    Ok(())
}

fn begin_idempotent(conn: &Connection, account: AccountId, key: &str, call: &IdempotentCall) -> StepResult<Begun> {
    let old = ms(UnixMs(call.now.0.saturating_sub(ANSWERS_KEPT_MS)));
    conn.prepare_cached(
        "DELETE FROM idempotent_answers WHERE (account, key) IN
         (SELECT account, key FROM idempotent_answers WHERE created_at_ms < ?1 ORDER BY created_at_ms LIMIT ?2)",
    )?
    .execute(params![old, FORGOTTEN_AT_ONCE])?;
    let account = hex16(account.as_bytes());
    let before = conn
        .prepare_cached(
            "SELECT request_hash, status, body, subject, leased_until_ms FROM idempotent_answers
             WHERE account = ?1 AND key = ?2",
        )?
        .query_row(params![account, key], |row| {
            let answer = row.get::<_, Option<u16>>(1)?.zip(row.get(2)?);
            let answer = IdempotentAnswer { request_hash: column_hex(row, 0)?, answer };
            Ok((answer, column_hex(row, 3)?, column_time(row, 4)?))
        })
        .optional()?;
    let Some((before, subject, leased_until)) = before else {
        conn.prepare_cached(
            "INSERT INTO idempotent_answers (account, key, request_hash, created_at_ms, subject, leased_until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            account,
            key,
            hex32(&call.request_hash),
            ms(call.now),
            hex16(&call.subject),
            ms(call.leased_until)
        ])?;
        return Ok(Begun::First);
    };
    if before.answer.is_some() || before.request_hash != call.request_hash || leased_until > call.now {
        return Ok(Begun::Before(before));
    }
    conn.prepare_cached("UPDATE idempotent_answers SET leased_until_ms = ?3 WHERE account = ?1 AND key = ?2")?
        .execute(params![account, key, ms(call.leased_until)])?;
    Ok(Begun::Again { subject })
}

/// Calls that an earlier process left half-way are anybody's now.
pub(super) fn end_leases(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE idempotent_answers SET leased_until_ms = 0 WHERE status IS NULL")?.execute([]).map(drop)
}

fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        id: AccountId(column_hex(row, 0)?),
        login: row.get(1)?,
        password_hash: row.get(2)?,
        recovery_hash: row.get(3)?,
        created_at: column_time(row, 4)?,
        billing_address: row.get(5)?,
        profile: row.get(6)?,
        version: row.get(7)?,
    })
}

fn device(row: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    Ok(DeviceRow {
        id: DeviceId(column_hex(row, 0)?),
        account: AccountId(column_hex(row, 1)?),
        name: row.get(2)?,
        token_hash: column_hex(row, 3)?,
        created_at: column_time(row, 4)?,
        expires_at: column_time(row, 5)?,
        last_seen_at: column_time(row, 6)?,
        revoked_at: row.get::<_, Option<u64>>(7)?.map(UnixMs),
    })
}

fn invite(conn: &Connection, code_hash: &impl rusqlite::ToSql) -> rusqlite::Result<Option<InviteRow>> {
    conn.prepare_cached("SELECT code_hash, created_at_ms, expires_at_ms, used_by FROM invites WHERE code_hash = ?1")?
        .query_row([code_hash], |row| {
            Ok(InviteRow {
                code_hash: column_hex(row, 0)?,
                created_at: column_time(row, 1)?,
                expires_at: column_time(row, 2)?,
                used_by: column_hex_or_none(row, 3)?.map(AccountId),
            })
        })
        .optional()
}
