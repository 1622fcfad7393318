//! The file that `anytill init` writes: the commented defaults, with every setting that was not chosen put into a
//! comment, so that a later version's defaults apply.

use super::DEFAULT;
use std::fmt::Write as _;

/// A setting and its TOML value.
pub type Chosen = (&'static str, String);

const HEAD: &str = "\
# The settings of this Anytill server. Lines that begin with `#key = ` stand at their defaults: remove the `#` to change
# one. `anytill config` prints the defaults of the version in use; `anytill doctor` says what is missing. An environment
# variable ANYTILL_<SECTION>__<KEY> wins over this file. Unknown keys are refused.
#
";

/// What comes before it in the defaults speaks of the defaults themselves.
const BODY: &str = "# Secrets";

/// `chosen` names settings as `section.key`; what the defaults do not have is a fault of the caller.
pub fn written(chosen: &[Chosen]) -> String {
    let mut text = String::from(HEAD);
    let mut section = "";
    let body = DEFAULT.lines().skip_while(|line| !line.starts_with(BODY));
    for line in body {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        match line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            Some((key, _)) => {
                let name = format!("{section}.{key}");
                let value = chosen.iter().find(|(wanted, _)| *wanted == name);
                let _ = match value {
                    Some((_, value)) => writeln!(text, "{key} = {value}"),
                    None => writeln!(text, "#{line}"),
                };
            }
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// Text as a TOML basic string.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::from_text;

    #[test]
    fn what_was_chosen_is_set_and_nothing_else() {
        let chosen = [("chain.network", quoted("regtest")), ("server.public_url", quoted("https://pay.example"))];
        let text = written(&chosen);
        let set: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).collect();
        assert_eq!(set, ["public_url = \"https://pay.example\"", "network = \"regtest\""]);
        let config = from_text(&text, "anytill.toml", []).unwrap();
        assert_eq!(config.server.public_url, "https://pay.example");
        let uncommented: String = text.lines().map(|line| uncomment(line) + "\n").collect();
        assert!(from_text(&uncommented, "anytill.toml", []).is_ok());
    }

    fn uncomment(line: &str) -> String {
        let setting = line.strip_prefix('#').filter(|rest| rest.contains(" = ") && !rest.starts_with(' '));
        setting.unwrap_or(line).to_owned()
    }

    #[test]
    fn every_text_can_be_written() {
        for text in ["plain", "with \"quotes\"", "back\\slash", "two\nlines"] {
            let table: toml::Table = toml::from_str(&format!("a = {}", quoted(text))).unwrap();
            assert_eq!(table["a"].as_str(), Some(text));
        }
    }
}
