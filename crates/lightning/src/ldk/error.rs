//! What can go wrong outside the port, one variant for each thing that somebody has to do about it.

use ids::NodeId;
use std::path::PathBuf;

/// Why the node did not start. Nothing was changed in the node's directory, except for [`StartError::ChainSource`]
/// and [`StartError::Node`].
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("configuration: {0}")]
    Config(String),
    #[error(
        "the seed words are not this node's: {dir} belongs to node {expected}, the words make node {derived}. \
         Use the words that were written down when that node was made, or another empty directory"
    )]
    WrongSeed { dir: PathBuf, expected: NodeId, derived: NodeId },
    #[error("{dir} belongs to a node on {expected}, the configuration says {configured}")]
    WrongNetwork { dir: PathBuf, expected: String, configured: String },
    #[error(
        "{dir} holds a node's data but not the file `{file}` that says whose. If the words are certainly this node's, \
         write its identity into the file: {derived} {network}"
    )]
    NoIdentity { dir: PathBuf, file: &'static str, derived: NodeId, network: String },
    #[error("another process runs the node in {0}; a node has exactly one owner")]
    InUse(PathBuf),
    #[error(
        "{dir} is an old copy: it has been started {found} times, the server remembers {expected}. Starting on it can \
         lose all funds in the channels. Put the newest directory back; if it is lost, ask the peers to force close \
         and recover on-chain funds with the seed words"
    )]
    StaleCopy { dir: PathBuf, found: u64, expected: u64 },
    #[error("the node's directory {dir}: {why}")]
    Storage { dir: PathBuf, why: String },
    #[error("the chain source does not answer: {0}")]
    ChainSource(String),
    #[error("the node did not start: {0}")]
    Node(String),
}

/// Why a command of the operator was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("{0}")]
    Input(String),
    #[error("the node does not run")]
    NotRunning,
    #[error("not enough on-chain funds, or they would cut into the reserve for closing channels")]
    InsufficientFunds,
    #[error("the node refused: {0}")]
    Refused(String),
}

impl From<ldk_node::NodeError> for AdminError {
    fn from(error: ldk_node::NodeError) -> Self {
        use ldk_node::NodeError as E;
        match error {
            E::NotRunning => Self::NotRunning,
            E::InsufficientFunds => Self::InsufficientFunds,
            other => Self::Refused(other.to_string()),
        }
    }
}
