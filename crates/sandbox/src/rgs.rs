//! A simulated server of rapid gossip sync: the network's channels in one answer, in the form that LDK publishes
//! (`docs.rs/lightning-rapid-gossip-sync`, version 1), for a network that the test makes up.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use bitcoin::Network;
use bitcoin::constants::ChainHash;
use bitcoin::secp256k1::PublicKey;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Two ways over each channel, on these terms.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub cltv_delta: u16,
    pub htlc_min_msat: u64,
    pub htlc_max_msat: u64,
    pub base_msat: u32,
    pub proportional_ppm: u32,
}

/// A channel by its short id, between two of the nodes by their place in the list.
pub type Link = (u64, usize, usize);

/// The whole network in one answer, as of now: LDK takes none that is old. `links` in the order of their ids.
pub fn snapshot(network: Network, nodes: &[PublicKey], links: &[Link], terms: Terms) -> Vec<u8> {
    let now_secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now_secs = u32::try_from(now_secs).unwrap_or(u32::MAX);
    let mut bytes = b"LDK\x01".to_vec();
    bytes.extend(ChainHash::using_genesis_block_const(network).as_bytes());
    bytes.extend(now_secs.to_be_bytes());
    count(&mut bytes, nodes.len());
    nodes.iter().for_each(|node| bytes.extend(node.serialize()));
    count(&mut bytes, links.len());
    let mut before = 0;
    for (scid, one, two) in links {
        // No features.
        bytes.extend([0, 0]);
        big_size(&mut bytes, scid - before);
        big_size(&mut bytes, *one as u64);
        big_size(&mut bytes, *two as u64);
        before = *scid;
    }
    count(&mut bytes, 2 * links.len());
    bytes.extend(terms.cltv_delta.to_be_bytes());
    bytes.extend(terms.htlc_min_msat.to_be_bytes());
    bytes.extend(terms.base_msat.to_be_bytes());
    bytes.extend(terms.proportional_ppm.to_be_bytes());
    bytes.extend(terms.htlc_max_msat.to_be_bytes());
    before = 0;
    for (scid, _, _) in links {
        for direction in [0u8, 1] {
            big_size(&mut bytes, scid - before);
            bytes.push(direction);
            before = *scid;
        }
    }
    bytes
}

fn count(bytes: &mut Vec<u8>, items: usize) {
    bytes.extend(u32::try_from(items).unwrap_or(u32::MAX).to_be_bytes());
}

/// BOLT 1's `bigsize`.
fn big_size(bytes: &mut Vec<u8>, value: u64) {
    match (u8::try_from(value), u16::try_from(value), u32::try_from(value)) {
        (Ok(small), _, _) if small < 0xfd => bytes.push(small),
        (_, Ok(value), _) => bytes.extend([&[0xfd][..], &value.to_be_bytes()].concat()),
        (_, _, Ok(value)) => bytes.extend([&[0xfe][..], &value.to_be_bytes()].concat()),
        _ => bytes.extend([&[0xff][..], &value.to_be_bytes()].concat()),
    }
}

/// Serves what it was last given, or refuses.
#[derive(Clone, Default)]
pub struct GossipServer {
    answer: Arc<Mutex<Option<Vec<u8>>>>,
    asked: Arc<AtomicU64>,
}

impl GossipServer {
    /// `None`: 503, as a server that is still summing up.
    pub fn answers(&self, snapshot: Option<Vec<u8>>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// How often it was asked.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Its address, to be asked for `/TIMESTAMP`. It serves for as long as the runtime lives.
    ///
    /// # Errors
    /// When nothing can be listened on.
    pub async fn start(&self) -> io::Result<String> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/{since}", get(since)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(format!("http://{address}"))
    }
}

async fn since(State(server): State<GossipServer>, Path(_since): Path<u32>) -> Result<Vec<u8>, StatusCode> {
    server.asked.fetch_add(1, Ordering::Relaxed);
    let answer = server.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
    answer.ok_or(StatusCode::SERVICE_UNAVAILABLE)
}
