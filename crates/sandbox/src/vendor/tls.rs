//! TLS for clients that take nothing else: a certificate authority of this process, and a server under it.
//!
//! Invariant: the authority is made anew each time and its key is written nowhere, so that trusting it trusts nothing
//! that outlives the process.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::serve::{Fuse, FusedListener, FusedStream, Served};

/// A client that does not finish its handshake is let go.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Finished handshakes that wait to be served.
const WAITING_MAX: usize = 64;

/// A test authority with one server certificate, for `127.0.0.1` and `localhost`.
#[derive(Clone, Debug)]
pub struct Authority {
    pem: String,
    server: Arc<ServerConfig>,
}

impl Authority {
    /// A new authority with a key of its own.
    pub fn new() -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "Anytill sandbox authority, for tests only");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).map_err(io::Error::other)?.pem();
        let issuer = Issuer::new(params, key);

        let own_key = KeyPair::generate().map_err(io::Error::other)?;
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut own = CertificateParams::new(names).map_err(io::Error::other)?;
        own.distinguished_name.push(DnType::CommonName, "Anytill sandbox");
        // Verifiers of today insist on the authority's key identifier.
        own.use_authority_key_identifier_extension = true;
        let certificate = own.signed_by(&own_key, &issuer).map_err(io::Error::other)?;
        let own_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], own_key)
            .map_err(io::Error::other)?;
        Ok(Self { pem, server: Arc::new(server) })
    }

    /// The authority's certificate: what a client has to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

/// Accepts connections and shakes hands beside each other, so that a slow client holds nobody up.
pub(crate) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<FusedStream>, SocketAddr)>,
    addr: SocketAddr,
}

impl TlsListener {
    fn new(mut inner: FusedListener, authority: &Authority) -> io::Result<Self> {
        let addr = inner.local_addr()?;
        let acceptor = TlsAcceptor::from(authority.server.clone());
        let (done, ready) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            // Ends when the server that takes the streams is gone.
            loop {
                let (stream, from) = tokio::select! {
                    accepted = inner.accept() => accepted,
                    () = done.closed() => return,
                };
                let (acceptor, done) = (acceptor.clone(), done.clone());
                tokio::spawn(async move {
                    match timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => drop(done.send((stream, from)).await),
                        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                        Err(_) => tracing::debug!("a TLS handshake was not finished"),
                    }
                });
            }
        });
        Ok(Self { ready, addr })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<FusedStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The accepting task never ends before us.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        stream.io().get_ref().0.fuse()
    }
}

/// As [`super::serve::serve`], over TLS.
pub(crate) async fn serve_tls(port: u16, router: Router, authority: &Authority) -> io::Result<Served> {
    let listener = TlsListener::new(FusedListener::bind(port).await?, authority)?;
    let addr = listener.local_addr()?;
    let service = router.into_make_service_with_connect_info::<Fuse>();
    Ok(Served::run(addr, "https", async move { axum::serve(listener, service).await }))
}
