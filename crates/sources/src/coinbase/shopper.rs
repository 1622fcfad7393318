//! The shopper's side: tokens that are good for an hour, refreshed by one at a time.

use super::calls::{Ask, Authorized, Login, TOKEN_ENDED};
use super::records::{Link, name};
use super::wire::Tokens;
use super::{CoinbaseLink, LOCKS};
use ids::AccountId;
use outbound::Retry;
use ports::{Outcome, Rejection, Secret, StoreError};

/// A token is not begun with when it ends sooner.
const TOKEN_LEFT_MS_MIN: u64 = 60_000;
/// Longer than a log-in can take: after it another process may try.
const REFRESH_MS_MAX: u64 = 60_000;

/// Not linked, or not any more.
pub const NOT_LINKED: &str = "not_linked";

fn not_linked<T>() -> Outcome<T> {
    Outcome::Rejected(Rejection::fatal(NOT_LINKED, "the account is not linked any more"))
}

/// Nothing has left: it is asked again.
fn stored<T>(error: &StoreError) -> Outcome<T> {
    Outcome::NotSent(error.to_string())
}

impl CoinbaseLink {
    /// Asks with the shopper's token. One that the vendor does not take any more is refreshed, once.
    pub(super) async fn as_shopper<C: Ask>(&self, account: AccountId, call: &C) -> Outcome<C::Answer> {
        let link = match self.fresh_link(account, None).await {
            Outcome::Done(link) => link,
            other => return other.and_then(|_| not_linked()),
        };
        match self.with_token(&link.access_token, call).await {
            Outcome::Rejected(refusal) if refusal.code == TOKEN_ENDED => {}
            other => return other,
        }
        let link = match self.fresh_link(account, Some(&link.access_token)).await {
            Outcome::Done(link) => link,
            other => return other.and_then(|_| not_linked()),
        };
        self.with_token(&link.access_token, call).await
    }

    pub(super) async fn with_token<C: Ask>(&self, token: &str, call: &C) -> Outcome<C::Answer> {
        let authorization = Secret::new(format!("Bearer {token}"));
        self.api.run(&Authorized { call, authorization: &authorization }, &self.retry).await
    }

    /// A link whose token is good for a while, and is not the one that was refused.
    async fn fresh_link(&self, account: AccountId, refused: Option<&str>) -> Outcome<Link> {
        let good = |link: &Link| {
            Some(link.access_token.as_str()) != refused && self.clock.now().plus_ms(TOKEN_LEFT_MS_MIN) < link.ends_at
        };
        match self.kept::<Link>(&name(account)).await {
            Ok(Some((_, link))) if good(&link) => return Outcome::Done(link),
            Ok(Some(_)) => {}
            Ok(None) => return not_linked(),
            Err(error) => return stored(&error),
        }
        let _one_at_a_time = self.refreshing[usize::from(account.0[0]) % LOCKS].lock().await;
        // Whoever held the lock may have refreshed it.
        match self.kept::<Link>(&name(account)).await {
            Ok(Some((_, link))) if good(&link) => Outcome::Done(link),
            Ok(Some((version, link))) => self.refresh(account, version, link).await,
            Ok(None) => not_linked(),
            Err(error) => stored(&error),
        }
    }

    /// The old refresh token is good once. Who may use it is committed first, the new one is committed before the
    /// access token is used.
    async fn refresh(&self, account: AccountId, version: u64, mut link: Link) -> Outcome<Link> {
        let now = self.clock.now();
        if now < link.refreshing_until {
            return Outcome::NotSent("another process refreshes the token".to_owned());
        }
        link.refreshing_until = now.plus_ms(REFRESH_MS_MAX);
        match self.keep(&name(account), version, &link).await {
            Ok(true) => {}
            Ok(false) => return Outcome::NotSent("another process refreshes the token".to_owned()),
            Err(error) => return stored(&error),
        }
        let version = version + 1;
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", self.config.client_id.as_str()),
            ("client_secret", self.config.client_secret.expose()),
            ("refresh_token", link.refresh_token.as_str()),
        ];
        let call = Login { path: super::link::TOKEN, fields: &fields };
        let tokens = match self.login.run(&call, &Retry::never()).await {
            Outcome::Done(Some(tokens)) => tokens,
            // Of this server's own registration there, or new: the link is as good as it was.
            Outcome::Rejected(refusal) if refusal.code != super::link::INVALID_GRANT => {
                tracing::error!(code = refusal.code, "Coinbase's log-in refuses this server");
                link.refreshing_until = now;
                let _ = self.keep(&name(account), version, &link).await;
                return Outcome::NotSent(format!("Coinbase's log-in refuses this server: {}", refusal.code));
            }
            Outcome::Rejected(refusal) => {
                // Used, revoked or too old: there is no way back but a new link.
                tracing::warn!(code = refusal.code, "a linked account has to be linked anew");
                return match self.forget::<Link>(&name(account), version).await {
                    Ok(_) => not_linked(),
                    Err(error) => stored(&error),
                };
            }
            other => {
                link.refreshing_until = now;
                // Left as it is when this fails: the time of the lease ends by itself.
                let _ = self.keep(&name(account), version, &link).await;
                return other.and_then(|_| Outcome::NotSent("the log-in gave no tokens".to_owned())).not_sent();
            }
        };
        take(&mut link, tokens, now);
        match self.keep(&name(account), version, &link).await {
            Ok(true) => Outcome::Done(link),
            // Unlinked meanwhile: what was just given is given up.
            Ok(false) => {
                let _ = self.revoke(&link.access_token).await;
                not_linked()
            }
            Err(error) => stored(&error),
        }
    }

    /// Best effort; the tokens are forgotten either way.
    pub(super) async fn revoke(&self, token: &str) -> Outcome<()> {
        let fields = [
            ("token", token),
            ("client_id", self.config.client_id.as_str()),
            ("client_secret", self.config.client_secret.expose()),
        ];
        self.login.run(&Login { path: super::link::REVOKE, fields: &fields }, &self.retry).await.map(|_| ())
    }
}

pub fn take(link: &mut Link, tokens: Tokens, now: ids::UnixMs) {
    link.access_token = tokens.access_token;
    if let Some(refresh) = tokens.refresh_token {
        link.refresh_token = refresh;
    }
    link.ends_at = now.plus_ms(tokens.expires_in.saturating_mul(1_000));
    link.refreshing_until = ids::UnixMs(0);
}

trait NotSentYet<T> {
    fn not_sent(self) -> Outcome<T>;
}

impl<T> NotSentYet<T> for Outcome<T> {
    /// A log-in whose outcome is unknown has sent nothing of what it was for.
    fn not_sent(self) -> Outcome<T> {
        match self {
            Outcome::Unknown(why) => Outcome::NotSent(why),
            other => other,
        }
    }
}
