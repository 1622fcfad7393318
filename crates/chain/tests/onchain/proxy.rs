//! Between the wallet and the chain's RPC interface: loses or refuses a call when told to.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sandbox::chain::RpcAccess;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What happens to the next calls of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Never arrives, and says so with an answer that is not bitcoind's.
    Lost,
    /// Done, and the answer is lost.
    AnswerLost,
}

struct Inner {
    to: RpcAccess,
    client: reqwest::Client,
    faults: Mutex<Vec<(String, Fault)>>,
    calls: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
    port: u16,
}

impl Proxy {
    pub async fn start(to: &RpcAccess) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let inner = Arc::new(Inner { to: to.clone(), client, faults: Mutex::default(), calls: Mutex::default() });
        let app = Router::new().route("/", post(pass)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { inner, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn user(&self) -> String {
        self.inner.to.user.clone()
    }

    pub fn password(&self) -> String {
        self.inner.to.password.clone()
    }

    pub fn next(&self, method: &str, fault: Fault) {
        self.inner.faults.lock().unwrap().push((method.to_owned(), fault));
    }

    pub fn clear(&self) {
        self.inner.faults.lock().unwrap().clear();
    }

    /// How often a method was called.
    pub fn calls(&self, method: &str) -> usize {
        self.inner.calls.lock().unwrap().iter().filter(|call| *call == method).count()
    }
}

async fn pass(State(inner): State<Arc<Inner>>, body: Bytes) -> Response {
    let call: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let method = call["method"].as_str().unwrap_or("a batch").to_owned();
    inner.calls.lock().unwrap().push(method.clone());
    let fault = {
        let mut faults = inner.faults.lock().unwrap();
        let found = faults.iter().position(|(name, _)| *name == method);
        found.map(|at| faults.remove(at).1)
    };
    let lost = (StatusCode::BAD_GATEWAY, "lost").into_response();
    if fault == Some(Fault::Lost) {
        return lost;
    }
    let asked = inner.client.post(inner.to.url()).basic_auth(&inner.to.user, Some(&inner.to.password)).body(body);
    let answer = asked.send().await.unwrap();
    if fault == Some(Fault::AnswerLost) {
        return lost;
    }
    (StatusCode::from_u16(answer.status().as_u16()).unwrap(), answer.bytes().await.unwrap()).into_response()
}
