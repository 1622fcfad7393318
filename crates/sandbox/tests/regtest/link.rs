//! The link by itself: what passes, when, and what ends.

use std::time::Duration;

use sandbox::link::Link;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);
/// Long enough for a byte on loopback to arrive if it were let through.
const QUIET: Duration = Duration::from_millis(150);

/// A link and both ends of one connection through it.
async fn connected() -> (Link, TcpListener, TcpStream, TcpStream) {
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let link = Link::start(server.local_addr().expect("bound")).await.expect("a free port");
    let near = TcpStream::connect(link.address()).await.expect("connected");
    let (far, _) = timeout(SOON, server.accept()).await.expect("in time").expect("accepted");
    (link, server, near, far)
}

async fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    timeout(SOON, stream.read_exact(&mut bytes)).await.expect("in time").expect("bytes");
    bytes
}

async fn ended(stream: &mut TcpStream) {
    let mut byte = [0];
    // An end or a reset, as the timing has it.
    let read = timeout(SOON, stream.read(&mut byte)).await.expect("in time");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test]
async fn passes_both_ways_and_ends() {
    let (link, _server, mut near, mut far) = connected().await;
    near.write_all(b"there").await.expect("sent");
    assert_eq!(read(&mut far, 5).await, b"there");
    far.write_all(b"back").await.expect("sent");
    assert_eq!(read(&mut near, 4).await, b"back");
    assert_eq!(link.connections(), 1);
    drop(near);
    ended(&mut far).await;
}

#[tokio::test]
async fn a_pause_holds_every_byte() {
    let (link, _server, mut near, mut far) = connected().await;
    link.pause().await;
    near.write_all(b"held").await.expect("taken");
    far.write_all(b"too").await.expect("taken");
    let mut byte = [0];
    assert!(timeout(QUIET, far.read(&mut byte)).await.is_err(), "a byte passed");
    assert!(timeout(QUIET, near.read(&mut byte)).await.is_err(), "a byte passed");
    assert_eq!(link.connections(), 1);
    link.resume().await;
    assert_eq!(read(&mut far, 4).await, b"held");
    assert_eq!(read(&mut near, 3).await, b"too");
}

#[tokio::test]
async fn a_cut_ends_and_refuses_until_healed() {
    let (link, server, mut near, mut far) = connected().await;
    link.pause().await;
    near.write_all(b"lost").await.expect("taken");
    link.cut().await;
    ended(&mut near).await;
    ended(&mut far).await;
    let mut refused = TcpStream::connect(link.address()).await.expect("taken");
    ended(&mut refused).await;
    link.heal().await;
    let mut near = TcpStream::connect(link.address()).await.expect("connected");
    let (mut far, _) = timeout(SOON, server.accept()).await.expect("in time").expect("accepted");
    near.write_all(b"again").await.expect("sent");
    assert_eq!(read(&mut far, 5).await, b"again");
}

#[tokio::test]
async fn nobody_at_the_other_end() {
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let target = server.local_addr().expect("bound");
    drop(server);
    let link = Link::start(target).await.expect("a free port");
    ended(&mut TcpStream::connect(link.address()).await.expect("taken")).await;
    assert_eq!(link.connections(), 0);
}
