//! The receipt.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::receipt::Receipt;
use crate::extract::Id;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use ids::PurchaseId;

/// What it cost and where every part of it went, so far.
#[utoipa::path(get, path = "/v1/purchases/{id}/receipt", operation_id = "show_receipt", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = Receipt),
    (status = "4XX", description = "not_found", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn receipt(
    State(app): State<App>,
    shopper: Shopper,
    Id(id): Id<PurchaseId>,
) -> Result<Json<Receipt>, Problem> {
    let (purchase, _) = app.purchase_of(id, shopper.account).await?;
    let refunds = app.engine().refunds_of(&purchase).await?;
    let store = &app.engine().ports().store;
    let mut entries = store.entries(purchase.id.into()).await?;
    for refund in &refunds {
        entries.extend(store.entries(refund.id.into()).await?);
    }
    Ok(Json(Receipt::new(&purchase, &refunds, &entries)))
}
