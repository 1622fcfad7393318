//! `anytill doctor`: what is wrong and how to mend it.
//!
//! Invariant: it changes nothing, and every complaint says what to do. What cannot be looked at is said so, never taken
//! for good.

mod local;
mod outside;
mod running;

pub use local::secret_files;
pub use running::running;

use crate::admin::{self, Answer, Request};
use crate::cli::Place;
use crate::config;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    /// Works, and should be mended.
    Warning,
    Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    pub verdict: Verdict,
    pub found: String,
    /// What to do; empty if nothing.
    #[serde(default)]
    pub mend: String,
}

impl Check {
    pub fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Ok, found: found.into(), mend: String::new() }
    }

    pub fn warning(name: impl Into<String>, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Warning, found: found.into(), mend: mend.into() }
    }

    pub fn wrong(name: impl Into<String>, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Wrong, found: found.into(), mend: mend.into() }
    }
}

/// What this process can see by itself, then what the server sees, or what can be seen without one.
pub fn run(place: &Place) -> Result<Answer> {
    let file = config::file_of(&place.data, place.config.as_deref());
    let config = match config::load(&file, std::env::vars()) {
        Ok(config) => config,
        Err(error) => {
            let problems = error.problems.join("\n      ");
            return answer(vec![Check::wrong("configuration", problems, "`anytill config` explains every setting")]);
        }
    };
    let mut checks = local::checks(place, &file, &config);
    match admin::ask(&place.data, &Request::Doctor) {
        Ok(Some(told)) => checks.extend(serde_json::from_value::<Vec<Check>>(told.json)?),
        Ok(None) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            checks.extend(runtime.block_on(outside::without_server(place, &file, &config)));
        }
        Err(error) => checks.push(Check::wrong("server", format!("{error:#}"), "run this as the server's user")),
    }
    answer(checks)
}

fn answer(checks: Vec<Check>) -> Result<Answer> {
    let mut text = String::new();
    for check in &checks {
        let word = match check.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Wrong => "WRONG",
        };
        writeln!(text, "{word:8}{:16}{}", check.name, check.found)?;
        if !check.mend.is_empty() {
            writeln!(text, "{:8}{:16}-> {}", "", "", check.mend)?;
        }
    }
    let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let (wrong, warnings) = (count(Verdict::Wrong), count(Verdict::Warning));
    write!(text, "\n{wrong} wrong, {warnings} warnings, {} ok", count(Verdict::Ok))?;
    Answer::new(wrong == 0, text, &checks)
}
