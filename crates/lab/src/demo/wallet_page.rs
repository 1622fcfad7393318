//! The payer's wallet as a page, for whoever clicks through a demo that was kept: pay an invoice, make one for a refund,
//! see what became of it. `curl --data-urlencode bolt11=lnbcrt... <page>/pay` does the same.

use anyhow::Result;
use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description};
use sandbox::wallet::{Node, PayerWallet};
use serde::Deserialize;
use std::fmt::Write as _;
use std::str::FromStr as _;
use std::sync::Arc;
use tokio::net::TcpListener;

const REFUND_EXPIRY_SECS: u32 = 3_600;
const PAYMENTS_SHOWN: usize = 20;
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
textarea{width:100%;height:6rem;font:13px monospace}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}code{word-break:break-all}\
.bad{color:#a00}button{font:inherit;padding:.3rem 1rem}";

/// Serves until the demo ends. The page's address.
pub async fn serve(wallet: &PayerWallet) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let pages = Router::new()
        .route("/", get(show))
        .route("/pay", post(pay))
        .route("/receive", post(receive))
        .with_state(Arc::clone(wallet.node()));
    tokio::spawn(async move { axum::serve(listener, pages).await });
    Ok(address)
}

#[derive(Deserialize)]
struct Pay {
    bolt11: String,
}

async fn show(State(node): State<Arc<Node>>) -> Response {
    blocking(move || Ok(page(&node, ""))).await
}

/// Answers when the HTLC is on its way; what becomes of it is on the page.
async fn pay(State(node): State<Arc<Node>>, Form(form): Form<Pay>) -> Response {
    blocking(move || {
        let text = form.bolt11.trim().trim_start_matches("lightning:").to_lowercase();
        let invoice = Bolt11Invoice::from_str(&text).map_err(|error| format!("not an invoice: {error}"))?;
        node.bolt11_payment().send(&invoice, None).map_err(|error| format!("not sent: {error}"))?;
        Ok(Redirect::to("/").into_response())
    })
    .await
}

/// Without an amount: what is owed in dollars is priced when it is sent.
async fn receive(State(node): State<Arc<Node>>) -> Response {
    blocking(move || {
        let text = Description::new("Anytill refund".to_owned()).map_err(|error| error.to_string())?;
        let description = Bolt11InvoiceDescription::Direct(text);
        let invoice = node.bolt11_payment().receive_variable_amount(&description, REFUND_EXPIRY_SECS);
        let invoice = invoice.map_err(|error| error.to_string())?;
        Ok(page(&node, &format!("<h2>Invoice for a refund</h2><p><code>{invoice}</code></p>")))
    })
    .await
}

/// The node's calls block.
async fn blocking(work: impl FnOnce() -> Result<Response, String> + Send + 'static) -> Response {
    let failed = |why: &str| {
        let text = why.replace('&', "&amp;").replace('<', "&lt;");
        let body = format!("<p class=bad>{text}</p><p><a href=/>back</a></p>");
        (StatusCode::UNPROCESSABLE_ENTITY, Html(whole(&body))).into_response()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(why)) => failed(&why),
        Err(_) => failed("the wallet fell over"),
    }
}

fn page(node: &Node, first: &str) -> Response {
    let spendable_sat: u64 = node.list_channels().iter().map(|channel| channel.outbound_capacity_msat / 1_000).sum();
    let mut payments = node.list_payments();
    payments.sort_by_key(|payment| std::cmp::Reverse(payment.latest_update_timestamp));
    let mut rows = String::new();
    for payment in payments.iter().filter(|payment| payment.amount_msat.is_some()).take(PAYMENTS_SHOWN) {
        let sat = payment.amount_msat.unwrap_or(0) / 1_000;
        // "Pending" is what a payer sees of a hold: its money, in nobody's hands yet.
        let _ = write!(
            rows,
            "<tr><td>{:?}</td><td>{sat} sat</td><td>{:?}</td><td><code>{:.16}</code></td></tr>",
            payment.direction,
            payment.status,
            payment.id.to_string()
        );
    }
    let body = format!(
        "{first}<p>{spendable_sat} sat can be spent over Lightning.</p>\
         <form method=post action=/pay><label>Pay an invoice<textarea name=bolt11 required></textarea></label>\
         <p><button>Pay</button></p></form>\
         <form method=post action=/receive><button>Make an invoice for a refund</button></form>\
         <h2>Payments</h2><table><tr><th>way<th>amount<th>state<th>payment hash</tr>{rows}</table>\
         <p><a href=/>look again</a></p>"
    );
    Html(whole(&body)).into_response()
}

fn whole(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>The payer's wallet</title><style>{STYLE}</style>\
         <h1>The payer's wallet</h1>{body}</html>"
    )
}
