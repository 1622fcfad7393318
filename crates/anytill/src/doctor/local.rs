//! What can be seen on this machine without anybody's help: files, disk, words, settings.

use super::Check;
use crate::cli::Place;
use crate::config::{Config, Network, NodeKind, Registration, SecretRef};
use crate::server::{lookup, read_seed};
use crate::wiring::NODE_DIRECTORY;
use crate::{clock, disk};
use lightning_node::ldk::NodeSeed;
use ports::Clock as _;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use trust::OperatorSeed;

/// Below this the server cannot be trusted to go on for a day; below the other one it may end at any moment.
const DISK_LOW_BYTES: u64 = 2 << 30;
const DISK_LEAST_BYTES: u64 = 256 << 20;
/// 2025-01-01: no clock is right that shows an earlier time.
const CLOCK_LEAST_MS: u64 = 1_735_689_600_000;
const MODE_MEND: &str = "`chmod 600` them: whoever reads one has the key";

pub fn checks(place: &Place, file: &Path, config: &Config) -> Vec<Check> {
    vec![
        Check::ok("configuration", format!("{}, {}", file.display(), config.chain.network.word())),
        directory(&place.data),
        secret_files(file, config),
        seed(place, file, config),
        room(&place.data),
        time(),
        swap(),
        address(config),
        registration(config),
        recipes(file, config),
    ]
}

fn directory(data: &Path) -> Check {
    const NAME: &str = "data directory";
    let meta = match fs::metadata(data) {
        Ok(meta) => meta,
        Err(error) => {
            let found = format!("{}: {error}", data.display());
            return Check::wrong(NAME, found, "run `anytill init`, or name the right one with --data");
        }
    };
    let mode = meta.permissions().mode() & 0o777;
    if meta.uid() != rustix::process::getuid().as_raw() {
        let found = format!("{} belongs to user {}", data.display(), meta.uid());
        return Check::warning(NAME, found, "run the server and its commands as one user of its own");
    }
    if mode & 0o077 != 0 {
        let found = format!("{} can be entered by others (mode {mode:o})", data.display());
        return Check::wrong(NAME, found, format!("chmod 700 {}", data.display()));
    }
    Check::ok(NAME, data.display().to_string())
}

/// Every `file:` that a secret is in, the seed's among them.
fn secret_paths(file: &Path, config: &Config) -> Vec<PathBuf> {
    let references = [
        &config.node.seed,
        &config.chain.password,
        &config.issuer.api_key,
        &config.issuer.authorization_secret,
        &config.issuer.events_secret,
        &config.issuer.challenges_secret,
        &config.exchange.api_key,
        &config.exchange.private_key,
        &config.server.metrics_token,
    ];
    let base = lookup(file).base;
    let macaroons = config.lnd.iter().map(|lnd| &lnd.macaroon);
    references.into_iter().chain(macaroons).filter_map(|reference: &SecretRef| reference.path(base)).collect()
}

/// Whether others than the owner can read them.
pub fn secret_files(file: &Path, config: &Config) -> Check {
    const NAME: &str = "secret files";
    let paths = secret_paths(file, config);
    let open = |path: &&PathBuf| fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    let readable: Vec<String> = paths.iter().filter(open).map(|path| path.display().to_string()).collect();
    if readable.is_empty() {
        Check::ok(NAME, format!("{} files, readable by their owner only", paths.len()))
    } else {
        Check::wrong(NAME, format!("others can read {}", readable.join(", ")), MODE_MEND)
    }
}

/// Good words, and those of the node that is there.
fn seed(place: &Place, file: &Path, config: &Config) -> Check {
    const NAME: &str = "seed words";
    let bytes = match read_seed(config, lookup(file)) {
        Ok(bytes) => bytes,
        Err(error) => return Check::wrong(NAME, format!("{error:#}"), "restore the file from the words on paper"),
    };
    if config.node.kind == NodeKind::Lnd {
        return Check::ok(NAME, "24 words");
    }
    let derived = NodeSeed::new(*bytes).node_id(config.chain.network.bitcoin()).to_string();
    let identity = fs::read_to_string(place.data.join(NODE_DIRECTORY).join("node.id")).unwrap_or_default();
    match identity.split_whitespace().next() {
        Some(known) if known != derived => {
            let found = format!("they make node {derived}, the node's directory belongs to {known}");
            Check::wrong(NAME, found, "use the words that were written down when this node was made")
        }
        _ => Check::ok(NAME, format!("24 words, node {derived}")),
    }
}

fn room(data: &Path) -> Check {
    const NAME: &str = "disk";
    match disk::free_bytes(data) {
        Ok(free) => {
            let found = format!("{} MiB free", free >> 20);
            let mend = "make room: the server ends rather than guess whether a commit was written";
            match free {
                0..DISK_LEAST_BYTES => Check::wrong(NAME, found, mend),
                DISK_LEAST_BYTES..DISK_LOW_BYTES => Check::warning(NAME, found, mend),
                _ => Check::ok(NAME, found),
            }
        }
        Err(error) => Check::warning(NAME, format!("cannot be looked at: {error}"), "look with `df`"),
    }
}

fn time() -> Check {
    const NAME: &str = "clock";
    let now = clock::SystemClock.now();
    if now.0 < CLOCK_LEAST_MS {
        let found = format!("it shows {}", outbound::rfc3339(now));
        return Check::wrong(NAME, found, "run a time service (chrony, systemd-timesyncd)");
    }
    Check::ok(NAME, "plausible; the exchange compares it below")
}

/// A page that is swapped out leaves what was in it on the disk.
fn swap() -> Check {
    const NAME: &str = "swap";
    let devices = fs::read_to_string("/proc/swaps").map_or(0, |text| text.lines().count().saturating_sub(1));
    if devices == 0 {
        Check::ok(NAME, "off")
    } else {
        let mend = "turn it off or encrypt it: card numbers pass through memory";
        Check::warning(NAME, format!("{devices} swap devices"), mend)
    }
}

fn address(config: &Config) -> Check {
    const NAME: &str = "public address";
    let url = &config.server.public_url;
    let play = matches!(config.chain.network, Network::Regtest);
    let mend = "set server.public_url to the https address of the proxy in front of this server";
    match url.as_str() {
        "" if play => Check::ok(NAME, "not set: on this machine only"),
        "" => {
            Check::wrong(NAME, "server.public_url is not set: neither shoppers nor the issuer find this server", mend)
        }
        url if url.starts_with("https://") => Check::ok(NAME, url),
        url if play => Check::ok(NAME, url),
        url => Check::wrong(NAME, format!("{url} is not encrypted"), mend),
    }
}

fn registration(config: &Config) -> Check {
    const NAME: &str = "registration";
    match config.accounts.registration {
        Registration::Invite => Check::ok(NAME, "by invitation"),
        Registration::Open if config.chain.network == Network::Bitcoin => Check::warning(
            NAME,
            "open to everybody",
            "read docs/operating/law-and-schemes.md first; `accounts.registration = \"invite\"` asks for a code",
        ),
        Registration::Open => Check::ok(NAME, "open to everybody"),
    }
}

/// As the shoppers' extensions would check them.
fn recipes(file: &Path, config: &Config) -> Check {
    const NAME: &str = "recipes";
    let Ok(words) = read_seed(config, lookup(file)) else {
        return Check::warning(NAME, "cannot be checked without the seed words", "see above");
    };
    let key = OperatorSeed::new(*words).recipe_key(crate::recipes::KEY_NUMBER).verifying_key();
    match crate::recipes::configured(config, file, key) {
        None => Check::ok(NAME, "none: shoppers use those that the extension was built with"),
        Some(Ok((bundle, _))) => Check::ok(NAME, format!("{}, version {}", bundle.recipes.len(), bundle.version)),
        Some(Err(why)) => {
            let mend = "`anytill recipes sign DIR --out FILE` makes it, or leave recipes.file empty";
            Check::wrong(NAME, format!("{why:#}"), mend)
        }
    }
}
