//! The port's calls, each handed to the writer or to a reader.

use super::error::StepError;
use super::{Sqlite, accounts, commit, outbox, queries, reservations};
use async_trait::async_trait;
use ids::{AccountId, UnixMs};
use ports::{
    AggregateKind, AggregateRef, BalanceRow, Commit, EffectRow, EntryRow, EventRow, Lookup, Page, ReservedRow, Store,
    StoreError, StoredAggregate, TimerRow,
};
use rusqlite::params;

#[async_trait]
impl Store for Sqlite {
    async fn load(&self, at: AggregateRef) -> Result<Option<StoredAggregate>, StoreError> {
        self.read(move |conn| queries::load(conn, at)).await
    }

    async fn find(&self, kind: AggregateKind, lookup: Lookup) -> Result<Option<AggregateRef>, StoreError> {
        self.read(move |conn| queries::find(conn, kind, &lookup)).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.write(Some(commit.at), commit.urgent, move |conn| commit::apply(conn, &commit)).await
    }

    async fn inbox_has(&self, key: &str) -> Result<bool, StoreError> {
        let key = key.to_owned();
        self.read(move |conn| commit::inbox_has(conn, &key)).await
    }

    async fn lease_effects(&self, now: UnixMs, leased_until: UnixMs, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        let lease = move |conn: &_| outbox::lease(conn, now, leased_until, limit).map_err(StepError::from);
        self.write(None, false, lease).await
    }

    async fn end_leases(&self) -> Result<(), StoreError> {
        self.write(None, false, |conn| {
            outbox::end_leases(conn)?;
            Ok(accounts::end_leases(conn)?)
        })
        .await
    }

    async fn postpone_effect(&self, key: &str, at: UnixMs, error: &str) -> Result<(), StoreError> {
        let (key, error) = (key.to_owned(), error.to_owned());
        self.write(None, false, move |conn| Ok(outbox::postpone(conn, &key, at, &error)?)).await
    }

    async fn finish_effect(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(None, false, move |conn| Ok(outbox::finish(conn, &key)?)).await
    }

    async fn effects_of(&self, at: AggregateRef) -> Result<Vec<EffectRow>, StoreError> {
        self.read(move |conn| match queries::number_of(conn, at)? {
            Some(aggregate) => outbox::effects_of(conn, aggregate),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn due_timers(&self, now: UnixMs, limit: u32) -> Result<Vec<TimerRow>, StoreError> {
        self.read(move |conn| outbox::due_timers(conn, now, limit)).await
    }

    async fn next_due(&self) -> Result<Option<UnixMs>, StoreError> {
        self.read(outbox::next_due).await
    }

    async fn events(&self, at: AggregateRef) -> Result<Vec<EventRow>, StoreError> {
        self.read(move |conn| queries::events(conn, at)).await
    }

    async fn entries(&self, at: AggregateRef) -> Result<Vec<EntryRow>, StoreError> {
        self.read(move |conn| queries::entries(conn, at)).await
    }

    async fn list(
        &self,
        kind: AggregateKind,
        open_only: bool,
        parked_only: bool,
        page: Page,
    ) -> Result<Vec<StoredAggregate>, StoreError> {
        self.read(move |conn| queries::list(conn, kind, open_only, parked_only, page)).await
    }

    async fn list_of_account(
        &self,
        kind: AggregateKind,
        account: AccountId,
        before: Option<UnixMs>,
        limit: u32,
    ) -> Result<Vec<StoredAggregate>, StoreError> {
        self.read(move |conn| queries::list_of_account(conn, kind, account, before, limit)).await
    }

    async fn balances(&self) -> Result<Vec<BalanceRow>, StoreError> {
        let sums = self.read(queries::balances).await?;
        let narrow = |(row, sum): (BalanceRow, i128)| match i64::try_from(sum) {
            Ok(amount) => Ok(BalanceRow { amount, ..row }),
            Err(_) => Err(StoreError::NotWritten(format!("the shards of {} add up to too much", row.account))),
        };
        sums.into_iter().map(narrow).collect()
    }

    async fn reserved(&self, resource: &str) -> Result<u64, StoreError> {
        let resource = resource.to_owned();
        self.read(move |conn| reservations::reserved(conn, &resource)).await
    }

    async fn reserved_under(&self, prefix: &str, limit: u32) -> Result<Vec<ReservedRow>, StoreError> {
        let prefix = prefix.to_owned();
        self.read(move |conn| reservations::reserved_under(conn, &prefix, limit)).await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.read(move |conn| queries::setting(conn, &name)).await
    }

    async fn put_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(None, false, move |conn| {
            conn.prepare_cached(
                "INSERT INTO settings (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![name, value])?;
            Ok(())
        })
        .await
    }
}
