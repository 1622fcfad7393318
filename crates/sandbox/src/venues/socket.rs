//! The server's side of one connection, the same for every venue.

use std::time::Duration;

use axum::{
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    response::Response,
};

use super::{Desk, FeedFault, PairBook};

/// What one venue says on one connection.
pub(crate) trait Script: Send + 'static {
    fn greeting(&mut self, now_ms: i64) -> Vec<String>;

    /// A message of the client. The second is how many subscriptions it asked for.
    fn asked(&mut self, text: &str, desk: &Desk) -> (Vec<String>, usize);

    /// The market has changed: what is said of it to whoever subscribed. `look` gives the book of a currency.
    fn changed(&mut self, look: &dyn Fn(&str) -> Option<PairBook>, now_ms: i64, wrong_checksum: bool) -> Vec<String>;

    fn heartbeat(&mut self, now_ms: i64) -> Vec<String>;

    /// The venue's own way of asking clients to connect again, if it has one.
    fn go_away(&self) -> Option<String>;
}

pub(crate) fn upgrade(upgrade: WebSocketUpgrade, desk: Desk, script: impl Script) -> Response {
    upgrade.on_upgrade(move |socket| converse(socket, desk, Box::new(script)))
}

async fn converse(mut socket: WebSocket, desk: Desk, mut script: Box<dyn Script>) {
    let (mut cut, mut changed) = (desk.feeds.connected(), desk.market.changed());
    let mut beat = tokio::time::interval(Duration::from_millis(desk.heartbeat_ms));
    beat.tick().await;
    if say(&mut socket, &desk, script.greeting(desk.now_ms())).await.is_err() {
        return;
    }
    loop {
        let said = tokio::select! {
            _ = cut.changed() => return,
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let (answers, subscriptions) = script.asked(&text, &desk);
                    (0..subscriptions).for_each(|_| desk.feeds.subscribed());
                    say(&mut socket, &desk, answers).await
                }
                Some(Ok(_)) => Ok(()),
                Some(Err(_)) | None => return,
            },
            _ = changed.changed() => tell(&mut socket, &desk, script.as_mut()).await,
            _ = beat.tick() => {
                let beats = script.heartbeat(desk.now_ms());
                say(&mut socket, &desk, beats).await
            }
        };
        if said.is_err() {
            return;
        }
    }
}

async fn tell(socket: &mut WebSocket, desk: &Desk, script: &mut dyn Script) -> Result<(), axum::Error> {
    let fault = desk.feeds.take();
    if let Some(fault) = fault {
        tracing::info!(?fault, "a sandbox venue fails as ordered");
    }
    let look = |currency: &str| {
        let book = desk.market.book(currency)?;
        Some(match fault {
            Some(FeedFault::Zero) => book.zeroed(),
            Some(FeedFault::Crossed) => book.crossed(),
            _ => book,
        })
    };
    let mut messages = script.changed(&look, desk.now_ms(), fault == Some(FeedFault::WrongChecksum));
    match fault {
        Some(FeedFault::Gap) => messages.clear(),
        Some(FeedFault::Garbage) => {
            for message in &mut messages {
                let half = message.len() / 2;
                message.truncate(half);
            }
        }
        Some(FeedFault::Oversized(bytes)) => messages = vec![" ".repeat(bytes)],
        Some(FeedFault::Binary) => return socket.send(Message::Binary(vec![0; 8].into())).await,
        Some(FeedFault::AskToReconnect) => messages.extend(script.go_away()),
        _ => {}
    }
    say(socket, desk, messages).await
}

async fn say(socket: &mut WebSocket, desk: &Desk, messages: Vec<String>) -> Result<(), axum::Error> {
    if desk.feeds.is_silent() {
        return Ok(());
    }
    for message in messages {
        socket.send(Message::Text(message.into())).await?;
    }
    Ok(())
}
