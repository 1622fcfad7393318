//! Looking for secrets in the memory of a process, in files, in the columns of a database, in answers.
//!
//! Needs what a debugger needs: root, or a server that was started with `process.debugger` by the same user.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem::Finder;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const CHUNK: usize = 1 << 20;
/// Fewer digits could be anything.
const FRAGMENT_LEN: usize = 10;
/// Less could be anything, too.
const SECRET_LEN_MIN: usize = 8;

/// One form of one secret.
struct Needle {
    name: String,
    finder: Finder<'static>,
}

/// What is looked for.
#[derive(Default)]
pub struct Needles(Vec<Needle>);

impl Needles {
    pub fn text(name: &str, text: &str) -> Self {
        let mut needles = Self::default();
        needles.add(name, text.as_bytes());
        needles.add_wide(name, text);
        needles
    }

    /// A card number in every form that a program might have it in, and parts of it: the beginning is the issuer's and
    /// the last four digits are shown, so a part has what is between.
    pub fn card(number: &str, code: &str) -> Self {
        assert!(number.len() == 16 && number.bytes().all(|digit| digit.is_ascii_digit()), "16 digits");
        let mut needles = Self::default();
        needles.add("number", number.as_bytes());
        needles.add_wide("number", number);
        for separator in [" ", "-"] {
            let groups: Vec<_> = (0..4).map(|group| &number[group * 4..group * 4 + 4]).collect();
            needles.add("number in groups", groups.join(separator).as_bytes());
            needles.add_wide("number in groups", &groups.join(separator));
        }
        for start in 3..=number.len() - FRAGMENT_LEN {
            needles.add("part of the number", &number.as_bytes()[start..start + FRAGMENT_LEN]);
        }
        let value: u64 = number.parse().unwrap();
        needles.add("number as an integer", &value.to_le_bytes());
        needles.add("number as an integer, big endian", &value.to_be_bytes());
        let digits: Vec<u8> = number.bytes().map(|digit| digit - b'0').collect();
        needles.add("number as digits", &digits);
        needles.add("number packed", &digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<_>>());
        for key in ["cvv", "security_code", "cvc"] {
            for between in [r#"":""#, r#"": ""#, r#"\":\""#] {
                needles.add("code", format!("{key}{between}{code}").as_bytes());
            }
        }
        needles
    }

    /// A secret in words, in every form that a program might have written it down in.
    pub fn secret(name: &str, text: &str) -> Self {
        assert!(text.len() >= SECRET_LEN_MIN, "{name} is too short to be told from something else");
        let mut needles = Self::default();
        needles.add(name, text.as_bytes());
        needles.add_wide(name, text);
        let escaped = text.replace('\n', "\\n");
        if escaped != text {
            needles.add(&format!("{name}, line breaks escaped"), escaped.as_bytes());
        }
        needles.add_encoded(name, text.as_bytes());
        needles
    }

    /// A secret in bytes: as they are, and as text.
    pub fn bytes(name: &str, bytes: &[u8]) -> Self {
        assert!(bytes.len() >= SECRET_LEN_MIN, "{name} is too short to be told from something else");
        let mut needles = Self::default();
        needles.add(name, bytes);
        needles.add_encoded(name, bytes);
        // As `{:?}` of an array has it.
        let listed = bytes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        needles.add(&format!("{name}, as numbers"), listed.as_bytes());
        needles
    }

    /// Too short to be looked for alone: only after its name.
    pub fn named(name: &str, keys: &[&str], text: &str) -> Self {
        let mut needles = Self::default();
        for key in keys {
            for between in [r#"":""#, r#"": ""#, r#"\":\""#, "=", ": ", r#": ""#, r#": Some(""#, r#"=Some(""#] {
                needles.add(name, format!("{key}{between}{text}").as_bytes());
            }
        }
        needles
    }

    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Hexadecimal, Base64 wherever in a longer text it begins, and backwards.
    fn add_encoded(&mut self, name: &str, bytes: &[u8]) {
        self.add(&format!("{name}, hex"), hex::encode(bytes).as_bytes());
        self.add(&format!("{name}, HEX"), hex::encode_upper(bytes).as_bytes());
        for before in 0..3 {
            let padded = [&vec![0; before], bytes].concat();
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let text = engine.encode(&padded);
                // Characters at the ends have bits of the neighbours in them.
                let from = (before * 8).div_ceil(6);
                let to = text.len() - usize::from(padded.len() % 3 != 0);
                self.add(&format!("{name}, Base64"), &text.as_bytes()[from..to]);
            }
        }
        let backwards: Vec<u8> = bytes.iter().rev().copied().collect();
        self.add(&format!("{name}, backwards"), &backwards);
    }

    fn add(&mut self, name: &str, bytes: &[u8]) {
        self.0.push(Needle { name: name.to_owned(), finder: Finder::new(bytes).into_owned() });
    }

    /// UTF-16, both ways round.
    fn add_wide(&mut self, name: &str, text: &str) {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        self.add(&format!("{name}, UTF-16"), &little);
        self.add(&format!("{name}, UTF-16 big endian"), &big);
    }

    /// What is found in these bytes, without repeating the secret.
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<String> {
        let found = self.0.iter().filter_map(|needle| Some((needle, needle.finder.find(bytes)?)));
        found.map(|(needle, at)| format!("{} at {at}: {}", needle.name, surroundings(bytes, at))).collect()
    }

    fn longest(&self) -> usize {
        self.0.iter().map(|needle| needle.finder.needle().len()).max().unwrap_or(0)
    }
}

/// What stands before a find, digits made unreadable.
fn surroundings(bytes: &[u8], at: usize) -> String {
    let shown = |byte: u8| match byte {
        b'0'..=b'9' => '#',
        b' '..=b'~' => char::from(byte),
        _ => '.',
    };
    bytes[at.saturating_sub(80)..at].iter().map(|byte| shown(*byte)).collect()
}

/// What was looked through and what was found.
pub struct Search {
    pub bytes: u64,
    pub found: Vec<String>,
}

/// Looks through all memory that a process can write to.
pub fn search(pid: u32, needles: &Needles) -> Search {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory =
        File::open(format!("/proc/{pid}/mem")).expect("root, or a process of ours that a debugger may attach to");
    let mut search = Search { bytes: 0, found: Vec::new() };
    for line in maps.lines() {
        let fields: Vec<_> = line.split_whitespace().collect();
        // Pages of the kernel's own, which cannot be read this way.
        if !fields[1].starts_with("rw") || fields.last().is_some_and(|name| name.starts_with("[v")) {
            continue;
        }
        let (start, end) = fields[0].split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        search_map(&memory, address(start)..address(end), line, needles, &mut search);
    }
    search
}

/// In pieces that overlap. Memory that went away meanwhile holds nothing any more.
fn search_map(memory: &File, map: std::ops::Range<u64>, line: &str, needles: &Needles, search: &mut Search) {
    let overlap = needles.longest() - 1;
    let mut piece = vec![0; CHUNK + overlap];
    let mut at = map.start;
    while at < map.end {
        let wanted = piece.len().min(usize::try_from(map.end - at).unwrap());
        let Ok(read) = memory.read_at(&mut piece[..wanted], at) else { return };
        if read == 0 {
            return;
        }
        let found = needles.in_bytes(&piece[..read]);
        search.found.extend(found.into_iter().map(|what| format!("{what} (piece at {at:x} of {line})")));
        let step = read.min(CHUNK);
        search.bytes += step as u64;
        at += step as u64;
    }
}

/// Looks through all files below a directory, however they are called.
pub fn search_files(dir: &Path, needles: &Needles) -> Search {
    let mut search = Search { bytes: 0, found: Vec::new() };
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            let below = search_files(&path, needles);
            search.bytes += below.bytes;
            search.found.extend(below.found);
        } else if path.is_file() {
            let content = std::fs::read(&path).unwrap();
            search.bytes += content.len() as u64;
            search.found.extend(needles.in_bytes(&content).into_iter().map(|what| format!("{what} ({path:?})")));
        }
    }
    search
}

/// Looks through every column of every table, whatever pages it is spread over; what is in the log and not yet in the
/// file is seen too. Finds are told by table and column.
pub fn search_database(path: &Path, needles: &Needles) -> Search {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut search = Search { bytes: 0, found: Vec::new() };
    for table in tables {
        let mut select = conn.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns: Vec<String> = select.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (index, column) in columns.iter().enumerate() {
                let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = row.get_ref(index).unwrap() else { continue };
                search.bytes += bytes.len() as u64;
                let found = needles.in_bytes(bytes);
                search.found.extend(found.into_iter().map(|what| format!("{what} ({table}.{column})")));
            }
        }
    }
    search
}
