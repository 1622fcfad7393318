//! The server's log: standard error, as text or JSON. Whoever runs it (systemd, a container) keeps and rotates it.

use crate::config::{Log, LogFormat};
use anyhow::{Context as _, Result, anyhow};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

pub fn init(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.filter).context("log.filter")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = match log.format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    done.map_err(|error| anyhow!("the log cannot be set up: {error}"))
}
