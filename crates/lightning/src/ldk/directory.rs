//! The node's directory: one owner at a time, one seed for ever, never an old copy.
//!
//! Invariant: all of this is checked before ldk-node touches its state. A stale or foreign state panics at best and
//! loses the channels at worst.

use super::error::StartError;
use super::keys::NodeKey;
use bitcoin::Network;
use ids::NodeId;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Whose directory it is: node id and network, written before the first start.
const IDENTITY_FILE: &str = "node.id";
const LOCK_FILE: &str = "lock";
/// Where ldk-node keeps its state (`SQLITE_DB_FILE_NAME` of its store).
const STATE_FILE: &str = "ldk_node_data.sqlite";

/// A locked directory that is this seed's. The lock goes with the value, and with the process however it ends.
pub(super) struct NodeDirectory {
    path: PathBuf,
    _lock: File,
}

impl NodeDirectory {
    /// Makes the directory if needed, takes the lock and compares the identity.
    ///
    /// # Errors
    /// [`StartError::InUse`], [`StartError::WrongSeed`], [`StartError::WrongNetwork`], [`StartError::NoIdentity`],
    /// [`StartError::Storage`].
    pub fn open(path: &Path, key: &NodeKey, network: Network) -> Result<Self, StartError> {
        let storage = |error: std::io::Error| StartError::Storage { dir: path.to_owned(), why: error.to_string() };
        make_private(path).map_err(storage)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK_FILE));
        let lock = lock.map_err(storage)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StartError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(storage(error)),
        }
        let directory = Self { path: path.to_owned(), _lock: lock };
        directory.check_identity(&key.node_id(), network)?;
        Ok(directory)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn check_identity(&self, derived: &NodeId, network: Network) -> Result<(), StartError> {
        let storage = |error: std::io::Error| StartError::Storage { dir: self.path.clone(), why: error.to_string() };
        let found = match fs::read_to_string(self.file(IDENTITY_FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if self.file(STATE_FILE).exists() {
                    return Err(StartError::NoIdentity {
                        dir: self.path.clone(),
                        file: IDENTITY_FILE,
                        derived: *derived,
                        network: network.to_string(),
                    });
                }
                return self.write_identity(derived, network).map_err(storage);
            }
            Err(error) => return Err(storage(error)),
        };
        let mut words = found.split_whitespace();
        let expected: Option<NodeId> = words.next().and_then(|id| id.parse().ok());
        let (Some(expected), Some(written)) = (expected, words.next()) else {
            let why = format!("`{IDENTITY_FILE}` does not hold a node id and a network");
            return Err(StartError::Storage { dir: self.path.clone(), why });
        };
        if expected != *derived {
            return Err(StartError::WrongSeed { dir: self.path.clone(), expected, derived: *derived });
        }
        if written != network.to_string() {
            let (expected, configured) = (written.to_owned(), network.to_string());
            return Err(StartError::WrongNetwork { dir: self.path.clone(), expected, configured });
        }
        Ok(())
    }

    /// All of it or nothing: written aside, synced, renamed.
    fn write_identity(&self, id: &NodeId, network: Network) -> std::io::Result<()> {
        let aside = self.file("node.id.new");
        let mut file = File::create(&aside)?;
        writeln!(file, "{id} {network}")?;
        file.sync_all()?;
        fs::rename(&aside, self.file(IDENTITY_FILE))?;
        File::open(&self.path)?.sync_all()
    }
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::super::keys::NodeSeed;
    use super::*;

    fn key(byte: u8) -> NodeKey {
        NodeKey::derive(&NodeSeed::new([byte; 64]), Network::Regtest)
    }

    #[test]
    fn one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let first = NodeDirectory::open(dir.path(), &key(1), Network::Regtest).unwrap();
        assert!(matches!(NodeDirectory::open(dir.path(), &key(1), Network::Regtest), Err(StartError::InUse(_))));
        drop(first);
        assert!(NodeDirectory::open(dir.path(), &key(1), Network::Regtest).is_ok());
    }

    #[test]
    fn one_seed_and_one_network() {
        let dir = tempfile::tempdir().unwrap();
        drop(NodeDirectory::open(dir.path(), &key(1), Network::Regtest).unwrap());
        match NodeDirectory::open(dir.path(), &key(2), Network::Regtest) {
            Err(StartError::WrongSeed { expected, derived, .. }) => {
                assert_eq!((expected, derived), (key(1).node_id(), key(2).node_id()));
            }
            other => panic!("{:?}", other.err()),
        }
        assert!(matches!(
            NodeDirectory::open(dir.path(), &key(1), Network::Signet),
            Err(StartError::WrongNetwork { .. })
        ));
    }

    #[test]
    fn state_without_identity_is_not_adopted() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(STATE_FILE), b"state").unwrap();
        let error = NodeDirectory::open(dir.path(), &key(1), Network::Regtest).err().unwrap();
        assert!(matches!(error, StartError::NoIdentity { .. }));
        assert!(error.to_string().contains(&key(1).node_id().to_string()), "{error}");
    }
}
