//! TLS with one certificate and no authority: that of a node of our own, which signs its certificate itself.
//!
//! Invariant: a session comes to be only with a certificate that the file holds at that moment, byte for byte. Names and
//! dates do not count, since the operator's file says more than they do. The file is read at every handshake, so that a
//! renewed certificate needs no restart; a file that cannot be read lets nobody in.

use crate::client::BadAddress;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most certificates in a file: the old and the new one, and some more.
const CERTIFICATES_MAX: usize = 8;

/// Why nobody is let in.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinFault {
    #[error("the pinned certificate cannot be read: {0}")]
    Unreadable(String),
    #[error("its certificate is not the pinned one")]
    Another,
}

/// The same words: rustls shows what it is told in this form only.
impl fmt::Debug for PinFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The certificates that a file holds, in PEM.
#[derive(Debug, Clone)]
pub struct PinnedCertificate {
    file: PathBuf,
}

impl PinnedCertificate {
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What the file says now; for looking before anything is connected to.
    pub fn check(&self) -> Result<(), PinFault> {
        self.read().map(drop)
    }

    fn read(&self) -> Result<Vec<CertificateDer<'static>>, PinFault> {
        let bad = |why: String| PinFault::Unreadable(format!("{}: {why}", self.file.display()));
        let found = CertificateDer::pem_file_iter(&self.file).map_err(|error| bad(error.to_string()))?;
        let certificates: Result<Vec<_>, _> = found.take(CERTIFICATES_MAX).collect();
        let certificates = certificates.map_err(|error| bad(error.to_string()))?;
        if certificates.is_empty() { Err(bad("no certificate in it".to_owned())) } else { Ok(certificates) }
    }

    pub(crate) fn tls(&self) -> Result<ClientConfig, BadAddress> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier { pinned: self.clone(), provider: Arc::clone(&provider) };
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| BadAddress::Tls(error.to_string()))?;
        let mut config =
            versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
        // A session that is taken up again shows no certificate: one that was taken out of the file would go on.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

#[derive(Debug)]
struct Verifier {
    pinned: PinnedCertificate,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.pinned.read().and_then(|pinned| {
            let known = pinned.iter().any(|certificate| certificate.as_ref() == end_entity.as_ref());
            if known { Ok(ServerCertVerified::assertion()) } else { Err(PinFault::Another) }
        });
        verdict.map_err(|fault| Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(fault)))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
