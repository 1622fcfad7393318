//! One process a data directory.
//!
//! The lock is the kernel's (`flock` or its like), so that it ends with the process however that ends. The file stays:
//! it names the last process that held it, and removing it while it is held would let a second one in.

use ports::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

const FILE_NAME: &str = "anytill.lock";

/// The right to use a data directory, until dropped.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

impl DirLock {
    /// Takes the directory, which must exist. [`StoreError::Unusable`] with what to do if another process has it.
    pub fn acquire(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        let mut file = open(&path).map_err(|error| {
            StoreError::Unusable(format!("the lock file {} cannot be opened: {error}", path.display()))
        })?;
        match file.try_lock() {
            Ok(()) => {
                // Only for the message below, so a failure to write it is none.
                let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::Unusable(in_use(dir, &mut file))),
            Err(TryLockError::Error(error)) => Err(StoreError::Unusable(format!(
                "the lock file {} cannot be locked ({error}): keep the data directory on a local disk",
                path.display()
            ))),
        }
    }
}

impl Drop for DirLock {
    fn drop(&mut self) {
        // Closing the file would do; said so, because that is what this type is for.
        let _ = self.file.unlock();
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn in_use(dir: &Path, file: &mut File) -> String {
    let mut holder = String::new();
    let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut holder));
    let holder = match read {
        Ok(_) if !holder.is_empty() && holder.bytes().all(|b| b.is_ascii_digit()) => format!(" (process {holder})"),
        _ => String::new(),
    };
    format!(
        "another Anytill server{holder} is using {}: stop it first, or give this one a data directory of its own",
        dir.display()
    )
}
