//! The server's side: one request a connection.

use super::protocol::{Answer, LINE_BYTES_MAX, Line, Request};
use crate::ops;
use crate::server::{Phase, Server, Watch};
use anyhow::{Result, bail};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A caller that says nothing is let go.
const ASK_MAX: Duration = Duration::from_secs(10);
/// Connections at a time; the operator has two hands.
const CALLERS_MAX: usize = 16;

pub async fn serve(server: Arc<Server>, listener: UnixListener, mut watch: Watch) -> &'static str {
    let mut callers = JoinSet::new();
    loop {
        tokio::select! {
            () = watch.reached(Phase::NoRequests) => break,
            Some(_) = callers.join_next() => {}
            accepted = listener.accept(), if callers.len() < CALLERS_MAX => match accepted {
                Ok((stream, _)) => {
                    callers.spawn(attend(Arc::clone(&server), stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "admin socket");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            },
        }
    }
    "admin"
}

async fn attend(server: Arc<Server>, stream: UnixStream) {
    if let Err(error) = converse(server, stream).await {
        tracing::debug!(%error, "an admin connection ended");
    }
}

async fn converse(server: Arc<Server>, stream: UnixStream) -> Result<()> {
    let caller = stream.peer_cred()?.uid();
    let own = rustix::process::getuid().as_raw();
    if caller != own && caller != 0 {
        bail!("user {caller} is not this server's");
    }
    let (read, mut write) = stream.into_split();
    let mut text = String::new();
    timeout(ASK_MAX, BufReader::new(read.take(LINE_BYTES_MAX)).read_line(&mut text)).await??;
    let (progress, mut told) = mpsc::unbounded_channel();
    let work = async move {
        match serde_json::from_str::<Request>(&text) {
            Ok(request) => {
                tracing::info!(?request, "operator");
                ops::run(&server, request, &progress).await
            }
            Err(error) => Err(anyhow::anyhow!("this server does not know the request: {error}")),
        }
    };
    // To its end although the caller goes away: what was begun is not left half done.
    let mut work = tokio::spawn(work);
    let done: Result<Answer> = loop {
        tokio::select! {
            Some(line) = told.recv() => send(&mut write, &Line::Progress(line)).await?,
            done = &mut work => break done?,
        }
    };
    while let Ok(line) = told.try_recv() {
        send(&mut write, &Line::Progress(line)).await?;
    }
    let line = done.map_or_else(|error| Line::Error(format!("{error:#}")), Line::Answer);
    send(&mut write, &line).await
}

async fn send(write: &mut tokio::net::unix::OwnedWriteHalf, line: &Line) -> Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(write.write_all(&text).await?)
}
