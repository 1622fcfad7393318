//! What the server would do with webhooks: read, decide, answer. And the clock that both sides read.

use super::*;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use ports::{Authentication, AuthenticationDecision, Headers, WebhookAnswer};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use tokio::net::TcpListener;

/// A clock that goes only when told.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub fn start() -> Self {
        Self(Arc::new(AtomicU64::new(1_900_000_000_000)))
    }

    pub fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }

    pub fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn for_vendor(&self) -> sandbox::VendorClock {
        let clock = self.clone();
        sandbox::VendorClock::new(move || i64::try_from(clock.now().0).unwrap())
    }
}

/// The server's two addresses. They have to be known to the vendor before the adapter is made, which knows its secrets.
pub struct Door {
    listener: TcpListener,
    pub url: String,
}

impl Door {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    pub fn questions(&self) -> String {
        format!("{}/charge", self.url)
    }

    pub fn events(&self) -> String {
        format!("{}/events", self.url)
    }

    #[allow(dead_code, reason = "only issuers that let us decide are asked")]
    pub fn authentications(&self) -> String {
        format!("{}/authentication", self.url)
    }

    pub fn answer_with(self, issuer: Arc<dyn Issuer>, clock: TestClock) -> Arc<Receiver> {
        let receiver = Arc::new(Receiver {
            issuer,
            clock,
            decision: Mutex::new(Decision::Approve),
            questions: Mutex::default(),
            unreadable: Mutex::default(),
            news: Mutex::default(),
            refused: Mutex::default(),
            allowing: Mutex::new(AuthenticationDecision::Allow),
            authentications: Mutex::default(),
        });
        let app = Router::new()
            .route("/charge", post(asked))
            .route("/events", post(told))
            .route("/authentication", post(authenticated))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(self.listener, app).await });
        receiver
    }
}

pub struct Receiver {
    pub issuer: Arc<dyn Issuer>,
    pub clock: TestClock,
    pub decision: Mutex<Decision>,
    pub questions: Mutex<Vec<Charge>>,
    pub unreadable: Mutex<usize>,
    pub news: Mutex<Vec<ChargeChange>>,
    pub refused: Mutex<usize>,
    pub allowing: Mutex<AuthenticationDecision>,
    pub authentications: Mutex<Vec<Authentication>>,
}

fn headers_of(map: &HeaderMap) -> Headers {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    };
    Headers(map.iter().map(pair).collect())
}

async fn asked(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(charge) = receiver.issuer.read_charge(&headers_of(&headers), &body, receiver.clock.now()) else {
        *receiver.unreadable.lock().unwrap() += 1;
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let decision = *receiver.decision.lock().unwrap();
    let answer = receiver.issuer.answer_charge(&charge, decision);
    receiver.questions.lock().unwrap().push(charge);
    respond(answer)
}

async fn authenticated(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    let challenges = receiver.issuer.challenges().expect("an issuer that lets us decide");
    let read = challenges.read_authentication(&headers_of(&headers), &body, receiver.clock.now());
    let Ok(authentication) = read else {
        *receiver.unreadable.lock().unwrap() += 1;
        return StatusCode::UNAUTHORIZED.into_response();
    };
    receiver.authentications.lock().unwrap().push(authentication);
    respond(challenges.answer_authentication(*receiver.allowing.lock().unwrap()))
}

fn respond(answer: WebhookAnswer) -> Response {
    let mut response = (StatusCode::from_u16(answer.status).unwrap(), answer.body).into_response();
    response.headers_mut().insert("content-type", HeaderValue::from_static(answer.content_type));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// As the engine: what the body alone does not tell is looked up before the webhook counts as taken.
async fn told(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Ok(news) = receiver.issuer.read_news(&headers_of(&headers), &body, receiver.clock.now()) else {
        *receiver.refused.lock().unwrap() += 1;
        return StatusCode::BAD_REQUEST;
    };
    let mut changes = news.changes;
    for card in &news.look_up {
        let Outcome::Done(found) = receiver.issuer.changes(card).await else {
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        changes.extend(found);
    }
    for dispute in &news.disputes {
        let Outcome::Done(found) = receiver.issuer.dispute(dispute).await else {
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        changes.extend(found);
    }
    receiver.news.lock().unwrap().extend(changes);
    StatusCode::OK
}
