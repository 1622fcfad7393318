//! A purchase that is paid first: the shopper confirms it, and gives the provider's code.

use super::{full_view, wait_past};
use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::funds::SecondFactor;
use crate::dto::purchase::PurchaseView;
use crate::extract::{Id, Json};
use crate::idempotency::{Done, Once};
use crate::problem::{Code, Problem};
use axum::extract::State as Shared;
use axum::response::Response;
use engine::SecondFactorError;
use ids::PurchaseId;
use purchase::State;

/// Longest code that is passed on.
const CODE_LEN_MAX: usize = 32;

impl From<SecondFactorError> for Problem {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::WrongCode { tries_left } => {
                Self::with(Code::WrongCode, format!("Give the newest code; {tries_left} more may be tried."))
            }
            SecondFactorError::Unanswered => Self::from(Code::Unavailable).retry_after_s(5),
            SecondFactorError::Engine(error) => error.into(),
        }
    }
}

/// The shopper has seen that this purchase cannot be held: the linked account may send, or an address is given out. Twice
/// is once.
#[utoipa::path(post, path = "/v1/purchases/{id}/confirm-funds", operation_id = "confirm_funds", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "not_found, too_late, way_not_served", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn confirm(
    Shared(app): Shared<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<PurchaseId>,
) -> Result<Response, Problem> {
    let account = shopper.account;
    once.run(&app, &shopper, &(), move |app| async move {
        let (purchase, _) = app.purchase_of(id, account).await?;
        if purchase.policy.funds_source.is_none() {
            return Err(Code::WayNotServed.into());
        }
        let confirmed = app.engine().confirm_funds(id).await?;
        wait_past(&app, id, &[State::Quoted]).await;
        let view = full_view(&app, id, account).await;
        Done::ok(&view.unwrap_or_else(|_| PurchaseView::new(&confirmed, None, &[])))
    })
    .await
}

/// The code that the provider asks for. It goes to the provider and is kept nowhere.
#[utoipa::path(post, path = "/v1/purchases/{id}/second-factor", operation_id = "give_second_factor", tag = "purchases", security(("device_token" = [])),
    request_body = SecondFactor, params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "not_found, not_ready, too_late, wrong_code", content_type = "application/problem+json", body = ProblemBody),
    (status = 503, description = "unavailable: it may have gone through, look at the purchase", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn second_factor(
    Shared(app): Shared<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<PurchaseId>,
    Json(request): Json<SecondFactor>,
) -> Result<Response, Problem> {
    let code = request.code.expose();
    if code.is_empty() || code.len() > CODE_LEN_MAX || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::with(Code::InvalidInput, "code: 1 to 32 letters and digits."));
    }
    let (account, code) = (shopper.account, request.code.clone());
    once.run(&app, &shopper, &request, move |app| async move {
        app.purchase_of(id, account).await?;
        let purchase = app.engine().second_factor(id, &code).await?;
        let view = full_view(&app, id, account).await;
        Done::ok(&view.unwrap_or_else(|_| PurchaseView::new(&purchase, None, &[])))
    })
    .await
}
