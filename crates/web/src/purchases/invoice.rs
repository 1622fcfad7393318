//! Back from a wallet's own invoice to one that the shopper's side checks.

use super::{full_view, wait_past};
use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::PurchaseView;
use crate::extract::Id;
use crate::idempotency::{Done, Once};
use crate::problem::Problem;
use axum::extract::State as Shared;
use axum::response::Response;
use ids::PurchaseId;
use purchase::{Rail, State};

/// A BOLT11 invoice to be shown, under a hash of its own. One that a wallet fetched by `lnurl` is not paid any more.
#[utoipa::path(post, path = "/v1/purchases/{id}/invoice", operation_id = "show_invoice", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "not_found, not_ready, too_late, way_not_served, limit_reached",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn invoice(
    Shared(app): Shared<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<PurchaseId>,
) -> Result<Response, Problem> {
    let account = shopper.account;
    once.run(&app, &shopper, &(), move |app| async move {
        app.purchase_of(id, account).await?;
        app.engine().choose_rail(id, Rail::Bolt11).await?;
        wait_past(&app, id, &[State::Quoted]).await;
        Done::ok(&full_view(&app, id, account).await?)
    })
    .await
}
