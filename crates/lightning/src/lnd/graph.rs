//! The network as LND knows it (`lnrpc.Lightning/DescribeGraph`), and the channels that are ours in it.
//!
//! On the main network the answer is tens of megabytes of JSON. It is read while it arrives, on a thread that may wait:
//! of the text some pieces are in memory, of the rest what becomes of it.

use super::node::{LndNode, Shared};
use super::rest::{Rest, RestError};
use super::room::channel_room;
use super::wire::{Channel, Channels};
use async_trait::async_trait;
use outbound::Lines;
use ports::{NetworkGraph, NetworkView, Outcome, OwnChannel};
use std::io::{self, Read};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// LND's own limit is 200 MiB of protobuf (`MaxGrpcMsgSize` in its `lnrpc`), which are about twice as much in JSON.
const BYTES_MAX: usize = 512 << 20;
/// From the first byte to the last.
const ARRIVES_WITHIN: Duration = Duration::from_secs(180);
/// That wait for the reader; a piece is what arrives at a time, some ten kilobytes.
const PIECES: usize = 16;

#[async_trait]
impl NetworkView for LndNode {
    async fn graph(&self) -> Outcome<NetworkGraph> {
        graph(&self.shared.rest).await.map_or_else(RestError::outcome, Outcome::Done)
    }

    async fn own_channels(&self) -> Outcome<Vec<OwnChannel>> {
        self.shared.own_channels().await.map_or_else(RestError::outcome, Outcome::Done)
    }
}

impl Shared {
    async fn own_channels(&self) -> Result<Vec<OwnChannel>, RestError> {
        let found: Channels = self.rest.get("/v1/channels").await?;
        Ok(found.channels.iter().filter(|channel| channel.active).filter_map(own).collect())
    }
}

/// As payers know it: an unannounced channel by the alias that its peer forwards for, an announced one by its place on
/// the chain.
fn own(channel: &Channel) -> Option<OwnChannel> {
    let (alias, confirmed) = (channel.peer_scid_alias, channel.zero_conf_confirmed_scid);
    let known = if channel.private { alias } else { confirmed };
    let room = channel_room(channel);
    Some(OwnChannel {
        peer: channel.remote_pubkey.parse().ok()?,
        short_channel_id: if known == 0 { channel.chan_id } else { known },
        inbound_msat: room.inbound_msat.min(room.in_flight_left_msat).get(),
    })
}

/// Channels that are not announced are not asked for. LND may still name some of its own for a minute after somebody else
/// did ask for them: the answer that it keeps is one for all.
async fn graph(rest: &Rest) -> Result<NetworkGraph, RestError> {
    let answer = rest.pieces("/v1/graph").await?;
    let (to_reader, pieces) = mpsc::channel(PIECES);
    let reading = tokio::task::spawn_blocking(move || graphs::read_lnd(Arrived { pieces, piece: None, at: 0 }));
    let fed = match timeout(ARRIVES_WITHIN, feed(answer, to_reader)).await {
        Ok(fed) => fed,
        Err(_) => Err(format!("the graph has not arrived within {} s", ARRIVES_WITHIN.as_secs())),
    };
    // A reader whose answer breaks off sees an end too early: why it broke off is what counts.
    let read = reading.await;
    fed.map_err(RestError::Unknown)?;
    match read {
        Ok(read) => read.map_err(|error| RestError::Unknown(format!("the node's graph: {error}"))),
        Err(error) => Err(RestError::Unknown(format!("the node's graph: {error}"))),
    }
}

/// To its end, or until the reader has had enough.
async fn feed(mut answer: Lines, to_reader: mpsc::Sender<Zeroizing<Vec<u8>>>) -> Result<(), String> {
    let mut left = BYTES_MAX;
    while let Some(piece) = answer.piece().await.map_err(|fault| RestError::from(fault).to_string())? {
        left = left.checked_sub(piece.len()).ok_or_else(|| format!("the graph is larger than {BYTES_MAX} bytes"))?;
        if to_reader.send(piece).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What has come of an answer, for a reader that waits.
struct Arrived {
    pieces: mpsc::Receiver<Zeroizing<Vec<u8>>>,
    piece: Option<Zeroizing<Vec<u8>>>,
    at: usize,
}

impl Read for Arrived {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.piece.as_ref().and_then(|piece| piece.get(self.at..)).filter(|rest| !rest.is_empty());
            if let Some(mut rest) = rest {
                let read = rest.read(into)?;
                self.at += read;
                return Ok(read);
            }
            self.piece = self.pieces.blocking_recv();
            self.at = 0;
            if self.piece.is_none() {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
