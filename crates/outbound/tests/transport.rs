//! Every way a connection can fail, and what the caller is told.

use axum::{Router, extract::State, http::HeaderMap, response::IntoResponse, routing::any};
use outbound::{Call, Fault, HttpClient, Limits, Request, Response, Retry};
use ports::{Outcome, Rejection};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const LIMITS: Limits = Limits { deadline_ms: 400, answer_bytes_max: 1_000 };

/// A raw server: hands every connection, after the head of a request was read, to `answer`.
async fn raw<F, Fut>(answer: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            let mut byte = [0u8; 1];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.is_ok_and(|n| n == 1) {
                head.push(byte[0]);
            }
            answer(stream).await;
        }
    });
    address
}

fn client(address: SocketAddr) -> HttpClient {
    HttpClient::new(&format!("http://{address}"), LIMITS).unwrap()
}

async fn ask(address: SocketAddr) -> Result<Response, Fault> {
    client(address).send(&Request::get("/")).await
}

fn assert_unknown(result: Result<Response, Fault>) -> String {
    match result {
        Err(Fault::Unknown(why)) => why,
        other => panic!("expected Unknown, got {other:?}"),
    }
}

#[tokio::test]
async fn refused_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(ask(address).await, Err(Fault::NotSent(_))));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_sent() {
    let client = HttpClient::new("https://nowhere.invalid", LIMITS).unwrap();
    assert!(matches!(client.send(&Request::get("/")).await, Err(Fault::NotSent(_))));
}

#[tokio::test]
async fn no_tls_session_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let client = HttpClient::new(&format!("https://{address}"), LIMITS).unwrap();
    assert!(matches!(client.send(&Request::get("/")).await, Err(Fault::NotSent(_))));
}

#[tokio::test]
async fn a_tls_handshake_that_stalls_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = HttpClient::new(&format!("https://{}", listener.local_addr().unwrap()), LIMITS).unwrap();
    assert!(matches!(client.send(&Request::get("/")).await, Err(Fault::NotSent(_))));
    drop(listener);
}

#[tokio::test]
async fn stalled_is_unknown() {
    let address = raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let why = assert_unknown(ask(address).await);
    assert!(why.contains("400 ms"), "{why}");
}

#[tokio::test]
async fn stalled_inside_the_body_is_unknown() {
    let address = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    assert_unknown(ask(address).await);
}

#[tokio::test]
async fn dropped_after_the_request_is_unknown() {
    assert_unknown(ask(raw(|stream| async move { drop(stream) }).await).await);
}

#[tokio::test]
async fn truncated_is_unknown() {
    let address = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\":").await.unwrap();
    })
    .await;
    assert_unknown(ask(address).await);
}

#[tokio::test]
async fn garbage_is_unknown() {
    let address = raw(|mut stream| async move {
        stream.write_all(b"\x00\xff not http at all\r\n\r\n").await.unwrap();
    })
    .await;
    assert_unknown(ask(address).await);
}

#[tokio::test]
async fn oversized_is_unknown_whether_declared_or_not() {
    let declared = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    assert!(assert_unknown(ask(declared).await).contains("longer than 1000"));
    let chunked = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
        for _ in 0..3 {
            let _ = stream.write_all(chunk.as_bytes()).await;
        }
        std::future::pending::<()>().await;
    })
    .await;
    assert!(assert_unknown(ask(chunked).await).contains("longer than 1000"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let address = raw(|mut stream| async move {
        let answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    assert_eq!(ask(address).await.unwrap().status, 302);
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_not_shown() {
    let address = raw(|stream| async move { drop(stream) }).await;
    let request = Request::get("/").query(&[("key", "hidden-q")]).header("authorization", "hidden\nkey");
    let fault = client(address).send(&request).await.unwrap_err();
    assert!(matches!(fault, Fault::NotSent(_)) && !format!("{fault:?}").contains("hidden"));
    let request = Request::get("/").query(&[("key", "hidden-q")]).header("authorization", "hidden-key");
    let fault = client(address).send(&request).await.unwrap_err();
    assert!(!format!("{fault:?}").contains("hidden"), "{fault:?}");
}

#[derive(Clone, Default)]
struct Seen {
    calls: Arc<AtomicUsize>,
    peers: Arc<Mutex<Vec<u16>>>,
}

/// Answers 503, 429 with `Retry-After: 0`, then 200 with the body and a header that it got.
async fn third_time_lucky(State(seen): State<Seen>, headers: HeaderMap, body: String) -> impl IntoResponse {
    match seen.calls.fetch_add(1, Ordering::SeqCst) {
        0 => (503, HeaderMap::new(), String::new()).into_reply(),
        1 => {
            let mut wait = HeaderMap::new();
            wait.insert("retry-after", "0".parse().unwrap());
            (429, wait, String::new()).into_reply()
        }
        _ => {
            let key = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
            (200, HeaderMap::new(), format!("{{\"said\":{body},\"key\":\"{key}\"}}")).into_reply()
        }
    }
}

trait IntoReply {
    fn into_reply(self) -> axum::response::Response;
}

impl IntoReply for (u16, HeaderMap, String) {
    fn into_reply(self) -> axum::response::Response {
        (axum::http::StatusCode::from_u16(self.0).unwrap(), self.1, self.2).into_response()
    }
}

async fn peers(
    State(seen): State<Seen>,
    axum::extract::ConnectInfo(peer): axum::extract::ConnectInfo<SocketAddr>,
) -> &'static str {
    seen.peers.lock().unwrap().push(peer.port());
    "ok"
}

async fn serve(seen: Seen) -> SocketAddr {
    let app = Router::new().route("/lucky", any(third_time_lucky)).route("/peers", any(peers)).with_state(seen);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

struct Lucky;

impl Call for Lucky {
    type Answer = serde_json::Value;

    fn build_request(&self) -> Request {
        Request::new(outbound::Method::Post, "/lucky").header("authorization", "k").json(&serde_json::json!({"n": 1}))
    }

    fn handle_response(&self, response: &Response) -> Outcome<serde_json::Value> {
        match response.status {
            200 => response.json(),
            429 | 503 => Outcome::Rejected(Rejection::retryable("busy", "")),
            other => Outcome::Unknown(format!("status {other}")),
        }
    }
}

#[tokio::test]
async fn retries_end_in_an_answer_or_in_the_last_rejection() {
    let policy = Retry { attempts_max: 3, first_wait_ms: 1, wait_ms_max: 5, jitter: Arc::new(|_| 0) };
    let seen = Seen::default();
    let lucky = client(serve(seen.clone()).await);
    let answer = lucky.run(&Lucky, &policy).await.done().unwrap();
    assert_eq!(answer, serde_json::json!({"said": {"n": 1}, "key": "k"}));
    assert_eq!(seen.calls.load(Ordering::SeqCst), 3);

    let seen = Seen::default();
    let once = client(serve(seen.clone()).await).run(&Lucky, &Retry::never()).await;
    assert!(matches!(once, Outcome::Rejected(r) if r.code == "busy"));
    assert_eq!(seen.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_unknown_outcome_is_never_repeated() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let address = raw(move |stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move { drop(stream) }
    })
    .await;
    let policy = Retry { attempts_max: 5, first_wait_ms: 1, wait_ms_max: 5, jitter: Arc::new(|_| 0) };
    assert!(matches!(client(address).run(&Lucky, &policy).await, Outcome::Unknown(_)));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_fresh_connection_is_used_once() {
    let seen = Seen::default();
    let client = client(serve(seen.clone()).await);
    let (pooled, fresh) = (Request::get("/peers"), Request::get("/peers").fresh_connection());
    for request in [&pooled, &pooled, &fresh, &fresh, &pooled] {
        assert_eq!(client.send(request).await.unwrap().body.as_slice(), b"ok");
    }
    let ports = seen.peers.lock().unwrap().clone();
    assert_eq!(ports[0], ports[1]);
    assert_eq!(ports[0], ports[4]);
    assert!(ports[2] != ports[3] && ports[2] != ports[0] && ports[3] != ports[0]);
}

/// A name that a stranger gave and that leads inside: no connection is made, whoever listens there.
#[tokio::test]
async fn names_that_lead_inside_are_not_connected_to() {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let address = raw(move |mut stream| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    })
    .await;
    let base = format!("http://localhost:{}", address.port());
    assert!(HttpClient::new(&base, LIMITS).unwrap().send(&Request::get("/")).await.is_ok());
    assert_eq!(reached.load(Ordering::SeqCst), 1);
    match HttpClient::public(&base, LIMITS).unwrap().send(&Request::get("/")).await {
        Err(Fault::NotSent(why)) => assert!(why.contains("no public address"), "{why}"),
        other => panic!("expected NotSent, got {other:?}"),
    }
    assert_eq!(reached.load(Ordering::SeqCst), 1);
}
