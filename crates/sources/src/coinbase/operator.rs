//! The operator's own account, and lists of transactions on either side.

use super::CoinbaseLink;
use super::calls::{Ask, Authorized, ListAccounts, ListTransactions};
use super::wire::{Account, Transaction};
use ids::{AccountId, UnixMs};
use outbound::{Method, parse_rfc3339};
use ports::{Outcome, Rejection};

/// Pages of a list that are read at most.
const PAGES_MAX: usize = 40;
/// Theirs and our clocks differ; what is older than asked by more than this is not ours.
const CLOCK_MARGIN_MS: u64 = 120_000;

/// Whose side.
#[derive(Clone, Copy)]
pub enum Side {
    Operator,
    Shopper(AccountId),
}

/// When it was made, as the vendor says; unreadable counts as now, so that it is looked at.
pub fn made_at(entry: &Transaction) -> UnixMs {
    parse_rfc3339(&entry.created_at).unwrap_or(UnixMs(u64::MAX))
}

impl CoinbaseLink {
    pub(super) async fn ask<C: Ask>(&self, side: Side, call: &C) -> Outcome<C::Answer> {
        match side {
            Side::Operator => self.as_operator(call).await,
            Side::Shopper(account) => self.as_shopper(account, call).await,
        }
    }

    async fn as_operator<C: Ask>(&self, call: &C) -> Outcome<C::Answer> {
        let method = if C::METHOD == Method::Post { "POST" } else { "GET" };
        let authorization = self.operator.token(method, &format!("{}{}", self.host, call.path()), self.clock.now());
        self.api.run(&Authorized { call, authorization: &authorization }, &self.retry).await
    }

    /// The bitcoin account of a side.
    pub(super) async fn bitcoin_account(&self, list: impl AsyncPages) -> Outcome<Account> {
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let (page, next) = match list.page(self, after).await {
                Outcome::Done(page) => page,
                other => return other.and_then(|_| unreadable()),
            };
            let mut bitcoin: Vec<Account> = page.into_iter().filter(|a| a.currency.code() == "BTC").collect();
            bitcoin.sort_by_key(|account| !account.primary);
            if let Some(found) = bitcoin.into_iter().next() {
                return Outcome::Done(found);
            }
            match next {
                None => return Outcome::Rejected(Rejection::fatal("no_account", "there is no bitcoin account")),
                next => after = next,
            }
        }
        Outcome::Unknown(format!("more than {PAGES_MAX} pages of accounts"))
    }

    /// The operator's bitcoin account, asked for once.
    pub(super) async fn own_account(&self) -> Outcome<String> {
        let mut known = self.own_account.lock().await;
        if let Some(account) = known.as_ref() {
            return Outcome::Done(account.clone());
        }
        let found = self.bitcoin_account(Side::Operator).await.map(|account| account.id);
        if let Outcome::Done(account) = &found {
            *known = Some(account.clone());
        }
        found
    }

    /// All since a time, newest first.
    pub(super) async fn transactions(
        &self,
        side: Side,
        account: &str,
        address: Option<&str>,
        since: UnixMs,
    ) -> Outcome<Vec<Transaction>> {
        let since = UnixMs(since.0.saturating_sub(CLOCK_MARGIN_MS));
        let mut found = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let (page, next) = match self.ask(side, &ListTransactions { account, address, after }).await {
                Outcome::Done(page) => page,
                other => return other.map(|_| Vec::new()),
            };
            let older = page.iter().any(|entry| made_at(entry) < since);
            found.extend(page.into_iter().filter(|entry| made_at(entry) >= since));
            match next {
                Some(next) if !older => after = Some(next),
                _ => return Outcome::Done(found),
            }
        }
        Outcome::Unknown(format!("more than {PAGES_MAX} pages of transactions"))
    }

    /// The send under our key, among those of the sender.
    pub(super) async fn sent(
        &self,
        side: Side,
        account: &str,
        idem: &str,
        since: UnixMs,
    ) -> Outcome<Option<Transaction>> {
        let all = self.transactions(side, account, None, since).await;
        all.map(|all| all.into_iter().find(|entry| entry.idem.as_deref() == Some(idem)))
    }
}

fn unreadable<T>() -> Outcome<T> {
    Outcome::Unknown("a list without its page".to_owned())
}

/// One page of accounts of a side, or with a token that is not kept yet.
pub trait AsyncPages: Send + Sync {
    fn page(
        &self,
        at: &CoinbaseLink,
        after: Option<String>,
    ) -> impl Future<Output = Outcome<(Vec<Account>, Option<String>)>> + Send;
}

impl AsyncPages for Side {
    async fn page(&self, at: &CoinbaseLink, after: Option<String>) -> Outcome<(Vec<Account>, Option<String>)> {
        at.ask(*self, &ListAccounts { after }).await
    }
}

impl AsyncPages for &str {
    async fn page(&self, at: &CoinbaseLink, after: Option<String>) -> Outcome<(Vec<Account>, Option<String>)> {
        at.with_token(self, &ListAccounts { after }).await
    }
}
