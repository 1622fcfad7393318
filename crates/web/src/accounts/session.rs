//! Register, log in, recover, log out.
//!
//! These need no `Idempotency-Key`: nobody is logged in yet, and an answer with a token or a code is not kept.

use crate::app::{App, detached};
use crate::auth::{Shopper, slow};
use crate::client_ip::ClientIp;
use crate::dto::ProblemBody;
use crate::dto::account::{LogIn, NewRecoveryCode, Recover, RecoveredView, Register, SessionView, WithPassword};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use accounts::Session;
use axum::extract::State;
use axum::http::StatusCode;

pub fn one_more_secret(app: &App, ip: ClientIp) -> Result<(), Problem> {
    let taken = app.per_secret.take(ip.bucket(), app.now());
    taken.map_err(|wait_ms| Problem::from(Code::RateLimited).retry_after_s(wait_ms.div_ceil(1_000)))
}

pub fn session_view(session: Session, recovery_code: Option<String>) -> SessionView {
    SessionView {
        account: session.account,
        device: session.device,
        token: session.token.expose().to_owned(),
        expires_at_ms: session.expires_at.0,
        recovery_code,
    }
}

/// Makes an account and logs its first device in.
#[utoipa::path(post, path = "/v1/register", tag = "accounts", request_body = Register, responses(
    (status = CREATED, body = SessionView),
    (status = "4XX", description = "invitation_needed, invitation_invalid, login_taken, invalid_input, rate_limited",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn register(
    State(app): State<App>,
    ip: ClientIp,
    Json(request): Json<Register>,
) -> Result<(StatusCode, axum::Json<SessionView>), Problem> {
    one_more_secret(&app, ip)?;
    let registered = detached(async move {
        let accounts = &app.state.accounts;
        let Register { login, password, invitation, device_name } = request;
        let work = accounts.begin_registration(&login, password, invitation.as_deref()).await?;
        let prepared = slow(&app, move || work.run()).await?;
        Ok::<_, Problem>(accounts.finish_registration(prepared, &device_name).await?)
    })
    .await??;
    metrics::counter!("anytill_accounts_registered_total").increment(1);
    let code = registered.recovery_code.expose().to_owned();
    Ok((StatusCode::CREATED, axum::Json(session_view(registered.session, Some(code)))))
}

/// Logs a device in.
#[utoipa::path(post, path = "/v1/login", tag = "accounts", request_body = LogIn, responses(
    (status = OK, body = SessionView),
    (status = "4XX", description = "bad_credentials, too_many_attempts, invalid_input, rate_limited",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn log_in(
    State(app): State<App>,
    ip: ClientIp,
    Json(request): Json<LogIn>,
) -> Result<axum::Json<SessionView>, Problem> {
    one_more_secret(&app, ip)?;
    let session = detached(async move {
        let accounts = &app.state.accounts;
        let work = accounts.begin_log_in(&request.login, request.password).await?;
        let checked = slow(&app, move || work.run()).await?;
        Ok::<_, Problem>(accounts.finish_log_in(checked, &request.device_name).await?)
    })
    .await??;
    Ok(axum::Json(session_view(session, None)))
}

/// Sets a new password with the recovery code. Every device is logged out, and a waiting change of the refund
/// destination is called off.
#[utoipa::path(post, path = "/v1/recover", tag = "accounts", request_body = Recover, responses(
    (status = OK, body = RecoveredView),
    (status = "4XX", description = "bad_credentials, too_many_attempts, invalid_input, rate_limited",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn recover(
    State(app): State<App>,
    ip: ClientIp,
    Json(request): Json<Recover>,
) -> Result<axum::Json<RecoveredView>, Problem> {
    one_more_secret(&app, ip)?;
    let recovered = detached(async move {
        let accounts = &app.state.accounts;
        let Recover { login, recovery_code, new_password } = request;
        let work = accounts.begin_recovery(&login, recovery_code.expose(), new_password).await?;
        let checked = slow(&app, move || work.run()).await?;
        Ok::<_, Problem>(accounts.finish_recovery(checked).await?)
    })
    .await??;
    Ok(axum::Json(RecoveredView {
        recovery_code: recovered.recovery_code.expose().to_owned(),
        devices_revoked: recovered.devices_revoked,
    }))
}

/// Another recovery code in place of one that was lost. Its answer is not kept: asked twice, there are two codes, and
/// the later one holds.
#[utoipa::path(post, path = "/v1/account/recovery-code", tag = "accounts", request_body = WithPassword,
    security(("device_token" = [])), responses(
    (status = OK, body = NewRecoveryCode),
    (status = "4XX", description = "wrong_password, too_many_attempts",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn new_recovery_code(
    State(app): State<App>,
    shopper: Shopper,
    Json(request): Json<WithPassword>,
) -> Result<axum::Json<NewRecoveryCode>, Problem> {
    let code = detached(async move {
        let proof = shopper.prove(&app, &request.password).await?;
        let accounts = &app.state.accounts;
        let work = accounts.begin_new_recovery_code(shopper.account, proof);
        let prepared = slow(&app, move || work.run()).await?;
        Ok::<_, Problem>(accounts.finish_new_recovery_code(prepared).await?)
    })
    .await??;
    Ok(axum::Json(NewRecoveryCode { recovery_code: code.expose().to_owned() }))
}

/// Ends the token that asks.
#[utoipa::path(post, path = "/v1/logout", tag = "accounts", security(("device_token" = [])), responses(
    (status = NO_CONTENT, description = "the token is of no more use"),
    (status = "4XX", description = "token_invalid, token_expired",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn log_out(State(app): State<App>, shopper: Shopper) -> Result<StatusCode, Problem> {
    app.state.accounts.revoke_device(shopper.account, shopper.device).await?;
    Ok(StatusCode::NO_CONTENT)
}
