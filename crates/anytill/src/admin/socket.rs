//! The socket's file.

use anyhow::{Context as _, Result, bail};
use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

pub const FILE_NAME: &str = "admin.sock";
/// What `sockaddr_un` holds, less the zero at its end.
const PATH_BYTES_MAX: usize = 107;

/// A bound socket; its file goes with it.
pub struct Socket {
    path: PathBuf,
    listener: UnixListener,
}

impl Socket {
    /// The caller holds the lock of the data directory, so a file that is there is of a server that was killed.
    pub fn bind(data: &Path) -> Result<Self> {
        let path = data.join(FILE_NAME);
        let wrong = || format!("{} cannot be made", path.display());
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(wrong),
            _ => {}
        }
        let (listener, _dir) = through(data, |short| UnixListener::bind(short)).with_context(wrong)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).with_context(wrong)?;
        listener.set_nonblocking(true)?;
        Ok(Self { path: std::path::absolute(&path)?, listener })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn listener(&self) -> Result<tokio::net::UnixListener> {
        Ok(tokio::net::UnixListener::from_std(self.listener.try_clone()?)?)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Calls with a path of the socket that fits into an address: where the data directory's own is too long, through the
/// open directory.
pub fn through<T>(data: &Path, call: impl Fn(&Path) -> std::io::Result<T>) -> Result<(T, Option<File>)> {
    let path = data.join(FILE_NAME);
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return Ok((call(&path)?, None));
    }
    if !cfg!(target_os = "linux") {
        bail!("the path of the data directory is too long for a socket: use a shorter one");
    }
    let dir = File::open(data)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}/{FILE_NAME}", dir.as_raw_fd()));
    Ok((call(&short)?, Some(dir)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_long_path_is_no_hindrance_and_a_leftover_neither() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(60)).join("e".repeat(60));
        fs::create_dir_all(&deep).unwrap();
        let first = Socket::bind(&deep).unwrap();
        std::mem::forget(first);
        let second = Socket::bind(&deep).unwrap();
        assert_eq!(fs::metadata(second.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(through(&deep, |path| UnixStream::connect(path)).is_ok());
        drop(second);
        assert!(through(&deep, |path| UnixStream::connect(path)).is_err());
    }
}
