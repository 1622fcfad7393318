//! Serving a router on loopback, with connections that a fault can cut.
//!
//! A vendor that falls over after it has done the work leaves its caller with a closed socket and no answer. To play
//! that, every connection carries a [`Fuse`]: once blown, the next write fails and hyper closes the socket before one
//! byte of the answer has left.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Cuts the connection that it belongs to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse(Arc<AtomicBool>);

impl Fuse {
    pub(crate) fn blow(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose"));
        }
        Ok(())
    }
}

impl Connected<IncomingStream<'_, FusedListener>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, FusedListener>) -> Self {
        stream.io().fuse()
    }
}

/// A listener whose connections can be cut one by one.
pub(crate) struct FusedListener(TcpListener);

impl Listener for FusedListener {
    type Io = FusedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (FusedStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, addr)) => {
                    let fuse = Fuse::default();
                    return (FusedStream { stream, fuse }, addr);
                }
                // Out of file descriptors or the like: the listener itself is fine, so try again a little later.
                Err(error) => {
                    tracing::warn!(%error, "sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl FusedListener {
    /// On 127.0.0.1; port 0 takes any free one.
    pub(crate) async fn bind(port: u16) -> io::Result<Self> {
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.map(Self)
    }
}

/// A TCP stream with a [`Fuse`].
pub(crate) struct FusedStream {
    stream: TcpStream,
    fuse: Fuse,
}

impl FusedStream {
    pub(crate) fn fuse(&self) -> Fuse {
        self.fuse.clone()
    }
}

impl AsyncRead for FusedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.fuse.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for FusedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.fuse.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fuse.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A running server. Dropping it stops the listening and the connections.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    scheme: &'static str,
    task: JoinHandle<()>,
}

impl Served {
    pub(crate) fn run(
        addr: SocketAddr,
        scheme: &'static str,
        serving: impl Future<Output = io::Result<()>> + Send + 'static,
    ) -> Self {
        let serving: Pin<Box<dyn Future<Output = io::Result<()>> + Send>> = Box::pin(serving);
        let task = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::warn!(%error, "a sandbox server ended");
            }
        });
        Self { addr, scheme, task }
    }

    /// `http://127.0.0.1:port`, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.addr)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens on 127.0.0.1 (port 0: any free one) and serves `router`.
pub(crate) async fn serve(port: u16, router: Router) -> io::Result<Served> {
    let listener = FusedListener::bind(port).await?;
    let addr = listener.local_addr()?;
    let service = router.into_make_service_with_connect_info::<Fuse>();
    Ok(Served::run(addr, "http", async move { axum::serve(listener, service).await }))
}
