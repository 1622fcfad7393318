//! Where the payer's refunds go: invoices of its own wallet, and a Lightning address, LNURL-pay (LUD-06, LUD-16) on loopback.

use super::payer::{LndPayer, Payer};
use anyhow::{Result, bail};
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use lightning_invoice::{Bolt11InvoiceDescription, Description, Sha256};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Digest;
use std::net::SocketAddr;
use std::sync::Arc;

/// What wallets show of the payee (LUD-06).
const METADATA: &str = r#"[["text/plain","Anytill refund"]]"#;
const EXPIRY_SECS: u32 = 3_600;

type Node = Arc<sandbox::wallet::Node>;

#[derive(Clone)]
enum Payee {
    Ldk(Node),
    Lnd(Arc<LndPayer>),
}

#[derive(Clone)]
struct Service {
    payee: Payee,
    at: SocketAddr,
}

#[derive(Deserialize)]
struct Asked {
    /// msat.
    amount: u64,
}

/// Serves until the runtime ends; gives the address.
pub async fn serve(payer: &Payer) -> Result<String> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let at = listener.local_addr()?;
    let payee = match payer {
        Payer::Ldk(wallet) => Payee::Ldk(Arc::clone(wallet.node())),
        Payer::Lnd(wallet) => Payee::Lnd(Arc::clone(wallet)),
        Payer::Electrum(_) => bail!("Electrum has no Lightning address"),
    };
    let service = Service { payee, at };
    let router =
        Router::new().route("/.well-known/lnurlp/payer", get(offer)).route("/pay", get(invoice)).with_state(service);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("payer@{at}"))
}

/// An invoice of the wallet without an amount: what is owed in the store's currency is priced when it is paid.
pub async fn open_invoice(node: Node) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        let text = Description::new("Anytill refund".to_owned()).map_err(|error| anyhow::anyhow!("{error}"))?;
        let description = Bolt11InvoiceDescription::Direct(text);
        Ok(node.bolt11_payment().receive_variable_amount(&description, EXPIRY_SECS)?.to_string())
    })
    .await?
}

async fn offer(State(service): State<Service>) -> Json<Value> {
    Json(json!({
        "tag": "payRequest",
        "callback": format!("http://{}/pay", service.at),
        "minSendable": 1_000,
        "maxSendable": 1_000_000_000u64,
        "metadata": METADATA,
    }))
}

async fn invoice(State(service): State<Service>, Query(asked): Query<Asked>) -> Json<Value> {
    Json(match make(service.payee, asked.amount).await {
        Ok(bolt11) => json!({ "pr": bolt11, "routes": [] }),
        Err(error) => json!({ "status": "ERROR", "reason": format!("{error:#}") }),
    })
}

async fn make(payee: Payee, amount_msat: u64) -> Result<String> {
    let digest: [u8; 32] = sha2::Sha256::digest(METADATA).into();
    match payee {
        Payee::Ldk(node) => tokio::task::spawn_blocking(move || of_ldk(&node, amount_msat, digest)).await?,
        Payee::Lnd(wallet) => Ok(wallet.lnd().receive_of_hash(amount_msat, digest).await?),
    }
}

fn of_ldk(node: &Node, amount_msat: u64, digest: [u8; 32]) -> Result<String> {
    let hash = Sha256(bitcoin::hashes::Hash::from_byte_array(digest));
    let description = Bolt11InvoiceDescription::Hash(hash);
    Ok(node.bolt11_payment().receive(amount_msat, &description, EXPIRY_SECS)?.to_string())
}
