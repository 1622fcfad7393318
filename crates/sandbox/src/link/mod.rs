//! A TCP link between two nodes that can stall and break: what a bad network does to a Lightning
//! connection, on command.
//!
//! *Paused*, bytes stay in flight and both ends believe that the connection lives; what was sent
//! arrives once the link flows again. *Cut*, every connection ends and new ones end at once.
//!
//! Invariant: once [`Link::pause`] or [`Link::cut`] has returned, not one more byte passes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{RwLock, watch};
use tokio::task::{JoinHandle, JoinSet};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Read in one go; a paused link holds at most this much for each direction beyond the sockets' own.
const CHUNK_BYTES: usize = 16 * 1024;

/// What the link does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Flowing,
    Paused,
    Cut,
}

/// The flow, and how often the link was cut: a connection lives within one such number, so that a
/// cut that is healed at once still ends it.
#[derive(Debug, Clone, Copy)]
struct Condition {
    flow: Flow,
    cuts: u64,
}

/// A listening address whose connections go on to another; see the module. Ends when dropped.
pub struct Link {
    address: SocketAddr,
    gate: Arc<Gate>,
    accepting: JoinHandle<()>,
}

/// The state, and a way to learn that it changed.
struct Gate {
    /// Held for reading while bytes are passed on: whoever has changed it knows that nothing moves.
    condition: RwLock<Condition>,
    changed: watch::Sender<Condition>,
    connections: AtomicUsize,
}

impl Link {
    /// Listens on a free loopback port and passes everything on to `target`.
    ///
    /// # Errors
    /// As the socket.
    pub async fn start(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let fresh = Condition { flow: Flow::Flowing, cuts: 0 };
        let gate = Arc::new(Gate {
            condition: RwLock::new(fresh),
            changed: watch::Sender::new(fresh),
            connections: AtomicUsize::new(0),
        });
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&gate)));
        Ok(Self { address, gate, accepting })
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that are open through the link.
    pub fn connections(&self) -> usize {
        self.gate.connections.load(Ordering::SeqCst)
    }

    /// Holds all bytes, in both directions.
    pub async fn pause(&self) {
        self.gate.set(Flow::Paused).await;
    }

    /// Lets bytes through again, those held first.
    pub async fn resume(&self) {
        self.gate.set(Flow::Flowing).await;
    }

    /// Ends every connection, and from now on each new one. What was held is lost.
    pub async fn cut(&self) {
        self.gate.set(Flow::Cut).await;
    }

    /// Takes connections again. Those that were cut stay so; the nodes connect anew.
    pub async fn heal(&self) {
        self.gate.set(Flow::Flowing).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Gate {
    async fn set(&self, flow: Flow) {
        let mut condition = self.condition.write().await;
        condition.flow = flow;
        if flow == Flow::Cut {
            condition.cuts += 1;
        }
        self.changed.send_replace(*condition);
    }

    /// Passes bytes on once the link flows; `false` when they cannot be.
    async fn pass(&self, cuts: u64, bytes: &[u8], to: &mut OwnedWriteHalf) -> bool {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let condition = self.condition.read().await;
                if condition.cuts != cuts {
                    return false;
                }
                if condition.flow == Flow::Flowing {
                    return to.write_all(bytes).await.is_ok();
                }
            }
            if changed.changed().await.is_err() {
                return false;
            }
        }
    }

    async fn until_cut(&self, cuts: u64) {
        let mut changed = self.changed.subscribe();
        // An error means that the link is gone, which is as good as cut.
        let _ = changed.wait_for(|condition| condition.cuts != cuts).await;
    }
}

/// The connections are in a set of this task, so that they end with it.
async fn accept(listener: TcpListener, target: SocketAddr, gate: Arc<Gate>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((from, _)) => {
                connections.spawn(connect(from, target, Arc::clone(&gate)));
            }
            Err(error) => tracing::warn!(%error, "the link cannot take a connection"),
        }
    }
}

async fn connect(from: TcpStream, target: SocketAddr, gate: Arc<Gate>) {
    let Condition { flow, cuts } = *gate.condition.read().await;
    if flow == Flow::Cut {
        return;
    }
    let to = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(target)).await;
    let Ok(Ok(to)) = to else {
        tracing::debug!(%target, "nobody at the other end of the link");
        return;
    };
    // Small messages go at once, as between the nodes themselves.
    if from.set_nodelay(true).and_then(|()| to.set_nodelay(true)).is_err() {
        return;
    }
    let open = Open::count(&gate);
    let (from_read, from_write) = from.into_split();
    let (to_read, to_write) = to.into_split();
    let there = pump(from_read, to_write, &gate, cuts);
    let back = pump(to_read, from_write, &gate, cuts);
    tokio::select! {
        _ = async { tokio::join!(there, back) } => {}
        () = gate.until_cut(cuts) => {}
    }
    drop(open);
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, gate: &Gate, cuts: u64) {
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    loop {
        match from.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(length) => {
                if !gate.pass(cuts, &chunk[..length], &mut to).await {
                    break;
                }
            }
        }
    }
    // The other direction may still have something to say.
    let _ = to.shutdown().await;
}

/// Counts a connection for as long as it lives.
struct Open<'a>(&'a Gate);

impl<'a> Open<'a> {
    fn count(gate: &'a Gate) -> Self {
        gate.connections.fetch_add(1, Ordering::SeqCst);
        Self(gate)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::SeqCst);
    }
}
