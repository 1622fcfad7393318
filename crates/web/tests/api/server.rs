//! What the server says of itself.

use crate::setup::{Options, Server};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

/// Compares a page with what the program says it is; `UPDATE=1` writes it.
fn check_page(file: &str, expected: &str) {
    let path = docs(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == expected, "docs/{file} is out of date: UPDATE=1 cargo test -p web --test api page");
}

#[test]
fn the_page_of_the_openapi_document_is_up_to_date() {
    check_page("openapi.json", &web::openapi_json());
}

#[test]
fn the_page_of_problems_is_up_to_date() {
    const BEGIN: &str = "<!-- problems: begin -->\n";
    const END: &str = "<!-- problems: end -->";
    let page = std::fs::read_to_string(docs("api.md")).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page has a place for the table");
    let (_, tail) = rest.split_once(END).expect("the table has an end");
    check_page("api.md", &format!("{head}{BEGIN}{}{END}{tail}", web::problems_markdown()));
}

#[tokio::test]
async fn the_document_is_served_and_every_route_in_it_answers() {
    let server = Server::start().await;
    let answer = server.get("/v1/openapi.json").await;
    assert_eq!(answer.text, web::openapi_json());
    let document = answer.json();
    let id = "ab".repeat(16);
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|name| *name != "parameters") {
            let operation = methods[method]["operationId"].as_str().unwrap();
            assert!(operations.insert(operation.to_owned()), "{operation} stands twice");
            let path = path.replace("{id}", &id).replace("{code}", "amount_zero");
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = Request::builder().method(method.clone()).uri(&path).body(Body::empty()).unwrap();
            let answer = server.send(request).await;
            // Nobody's accounts can be linked here, and this page needs no log-in.
            if operation == "link_callback" {
                assert_eq!(answer.status.as_u16(), 404);
                continue;
            }
            assert!(!matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn rates_and_what_is_served_need_no_log_in() {
    let server = Server::start().await;
    let rates = server.get("/v1/rates").await.ok();
    assert_eq!((&rates["rates"][0]["currency"], &rates["rates"][0]["rate"]), (&json!("USD"), &json!("5457.386")));
    assert_eq!(
        (&rates["rates"][1]["rate"], &rates["rates"][1]["unavailable"]),
        (&Value::Null, &json!("unknown_currency"))
    );
    assert_eq!(rates["rates"][0]["basis"]["kind"], "venues");
    // Only a daily table knows the crown: said with the rate, and who was not believed.
    let estimate = &rates["rates"][2];
    assert_eq!(
        (&estimate["currency"], &estimate["rate"], &estimate["age_ms"]),
        (&json!("SEK"), &json!("51000"), &json!(2_500))
    );
    assert_eq!(estimate["basis"], json!({ "kind": "table", "table": "ECB", "date": "2026-01-30", "through": "EUR" }));
    assert_eq!((&estimate["venues"], &estimate["outliers"]), (&json!(["venue", "other"]), &json!(["mad"])));
    let served = server.get("/v1/served").await.ok();
    assert_eq!(served["currencies"][0]["total_minor_max"], 20_000);
    assert_eq!(served["open_registration"], true);
    assert_eq!(served["node"], server.node_id());
    assert_eq!(server.get("/v1/keyset").await.ok(), json!({ "format": "test" }));
    assert_eq!(server.get("/v1/problems/no_room").await.ok()["status"], 503);
    assert_eq!(server.get("/v1/problems/nothing").await.problem().1, "not_found");
}

#[tokio::test]
async fn health_says_what_is_missing() {
    let server = Server::start().await;
    assert_eq!(server.get("/health").await.ok()["ready"], true);
    assert_eq!(server.get("/health/live").await.status.as_u16(), 204);
    server.prices.gone.store(true, Ordering::SeqCst);
    server.node.reachable.store(false, Ordering::SeqCst);
    assert_eq!(server.get("/health").await.ok()["ready"], true, "looked at a moment ago");
    server.clock.advance_ms(5_000);
    let answer = server.get("/health").await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.json()["reasons"], json!(["node", "prices"]));
    server.running.drain();
    assert_eq!(server.get("/health").await.json()["reasons"], json!(["draining", "node", "prices"]));
    server.clock.advance_ms(3 * 3_600_000);
    assert!(server.get("/health").await.text.contains("chain_tip_old"));
}

#[tokio::test]
async fn metrics_are_the_operators() {
    let mut options = Options::default();
    options.policy.http.metrics_token_hash = Some(Sha256::digest("scraper").into());
    let server = Server::with(options).await;
    let ask = async |peer: &str, headers: &[(&'static str, &str)]| {
        let mut request = Request::get("/metrics").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(format!("{peer}:1").parse::<SocketAddr>().unwrap()));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        server.send(request).await.status.as_u16()
    };
    assert_eq!(ask("127.0.0.1", &[]).await, 200);
    assert_eq!(ask("127.0.0.1", &[("x-forwarded-for", "192.0.2.1")]).await, 404, "a proxy on this machine");
    assert_eq!(ask("192.0.2.1", &[]).await, 404);
    assert_eq!(ask("192.0.2.1", &[("authorization", "Bearer guess")]).await, 404);
    assert_eq!(ask("192.0.2.1", &[("authorization", "Bearer scraper")]).await, 200);
    assert_eq!(server.get("/metrics").await.status.as_u16(), 404);
}

#[tokio::test]
async fn only_extensions_may_ask_across_origins() {
    let server = Server::start().await;
    let ask = async |method: Method, origin: &str| {
        let request = Request::builder()
            .method(method)
            .uri("/v1/purchases")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        server.send(request.body(Body::empty()).unwrap()).await
    };
    for origin in ["chrome-extension://abcdefghijklmnop", "moz-extension://0b2a-11"] {
        let answer = ask(Method::OPTIONS, origin).await;
        assert_eq!(answer.status.as_u16(), 204);
        assert_eq!(answer.headers["access-control-allow-origin"], origin);
        let list = |headers: &HeaderMap, name: &str| -> BTreeSet<String> {
            headers[name].to_str().unwrap().split(", ").map(str::to_owned).collect()
        };
        let allowed = list(&answer.headers, "access-control-allow-headers");
        for name in ["authorization", "content-type", "idempotency-key", "last-event-id", "if-none-match"] {
            assert!(allowed.contains(name), "{name}");
        }
        let methods = list(&answer.headers, "access-control-allow-methods");
        assert_eq!(methods, ["DELETE", "GET", "POST", "PUT"].map(str::to_owned).into());
        let exposed = list(&ask(Method::GET, origin).await.headers, "access-control-expose-headers");
        assert_eq!(exposed, ["date", "etag", "idempotency-replayed", "retry-after"].map(str::to_owned).into());
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        assert_eq!(ask(Method::GET, origin).await.headers["access-control-allow-origin"], origin);
    }
    for origin in ["https://evil.example", "null", "chrome-extension://", "chrome-extension://a/../b", "*"] {
        for method in [Method::OPTIONS, Method::GET] {
            assert!(!ask(method, origin).await.headers.contains_key("access-control-allow-origin"), "{origin}");
        }
    }
}

/// The extension reckons with a wrong clock of its machine by it.
#[tokio::test]
async fn answers_on_the_wire_have_a_date() {
    let server = Server::start().await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let service = server.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, service).await });
    let origin = "moz-extension://0b2a-11";
    let head = "Host: till.example\r\nConnection: close\r\n";
    for call in ["GET /v1/rates", "GET /nowhere", "POST /v1/purchases", "OPTIONS /v1/purchases"] {
        let preflight = "Access-Control-Request-Method: POST\r\n";
        let request = format!("{call} HTTP/1.1\r\n{head}Origin: {origin}\r\n{preflight}Content-Length: 0\r\n\r\n");
        let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
        let date = answer.lines().find_map(|line| line.strip_prefix("date: ")).expect(call);
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{call}: {date}");
        assert!(answer.contains(&format!("access-control-allow-origin: {origin}")), "{call}: {answer}");
    }
    serving.abort();
}

#[tokio::test]
async fn recipes_are_served_to_anybody_and_only_once() {
    let server = Server::start().await;
    let first = server.get("/v1/recipes").await;
    assert_eq!(first.ok(), json!({ "text": "anytill-recipes-v1\n", "signature": "ab".repeat(64) }));
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!(first.headers["cache-control"], "no-cache");
    let tag = first.headers["etag"].to_str().unwrap();
    let ask = async |tag: &str| {
        let request = Request::get("/v1/recipes").header("if-none-match", tag).body(Body::empty()).unwrap();
        server.send(request).await
    };
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let again = ask(&known).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{known}");
        assert_eq!(again.headers["etag"], tag);
    }
    assert_eq!(ask("\"other\"").await.status.as_u16(), 200);
    let without = Server::with(Options { recipes: None, ..Options::default() }).await;
    assert_eq!(without.get("/v1/recipes").await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn every_answer_has_its_security_headers() {
    let server = Server::start().await;
    for path in ["/v1/rates", "/v1/purchases", "/nowhere", "/health"] {
        let headers = server.get(path).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'", "{path}");
        assert_eq!(headers["strict-transport-security"], "max-age=31536000", "{path}");
        assert!(!headers.contains_key("set-cookie"), "{path}");
    }
}
