//! The commands' side.

use super::protocol::{Answer, LINE_BYTES_MAX, Line, Request};
use super::socket::through;
use crate::out;
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use storage::sqlite::{OpenMode, Sqlite};

/// Asks the running server; `None` if none runs on this data directory. Progress goes to standard error.
pub fn ask(data: &Path, request: &Request) -> Result<Option<Answer>> {
    let connected = through(data, |path| UnixStream::connect(path));
    let (mut stream, _dir) = match connected {
        Ok(connected) => connected,
        Err(error) => {
            let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if matches!(kind, Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused)) {
                return Ok(None);
            }
            return Err(error).context("the running server cannot be asked; are you the user that runs it?");
        }
    };
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answers = BufReader::new(stream.take(LINE_BYTES_MAX));
    let mut text = String::new();
    loop {
        text.clear();
        if answers.read_line(&mut text)? == 0 {
            bail!("the server ended before it answered");
        }
        match serde_json::from_str(&text).context("the server answered in words of another version")? {
            Line::Progress(progress) => out::note(progress),
            Line::Answer(answer) => return Ok(Some(answer)),
            Line::Error(error) => bail!(error),
        }
    }
}

/// The database while no server runs: with its lock, so that none starts meanwhile.
pub fn offline_store(data: &Path) -> Result<Sqlite> {
    Ok(Sqlite::open(data, OpenMode::Existing)?)
}
