//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy knows, each in a file of its own.
//!
//! Every rule is a function from sources to findings, so that a test can show on a few lines that it finds something.

mod ambient;
mod docs;
mod edges;
mod floats;
mod lengths;
mod names;
mod places;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::repo;
use source::Source;

/// One breach of a rule. Lines count from 1; 0 speaks of the file as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub path: PathBuf,
    pub line: usize,
    pub rule: &'static str,
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path.display(), self.line, self.rule, self.message)
    }
}

/// A rule that looks at one Rust file at a time.
type Rule = fn(&Source) -> Vec<Finding>;

/// Name, what it asks, how it looks.
const RULES: &[(&str, &str, Rule)] = &[
    ("docs", "every crate opens with what it is for", docs::check),
    ("length", "files fit in a head, functions on a screen", lengths::check),
    ("names", "the words of the glossary, no others", names::check),
    ("floats", "no floating point near an amount", floats::check),
    ("ambient", "no clock, randomness or spawn of its own where all is handed in; no ignored test", ambient::check),
];

/// Checks the whole repository; an error when anything was found, after printing all of it.
pub fn check_all() -> Result<String> {
    let root = repo::root()?;
    let paths = repo::files(&root)?;
    let mut findings = edges::check_repository(&root)?;
    let mut rust = 0;
    for path in &paths {
        let bytes = std::fs::read(root.join(path)).with_context(|| format!("cannot read {}", path.display()))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        findings.extend(places::check(path, &text));
        if path.extension().is_some_and(|extension| extension == "rs") {
            rust += 1;
            findings.extend(check_rust(path, text));
        }
    }
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} breaches of the rules of the house", findings.len());
    }
    Ok(format!("{rust} Rust files and {} others keep the rules of the house", paths.len() - rust))
}

/// What each rule asks, for `--help` and for people.
pub fn describe() -> String {
    let mut text = String::from("Rules:\n  edges    who may depend on whom (the table in docs/ARCHITECTURE.md)\n");
    for (name, asks, _) in RULES {
        text.push_str(&format!("  {name:8} {asks}\n"));
    }
    text + "  places   no path of somebody's machine, no address of a package registry\n"
}

fn check_rust(path: &Path, text: String) -> Vec<Finding> {
    match Source::read(path, text) {
        Ok(source) => RULES.iter().flat_map(|(_, _, rule)| rule(&source)).collect(),
        Err(message) => vec![Finding { path: path.to_path_buf(), line: 0, rule: "syntax", message }],
    }
}

/// For the rules' own tests: reads `text` as if it lay at `path`.
#[cfg(test)]
fn fixture(path: &str, text: &str) -> Source {
    Source::read(Path::new(path), text.to_owned()).expect("the fixture is Rust")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_rust_is_a_finding() {
        let findings = check_rust(Path::new("crates/money/src/lib.rs"), "fn broken( {".into());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].rule, "syntax");
    }

    #[test]
    fn a_finding_is_a_place_to_click_on() {
        let finding = Finding { path: "a/b.rs".into(), line: 7, rule: "length", message: "too long".into() };
        assert_eq!(finding.to_string(), "a/b.rs:7: length: too long");
    }
}
