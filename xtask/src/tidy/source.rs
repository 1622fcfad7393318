//! A Rust file as a flat list of tokens with lines, and which of them are test code.
//!
//! Tokens, not text: what stands in a comment or a string is no name, and a macro's body is seen like any other code.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::Finding;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Name,
    Literal,
    Mark,
    Open,
    Close,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    /// From 1.
    pub line: usize,
    /// Inside something under `#[cfg(test)]`, or in a file of tests.
    pub in_test: bool,
}

#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the repository.
    pub path: PathBuf,
    pub text: String,
    pub tokens: Vec<Token>,
}

impl Source {
    pub fn read(path: &Path, text: String) -> Result<Self, String> {
        let stream = TokenStream::from_str(&text).map_err(|error| format!("cannot be read as Rust: {error}"))?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        mark_tests(&mut tokens, is_test_file(path));
        Ok(Self { path: path.to_path_buf(), text, tokens })
    }

    /// The directory name of the crate this file belongs to: `money` for `crates/money/src/lib.rs`, `xtask` for `xtask/..`.
    pub fn krate(&self) -> &str {
        let mut parts = self.path.iter().map(|part| part.to_str().unwrap_or_default());
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            first => first.unwrap_or_default(),
        }
    }

    pub fn is_generated(&self) -> bool {
        self.text.lines().take(3).any(|line| line.starts_with("//") && line.contains("@generated"))
    }

    pub fn finding(&self, line: usize, rule: &'static str, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, rule, message: message.into() }
    }

    /// The index of the token that closes what the token at `open` opens.
    pub fn closing(&self, open: usize) -> usize {
        closing(&self.tokens, open)
    }

    /// Where the texts of `sequence` stand one after another.
    pub fn find<'a>(&'a self, sequence: &'a [&'a str]) -> impl Iterator<Item = &'a Token> + 'a {
        let windows = self.tokens.windows(sequence.len());
        windows
            .filter(move |window| window.iter().zip(sequence).all(|(token, text)| token.text == *text))
            .map(|window| &window[0])
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Ident(ident) => tokens.push(token(Kind::Name, ident.to_string(), line)),
            TokenTree::Literal(literal) => tokens.push(token(Kind::Literal, literal.to_string(), line)),
            TokenTree::Punct(punct) => tokens.push(token(Kind::Mark, punct.as_char().to_string(), line)),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let last = group.span_close().end().line;
                tokens.push(token(Kind::Open, open.to_owned(), line));
                flatten(group.stream(), tokens);
                tokens.push(token(Kind::Close, close.to_owned(), last));
            }
        }
    }
}

fn token(kind: Kind, text: String, line: usize) -> Token {
    Token { kind, text, line, in_test: false }
}

fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    tokens.len() - 1
}

/// By Cargo's layout and this house's: `tests/`, `benches/`, `tests.rs`, `something_tests.rs`.
fn is_test_file(path: &Path) -> bool {
    let in_dir = path.iter().any(|part| part == "tests" || part == "benches");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    in_dir || stem == "tests" || stem.ends_with("_tests")
}

/// Marks each item under an attribute `#[cfg(test)]`, or everything under `#![cfg(test)]`.
fn mark_tests(tokens: &mut [Token], whole_file: bool) {
    let mut index = 0;
    let mut whole_file = whole_file;
    while index < tokens.len() {
        let inner = tokens.get(index + 1).is_some_and(|token| token.text == "!");
        let bracket = index + 1 + usize::from(inner);
        if tokens[index].text == "#" && tokens.get(bracket).is_some_and(|token| token.text == "[") {
            let end = closing(tokens, bracket);
            if is_cfg_test(&tokens[bracket..end]) {
                whole_file |= inner;
                let last = item_end(tokens, end + 1);
                tokens[index..=last].iter_mut().for_each(|token| token.in_test = true);
                index = last;
            } else {
                index = end;
            }
        }
        index += 1;
    }
    if whole_file {
        tokens.iter_mut().for_each(|token| token.in_test = true);
    }
}

fn is_cfg_test(attribute: &[Token]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token.kind == Kind::Name && token.text == word);
    attribute.get(1).is_some_and(|token| token.text == "cfg") && has("test") && !has("not")
}

/// The last token of the item that starts at `start`: its closing brace or its semicolon.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut index = start;
    while index < tokens.len() {
        match (tokens[index].kind, tokens[index].text.as_str()) {
            (Kind::Open, "{") => return closing(tokens, index),
            (Kind::Open, _) => index = closing(tokens, index),
            (Kind::Mark, ";") => return index,
            _ => {}
        }
        index += 1;
    }
    tokens.len() - 1
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn names(source: &Source, in_test: bool) -> Vec<&str> {
        let wanted = source.tokens.iter().filter(|token| token.kind == Kind::Name && token.in_test == in_test);
        wanted.map(|token| token.text.as_str()).collect()
    }

    #[test]
    fn comments_and_strings_are_no_names() {
        let source = fixture("crates/money/src/lib.rs", "// one\nfn two() { r#\"three\"#; 'f'; /* four */ }");
        assert_eq!(names(&source, false), ["fn", "two"]);
        assert_eq!(source.tokens[0].line, 2);
        assert_eq!(source.krate(), "money");
    }

    #[test]
    fn sees_which_code_is_a_test() {
        let text = "fn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod t { fn b() {} }\n#[cfg(not(test))]\nfn c() {}\n\
                    #[cfg(test)] use d;\nfn e() {}";
        let source = fixture("crates/money/src/lib.rs", text);
        assert_eq!(names(&source, false), ["fn", "a", "cfg", "not", "test", "fn", "c", "fn", "e"]);
        let whole = fixture("crates/money/src/lib.rs", "#![cfg(test)]\nfn a() {}");
        assert!(names(&whole, false).is_empty());
        assert!(names(&fixture("crates/money/tests/x.rs", "fn a() {}"), false).is_empty());
    }
}
