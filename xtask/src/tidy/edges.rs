//! Who may depend on whom: the manifests against the table that `docs/ARCHITECTURE.md` prints, so that the page is true.
//!
//! Only what is built into a program counts. Tests (dev-dependencies) may use any library of the house: that is how an
//! adapter meets the sandbox, and how a port's conformance suite meets an adapter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Finding;
use crate::{process, repo};

const PAGE: &str = "docs/ARCHITECTURE.md";
const BEGIN: &str = "<!-- edges: begin -->";
const END: &str = "<!-- edges: end -->";

/// Programs, on which nothing depends.
const PROGRAMS: &[&str] = &["anytill", "lab", "xtask"];

/// Crates from outside that some rooms of the house must never see.
struct Outside {
    rooms: &'static [&'static str],
    /// The rooms are those named, or all but those named.
    all_but: bool,
    crates: &'static [&'static str],
    why: &'static str,
}

const OUTSIDE: &[Outside] = &[
    Outside {
        rooms: &["money", "ledger", "purchase", "engine"],
        all_but: false,
        crates: &[
            "rand",
            "getrandom",
            "reqwest",
            "axum",
            "rusqlite",
            "chrono",
            "jiff",
            "time",
            "ldk-node",
            "lightning",
        ],
        why: "no clock, randomness or I/O of its own",
    },
    Outside {
        rooms: &["money", "ledger", "purchase"],
        all_but: false,
        crates: &["tokio", "futures", "async-trait"],
        why: "the core is synchronous; the engine waits for it",
    },
    Outside {
        rooms: &["anytill", "lab", "sandbox", "xtask"],
        all_but: true,
        crates: &["anyhow"],
        why: "a library's errors are typed: each variant leads to somebody's action",
    },
    Outside {
        rooms: &["outbound", "lab", "sandbox"],
        all_but: true,
        crates: &["reqwest", "hyper", "ureq"],
        why: "one HTTP client wrapper: `outbound`, with its timeouts and size limits",
    },
];

/// A crate of the workspace and what it is built from; tests left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    pub name: String,
    /// Crates of this workspace.
    pub inside: Vec<String>,
    /// Crates from the registry.
    pub outside: Vec<String>,
}

/// The table: crate -> (line of its row, what it may see).
type Table = BTreeMap<String, (usize, Vec<String>)>;

pub fn check_repository(root: &Path) -> Result<Vec<Finding>> {
    let page = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let mut command = Command::new(repo::cargo());
    command.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata = serde_json::from_str(&process::output(&mut command)?)?;
    Ok(check(&page, &manifests(&metadata)?))
}

fn check(page: &str, manifests: &[Manifest]) -> Vec<Finding> {
    let table = match table(page) {
        Ok(table) => table,
        Err(message) => return vec![on_page(0, message)],
    };
    let mut findings = Vec::new();
    for (name, (line, _)) in &table {
        if !manifests.iter().any(|manifest| manifest.name == *name) {
            findings.push(on_page(*line, format!("`{name}` is in the table but not in the workspace")));
        }
    }
    for manifest in manifests {
        findings.extend(check_outside(manifest));
        let Some((_, allowed)) = table.get(&manifest.name) else {
            findings.push(on_page(0, format!("`{}` is in the workspace but not in the table", manifest.name)));
            continue;
        };
        for seen in &manifest.inside {
            if PROGRAMS.contains(&seen.as_str()) {
                findings.push(breach(&manifest.name, format!("depends on `{seen}`, which is a program")));
            } else if !allowed.contains(seen) {
                let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
                let message = format!("depends on `{seen}`, but may see {allowed} (the table in {PAGE})");
                findings.push(breach(&manifest.name, message));
            }
        }
    }
    findings
}

fn check_outside(manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in OUTSIDE.iter().filter(|rule| rule.rooms.contains(&manifest.name.as_str()) != rule.all_but) {
        for seen in manifest.outside.iter().filter(|seen| rule.crates.contains(&seen.as_str())) {
            findings.push(breach(&manifest.name, format!("depends on `{seen}`: {}", rule.why)));
        }
    }
    findings
}

fn on_page(line: usize, message: String) -> Finding {
    Finding { path: PathBuf::from(PAGE), line, rule: "edges", message }
}

fn breach(krate: &str, message: String) -> Finding {
    Finding { path: PathBuf::from("Cargo.toml"), line: 0, rule: "edges", message: format!("`{krate}` {message}") }
}

/// Rows `| name | name, name |` or `| name | nothing |`, names in back quotes, between the two markers.
fn table(page: &str) -> Result<Table, String> {
    let mut table = Table::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line.trim() {
            BEGIN => inside = true,
            END if inside => return Ok(table),
            row if inside && row.starts_with('|') => {
                let cells: Vec<_> = row.trim_matches('|').split('|').map(quoted).collect();
                let (Some(names), Some(seen)) = (cells.first(), cells.get(1)) else {
                    continue;
                };
                for name in names {
                    if table.insert(name.clone(), (number + 1, seen.clone())).is_some() {
                        return Err(format!("line {}: `{name}` has two rows", number + 1));
                    }
                }
            }
            _ => {}
        }
    }
    Err(format!("no table of edges between `{BEGIN}` and `{END}`"))
}

/// The words in back quotes.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn manifests(metadata: &serde_json::Value) -> Result<Vec<Manifest>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    packages.iter().map(manifest).collect()
}

fn manifest(package: &serde_json::Value) -> Result<Manifest> {
    let name = package["name"].as_str().context("a package has a name")?;
    let mut manifest = Manifest { name: name.to_owned(), ..Manifest::default() };
    for dependency in package["dependencies"].as_array().context("a package lists dependencies")? {
        let seen = dependency["name"].as_str().context("a dependency has a name")?.to_owned();
        match (dependency["kind"].as_str(), dependency["path"].is_string()) {
            (Some("dev"), _) => {}
            (_, true) => manifest.inside.push(seen),
            (_, false) => manifest.outside.push(seen),
        }
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# A page\n<!-- edges: begin -->\n| crate | may see |\n|---|---|\n| `money` | nothing |\n\
                         | `ledger` | `money` |\n| `cards`, `prices` | `money`, `outbound` |\n| `outbound` | nothing |\n\
                         | `lab` | `money` |\n<!-- edges: end -->\n";

    fn room(name: &str, inside: &[&str], outside: &[&str]) -> Manifest {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Manifest { name: name.to_owned(), inside: owned(inside), outside: owned(outside) }
    }

    fn house() -> Vec<Manifest> {
        vec![
            room("money", &[], &["serde"]),
            room("ledger", &["money"], &[]),
            room("cards", &["money", "outbound"], &["tokio"]),
            room("prices", &["money"], &[]),
            room("outbound", &[], &["reqwest"]),
            room("lab", &["money"], &["anyhow", "reqwest"]),
        ]
    }

    fn messages(page: &str, manifests: &[Manifest]) -> Vec<String> {
        check(page, manifests).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_house_as_drawn_passes() {
        assert_eq!(messages(TABLE, &house()), Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_is_not_drawn_is_found() {
        let mut house = house();
        house[1].inside.push("cards".into());
        assert_eq!(
            messages(TABLE, &house),
            ["`ledger` depends on `cards`, but may see money (the table in docs/ARCHITECTURE.md)"]
        );
        house[1].inside[1] = "lab".into();
        assert_eq!(messages(TABLE, &house), ["`ledger` depends on `lab`, which is a program"]);
    }

    #[test]
    fn table_and_workspace_hold_the_same_crates() {
        let mut house = house();
        house.push(room("storage", &[], &[]));
        house.remove(0);
        let mut found = messages(TABLE, &house);
        found.sort();
        assert_eq!(
            found,
            ["`money` is in the table but not in the workspace", "`storage` is in the workspace but not in the table"]
        );
    }

    #[test]
    fn crates_from_outside_that_do_not_belong_are_found() {
        for (name, outside) in [("ledger", "tokio"), ("ledger", "rand"), ("cards", "anyhow"), ("prices", "reqwest")] {
            let mut house = house();
            let room = house.iter_mut().find(|room| room.name == name).expect("it is in the house");
            room.outside.push(outside.into());
            let found = messages(TABLE, &house);
            assert_eq!(found.len(), 1, "{name} -> {outside}: {found:?}");
        }
    }

    #[test]
    fn a_page_without_a_table_or_with_two_rows_is_found() {
        assert!(messages("# A page", &house())[0].contains("no table of edges"));
        let twice = TABLE.replace("| `outbound` |", "| `money` | `cards` |\n| `outbound` |");
        assert!(messages(&twice, &house())[0].contains("two rows"));
    }

    #[test]
    fn tests_may_use_any_library() {
        let metadata = serde_json::json!({ "packages": [{ "name": "cards", "dependencies": [
            { "name": "money", "kind": null, "path": "/x/money" },
            { "name": "sandbox", "kind": "dev", "path": "/x/sandbox" },
            { "name": "tokio", "kind": null },
            { "name": "cc", "kind": "build" },
        ]}]});
        let manifests = manifests(&metadata).expect("the shape of cargo metadata");
        assert_eq!(manifests, [room("cards", &["money"], &["tokio", "cc"])]);
    }
}
