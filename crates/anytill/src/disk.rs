//! Room on a disk.

use std::path::Path;

/// What an ordinary user may still write where `path` lies.
pub fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
