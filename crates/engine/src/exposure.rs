//! What the operator bore for one account and at one store, kept so that a store in league with a shopper is refused
//! before the next purchase and not after it; and the bitcoin that was claimed and not sold, whose price is at the
//! operator's risk.
//!
//! Invariant: it is counted in the commit of the capture that it comes from, whatever the limit: a fact is never
//! refused. What is refused beyond the limit is the next purchase. The operator clears a count; nothing else does, but a
//! refund of the store.

use crate::{CommandError, Engine, EngineError};
use ids::AccountId;
use money::{Currency, Msat};
use ports::{GiveBack, Reservation, ReservationChange, Store, StoreError};
use purchase::{Flow, Purchase, SaleState};
use serde::Serialize;

/// Counts told at once; the largest first.
const ROWS_MAX: u32 = 1_000;
const BORNE: &str = "borne:";
const BREACHES: &str = "breaches:";
const CLEARED: &str = "cleared:";
/// Satoshi of sales under way.
const UNSOLD_OPEN: &str = "unsold:open";
/// Satoshi of sales that were given up: the operator sells by hand, and clears the count.
const UNSOLD_EXPOSED: &str = "unsold:exposed";

pub(crate) fn account_name(account: AccountId, currency: Currency) -> String {
    format!("{BORNE}account:{account}:{currency}")
}

/// `www.` is no other store. Other subdomains are: who owns several is bounded by the account's count.
pub(crate) fn store_name(host: &str, currency: Currency) -> String {
    format!("{BORNE}store:{}:{currency}", host.strip_prefix("www.").unwrap_or(host))
}

/// Captures and reversals that came after a payback. One is enough to end early refunds.
pub(crate) fn breaches_name(account: AccountId) -> String {
    format!("{BREACHES}{account}")
}

/// What a step adds to the counts, or takes from them: each purchase's part is set to what it is now.
pub(crate) fn after(before: Option<&Purchase>, after: &Purchase) -> Vec<ReservationChange> {
    let part = |of: fn(&Purchase) -> u64| (before.map_or(0, of), of(after));
    let counts = [
        (account_name(after.account, after.currency), part(Purchase::borne_minor)),
        (store_name(&after.store_host, after.currency), part(Purchase::borne_beyond_tolerance_minor)),
        (breaches_name(after.account), part(Purchase::breaches)),
        (UNSOLD_OPEN.to_owned(), part(|p| unsold_sat(p, SaleState::UnderWay))),
        (UNSOLD_EXPOSED.to_owned(), part(|p| unsold_sat(p, SaleState::Exposed))),
    ];
    let changed = counts.into_iter().filter(|(_, (was, is))| was != is);
    changed.flat_map(|(resource, (_, is))| set_to(resource, is)).collect()
}

/// What a sale in this state has left to sell.
fn unsold_sat(p: &Purchase, state: SaleState) -> u64 {
    let sale = p.sale.filter(|sale| sale.state == state);
    sale.map_or(0, |sale| sale.wanted.saturating_sub(sale.sold).get())
}

fn set_to(resource: String, amount: u64) -> [ReservationChange; 2] {
    let back = ReservationChange::GiveBack { resource: resource.clone() };
    [back, ReservationChange::Take(Reservation { resource, amount, limit: u64::MAX, give_back: GiveBack::OwnTime })]
}

/// A count as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Borne {
    /// `borne:account:<account>:<currency>`, `borne:store:<host>:<currency>` (minor units), `breaches:<account>` or
    /// `unsold:exposed` (satoshi).
    pub count: String,
    /// In all.
    pub amount: u64,
    /// Of it, what the operator has cleared.
    pub cleared: u64,
}

impl Borne {
    /// Since the last clearing.
    pub const fn open(&self) -> u64 {
        self.amount.saturating_sub(self.cleared)
    }

    pub fn of_account(&self) -> bool {
        self.count.starts_with("borne:account:")
    }

    pub fn of_store(&self) -> bool {
        self.count.starts_with("borne:store:")
    }
}

/// All counts that are not zero, largest first within their kind.
pub async fn borne(store: &dyn Store) -> Result<Vec<Borne>, StoreError> {
    let mut rows = Vec::new();
    for prefix in [BORNE, BREACHES, UNSOLD_EXPOSED] {
        for row in store.reserved_under(prefix, ROWS_MAX).await? {
            let cleared = cleared(store, &row.resource).await?.min(row.amount);
            rows.push(Borne { count: row.resource, amount: row.amount, cleared });
        }
    }
    Ok(rows)
}

/// From now on only what comes is counted. `None`: there is no such count.
pub async fn clear(store: &dyn Store, count: &str) -> Result<Option<Borne>, StoreError> {
    let known = count.starts_with(BORNE) || count.starts_with(BREACHES) || count == UNSOLD_EXPOSED;
    let amount = if known { store.reserved(count).await? } else { 0 };
    if amount == 0 {
        return Ok(None);
    }
    store.put_setting(&format!("{CLEARED}{count}"), &amount.to_string()).await?;
    Ok(Some(Borne { count: count.to_owned(), amount, cleared: amount }))
}

async fn cleared(store: &dyn Store, count: &str) -> Result<u64, StoreError> {
    let text = store.setting(&format!("{CLEARED}{count}")).await?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Claimed and not sold, in satoshi.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unsold {
    /// Sales under way.
    pub open_sat: u64,
    /// Sales given up and not cleared.
    pub exposed_sat: u64,
}

pub async fn unsold(store: &dyn Store) -> Result<Unsold, StoreError> {
    let exposed = store.reserved(UNSOLD_EXPOSED).await?;
    let exposed_sat = exposed.saturating_sub(cleared(store, UNSOLD_EXPOSED).await?);
    Ok(Unsold { open_sat: store.reserved(UNSOLD_OPEN).await?, exposed_sat })
}

/// Whether a refused reservation was about what is unsold.
pub(crate) fn is_unsold(resource: &str) -> bool {
    resource == UNSOLD_OPEN
}

/// Takes nothing; the commit is refused once more than `max` was counted since the last clearing.
async fn within(store: &dyn Store, resource: String, max: u64) -> Result<ReservationChange, StoreError> {
    let mut cleared = cleared(store, &resource).await?;
    if cleared > 0 {
        // A refund may have brought back some of what was cleared.
        cleared = cleared.min(store.reserved(&resource).await?);
    }
    let limit = max.saturating_add(cleared);
    Ok(ReservationChange::Take(Reservation { resource, amount: 0, limit, give_back: GiveBack::OwnTime }))
}

impl Engine {
    /// A purchase is begun and quoted only while account and store are within what the operator bears for them.
    pub(crate) async fn within_exposure(
        &self,
        account: AccountId,
        store_host: &str,
        currency: Currency,
    ) -> Result<[ReservationChange; 2], EngineError> {
        let store = &*self.ports.store;
        let of_account = account_name(account, currency);
        let of_store = store_name(store_host, currency);
        Ok([
            within(store, of_account, self.config.borne_account_minor_max).await?,
            within(store, of_store, self.config.borne_store_minor_max).await?,
        ])
    }

    /// A price is given only while what is claimed and not sold leaves room for this amount too; asked inside the commit
    /// that gives it. A gift card is paid with the bitcoin itself: none is sold.
    pub(crate) async fn within_unsold(
        &self,
        amount: Msat,
        flow: Flow,
    ) -> Result<Option<ReservationChange>, CommandError> {
        if flow == Flow::GiftCard {
            return Ok(None);
        }
        let unsold = unsold(&*self.ports.store).await.map_err(EngineError::from)?;
        let taken = unsold.exposed_sat.saturating_add(amount.sat_ceil().get());
        let limit = self.config.exposure_sat_max.checked_sub(taken).ok_or(CommandError::NotNow)?;
        let resource = UNSOLD_OPEN.to_owned();
        let take = Reservation { resource, amount: 0, limit, give_back: GiveBack::OwnTime };
        Ok(Some(ReservationChange::Take(take)))
    }

    /// Early refunds are for accounts whose paybacks were never followed by a capture.
    pub(crate) async fn without_breach(&self, account: AccountId) -> Result<ReservationChange, EngineError> {
        Ok(within(&*self.ports.store, breaches_name(account), 0).await?)
    }
}
