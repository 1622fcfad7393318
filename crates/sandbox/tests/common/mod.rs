//! A receiver for the issuer's requests: answers as told, and remembers what came.

#![allow(dead_code, reason = "every test binary uses a part of this")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use sandbox::lithic::{CardRef, Charge, Issuer, IssuerConfig, sign};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, time::timeout};

pub const DEADLINE: Duration = Duration::from_secs(20);

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("the header is ASCII")
    }

    /// Whether one of the signatures is right under `secret`.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let timestamp_s = self.header("webhook-timestamp").parse().expect("seconds");
        let right = sign(secret, self.header("webhook-id"), timestamp_s, &self.body);
        self.header("webhook-signature").split(' ').any(|given| given == right)
    }
}

/// What the receiver answers to an authorization request.
#[derive(Clone, Debug)]
pub enum Reply {
    Result(&'static str),
    Raw(u16, &'static str),
    Never,
    AfterMs(u64, &'static str),
}

struct Shared {
    reply: Mutex<Reply>,
    webhook_status: Mutex<u16>,
    asa: watch::Sender<Vec<Received>>,
    webhooks: watch::Sender<Vec<Received>>,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            reply: Mutex::new(Reply::Result("APPROVED")),
            webhook_status: Mutex::new(200),
            asa: watch::Sender::new(Vec::new()),
            webhooks: watch::Sender::new(Vec::new()),
        });
        let router =
            Router::new().route("/asa", post(asa)).route("/webhooks", post(webhook)).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub fn asa_url(&self) -> String {
        format!("{}/asa", self.url)
    }

    pub fn webhook_url(&self) -> String {
        format!("{}/webhooks", self.url)
    }

    pub fn reply(&self, reply: Reply) {
        *self.shared.reply.lock().expect("not poisoned") = reply;
    }

    pub fn webhook_status(&self, status: u16) {
        *self.shared.webhook_status.lock().expect("not poisoned") = status;
    }

    pub fn asked(&self) -> Vec<Received> {
        self.shared.asa.borrow().clone()
    }

    pub fn webhooks(&self) -> Vec<Received> {
        self.shared.webhooks.borrow().clone()
    }

    /// Waits until at least `count` webhooks came.
    pub async fn webhooks_at_least(&self, count: usize) -> Vec<Received> {
        let mut webhooks = self.shared.webhooks.subscribe();
        let enough = webhooks.wait_for(|came| came.len() >= count);
        timeout(DEADLINE, enough).await.expect("webhooks in time").expect("receiver").clone()
    }

    /// Waits until at least `count` authorization requests came.
    pub async fn asked_at_least(&self, count: usize) -> Vec<Received> {
        let mut asa = self.shared.asa.subscribe();
        let enough = asa.wait_for(|came| came.len() >= count);
        timeout(DEADLINE, enough).await.expect("requests in time").expect("receiver").clone()
    }
}

async fn asa(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let request = Received { headers, body: body.to_vec() };
    let token = serde_json::from_slice::<Value>(&body).map(|json| json["token"].clone());
    shared.asa.send_modify(|came| came.push(request));
    let reply = shared.reply.lock().expect("not poisoned").clone();
    let approve =
        |result: &str| axum::Json(json!({ "result": result, "token": token.unwrap_or_default() })).into_response();
    match reply {
        Reply::Result(result) => approve(result),
        Reply::Raw(status, body) => (StatusCode::from_u16(status).expect("a status"), body).into_response(),
        Reply::Never => std::future::pending().await,
        Reply::AfterMs(ms, result) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            approve(result)
        }
    }
}

async fn webhook(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let request = Received { headers, body: body.to_vec() };
    shared.webhooks.send_modify(|came| came.push(request));
    let status = *shared.webhook_status.lock().expect("not poisoned");
    StatusCode::from_u16(status).expect("a status")
}

/// A small client of Lithic's API.
#[derive(Clone)]
pub struct Api {
    pub url: String,
    pub key: String,
    pub http: reqwest::Client,
}

impl Api {
    pub fn new(url: String, key: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().expect("a client");
        Self { url, key, http }
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header("authorization", &self.key)
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("a whole answer");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, None).await;
        assert_eq!(status, 200, "GET {path}: {answer}");
        answer
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.send("POST", path, Some(body)).await;
        assert_eq!(status, 200, "POST {path}: {answer}");
        answer
    }
}

/// An issuer with a subscriber, a responder that approves, and one card.
pub struct Subscribed {
    pub issuer: Issuer,
    pub api: Api,
    pub receiver: Receiver,
    pub secret: String,
    pub card: String,
}

impl Subscribed {
    pub async fn start() -> Self {
        let issuer = Issuer::start(IssuerConfig::default()).await.expect("a free port");
        let api = Api::new(issuer.url(), issuer.api_key());
        let receiver = Receiver::start().await;
        issuer.enroll_responder(&receiver.asa_url());
        let card = api.post("/v1/cards", json!({ "type": "VIRTUAL" })).await;
        let card = card["token"].as_str().expect("a token").to_owned();
        let secret = issuer.subscribe(&receiver.webhook_url());
        Self { issuer, api, receiver, secret, card }
    }

    pub async fn authorize(&self, minor: i64) -> String {
        let charge = Charge::new(CardRef::Token(self.card.clone()), minor, "USD");
        let result = self.issuer.charge(charge).await.expect("a known card");
        assert!(result.is_approved());
        result.token.expect("a transaction")
    }

    /// Waits until every webhook is taken; all that came.
    pub async fn quiet(&self) -> Vec<Received> {
        assert!(self.issuer.webhooks_delivered(DEADLINE).await);
        self.receiver.webhooks()
    }
}

pub fn json_of(received: &[Received]) -> Vec<Value> {
    received.iter().map(Received::json).collect()
}
