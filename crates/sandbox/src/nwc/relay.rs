//! A relay after NIP-01: takes signed events, keeps the last of them, hands them to whoever asked for their like.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use nostr::filter::MatchEventOptions;
use nostr::prelude::{ClientMessage, Event, Filter, RelayMessage, SubscriptionId};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

const KEPT_MAX: usize = 1_000;
const SUBSCRIPTIONS_MAX: usize = 20;
const TEXT_BYTES_MAX: usize = 128 * 1_024;

/// A running relay on loopback; stops when dropped.
pub struct Relay {
    url: String,
    board: Board,
    serving: JoinHandle<()>,
}

/// What everybody on the relay sees.
#[derive(Clone)]
pub(super) struct Board {
    kept: Arc<Mutex<VecDeque<Event>>>,
    news: broadcast::Sender<Event>,
}

impl Relay {
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("ws://{}", listener.local_addr()?);
        let board = Board { kept: Arc::default(), news: broadcast::Sender::new(KEPT_MAX) };
        let routes = Router::new().route("/", get(upgrade)).with_state(board.clone());
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the relay");
            }
        });
        Ok(Self { url, board, serving })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn board(&self) -> Board {
        self.board.clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Board {
    pub fn post(&self, event: Event) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(event.clone());
        // Posted within the lock: nobody who listens first and looks then misses it or sees it twice in another order.
        let _ = self.news.send(event);
    }

    /// What was kept, and everything from now on.
    pub fn listen(&self) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.iter().cloned().collect(), self.news.subscribe())
    }
}

async fn upgrade(upgrade: WebSocketUpgrade, State(board): State<Board>) -> Response {
    upgrade.max_message_size(TEXT_BYTES_MAX).on_upgrade(move |socket| converse(socket, board))
}

type Wanted = HashMap<SubscriptionId, Vec<Filter>>;

async fn converse(mut socket: WebSocket, board: Board) {
    let (_, mut news) = board.listen();
    let mut wanted = Wanted::new();
    loop {
        let said = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => heard(&text, &board, &mut wanted),
                Some(Ok(_)) => Vec::new(),
                Some(Err(_)) | None => return,
            },
            event = news.recv() => match event {
                Ok(event) => of_interest(&event, &wanted),
                // Who cannot keep up connects anew.
                Err(_) => return,
            },
        };
        for message in said {
            if socket.send(Message::text(message)).await.is_err() {
                return;
            }
        }
    }
}

fn heard(text: &str, board: &Board, wanted: &mut Wanted) -> Vec<String> {
    match ClientMessage::from_json(text) {
        Ok(ClientMessage::Event(event)) => {
            let (event_id, good) = (event.id, event.verify().is_ok());
            if good {
                board.post(event.into_owned());
            }
            let message = Cow::Borrowed(if good { "" } else { "invalid: not signed as it says" });
            vec![RelayMessage::Ok { event_id, status: good, message }.as_json()]
        }
        Ok(ClientMessage::Req { subscription_id, filters }) if wanted.len() < SUBSCRIPTIONS_MAX => {
            let (id, filters) = (subscription_id.into_owned(), filters.into_iter().map(Cow::into_owned).collect());
            wanted.insert(id.clone(), filters);
            let (kept, _) = board.listen();
            let mine: Wanted =
                wanted.get_key_value(&id).map(|(id, all)| (id.clone(), all.clone())).into_iter().collect();
            let mut said: Vec<_> = kept.iter().flat_map(|event| of_interest(event, &mine)).collect();
            said.push(RelayMessage::EndOfStoredEvents(Cow::Owned(id)).as_json());
            said
        }
        Ok(ClientMessage::Close(id)) => {
            wanted.remove(&*id);
            Vec::new()
        }
        Ok(_) | Err(_) => vec![RelayMessage::Notice(Cow::Borrowed("not served here")).as_json()],
    }
}

fn of_interest(event: &Event, wanted: &Wanted) -> Vec<String> {
    let fits = |filter: &Filter| filter.match_event(event, MatchEventOptions::new());
    let of = wanted.iter().filter(|(_, filters)| filters.iter().any(fits));
    of.map(|(id, _)| RelayMessage::Event { subscription_id: Cow::Borrowed(id), event: Cow::Borrowed(event) }.as_json())
        .collect()
}
