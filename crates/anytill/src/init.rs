//! `anytill init`: a new server in an empty place.
//!
//! Invariant: nothing that exists is changed. Nothing is made before the answers are known to be good: the words of an
//! init that fails would be made without being shown. The configuration is written last, so that an init that was cut
//! off can be done again, with the same words.

use crate::cli::{ChainSource, Init, Network, Place};
use crate::config::{self, Chosen, quoted, written};
use crate::{out, seed};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use lightning_node::ldk::NodeSeed;
use std::fs::{self, File};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use storage::sqlite::{OpenMode, Sqlite};
use zeroize::Zeroizing;

pub fn run(place: &Place, args: Init) -> Result<()> {
    let file = config::file_of(&place.data, place.config.as_deref());
    if file.exists() {
        bail!(
            "there is a server already: {} exists, and nothing was changed. Edit it, or name another data directory \
             with --data",
            file.display()
        );
    }
    let answers = if args.yes || !std::io::stdin().is_terminal() { Answers::of(args)? } else { ask(args)? };
    let seed_file = answers.seed_file.clone().unwrap_or_else(|| place.data.join(seed::FILE_NAME));
    let base = file.parent().unwrap_or(Path::new("."));
    let text = written(&answers.chosen(&reference(&seed_file, base)?));
    config::load_text(&text, &file.display().to_string(), [])?;
    make_private(&place.data)?;
    let (words, fresh) = words_of(&seed_file)?;
    let node_id = NodeSeed::new(*seed::bytes(&words)?).node_id(answers.network.bitcoin());
    drop(Sqlite::open(&place.data, OpenMode::OrCreate)?);
    write_new(&file, &text)?;
    tell(place, &file, &seed_file, &words, fresh);
    out::line(format!("node {node_id}"));
    Ok(())
}

fn tell(place: &Place, file: &Path, seed_file: &Path, words: &str, fresh: bool) {
    if fresh {
        out::line("The 24 seed words of this server. They are the node's identity and its on-chain money.");
        out::line("Write them on paper now, in two places. They are not shown again.\n");
        out::line(seed::rows(words).as_str());
        out::line(format!("The server reads them from {} (keep its mode 0600).", seed_file.display()));
    } else {
        out::line(format!("The seed words in {} are used; they are not shown.", seed_file.display()));
    }
    out::line(format!("Written: {} with every setting explained. Next:", file.display()));
    out::line("  1. fill in issuer and exchange there; secrets as `env:NAME` or `file:PATH` only");
    out::line(format!("  2. anytill --data {} doctor", place.data.display()));
    out::line(format!("  3. anytill --data {} serve", place.data.display()));
}

/// What was chosen; `None` keeps the default.
struct Answers {
    network: config::Network,
    chain_source: Option<ChainSource>,
    chain_url: Option<String>,
    chain_user: Option<String>,
    chain_password: Option<String>,
    public_url: Option<String>,
    seed_file: Option<PathBuf>,
}

impl Answers {
    fn of(args: Init) -> Result<Self> {
        let Init { network, chain_source, chain_url, chain_user, chain_password, public_url, seed_file, yes: _ } = args;
        let network = network.unwrap_or(Network::Signet);
        if network != Network::Signet && chain_url.is_none() {
            bail!("--chain-url is needed: the default source is a signet one; give --chain-source too");
        }
        let network = match network {
            Network::Regtest => config::Network::Regtest,
            Network::Signet => config::Network::Signet,
            Network::Testnet => config::Network::Testnet,
            Network::Bitcoin => config::Network::Bitcoin,
        };
        Ok(Self { network, chain_source, chain_url, chain_user, chain_password, public_url, seed_file })
    }

    fn chosen(&self, seed: &str) -> Vec<Chosen> {
        let mut chosen: Vec<Chosen> = vec![("chain.network", quoted(self.network.word())), ("node.seed", quoted(seed))];
        let source = self.chain_source.and_then(|source| source.to_possible_value());
        let source = source.map(|value| value.get_name().to_owned());
        let optional = [
            ("chain.source", &source),
            ("chain.url", &self.chain_url),
            ("chain.user", &self.chain_user),
            ("chain.password", &self.chain_password),
            ("server.public_url", &self.public_url),
        ];
        chosen.extend(optional.into_iter().filter_map(|(key, value)| Some((key, quoted(value.as_deref()?)))));
        chosen
    }
}

/// Asks at the terminal for what was not given.
fn ask(mut args: Init) -> Result<Answers> {
    let names = "regtest, signet, testnet or bitcoin";
    args.network = Some(answer(&format!("Network ({names})"), "signet", args.network)?);
    if args.chain_url.is_none() {
        let source = answer("Where blocks come from (bitcoind, esplora or electrum)", "esplora", args.chain_source)?;
        args.chain_source = Some(source);
        let default = match (source, args.network) {
            (ChainSource::Bitcoind, Some(Network::Bitcoin)) => "http://127.0.0.1:8332",
            (ChainSource::Bitcoind, Some(Network::Testnet)) => "http://127.0.0.1:18332",
            (ChainSource::Bitcoind, Some(Network::Regtest)) => "http://127.0.0.1:18443",
            (ChainSource::Bitcoind, _) => "http://127.0.0.1:38332",
            (ChainSource::Esplora, Some(Network::Signet)) => "https://mempool.space/signet/api",
            (ChainSource::Esplora, Some(Network::Testnet)) => "https://mempool.space/testnet/api",
            (ChainSource::Esplora, _) => "https://mempool.space/api",
            (ChainSource::Electrum, _) => "ssl://electrum.blockstream.info:50002",
        };
        args.chain_url = Some(text("Its address", default)?);
        if source == ChainSource::Bitcoind {
            args.chain_user = Some(text("Its RPC user", "bitcoin")?);
            args.chain_password = Some(text("Where its password is (env:NAME or file:PATH)", "env:BITCOIND_PASSWORD")?);
        }
    }
    if args.public_url.is_none() {
        let url = text("Public address of this server (empty: try it out on this machine)", "")?;
        args.public_url = Some(url).filter(|url| !url.is_empty());
    }
    Answers::of(args)
}

fn answer<T: ValueEnum>(question: &str, default: &str, given: Option<T>) -> Result<T> {
    if let Some(given) = given {
        return Ok(given);
    }
    loop {
        match T::from_str(&text(question, default)?, true) {
            Ok(value) => return Ok(value),
            Err(_) => out::note("That is none of them."),
        }
    }
}

fn text(question: &str, default: &str) -> Result<String> {
    let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    out::ask(&format!("{question}{shown}: "));
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        bail!("no answer: give it as an option, see `anytill init --help`; nothing was changed");
    }
    let trimmed = line.trim();
    Ok(if trimmed.is_empty() { default.to_owned() } else { trimmed.to_owned() })
}

/// The words, and whether they are new. An existing file has them in its first line.
fn words_of(path: &Path) -> Result<(Zeroizing<String>, bool)> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            let words = Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned());
            seed::bytes(&words).with_context(|| format!("{} (its first line)", path.display()))?;
            Ok((words, false))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let words = seed::make()?;
            seed::write(path, &words)?;
            Ok((words, true))
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// How the configuration names the seed's file: relative where it lies beside it, so that the directory can be moved.
fn reference(seed_file: &Path, base: &Path) -> Result<String> {
    let absolute = std::path::absolute(seed_file)?;
    let base = std::path::absolute(base)?;
    let path = absolute.strip_prefix(&base).unwrap_or(&absolute);
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(format!("file:{text}"))
}

fn make_private(dir: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| format!("{} cannot be made", dir.display()))
}

/// All of it or nothing: written aside, synced, renamed over nothing.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let wrong = || format!("{} cannot be written", path.display());
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    let mut file = File::create(&aside).with_context(wrong)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(wrong)?;
    fs::hard_link(&aside, path).with_context(wrong)?;
    fs::remove_file(&aside).with_context(wrong)
}
