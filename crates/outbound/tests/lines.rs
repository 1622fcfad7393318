//! Answers of lines, and a server that is known by its certificate alone.

use outbound::{Fault, HttpClient, Limits, Lines, Opened, PinnedCertificate, Request};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const LIMITS: Limits = Limits { deadline_ms: 400, answer_bytes_max: 100 };

async fn read_head(stream: &mut (impl AsyncReadExt + Unpin)) {
    let (mut head, mut byte) = (Vec::new(), [0u8; 1]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
}

/// Answers each connection with these pieces, then ends it if `end`.
async fn pieces(status: &'static str, pieces: &'static [&'static str], end: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_head(&mut stream).await;
            let _ = write_pieces(&mut stream, status, pieces).await;
            if end {
                let _ = stream.write_all(b"0\r\n\r\n").await;
            } else {
                std::future::pending::<()>().await;
            }
        }
    });
    address
}

async fn write_pieces(stream: &mut (impl AsyncWrite + Unpin), status: &str, pieces: &[&str]) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status}\r\ntransfer-encoding: chunked\r\n\r\n").as_bytes()).await?;
    for piece in pieces {
        stream.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(())
}

async fn open(address: SocketAddr) -> Lines {
    let client = HttpClient::new(&format!("http://{address}"), LIMITS).unwrap();
    match client.open_lines(&Request::get("/")).await {
        Ok(Opened::Lines(lines)) => lines,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lines_come_whole_however_they_are_cut() {
    let mut lines = open(pieces("200 OK", &["one\nt", "w", "o\n\nthree\n"], true).await).await;
    for expected in ["one", "two", "three"] {
        assert_eq!(lines.next().await.unwrap().unwrap().as_slice(), expected.as_bytes());
    }
    assert_eq!(lines.next().await, Ok(None));
}

/// Longer than the client's deadline: between lines any time may pass.
#[tokio::test]
async fn silence_is_no_end() {
    let mut lines = open(pieces("200 OK", &["one\n"], false).await).await;
    assert!(lines.next().await.unwrap().is_some());
    let silent = tokio::time::timeout(std::time::Duration::from_millis(800), lines.next()).await;
    assert!(silent.is_err(), "{silent:?}");
}

#[tokio::test]
async fn one_long_line_comes_in_pieces() {
    const PIECES: &[&str] = &["first\n{\"a\":", "[1,2", "]}"];
    let mut lines = open(pieces("200 OK", PIECES, true).await).await;
    assert_eq!(lines.next().await.unwrap().unwrap().as_slice(), b"first");
    let mut all = Vec::new();
    while let Some(piece) = lines.piece().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    assert_eq!(all, b"{\"a\":[1,2]}");
}

#[tokio::test]
async fn what_is_cut_off_or_too_long_is_unknown() {
    let mut lines = open(pieces("200 OK", &["half a li"], true).await).await;
    assert!(matches!(lines.next().await, Err(Fault::Unknown(_))));
    const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123456789";
    let mut lines = open(pieces("200 OK", &[LONG, LONG], false).await).await;
    assert!(matches!(lines.next().await, Err(Fault::Unknown(why)) if why.contains("100 bytes")));
}

#[tokio::test]
async fn a_refusal_is_a_whole_answer() {
    let address = pieces("404 Not Found", &["{\"code\":5}"], true).await;
    let client = HttpClient::new(&format!("http://{address}"), LIMITS).unwrap();
    match client.open_lines(&Request::get("/")).await {
        Ok(Opened::Refused(response)) => {
            assert_eq!((response.status, response.body.as_slice()), (404, &b"{\"code\":5}"[..]))
        }
        other => panic!("{other:?}"),
    }
}

/// A server with a certificate of its own that is also marked as an authority, as LND's is.
async fn secure() -> (SocketAddr, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["elsewhere".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, cert.pem())
}

/// Whatever name it is for; and another certificate is let in only once the file has it.
#[tokio::test]
async fn only_the_pinned_certificate_is_spoken_to() {
    let dir = tempfile::tempdir().unwrap();
    let pinned = PinnedCertificate::new(dir.path().join("pin.pem"));
    let ((address, pem), (_, other)) = (secure().await, secure().await);
    let client = HttpClient::pinned(&format!("https://{address}"), LIMITS, &pinned).unwrap();
    let ask = async || client.send(&Request::get("/")).await;

    assert!(matches!(ask().await, Err(Fault::NotSent(why)) if why.contains("cannot be read")), "no file");
    std::fs::write(pinned.file(), "no certificate").unwrap();
    assert!(pinned.check().is_err());
    std::fs::write(pinned.file(), &other).unwrap();
    assert!(matches!(ask().await, Err(Fault::NotSent(why)) if why.contains("not the pinned one")));
    std::fs::write(pinned.file(), format!("{other}{pem}")).unwrap();
    assert_eq!(ask().await.unwrap().body.as_slice(), b"ok");
    std::fs::write(pinned.file(), &other).unwrap();
    assert!(matches!(ask().await, Err(Fault::NotSent(_))), "taken out again");
}
