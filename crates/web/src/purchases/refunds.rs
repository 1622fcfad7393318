//! What is owed back, and where it goes.

use super::show::{next, page};
use crate::app::{App, detached};
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::ListQuery;
use crate::dto::refund::{GiveDestination, LinkRequest, RefundList, RefundView, WithdrawLinkView};
use crate::extract::{Id, Json, Params};
use crate::idempotency::{Done, Once};
use crate::lnurl;
use crate::problem::{Code, Problem};
use accounts::{AccountError, RefundDestination};
use axum::extract::State;
use axum::response::Response;
use ids::{AccountId, RefundId};
use ports::Outcome;
use purchase::{Destination, Refund};

/// Longer than any invoice that can be paid.
const INVOICE_LEN_MAX: usize = 4_096;
/// The longest address there is (BIP 173).
const ADDRESS_LEN_MAX: usize = 90;

/// The account's refunds, newest first.
#[utoipa::path(get, path = "/v1/refunds", operation_id = "list_refunds", tag = "refunds", security(("device_token" = [])), params(ListQuery), responses(
    (status = OK, body = RefundList),
    (status = "4XX", description = "invalid_query", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn list(
    State(app): State<App>,
    shopper: Shopper,
    Params(query): Params<ListQuery>,
) -> Result<axum::Json<RefundList>, Problem> {
    let page = page(&query)?;
    let found = app.all_refunds_of(shopper.account, page).await?;
    let next_before_ms = next(page, found.len(), found.last().map(|refund| refund.created_at));
    Ok(axum::Json(RefundList { refunds: found.iter().map(RefundView::from).collect(), next_before_ms }))
}

async fn refund_of(app: &App, id: RefundId, account: AccountId) -> Result<Refund, Problem> {
    let refund = app.engine().refund(id).await?;
    refund.filter(|refund| refund.account == account).ok_or_else(|| Code::NotFound.into())
}

/// Says where one refund goes. Needs the password: a stolen token must not collect what is owed.
#[utoipa::path(post, path = "/v1/refunds/{id}/destination", operation_id = "give_refund_destination", tag = "refunds", security(("device_token" = [])),
    request_body = GiveDestination, params(("id" = String, Path), ("Idempotency-Key" = String, Header)), responses(
    (status = OK, body = RefundView),
    (status = "4XX", description = "destination_invalid, password_needed, wrong_password, too_many_attempts, not_found, too_late",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn give_destination(
    State(app): State<App>,
    shopper: Shopper,
    once: Once,
    Id(id): Id<RefundId>,
    Json(request): Json<GiveDestination>,
) -> Result<Response, Problem> {
    let destination = read_destination(&app, &request).await?;
    refund_of(&app, id, shopper.account).await?;
    shopper.prove_given(&app, request.password.as_ref()).await?;
    let account = shopper.account;
    once.run(&app, &shopper, &request, move |app| async move {
        app.engine().give_destination(id, destination).await?;
        Done::ok(&RefundView::from(&refund_of(&app, id, account).await?))
    })
    .await
}

/// A link by which a wallet collects the refund itself (LUD-03), priced now. Needs the password, and replaces an older
/// link. Not remembered under a key: asked again it is another link.
#[utoipa::path(post, path = "/v1/refunds/{id}/link", operation_id = "offer_refund_link", tag = "refunds", security(("device_token" = [])),
    request_body = LinkRequest, params(("id" = String, Path)), responses(
    (status = OK, body = WithdrawLinkView),
    (status = "4XX", description = "password_needed, wrong_password, too_many_attempts, not_found, not_ready, too_late, way_not_served",
     content_type = "application/problem+json", body = ProblemBody),
    (status = 503, description = "price_unavailable", content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn offer_link(
    State(app): State<App>,
    shopper: Shopper,
    Id(id): Id<RefundId>,
    Json(request): Json<LinkRequest>,
) -> Result<axum::Json<WithdrawLinkView>, Problem> {
    refund_of(&app, id, shopper.account).await?;
    shopper.prove_given(&app, request.password.as_ref()).await?;
    let k1 = app.state.trust.new_secret();
    let lnurl = app.withdraw_lnurl(id, &k1).ok_or(Code::WayNotServed)?;
    let (engine, hash) = (app.engine().clone(), lnurl::withdraw::hash_of(&k1));
    let offered = detached(async move { engine.offer_link(id, hash).await }).await??;
    let link = offered.ok_or(Code::PriceUnavailable)?.link.ok_or(Code::TooLate)?;
    Ok(axum::Json(WithdrawLinkView {
        lnurl: lnurl.to_string(),
        amount_msat: link.amount_msat.get(),
        expires_at_ms: link.expires_at.0,
    }))
}

fn wrong(why: &str) -> Problem {
    Problem::with(Code::DestinationInvalid, format!("{why}."))
}

/// An address on the chain that this server could pay to.
pub async fn read_address(app: &App, text: &str) -> Result<Destination, Problem> {
    let address = text.trim();
    if address.len() > ADDRESS_LEN_MAX {
        return Err(wrong("the address is too long"));
    }
    let source = app.engine().ports().paid_first.on_chain.as_ref().ok_or(Code::WayNotServed)?;
    match source.refund_fee(address).await {
        Outcome::Done(_) => {}
        Outcome::Rejected(refusal) if !refusal.retryable => return Err(wrong(&refusal.message)),
        // What it will cost is asked again when it is paid.
        Outcome::Rejected(_) => {}
        Outcome::NotSent(_) | Outcome::Unknown(_) => return Err(Problem::from(Code::Unavailable).retry_after_s(60)),
    }
    Ok(Destination::OnChain { address: address.to_owned() })
}

async fn read_destination(app: &App, request: &GiveDestination) -> Result<Destination, Problem> {
    match (&request.bolt11, &request.lightning_address, &request.address) {
        (None, None, Some(address)) => read_address(app, address).await,
        (Some(invoice), None, None) => {
            let invoice = invoice.trim().to_ascii_lowercase();
            if invoice.len() > INVOICE_LEN_MAX {
                return Err(wrong("the invoice is too long"));
            }
            let read = app.engine().ports().payees.read_invoice(&invoice);
            let read = read.map_err(|_| wrong("not a BOLT 11 invoice of this server's network"))?;
            if read.expires_at <= app.now() {
                return Err(wrong("the invoice has expired"));
            }
            Ok(Destination::Bolt11 { invoice })
        }
        (None, Some(address), None) => match app.state.accounts.read_lightning_address(address) {
            Ok(RefundDestination::LightningAddress { address }) => {
                Ok(Destination::LightningAddress { address: address.as_str().to_owned() })
            }
            Err(AccountError::Invalid { reason, .. }) => Err(wrong(reason)),
            Err(other) => Err(other.into()),
        },
        _ => Err(wrong("give one of `bolt11`, `lightning_address` and `address`")),
    }
}
