//! Purchases of the shopper who asks.

pub mod challenge;
pub mod create;
pub mod events;
pub mod funds;
pub mod invoice;
mod origin;
pub mod receipt;
pub mod refunds;
pub mod reveal;
pub mod show;
pub mod terms;

use crate::app::App;
use crate::dto::purchase::PurchaseView;
use crate::problem::Problem;
use ids::{AccountId, PurchaseId};
use purchase::{Purchase, Refund};
use std::time::Duration;

/// The purchase with its refunds, as it is now.
async fn full_view(app: &App, id: PurchaseId, account: AccountId) -> Result<PurchaseView, Problem> {
    let (purchase, version) = app.purchase_of(id, account).await?;
    let refunds = app.engine().refunds_of(&purchase).await?;
    Ok(view(app, &purchase, version, &refunds))
}

/// With what only its owner is told.
fn view(app: &App, purchase: &Purchase, version: u64, refunds: &[Refund]) -> PurchaseView {
    PurchaseView { lnurl: app.lnurl_of(purchase), ..PurchaseView::new(purchase, Some(version), refunds) }
}

/// Waits a little for the purchase to leave these states; whether it does or not.
async fn wait_past(app: &App, id: PurchaseId, states: &[purchase::State]) {
    let wait = Duration::from_millis(app.http().invoice_wait_ms);
    let _ = tokio::time::timeout(wait, app.engine().wait_past(id, states)).await;
}
