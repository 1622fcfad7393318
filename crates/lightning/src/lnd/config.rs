//! What an operator says of an LND.

use bitcoin::Network;
use outbound::{Jitter, PinnedCertificate};
use ports::Secret;
use std::path::PathBuf;

#[derive(Clone)]
pub struct LndConfig {
    pub network: Network,
    /// `https://host:port` of its REST interface.
    pub url: String,
    pub certificate: PinnedCertificate,
    /// Hex.
    pub macaroon: Secret,
    /// A file of the server's for what it has told the engine; made if it is not there.
    pub table: PathBuf,
    /// Smallest hold. Well above dust, which is lost when its channel closes.
    pub hold_sat_min: u64,
    pub jitter: Jitter,
}
