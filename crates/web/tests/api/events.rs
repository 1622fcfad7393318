//! Server-sent events.

use crate::setup::{DEADLINE, Options, Server, Shopper};
use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use futures::StreamExt;
use purchase::State;
use serde_json::{Value, json};
use tower::ServiceExt;

struct Stream {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: Option<u64>,
    data: Value,
}

impl Stream {
    async fn open(shopper: &Shopper<'_>, purchase: &Value, seen: Option<u64>) -> Self {
        let path = format!("/v1/purchases/{}/events", purchase["id"].as_str().unwrap());
        let mut request = shopper.request(Method::GET, &path);
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        let response = shopper.server.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// None: the stream ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(DEADLINE, self.body.next()).await.expect("something comes")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(data) = field("data:") else { continue };
            return Some(Event {
                name: field("event:").unwrap_or_default().to_owned(),
                id: field("id:").map(|id| id.parse().unwrap()),
                data: serde_json::from_str(data).unwrap(),
            });
        }
    }
}

#[tokio::test]
async fn every_state_is_told_in_order() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let mut stream = Stream::open(&ada, &begun, None).await;
    let first = stream.next().await.unwrap();
    assert_eq!((first.name.as_str(), &first.data["state"]), ("purchase", &json!("invoiced")));
    let mut last = first.id.unwrap();
    assert_eq!(first.data["version"], last);
    server.pay(&begun).await;
    for expected in ["held", "card_ready"] {
        let event = stream.next().await.unwrap();
        assert_eq!((&event.data["state"], event.id), (&json!(expected), Some(last + 1)));
        assert_eq!(event.data["bitcoin"], "held");
        last += 1;
    }
}

#[tokio::test]
async fn a_stream_is_taken_up_where_it_was_left() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let ready = ada.ready("k1").await;
    let mut stream = Stream::open(&ada, &ready, Some(1)).await;
    let mut states = Vec::new();
    for version in 2..=4 {
        let event = stream.next().await.unwrap();
        assert_eq!(event.id, Some(version));
        states.push(event.data["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["invoiced", "held", "card_ready"]);
    // Nothing new: nothing is sent until something happens.
    let mut stream = Stream::open(&ada, &ready, Some(4)).await;
    let cancel = format!("/v1/purchases/{}/cancel", ready["id"].as_str().unwrap());
    ada.post(&cancel, "c", &Value::Null).await.ok();
    assert_eq!(stream.next().await.unwrap().data["state"], "closing");
    // An id from nowhere is no id.
    let mut stream = Stream::open(&ada, &ready, Some(999)).await;
    assert!(stream.next().await.unwrap().id.unwrap() > 4);
}

#[tokio::test]
async fn a_stream_beats_and_ends() {
    let mut options = Options::default();
    options.policy.http.heartbeat_ms = 20;
    options.policy.http.stream_ms_max = 200;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let mut stream = Stream::open(&ada, &begun, None).await;
    stream.next().await.unwrap();
    assert!(stream.block().await.unwrap().starts_with(':'), "a comment keeps it alive");
    while stream.next().await.is_some() {}
}

#[tokio::test]
async fn a_revoked_token_follows_no_more() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let other = server.log_in("ada").await;
    let mut stream = Stream::open(&other, &begun, None).await;
    stream.next().await.unwrap();
    other.post("/v1/logout", "", &Value::Null).await.ok();
    server.pay(&begun).await;
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let server = Server::start().await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let mut stream = Stream::open(&ada, &begun, None).await;
    stream.next().await.unwrap();
    server.running.stop();
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn streams_are_counted() {
    let mut options = Options::default();
    options.policy.http.streams_of_account_max = 2;
    let server = Server::with(options).await;
    let ada = server.shopper("ada").await;
    let begun = ada.buy("k1").await;
    let path = format!("/v1/purchases/{}/events", begun["id"].as_str().unwrap());
    let open = [Stream::open(&ada, &begun, None).await, Stream::open(&ada, &begun, None).await];
    assert_eq!(ada.get(&path).await.problem(), (429, "rate_limited".to_owned()));
    drop(open);
    let mut again = Stream::open(&ada, &begun, None).await;
    again.next().await.unwrap();
    server.past(&begun, &[State::Quoted]).await;
}
