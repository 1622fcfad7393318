//! Gets Bitcoin Core's source through Cargo: a manifest of its own, outside the workspace, depends on the crate that
//! carries it, and Cargo downloads, checks and unpacks it like any other.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, repo};

const CRATE: &str = "libbitcoinkernel-sys";
pub const VERSION: &str = "0.4.1";
/// SHA-256 of the published crate, so that what is compiled is what was looked at.
pub const CHECKSUM: &str = "345d18a1ce19a1becfcaaa066e3a60e9c7813ef5c23ea8c20704ca4ba1a46339";

/// The directory of Bitcoin Core's source; `scratch` is an empty directory for the manifest.
pub fn fetch(scratch: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(scratch.join("src"))?;
    std::fs::write(scratch.join("src/lib.rs"), "")?;
    std::fs::write(scratch.join("Cargo.toml"), manifest())?;
    // What is on the disk already needs no network; only else is it fetched.
    let metadata = metadata(scratch, true).or_else(|_| metadata(scratch, false))?;
    let lock = std::fs::read_to_string(scratch.join("Cargo.lock"))?;
    if !lock.contains(CHECKSUM) {
        bail!("the registry's {CRATE} {VERSION} is not the one this was written for (checksum differs)");
    }
    let tree = source_dir(&metadata)?;
    if !tree.join("CMakeLists.txt").is_file() {
        bail!("{} holds no source tree of Bitcoin Core", tree.display());
    }
    Ok(tree)
}

fn manifest() -> String {
    // The empty [workspace] keeps Cargo from looking for one above the cache.
    format!(
        "[package]\nname = \"bitcoind-source\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{CRATE} = \"={VERSION}\"\n"
    )
}

fn metadata(scratch: &Path, offline: bool) -> Result<serde_json::Value> {
    let mut command = Command::new(repo::cargo());
    command.current_dir(scratch).args(["metadata", "--format-version", "1"]);
    if offline {
        command.arg("--offline");
    }
    serde_json::from_str(&process::output(&mut command)?).context("cargo metadata did not print JSON")
}

fn source_dir(metadata: &serde_json::Value) -> Result<PathBuf> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let package = packages.iter().find(|package| package["name"] == CRATE && package["version"] == VERSION);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.with_context(|| format!("cargo did not unpack {CRATE} {VERSION}"))?;
    Ok(Path::new(manifest).with_file_name("bitcoin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_source_beside_the_manifest() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "cc", "version": "1.0.0", "manifest_path": "/r/cc/Cargo.toml" },
            { "name": CRATE, "version": VERSION, "manifest_path": "/r/kernel/Cargo.toml" },
        ]});
        assert_eq!(source_dir(&metadata).expect("it is listed"), Path::new("/r/kernel/bitcoin"));
        assert!(source_dir(&serde_json::json!({ "packages": [] })).is_err());
    }
}
