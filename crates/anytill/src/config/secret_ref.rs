//! Where a secret is. Its value is read at the one place that needs it and is in no [`super::Config`].

use ports::Secret;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longest secret, bytes.
const BYTES_MAX: u64 = 4_096;

/// A reference to a secret, written `env:NAME`, `file:PATH` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    Unset,
    Env(String),
    File(PathBuf),
}

/// What a reference is looked up in: the environment, and the directory that relative paths begin at.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    pub env: &'a dyn Fn(&str) -> Option<String>,
    pub base: &'a Path,
}

impl SecretRef {
    pub const fn is_set(&self) -> bool {
        !matches!(self, Self::Unset)
    }

    /// The path of a `file:` reference.
    pub fn path(&self, base: &Path) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(base.join(path)),
            Self::Unset | Self::Env(_) => None,
        }
    }

    /// The secret; the error names the place, never the value.
    pub fn read(&self, at: Lookup<'_>) -> Result<Secret, String> {
        let text = match self {
            Self::Unset => return Err("is not set: write `env:NAME` or `file:PATH`".to_owned()),
            Self::Env(name) => {
                Zeroizing::new((at.env)(name).ok_or_else(|| format!("the environment has no variable {name}"))?)
            }
            Self::File(path) => first_line(&at.base.join(path))?,
        };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(format!("{self} is empty"));
        }
        Ok(Secret::new(trimmed.to_owned()))
    }
}

/// How a key in PEM begins (RFC 7468): it is read whole.
const PEM: &str = "-----BEGIN";

fn first_line(path: &Path) -> Result<Zeroizing<String>, String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > BYTES_MAX {
        return Err(format!("{} has {size} bytes; a secret has at most {BYTES_MAX}", path.display()));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    if text.starts_with(PEM) {
        return Ok(text);
    }
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("not set"),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// Told for whatever is not a reference; what was written is not repeated.
const LITERAL: &str = "a secret is never written here: put it into an environment variable or a file of mode 0600 and \
                       write `env:NAME` or `file:PATH`";

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Takes every type, so that no message of serde's own shows a value.
struct Reader;

impl<'de> de::Visitor<'de> for Reader {
    type Value = SecretRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`env:NAME` or `file:PATH`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretRef, E> {
        if text.is_empty() {
            return Ok(SecretRef::Unset);
        }
        if let Some(name) = text.strip_prefix("env:") {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            return if !name.is_empty() && name.bytes().all(plain) {
                Ok(SecretRef::Env(name.to_owned()))
            } else {
                Err(E::custom("the name after `env:` has letters, digits and `_` only"))
            };
        }
        match text.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(SecretRef::File(PathBuf::from(path))),
            _ => Err(E::custom(LITERAL)),
        }
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretRef, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<SecretRef, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretRef, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<SecretRef, E> {
        Err(E::custom(LITERAL))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, _: A) -> Result<SecretRef, A::Error> {
        Err(de::Error::custom(LITERAL))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, _: A) -> Result<SecretRef, A::Error> {
        Err(de::Error::custom(LITERAL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reference: &SecretRef, base: &Path) -> Result<String, String> {
        let env = |name: &str| (name == "SET").then(|| "from the environment\n".to_owned());
        reference.read(Lookup { env: &env, base }).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn secrets_are_found_where_they_are() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), "from a file\nsecond line\n").unwrap();
        std::fs::write(dir.path().join("pem"), "-----BEGIN X-----\nAAAA\n-----END X-----\n").unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        std::fs::write(dir.path().join("long"), "x".repeat(5_000)).unwrap();
        let file = |name: &str| SecretRef::File(PathBuf::from(name));
        assert_eq!(read(&SecretRef::Env("SET".to_owned()), dir.path()).unwrap(), "from the environment");
        assert_eq!(read(&file("pem"), dir.path()).unwrap(), "-----BEGIN X-----\nAAAA\n-----END X-----", "whole");
        assert_eq!(read(&file("key"), dir.path()).unwrap(), "from a file");
        for missing in [SecretRef::Unset, SecretRef::Env("OTHER".to_owned()), file("no"), file("empty"), file("long")] {
            assert!(read(&missing, dir.path()).is_err(), "{missing}");
        }
    }
}
