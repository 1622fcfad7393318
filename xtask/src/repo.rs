//! Where things are: the repository, its source files, the cache. Nothing here depends on the current directory.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The root of the repository this xtask was built from.
pub fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask lies directly in the repository")?;
    if !root.join("Cargo.toml").is_file() {
        bail!("the repository moved since xtask was built ({}): build it again", root.display());
    }
    Ok(root.to_path_buf())
}

/// What is never part of the source (`.git` is a file in a linked work tree).
const SKIPPED: &[&str] = &[".git", "target", "node_modules", ".cache", "dist", "proptest-regressions"];

/// Every source file below `root`, as paths relative to it, sorted.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            if SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path().strip_prefix(root)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where slow results outside Cargo's own target directory are kept: `$ANYTILL_CACHE`, else the user's cache directory.
pub fn cache_dir() -> Result<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("ANYTILL_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|dir| dir.join("anytill")))
        .or_else(|| from("HOME").map(|home| home.join(".cache").join("anytill")))
        .context("no place for the cache: set ANYTILL_CACHE to a directory that may be written")
}

/// Cargo's output directory for this repository.
pub fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// The binary `name` as `cargo build` (dev profile) leaves it.
pub fn dev_binary(root: &Path, name: &str) -> PathBuf {
    target_dir(root).join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The Cargo that started us, so that a pinned toolchain stays pinned.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
