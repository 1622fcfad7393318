//! Who asks: the device token, and the password for what a token alone may not do.

use crate::app::App;
use crate::problem::{Code, Problem};
use accounts::{AccountError, Authenticated, PasswordProof};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use ids::{AccountId, DeviceId};
use ports::Secret;

/// A shopper on one of their devices.
#[derive(Clone)]
pub struct Shopper {
    pub account: AccountId,
    pub device: DeviceId,
    token: Secret,
}

impl FromRequestParts<App> for Shopper {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(Code::Unauthorized.into()) };
        let text = value.to_str().map_err(|_| Code::Unauthorized)?;
        let (scheme, token) = text.split_once(' ').ok_or(Code::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Code::Unauthorized.into());
        }
        let shopper = Self::of_token(app, Secret::new(token.trim().to_owned())).await?;
        let taken = app.per_account.take(shopper.account, app.now());
        taken.map_err(|wait_ms| Problem::from(Code::RateLimited).retry_after_s(wait_ms.div_ceil(1_000)))?;
        Ok(shopper)
    }
}

impl Shopper {
    async fn of_token(app: &App, token: Secret) -> Result<Self, Problem> {
        let Authenticated { account, device } = app.state.accounts.authenticate(token.expose()).await?;
        Ok(Self { account, device, token })
    }

    /// Is the token still good? Asked again by streams, which outlive a revocation otherwise.
    pub async fn still_good(&self, app: &App) -> bool {
        Self::of_token(app, self.token.clone()).await.is_ok()
    }

    pub fn authenticated(&self) -> Authenticated {
        Authenticated { account: self.account, device: self.device }
    }

    /// The account's password, given with this request.
    pub async fn prove(&self, app: &App, password: &Secret) -> Result<PasswordProof, Problem> {
        let work = app.state.accounts.begin_password_check(&self.authenticated(), password.clone()).await?;
        let checked = slow(app, move || work.run()).await?;
        app.state.accounts.finish_password_check(checked).map_err(|error| match error {
            AccountError::BadCredentials => Code::WrongPassword.into(),
            other => other.into(),
        })
    }

    /// As [`Shopper::prove`]; a password that was not given is asked for.
    pub async fn prove_given(&self, app: &App, password: Option<&Secret>) -> Result<PasswordProof, Problem> {
        self.prove(app, password.ok_or(Code::PasswordNeeded)?).await
    }
}

/// Hashing of passwords, off the async threads and few at a time: each takes memory and a core.
pub async fn slow<T: Send + 'static>(app: &App, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _permit = app.passwords.acquire().await.map_err(Problem::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}
