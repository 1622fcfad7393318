//! Against a server of our own on loopback.

use super::*;
use axum::{
    Router,
    extract::ws::{Message as Sent, WebSocketUpgrade},
    http::StatusCode,
    routing::get,
};

const LIMITS: SocketLimits =
    SocketLimits { connect_ms_max: 2_000, send_ms_max: 2_000, message_bytes_max: 64, ping_ms: 30 };

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Echoes texts; some words have a meaning.
async fn echo() -> String {
    let route = get(|upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                let Sent::Text(text) = message else { continue };
                let sent = match text.as_str() {
                    "long" => socket.send(Sent::Text("x".repeat(65).into())).await,
                    "binary" => socket.send(Sent::Binary(vec![0].into())).await,
                    "close" => return,
                    other => socket.send(Sent::Text(other.into())).await,
                };
                if sent.is_err() {
                    return;
                }
            }
        })
    });
    let busy = get(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "") });
    serve(Router::new().route("/echo", route).route("/busy", busy)).await
}

#[tokio::test]
async fn texts_come_and_go_and_every_end_is_named() {
    let url = echo().await;
    let client = SocketClient::new(&format!("{url}/echo?snapshot=-1"), LIMITS).unwrap();
    for (word, end) in [("long", Ended::TooLong(64)), ("binary", Ended::NotText)] {
        let mut socket = client.connect().await.unwrap();
        socket.send("hello".to_owned()).await.unwrap();
        assert_eq!(socket.next().await.as_deref(), Ok("hello"));
        socket.send(word.to_owned()).await.unwrap();
        assert_eq!(socket.next().await, Err(end));
    }
    let mut socket = client.connect().await.unwrap();
    socket.send("close".to_owned()).await.unwrap();
    assert!(matches!(socket.next().await, Err(Ended::Closed | Ended::Broken(_))));
}

#[tokio::test]
async fn a_refused_handshake_says_when_to_come_back() {
    let url = echo().await;
    let refused = SocketClient::new(&format!("{url}/busy"), LIMITS).unwrap().connect().await.err();
    assert_eq!(refused, Some(NotConnected::Refused { status: 429, retry_after_ms: Some(7_000) }));
    let nobody = SocketClient::new("ws://127.0.0.1:1", LIMITS).unwrap().connect().await.err();
    assert!(matches!(nobody, Some(NotConnected::Failed(_))), "{nobody:?}");
}

/// The echo answers our pings, so the connection lives; a peer that only accepts is found out.
#[tokio::test]
async fn who_answers_pings_lives_and_who_does_not_is_dead() {
    let url = echo().await;
    let mut lives = SocketClient::new(&format!("{url}/echo"), LIMITS).unwrap().connect().await.unwrap();
    let several_silences = Duration::from_millis(400);
    assert!(timeout(several_silences, lives.next()).await.is_err(), "no end, no text");

    let mute = get(|upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|socket| async move {
            let _held = socket;
            std::future::pending::<()>().await;
        })
    });
    let url = serve(Router::new().route("/", mute)).await;
    let mut dead = SocketClient::new(&url, LIMITS).unwrap().connect().await.unwrap();
    assert_eq!(dead.next().await, Err(Ended::Silent(90)));
}

/// Whoever does not speak TLS is no server of a `wss` address.
#[tokio::test]
async fn tls_is_asked_for() {
    let url = echo().await.replace("ws://", "wss://");
    let failed = SocketClient::new(&format!("{url}/echo"), LIMITS).unwrap().connect().await.err();
    assert!(matches!(failed, Some(NotConnected::Failed(_))), "{failed:?}");
}

#[test]
fn plain_sockets_stay_on_this_machine() {
    for good in ["wss://ws.example/v2", "ws://127.0.0.1:80", "ws://[::1]:1/?a=b"] {
        assert!(SocketClient::new(good, LIMITS).is_ok(), "{good}");
    }
    assert_eq!(SocketClient::new("ws://ws.example", LIMITS).err(), Some(BadAddress::PlainHttp));
    for bad in ["", "https://ws.example", "wss://u:p@h", "wss://h#f"] {
        assert_eq!(SocketClient::new(bad, LIMITS).err(), Some(BadAddress::NotASocketAddress), "{bad}");
    }
}
