//! What wallets ask for themselves (LNURL): public, without a log-in, by addresses that nobody guesses.
//!
//! Invariant: an address is shown to the shopper only. Answers are as LUD-01 and LUD-06 word them: an error is a JSON
//! object too, under status 200 unless the server itself is at its limit, and any page may read them.

pub mod auth;
mod pay;
pub mod withdraw;

use crate::app::{App, Inner};
use crate::layers;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use bech32::{Bech32, Hrp};
use ids::{PurchaseId, RefundId};
use purchase::Purchase;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// Larger than any problem that is said here.
const PROBLEM_BYTES_MAX: usize = 16 * 1024;

pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/lnurl/pay/{link}", get(pay::request))
        .route("/lnurl/pay/{link}/callback", get(pay::callback))
        .route("/lnurl/pay/{link}/verify/{hash}", get(pay::verify))
        .route("/lnurl/auth", get(auth::signed))
        .route("/lnurl/withdraw/{refund}/callback", get(withdraw::callback))
        .route("/lnurl/withdraw/{refund}/{k1}", get(withdraw::request))
        .route_layer(from_fn_with_state(app.clone(), layers::bounds))
        .route_layer(from_fn(as_wallets_read))
}

/// Problems as wallets read them, and no origin is kept out (LUD-01).
async fn as_wallets_read(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if !response.status().is_success() {
        let (mut parts, body) = response.into_parts();
        let problem: Value = match to_bytes(body, PROBLEM_BYTES_MAX).await {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(_) => Value::Null,
        };
        let word = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        let reason = format!("{}. {}", word("title"), word("detail"));
        let later = parts.headers.contains_key(header::RETRY_AFTER) || parts.status.is_server_error();
        if !later {
            parts.status = StatusCode::OK;
        }
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response = Response::from_parts(parts, Body::from(json!({ "status": "ERROR", "reason": reason }).to_string()));
    }
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Wallets take https only, and http of an onion service (LUD-01) or, for tests, of this machine.
fn is_asked_by_wallets(server_url: &str) -> bool {
    let Some(rest) = server_url.strip_prefix("http://") else { return server_url.starts_with("https://") };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    host.ends_with(".onion") || host == "localhost" || host == "127.0.0.1"
}

/// An address as wallets scan it, upper case for the QR code (LUD-01).
fn encode(url: &str) -> Option<String> {
    bech32::encode_upper::<Bech32>(Hrp::parse("lnurl").ok()?, url.as_bytes()).ok()
}

impl Inner {
    fn pay_url(&self, purchase: PurchaseId) -> String {
        let tag = hex::encode(self.state.trust.link_tag(purchase));
        format!("{}/lnurl/pay/{purchase}{tag}", self.engine().config().server_url)
    }

    /// Where a wallet can fetch the invoice of this purchase itself; none where it cannot.
    pub fn lnurl_of(&self, purchase: &Purchase) -> Option<String> {
        let offered = purchase.offers_lnurl() && is_asked_by_wallets(&self.engine().config().server_url);
        if offered { encode(&self.pay_url(purchase.id)) } else { None }
    }
}

impl Inner {
    fn withdraw_url(&self, refund: RefundId) -> String {
        format!("{}/lnurl/withdraw/{refund}", self.engine().config().server_url)
    }

    /// Where a wallet that knows `k1` collects this refund; none where wallets would not ask.
    pub fn withdraw_lnurl(&self, refund: RefundId, k1: &[u8; 32]) -> Option<Zeroizing<String>> {
        if !is_asked_by_wallets(&self.engine().config().server_url) {
            return None;
        }
        let url = Zeroizing::new(format!("{}/{}", self.withdraw_url(refund), hex::encode(k1)));
        encode(&url).map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_lud_01() {
        let url = "https://service.com/api?q=3fc3645b439ce8e7f2553a69e5267081d96dcd340693afabe04be7b0ccd178df";
        let known = "LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZ\
                     EPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS";
        assert_eq!(encode(url).unwrap(), known);
    }

    #[test]
    fn wallets_ask_nothing_in_the_clear() {
        for (url, asked) in [
            ("https://till.example", true),
            ("http://till.example", false),
            ("http://abcdef.onion", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.0.0.1.example", false),
            ("http://localhost:80/x", true),
            ("ftp://till.example", false),
        ] {
            assert_eq!(is_asked_by_wallets(url), asked, "{url}");
        }
    }
}
