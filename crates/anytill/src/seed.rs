//! The seed words: made once, kept in one file that only its owner reads.

use anyhow::{Context as _, Result, bail};
use bip39::{Language, Mnemonic};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use zeroize::Zeroizing;

/// 256 bits make 24 words.
const ENTROPY_BYTES: usize = 32;
pub const FILE_NAME: &str = "seed.words";

/// 24 BIP 39 words in English, lower case, one space between.
pub fn make() -> Result<Zeroizing<String>> {
    let mut entropy = Zeroizing::new([0u8; ENTROPY_BYTES]);
    OsRng.try_fill_bytes(&mut entropy[..]).context("the system gives no random numbers")?;
    let mnemonic = Mnemonic::from_entropy_in(Language::English, &entropy[..]).context("32 bytes make 24 words")?;
    Ok(Zeroizing::new(mnemonic.to_string()))
}

/// The 64 bytes of BIP 39, without a passphrase. The error does not repeat the words.
pub fn bytes(words: &str) -> Result<Zeroizing<[u8; 64]>> {
    let Ok(mnemonic) = Mnemonic::parse_in(Language::English, words) else {
        bail!("the seed words are not a BIP 39 mnemonic: 24 English words, spelled exactly, in their order");
    };
    if mnemonic.word_count() != 24 {
        bail!("there are {} seed words; this server's are 24", mnemonic.word_count());
    }
    Ok(Zeroizing::new(mnemonic.to_seed("")))
}

/// Writes a new file of mode 0600; never over one that is there.
pub fn write(path: &Path, words: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("{} cannot be made", path.display()))?;
    writeln!(file, "{words}").and_then(|()| file.sync_all()).with_context(|| format!("writing {}", path.display()))?;
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        File::open(dir).and_then(|dir| dir.sync_all()).with_context(|| format!("syncing {}", dir.display()))?;
    }
    Ok(())
}

/// In four rows of six, numbered: easy to copy by hand.
pub fn rows(words: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(words.len() * 2));
    for (index, word) in words.split_whitespace().enumerate() {
        text.push_str(&format!("{:>3} {word:<9}", index + 1));
        if index % 6 == 5 {
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_words_are_good_and_new() {
        let (first, second) = (make().unwrap(), make().unwrap());
        assert_ne!(*first, *second);
        assert_eq!(first.split(' ').count(), 24);
        assert_ne!(bytes(&first).unwrap(), bytes(&second).unwrap());
        assert_eq!(rows(&first).lines().count(), 4);
    }

    #[test]
    fn bad_words_are_refused_and_not_repeated() {
        let twelve = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        for bad in ["", "abandon", twelve, "abandon abandon zebraa"] {
            let error = bytes(bad).unwrap_err().to_string();
            assert!(!error.contains("abandon") && error.contains("24"), "{error}");
        }
    }

    #[test]
    fn a_file_of_words_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        write(&path, "first").unwrap();
        assert!(write(&path, "second").is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\n");
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
