//! Linking (RFC 6749 with PKCE, RFC 7636; docs.cdp.coinbase.com, OAuth2 Reference and Security Best Practices).

use super::calls::{Login, ShowAccount, ShowUser};
use super::operator::Side;
use super::records::{Begun, Link, name};
use super::shopper::{NOT_LINKED, take};
use super::{CoinbaseLink, LINK_MS, SCOPES};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ids::{AccountId, UnixMs};
use outbound::{Retry, form};
use ports::{AccountLinks, LinkBegun, LinkError, LinkedAccount, Outcome, Secret, StoreError};
use sha2::{Digest, Sha256};

pub const TOKEN: &str = "/oauth2/token";
pub const REVOKE: &str = "/oauth2/revoke";
/// The code or the refresh token is no good (RFC 6749, section 5.2). Every other refusal is about this server.
pub const INVALID_GRANT: &str = "invalid_grant";
/// Errors about who asks (RFC 6749, section 5.2; RFC 7009, section 2.2.1): nothing was revoked.
const OF_THE_CLIENT: [&str; 2] = ["invalid_client", "unauthorized_client"];

/// 256 random bits as base64url: a state, a verifier (RFC 7636 asks for 43 to 128 characters).
fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Whose state it is stands before it: `<account>.<random>`.
fn account_of(state: &str) -> Option<AccountId> {
    state.split_once('.')?.0.parse().ok()
}

fn failed<T>(outcome: Outcome<T>) -> LinkError {
    match outcome {
        Outcome::Rejected(refusal) if !refusal.retryable => LinkError::Refused(refusal.message),
        Outcome::Rejected(refusal) => LinkError::Unavailable(refusal.message),
        Outcome::NotSent(why) | Outcome::Unknown(why) => LinkError::Unavailable(why),
        Outcome::Done(_) => LinkError::Unavailable("an answer without tokens".to_owned()),
    }
}

fn raced() -> LinkError {
    LinkError::Store(StoreError::Conflict)
}

impl CoinbaseLink {
    fn authorize_url(&self, begun: &Begun) -> String {
        let scopes = SCOPES.join(",");
        let challenge = challenge(&begun.verifier);
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_uri),
            ("state", &begun.state),
            ("scope", &scopes),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let limit = self.config.send_limit.as_ref().map(|(amount, currency)| (amount.to_string(), currency));
        if let Some((amount, currency)) = &limit {
            fields.push(("meta[send_limit_amount]", amount));
            fields.push(("meta[send_limit_currency]", currency));
            fields.push(("meta[send_limit_period]", "day"));
        }
        format!("{}/oauth2/auth?{}", self.config.login_url.trim_end_matches('/'), form(&fields))
    }

    /// Good once: whoever takes it has it.
    async fn use_up(&self, state: &str) -> Result<(AccountId, Begun), LinkError> {
        let account = account_of(state).ok_or(LinkError::UnknownState)?;
        let (version, begun) = self.kept::<Begun>(&name(account)).await?.ok_or(LinkError::UnknownState)?;
        if begun.state != state || self.clock.now() >= begun.expires_at {
            return Err(LinkError::UnknownState);
        }
        if !self.forget::<Begun>(&name(account), version).await? {
            return Err(LinkError::UnknownState);
        }
        Ok((account, begun))
    }

    /// The tokens are useless without knowing whose they are and where the bitcoin is.
    async fn whose(&self, mut link: Link) -> Result<Link, LinkError> {
        let user = match self.with_token(&link.access_token, &ShowUser).await {
            Outcome::Done(user) => user,
            other => return Err(failed(other)),
        };
        let account = match self.bitcoin_account(link.access_token.as_str()).await {
            Outcome::Done(account) => account,
            other => return Err(failed(other)),
        };
        let refused =
            || LinkError::Refused("no e-mail address was told, so that nothing could be paid back".to_owned());
        link.email = user.email.ok_or_else(refused)?;
        link.user_id = user.id;
        link.name = user.name;
        link.account = account.id;
        Ok(link)
    }

    async fn put_link(&self, account: AccountId, link: &Link) -> Result<(), LinkError> {
        let old = self.kept::<Link>(&name(account)).await?;
        let version = old.as_ref().map_or(0, |(version, _)| *version);
        if !self.keep(&name(account), version, link).await? {
            return Err(raced());
        }
        // Another account is linked: what the old link could do ends. Of the same account it is not revoked: that could end
        // the new one too (what a revocation reaches is not documented).
        if let Some((_, old)) = old.filter(|(_, old)| old.user_id != link.user_id) {
            let _ = self.revoke(&old.access_token).await;
        }
        Ok(())
    }
}

#[async_trait]
impl AccountLinks for CoinbaseLink {
    fn provider(&self) -> &'static str {
        "coinbase"
    }

    async fn begin(&self, account: AccountId) -> Result<LinkBegun, LinkError> {
        let expires_at = self.clock.now().plus_ms(LINK_MS);
        let begun = Begun { state: format!("{account}.{}", random_text()), verifier: random_text(), expires_at };
        let version = self.kept::<Begun>(&name(account)).await?.map_or(0, |(version, _)| version);
        if !self.keep(&name(account), version, &begun).await? {
            return Err(raced());
        }
        Ok(LinkBegun { authorize_url: self.authorize_url(&begun), expires_at })
    }

    async fn finish(&self, state: &str, code: &Secret) -> Result<(), LinkError> {
        let (account, begun) = self.use_up(state).await?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("client_id", self.config.client_id.as_str()),
            ("client_secret", self.config.client_secret.expose()),
            ("redirect_uri", self.config.redirect_uri.as_str()),
            ("code_verifier", begun.verifier.as_str()),
        ];
        // A code is good once: asked again it would be refused, whatever became of the first try.
        let tokens = match self.login.run(&Login { path: TOKEN, fields: &fields }, &Retry::never()).await {
            Outcome::Done(Some(tokens)) => tokens,
            other => return Err(failed(other)),
        };
        let now = self.clock.now();
        let mut link = Link {
            access_token: String::new(),
            refresh_token: String::new(),
            ends_at: now,
            refreshing_until: UnixMs(0),
            user_id: String::new(),
            name: None,
            email: String::new(),
            account: String::new(),
            linked_at: now,
        };
        take(&mut link, tokens, now);
        let token = link.access_token.clone();
        let kept = match self.whose(link).await {
            Ok(link) => self.put_link(account, &link).await,
            Err(error) => Err(error),
        };
        if kept.is_err() {
            let _ = self.revoke(&token).await;
        }
        kept
    }

    async fn refused(&self, state: &str) -> Result<(), LinkError> {
        self.use_up(state).await.map(|_| ())
    }

    async fn linked(&self, account: AccountId) -> Result<Option<LinkedAccount>, LinkError> {
        let Some((_, link)) = self.kept::<Link>(&name(account)).await? else { return Ok(None) };
        let as_of = self.clock.now();
        let available = match self.ask(Side::Shopper(account), &ShowAccount { account: &link.account }).await {
            Outcome::Done(found) => found.balance.bitcoin().map(|(_, sat)| sat),
            Outcome::Rejected(refusal) if refusal.code == NOT_LINKED => return Ok(None),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => None,
        };
        Ok(Some(LinkedAccount { name: link.name.clone(), linked_at: link.linked_at, available, as_of }))
    }

    async fn unlink(&self, account: AccountId) -> Result<(), LinkError> {
        let Some((version, link)) = self.kept::<Link>(&name(account)).await? else { return Ok(()) };
        match self.revoke(&link.access_token).await {
            // A token that is refused is none any more.
            Outcome::Done(()) => {}
            Outcome::Rejected(refusal) if !refusal.retryable && !OF_THE_CLIENT.contains(&refusal.code.as_str()) => {}
            Outcome::Rejected(refusal) => return Err(LinkError::Unavailable(refusal.message)),
            other => return Err(failed(other)),
        }
        if self.forget::<Link>(&name(account), version).await? { Ok(()) } else { Err(raced()) }
    }
}
