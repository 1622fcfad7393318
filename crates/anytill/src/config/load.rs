//! Reading the three layers, with errors that say which key, where, and what was probably meant.

use super::{
    Config, DEFAULT, FILE_NAME, check,
    model::{LND_KEYS, STORE_KEYS},
};
use figment::Figment;
use figment::providers::{Format as _, Toml};
use figment::value::Value as FigmentValue;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Variables of this prefix with a `__` in them are settings.
const ENV_PREFIX: &str = "ANYTILL_";
/// The one section that is a list of tables and has no default.
/// Lists of tables, which no default shows: name, keys, what each table is for.
const LISTS: [(&str, &[&str], &str); 2] = [("stores", STORE_KEYS, "store"), ("lnd", LND_KEYS, "node")];
/// Edits between a mistyped key and the one that is proposed.
const DISTANCE_MAX: usize = 3;

/// Everything found wrong, one line each.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        f.write_str("\n`anytill config` prints every setting with its meaning.")
    }
}

impl ConfigError {
    fn one(problem: String) -> Self {
        Self { problems: vec![problem] }
    }
}

/// Defaults, then the file, then the environment.
///
/// # Errors
/// Lists every problem that could be found.
pub fn load(file: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(file).map_err(|error| ConfigError::one(missing(file, &error)))?;
    from_text(&text, &file.display().to_string(), env)
}

fn missing(file: &Path, error: &std::io::Error) -> String {
    let hint = if error.kind() == std::io::ErrorKind::NotFound {
        ": run `anytill init` first, or name the data directory (--data) or the file (--config)"
    } else {
        ""
    };
    format!("{} cannot be read ({error}){hint}", file.display())
}

/// As [`load`], from a text; `source` names it in complaints.
pub fn from_text(
    text: &str,
    source: &str,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let known: Table = toml::from_str(DEFAULT).expect("a test reads it");
    // toml's own message would show the line, which may hold what should not be there.
    let written: Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
        ConfigError::one(format!("{source}: line {line}: {}", error.message()))
    })?;
    let mut problems = Vec::new();
    unknown_keys(&known, &written, source, &mut problems);
    let vars = variables(&known, env, &mut problems);
    if !problems.is_empty() {
        return Err(ConfigError { problems });
    }
    let mut figment = Figment::from(Toml::string(DEFAULT)).merge(Toml::string(text));
    for (key, value) in vars {
        figment = figment.merge((key, value));
    }
    let config: Config = figment.extract().map_err(|error| ConfigError { problems: extraction(error) })?;
    let problems = check::problems(&config);
    if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
}

fn extraction(error: figment::Error) -> Vec<String> {
    error.into_iter().map(|one| format!("{}: {}", one.path.join("."), one.kind)).collect()
}

fn unknown_keys(known: &Table, written: &Table, source: &str, problems: &mut Vec<String>) {
    for (section, value) in written {
        if let Some(list) = LISTS.iter().find(|(name, ..)| section == name) {
            unknown_list_keys(list, value, source, problems);
            continue;
        }
        let Some(Value::Table(known_keys)) = known.get(section) else {
            let sections = known.keys().map(String::as_str).chain(LISTS.iter().map(|(name, ..)| *name));
            let hint = hint(section, sections, |name| format!("[{name}]"));
            let hint = home_of(known, section).map_or(hint, |home| format!("; it belongs into [{home}]"));
            problems.push(format!("{source}: unknown key `{section}`{hint}"));
            continue;
        };
        let Value::Table(written_keys) = value else {
            problems.push(format!("{source}: `{section}` is a section: write [{section}]"));
            continue;
        };
        for key in written_keys.keys().filter(|key| !known_keys.contains_key(*key)) {
            problems.push(format!("{source}: unknown key `{section}.{key}`{}", key_hint(known, section, key)));
        }
    }
}

fn unknown_list_keys(list: &(&str, &[&str], &str), value: &Value, source: &str, problems: &mut Vec<String>) {
    let (name, known, each) = list;
    let Value::Array(tables) = value else {
        problems.push(format!("{source}: `{name}` is a list: write [[{name}]] for each {each}"));
        return;
    };
    let keys = tables.iter().filter_map(Value::as_table).flat_map(Table::keys);
    for key in keys.filter(|key| !known.contains(&key.as_str())) {
        let hint = hint(key, known.iter().copied(), |name| format!("`{name}`"));
        problems.push(format!("{source}: unknown key `{name}.{key}`{hint}"));
    }
}

/// The nearest key of the section, else the section that has exactly this key.
fn key_hint(known: &Table, section: &str, key: &str) -> String {
    let keys = known.get(section).and_then(Value::as_table).into_iter().flat_map(Table::keys).map(String::as_str);
    let near = hint(key, keys, |name| format!("`{section}.{name}`"));
    home_of(known, key).map_or(near, |home| format!("; it belongs into [{home}]"))
}

fn home_of<'a>(known: &'a Table, key: &str) -> Option<&'a str> {
    let mut homes = known.iter().filter(|(_, keys)| keys.as_table().is_some_and(|keys| keys.contains_key(key)));
    let first = homes.next()?;
    homes.next().is_none().then_some(first.0)
}

fn hint<'a>(word: &str, known: impl Iterator<Item = &'a str>, name: impl Fn(&str) -> String) -> String {
    let near = known.map(|key| (strsim::damerau_levenshtein(word, key), key)).min();
    match near {
        Some((distance, key)) if distance <= DISTANCE_MAX => format!("; did you mean {}?", name(key)),
        _ => String::new(),
    }
}

/// `ANYTILL_LOG__FORMAT` is `log.format`. A setting that is text by default takes the variable as it is; others are
/// read as in a file.
fn variables(
    known: &Table,
    env: impl IntoIterator<Item = (String, String)>,
    problems: &mut Vec<String>,
) -> Vec<(String, FigmentValue)> {
    let mut found = Vec::new();
    for (name, text) in env {
        let Some((section, key)) = name.strip_prefix(ENV_PREFIX).and_then(|rest| rest.split_once("__")) else {
            continue;
        };
        let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
        match known.get(&section).and_then(|keys| keys.get(&key)) {
            Some(Value::String(_)) => found.push((format!("{section}.{key}"), FigmentValue::from(text))),
            Some(_) => {
                let value = text.parse().expect("figment takes what it cannot read as text");
                found.push((format!("{section}.{key}"), value));
            }
            None => {
                let hint = key_hint(known, &section, &key);
                problems.push(format!("environment: {name} names no setting: unknown key `{section}.{key}`{hint}"));
            }
        }
    }
    found
}

/// Where the configuration is: `--config`, else in the data directory.
pub fn file_of(data: &Path, config: Option<&Path>) -> PathBuf {
    config.map_or_else(|| data.join(FILE_NAME), Path::to_owned)
}
