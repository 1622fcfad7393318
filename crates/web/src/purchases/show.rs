//! Look at purchases.

use super::full_view;
use crate::app::{App, ListPage};
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::{ListQuery, PurchaseList, PurchaseView};
use crate::extract::{Id, Params};
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::State;
use ids::{PurchaseId, UnixMs};

const PAGE: u32 = 25;
const PAGE_MAX: u32 = 100;

pub fn page(query: &ListQuery) -> Result<ListPage, Problem> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::with(Code::InvalidQuery, format!("`limit` is 1 to {PAGE_MAX}.")));
    }
    Ok(ListPage { before: query.before_ms.map(UnixMs), limit })
}

/// Where the next page begins, if this one was full.
pub fn next(page: ListPage, count: usize, last: Option<UnixMs>) -> Option<u64> {
    if count < page.limit as usize { None } else { last.map(|at| at.0) }
}

/// One purchase, with its refunds.
#[utoipa::path(get, path = "/v1/purchases/{id}", operation_id = "show_purchase", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = PurchaseView),
    (status = "4XX", description = "not_found", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn one(
    State(app): State<App>,
    shopper: Shopper,
    Id(id): Id<PurchaseId>,
) -> Result<Json<PurchaseView>, Problem> {
    Ok(Json(full_view(&app, id, shopper.account).await?))
}

/// The account's purchases, newest first, without their refunds.
#[utoipa::path(get, path = "/v1/purchases", operation_id = "list_purchases", tag = "purchases", security(("device_token" = [])),
    params(ListQuery), responses(
    (status = OK, body = PurchaseList),
    (status = "4XX", description = "invalid_query", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn list(
    State(app): State<App>,
    shopper: Shopper,
    Params(query): Params<ListQuery>,
) -> Result<Json<PurchaseList>, Problem> {
    let page = page(&query)?;
    let found = app.purchases_of(shopper.account, page).await?;
    let next_before_ms = next(page, found.len(), found.last().map(|purchase| purchase.created_at));
    let purchases = found.iter().map(|purchase| PurchaseView::new(purchase, None, &[])).collect();
    Ok(Json(PurchaseList { purchases, next_before_ms }))
}
