//! `cargo xtask electrum`: a wallet that nobody here wrote. Electrum is Debian's; the server that it asks, ElectrumX, is
//! installed from `xtask/electrum/requirements.txt` into the cache.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{needs, python, repo};

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn main(_: &Args) -> Result<()> {
    println!("{}", ensure(&repo::root()?)?.display());
    Ok(())
}

/// ElectrumX's server; it and Electrum are installed first if they are not there.
pub fn ensure(root: &Path) -> Result<PathBuf> {
    needs::ensure(needs::ELECTRUM)?;
    Ok(python::environment("electrumx", &root.join("xtask/electrum/requirements.txt"))?.join("bin/electrumx_server"))
}
