//! The one line, and the file, that say where the server is.

use super::open::Server;
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Ready<'a> {
    http_url: &'a str,
    /// What shoppers and the issuer are told.
    public_url: &'a str,
    admin_socket: &'a Path,
    node_id: String,
    /// `host:port`; empty where nobody can connect.
    node_address: &'a str,
    network: &'static str,
    pid: u32,
}

/// Removes the file when the server stops.
pub struct Announced(Option<PathBuf>);

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

pub fn announce(server: &Server, socket: &Path, file: Option<&Path>) -> Result<Announced> {
    if let Some(path) = file {
        let ready = Ready {
            http_url: &server.http_url,
            public_url: &server.engine.config().server_url,
            admin_socket: socket,
            node_id: server.nodes.first.node_id().to_string(),
            node_address: server.node_listens.first().map_or("", String::as_str),
            network: server.config.chain.network.word(),
            pid: std::process::id(),
        };
        // Whole or not there: whoever waits for it may read it at once.
        let mut aside = path.as_os_str().to_owned();
        aside.push(".new");
        let wrong = || format!("--ready-file: {} cannot be written", path.display());
        fs::write(&aside, serde_json::to_vec_pretty(&ready)?).with_context(wrong)?;
        fs::rename(&aside, path).with_context(wrong)?;
    }
    super::say_ready(&format!("ready {} node {}", server.http_url, server.node_address()));
    Ok(Announced(file.map(Path::to_owned)))
}
