//! The terms of the quote in force, for the extension to rebuild and hash.

use crate::app::App;
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::TermsView;
use crate::extract::Id;
use crate::problem::{Code, Problem};
use axum::Json;
use axum::extract::State;
use ids::PurchaseId;

/// What the invoice commits to. `not_ready` while there is no quote.
#[utoipa::path(get, path = "/v1/purchases/{id}/terms", operation_id = "show_terms", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path)), responses(
    (status = OK, body = TermsView),
    (status = "4XX", description = "not_found, not_ready", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn terms(
    State(app): State<App>,
    shopper: Shopper,
    Id(id): Id<PurchaseId>,
) -> Result<Json<TermsView>, Problem> {
    let (p, _) = app.purchase_of(id, shopper.account).await?;
    let (Some(quote), Some(terms_hash)) = (&p.quote, p.terms_hash) else { return Err(Code::NotReady.into()) };
    Ok(Json(TermsView {
        format: "anytill-terms-v1",
        server: app.engine().config().server_url.clone(),
        node: quote.node.unwrap_or_else(|| app.engine().ports().nodes.first().node_id()),
        purchase: p.id,
        store: p.store_host.clone(),
        total_minor: quote.order_total.minor(),
        currency: quote.order_total.currency(),
        fee_minor: quote.fee.minor(),
        rate_micro: quote.rate.micro_per_btc(),
        spread_ppm: quote.spread.0,
        amount_msat: quote.amount_msat.get(),
        expires_at_ms: quote.expires_at.0,
        claim_on: p.policy.claim_on.into(),
        terms_hash,
        description: purchase::terms::description(p.id, quote, terms_hash),
    }))
}
