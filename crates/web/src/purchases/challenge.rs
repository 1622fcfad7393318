//! The shopper answers a challenge of 3-D Secure.

use super::full_view;
use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::{ChallengeAnswer, ChallengeRequest, PurchaseView};
use crate::extract::{Id, Json};
use crate::idempotency::{Done, Once};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::Response;
use ids::PurchaseId;

/// What the shopper says to the challenge that the purchase shows: it is me, or it is not. `too_late`: it was answered
/// before, or its time is over. `not_ready`: the issuer could not be told; ask again.
#[utoipa::path(post, path = "/v1/purchases/{id}/challenge", operation_id = "answer_challenge", tag = "purchases", security(("device_token" = [])),
    request_body = ChallengeRequest, params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "not_found, not_ready, too_late", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn answer(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<PurchaseId>,
    Json(request): Json<ChallengeRequest>,
) -> Result<Response, Problem> {
    let account = shopper.account;
    let answer = match request.answer {
        ChallengeAnswer::Approve => ports::ChallengeAnswer::Approve,
        ChallengeAnswer::Reject => ports::ChallengeAnswer::Reject,
    };
    once.run(&app, &shopper, &request, move |app| async move {
        app.purchase_of(id, account).await?;
        let answered = app.engine().answer_challenge(id, answer).await?;
        let view = full_view(&app, id, account).await;
        Done::ok(&view.unwrap_or_else(|_| PurchaseView::new(&answered, None, &[])))
    })
    .await
}
