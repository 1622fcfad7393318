//! No path of somebody's machine and no address of a package registry: both work only where they were written.

use std::path::Path;

use super::Finding;

/// Split, so that this file keeps its own rule.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/")];

const REGISTRY_HOSTS: &[&str] = &[
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("files.", "pythonhosted.org"),
    concat!("deb.", "debian.org"),
];

/// Written by the package managers themselves.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json", "go.sum"];

pub fn check(path: &Path, text: &str) -> Vec<Finding> {
    if path.file_name().is_some_and(|name| LOCK_FILES.iter().any(|lock| name == *lock)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut found = |what: &str, why: &str| {
            let message = format!("`{what}`: {why}");
            findings.push(Finding { path: path.to_path_buf(), line: number + 1, rule: "places", message });
        };
        for machine in MACHINE_PATHS.iter().filter(|machine| has_path(line, machine)) {
            found(machine, "a path of one machine; find it at run time");
        }
        for host in REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)) {
            found(host, "leave the registry to the package manager and its configuration");
        }
    }
    findings
}

/// `part` stands in `line` where an absolute path starts, not in the middle of an address or a longer path.
fn has_path(line: &str, part: &str) -> bool {
    line.match_indices(part).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}/*$)".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> usize {
        check(Path::new(name), text).len()
    }

    #[test]
    fn machine_paths_are_found() {
        for part in MACHINE_PATHS {
            assert_eq!(found("docs/a.md", &format!("see {part}me/x")), 1, "{part}");
            assert_eq!(found("a.sh", &format!("cd \"{part}me\"")), 1, "{part}");
            assert_eq!(found("a.html", &format!("store.example{part}index.html")), 0, "{part}");
            assert_eq!(found("a.rs", &format!("\"$DIR}}{part}x\" ~{part}")), 0, "{part}");
        }
    }

    #[test]
    fn registry_addresses_are_found_except_in_lock_files() {
        for host in REGISTRY_HOSTS {
            assert_eq!(found("ci.sh", &format!("curl https://{host}/x")), 1, "{host}");
            assert_eq!(found("extension/package-lock.json", &format!("https://{host}/x")), 0, "{host}");
        }
    }
}
