//! A graph of the Lightning Network as other nodes write it, into a file or an answer.
//!
//! Two forms, told apart by their first key: what LND answers to `describegraph` (its REST interface and `lncli` write the
//! same), and what Core Lightning answers to `listchannels`. Both give capacity and both directions. LND's is also read
//! while it arrives, for its text is ten times as large as what is kept of it.

mod cln;
mod lnd;

use ids::NodeId;
use ports::NetworkGraph;
use std::path::Path;

pub use lnd::read_arriving as read_lnd;

/// Largest file that is read: ten times what the network of 2026 takes.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// LND, `describegraph`.
    Lnd,
    /// Core Lightning, `listchannels`.
    CoreLightning,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read {path}: {why}")]
    File { path: String, why: std::io::Error },
    #[error("{path} has {bytes} bytes, more than {FILE_BYTES_MAX} are not read")]
    TooLarge { path: String, bytes: u64 },
    #[error(
        "neither what `lncli describegraph` writes (\"nodes\" and \"edges\") nor what `lightning-cli listchannels` writes (\"channels\")"
    )]
    UnknownForm,
    #[error("not as {form} writes it: {why}")]
    Malformed { form: &'static str, why: serde_json::Error },
    #[error("channel {channel}: {why}")]
    Channel { channel: String, why: &'static str },
}

/// A graph from a file of either form.
pub fn read_file(path: &Path) -> Result<(Source, NetworkGraph), ReadError> {
    let failed = |why| ReadError::File { path: path.display().to_string(), why };
    let found = std::fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(failed(std::io::Error::other("it is not a file")));
    }
    let bytes = found.len();
    if bytes > FILE_BYTES_MAX {
        return Err(ReadError::TooLarge { path: path.display().to_string(), bytes });
    }
    read(&std::fs::read(path).map_err(failed)?)
}

/// A graph of either form.
pub fn read(json: &[u8]) -> Result<(Source, NetworkGraph), ReadError> {
    match first_key(json) {
        Some(b"nodes" | b"edges") => lnd::read(json).map(|graph| (Source::Lnd, graph)),
        Some(b"channels") => cln::read(json).map(|graph| (Source::CoreLightning, graph)),
        _ => Err(ReadError::UnknownForm),
    }
}

fn first_key(json: &[u8]) -> Option<&[u8]> {
    let rest = json.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    rest.split(|byte| *byte == b'"').next()
}

/// More than all bitcoin there will be is no channel's.
const CAPACITY_SAT_MAX: u64 = 2_100_000_000_000_000;

/// Not every source knows a capacity, and zero stands for none.
fn capacity(sat: u64) -> Option<Option<u64>> {
    (sat <= CAPACITY_SAT_MAX).then_some(Some(sat).filter(|sat| *sat > 0))
}

fn node_id(hex: &str) -> Option<NodeId> {
    let id: NodeId = hex.parse().ok()?;
    matches!(id.0[0], 2 | 3).then_some(id)
}

/// The ends in the order of BOLT 7, and which of them the first one given is.
fn in_order(one: NodeId, two: NodeId) -> ([NodeId; 2], usize) {
    if one <= two { ([one, two], 0) } else { ([two, one], 1) }
}

#[cfg(test)]
mod tests;
