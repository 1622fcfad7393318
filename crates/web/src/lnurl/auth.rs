//! Register and log in with a wallet: LUD-04.
//!
//! Invariant: a challenge is 32 random bytes, good for minutes, for one action, and once. The browser that asked for it
//! has a secret of its own: who only sees the code learns no token. A challenge that is lost with the process is asked
//! for again.

use crate::accounts::session::{one_more_secret, session_view};
use crate::app::{App, detached};
use crate::auth::slow;
use crate::client_ip::ClientIp;
use crate::dto::ProblemBody;
use crate::dto::account::{FinishWallet, WalletAction, WalletBegun, WalletSession, WalletWish};
use crate::extract::{Json, Params};
use crate::lnurl::{encode, is_asked_by_wallets};
use crate::problem::{Code, Problem};
use accounts::{LinkingKey, Registered, wallet_login};
use axum::extract::State;
use ids::UnixMs;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const GOOD_MS: u64 = 5 * 60_000;
/// Challenges open at a time.
const OPEN_MAX: usize = 10_000;

/// One that waits for a wallet, or for the browser that asked.
struct Challenge {
    /// SHA-256 of the browser's secret.
    session: [u8; 32],
    action: WalletAction,
    expires_at: UnixMs,
    key: Option<LinkingKey>,
}

/// By `k1`.
#[derive(Default)]
pub struct Challenges(Mutex<HashMap<[u8; 32], Challenge>>);

impl Challenges {
    fn open(&self, k1: [u8; 32], challenge: Challenge, now: UnixMs) -> Result<(), Problem> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= OPEN_MAX {
            all.retain(|_, one| now < one.expires_at);
        }
        if all.len() >= OPEN_MAX {
            return Err(Problem::from(Code::Busy).retry_after_s(60));
        }
        all.insert(k1, challenge);
        Ok(())
    }

    /// A wallet has signed it. The first one counts; the same again is answered the same.
    fn signed(&self, k1: &[u8; 32], action: Option<&str>, key: LinkingKey, now: UnixMs) -> Result<(), Problem> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = all.get_mut(k1).filter(|one| now < one.expires_at).ok_or(Code::NotFound)?;
        if action.is_some_and(|told| told != open.action.word()) {
            return Err(Problem::with(Code::InvalidQuery, "The link was for another action."));
        }
        match open.key {
            Some(known) if known != key => Err(Problem::with(Code::TooLate, "Another wallet was faster.")),
            Some(_) | None => {
                open.key = Some(key);
                Ok(())
            }
        }
    }

    /// What the browser with this secret waits for.
    fn of_session(&self, session: [u8; 32], now: UnixMs) -> Result<(WalletAction, LinkingKey), Problem> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.values().find(|one| one.session == session && now < one.expires_at).ok_or(Code::NotFound)?;
        Ok((found.action, found.key.ok_or(Code::NotReady)?))
    }

    fn end(&self, session: [u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, one| one.session != session);
    }
}

/// A code for a wallet to scan, and the secret with which this browser asks what came of it.
#[utoipa::path(post, path = "/v1/wallet-login", operation_id = "begin_wallet_login", tag = "accounts", request_body = WalletWish, responses(
    (status = OK, body = WalletBegun),
    (status = "4XX", description = "way_not_served, rate_limited", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn begin(
    State(app): State<App>,
    ip: ClientIp,
    Json(wish): Json<WalletWish>,
) -> Result<axum::Json<WalletBegun>, Problem> {
    one_more_secret(&app, ip)?;
    let server = &app.engine().config().server_url;
    if !is_asked_by_wallets(server) {
        return Err(Code::WayNotServed.into());
    }
    let (k1, session, now) = (app.state.trust.new_secret(), app.state.trust.new_secret(), app.now());
    let url = format!("{server}/lnurl/auth?tag=login&k1={}&action={}", hex::encode(*k1), wish.action.word());
    let lnurl = encode(&url).ok_or(Code::WayNotServed)?;
    let expires_at = now.plus_ms(GOOD_MS);
    let hash = Sha256::digest(*session).into();
    app.challenges.open(*k1, Challenge { session: hash, action: wish.action, expires_at, key: None }, now)?;
    Ok(axum::Json(WalletBegun { lnurl, session: hex::encode(*session), expires_at_ms: expires_at.0 }))
}

/// What a wallet sends; `tag` is ours.
#[derive(Deserialize)]
pub struct Signed {
    k1: Option<String>,
    /// As the link said it: the wallet's owner was shown this word.
    action: Option<String>,
    sig: Option<String>,
    key: Option<String>,
}

/// The wallet's own call.
pub async fn signed(State(app): State<App>, Params(signed): Params<Signed>) -> Result<axum::Json<Value>, Problem> {
    let wrong = |why: &'static str| Problem::with(Code::InvalidQuery, why);
    let mut k1 = [0; 32];
    hex::decode_to_slice(signed.k1.unwrap_or_default(), &mut k1).map_err(|_| wrong("`k1` is 64 hex digits."))?;
    let mut key = [0; 33];
    hex::decode_to_slice(signed.key.unwrap_or_default(), &mut key).map_err(|_| wrong("`key` is 66 hex digits."))?;
    let sig = hex::decode(signed.sig.unwrap_or_default()).map_err(|_| wrong("`sig` is DER in hex."))?;
    if !app.state.trust.is_signed(&k1, &sig, &key) {
        return Err(wrong("The signature is wrong."));
    }
    app.challenges.signed(&k1, signed.action.as_deref(), key, app.now())?;
    Ok(axum::Json(json!({ "status": "OK" })))
}

/// Logged in, once the wallet has signed; until then `not_ready`.
#[utoipa::path(post, path = "/v1/wallet-login/finish", operation_id = "finish_wallet_login", tag = "accounts", request_body = FinishWallet, responses(
    (status = OK, body = WalletSession),
    (status = "4XX", description = "not_ready, not_found, bad_credentials, login_taken, invitation_needed, invitation_invalid, invalid_input",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn finish(
    State(app): State<App>,
    Json(request): Json<FinishWallet>,
) -> Result<axum::Json<WalletSession>, Problem> {
    let mut secret = zeroize::Zeroizing::new([0; 32]);
    hex::decode_to_slice(request.session.expose(), &mut *secret).map_err(|_| Code::NotFound)?;
    let session: [u8; 32] = Sha256::digest(*secret).into();
    let (action, key) = app.challenges.of_session(session, app.now())?;
    let done = detached(async move {
        let accounts = &app.state.accounts;
        let (session_of, recovery_code) = match action {
            WalletAction::Login => (accounts.log_in_with_wallet(&key, &request.device_name).await?, None),
            WalletAction::Register => {
                let work = accounts.begin_wallet_registration(&key, request.invitation.as_deref()).await?;
                let prepared = slow(&app, move || work.run()).await?;
                let Registered { session, recovery_code } =
                    accounts.finish_registration(prepared, &request.device_name).await?;
                metrics::counter!("anytill_accounts_registered_total").increment(1);
                (session, Some(recovery_code.expose().to_owned()))
            }
        };
        app.challenges.end(session);
        Ok::<_, Problem>(WalletSession { login: wallet_login(&key), session: session_view(session_of, recovery_code) })
    })
    .await??;
    Ok(axum::Json(done))
}
