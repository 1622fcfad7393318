//! What a command says: answers on standard output, everything else on standard error.

use serde::Serialize;
use std::io::Write as _;

/// One line of the answer. A reader that has gone away is no fault.
pub fn line(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
}

/// Without an end of line, shown at once: a question.
pub fn ask(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// For the person at the terminal; never part of an answer that a program reads.
pub fn note(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// The answer as one JSON document.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}
