//! Files that fit in a head, functions that fit on a screen. Tests may be longer: a table of cases is read, not followed.

use super::Finding;
use super::source::{Kind, Source};

/// Lines of a file outside its tests.
const FILE_LINES_MAX: usize = 500;
/// Lines of a file of tests, or of a file with the tests in it.
const FILE_LINES_MAX_WITH_TESTS: usize = 900;
const FUNCTION_LINES_MAX: usize = 70;
const TEST_FUNCTION_LINES_MAX: usize = 140;

pub fn check(source: &Source) -> Vec<Finding> {
    if source.is_generated() {
        return Vec::new();
    }
    let mut findings: Vec<_> = file(source).into_iter().collect();
    findings.extend(functions(source));
    findings
}

fn file(source: &Source) -> Option<Finding> {
    let all = source.text.lines().count();
    let own = all - test_lines(source);
    let (lines, limit) = if own > FILE_LINES_MAX {
        (own, FILE_LINES_MAX)
    } else {
        (all, FILE_LINES_MAX_WITH_TESTS)
    };
    (lines > limit).then(|| {
        source.finding(
            limit + 1,
            "length",
            format!("{lines} lines, at most {limit}: split the file"),
        )
    })
}

/// How many lines lie in test code: from the first to the last token of each run of test tokens.
fn test_lines(source: &Source) -> usize {
    let runs = source
        .tokens
        .chunk_by(|a, b| a.in_test == b.in_test)
        .filter(|run| run[0].in_test);
    runs.map(|run| run[run.len() - 1].line - run[0].line + 1)
        .sum()
}

fn functions(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, pair) in source.tokens.windows(2).enumerate() {
        // `fn` before a name is a function, before a parenthesis a type.
        if pair[0].kind != Kind::Name || pair[0].text != "fn" || pair[1].kind != Kind::Name {
            continue;
        }
        let Some(body) = body(source, index + 2) else {
            continue;
        };
        let lines = source.tokens[source.closing(body)].line - pair[0].line + 1;
        let limit = if pair[0].in_test {
            TEST_FUNCTION_LINES_MAX
        } else {
            FUNCTION_LINES_MAX
        };
        if lines > limit {
            let message = format!(
                "fn {} has {lines} lines, at most {limit}: split it",
                pair[1].text
            );
            findings.push(source.finding(pair[0].line, "length", message));
        }
    }
    findings
}

/// The opening brace of the body of the function whose signature goes on at `index`; none for a declaration.
fn body(source: &Source, mut index: usize) -> Option<usize> {
    while let Some(token) = source.tokens.get(index) {
        match (token.kind, token.text.as_str()) {
            (Kind::Open, "{") => return Some(index),
            (Kind::Open, _) => index = source.closing(index),
            (Kind::Close, _) | (Kind::Mark, ";") => return None,
            _ => {}
        }
        index += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn function(lines: usize) -> String {
        format!(
            "fn long(a: [u8; 3]) -> u8 {{\n{}}}\n",
            "f(\"}\"); // {\n".repeat(lines - 2)
        )
    }

    #[test]
    fn a_long_function_is_found() {
        assert!(check(&fixture("crates/money/src/lib.rs", &function(70))).is_empty());
        let findings = check(&fixture("crates/money/src/lib.rs", &function(71)));
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].message.contains("fn long has 71 lines"),
            "{}",
            findings[0]
        );
    }

    #[test]
    fn a_long_function_in_a_macro_is_found() {
        assert_eq!(
            check(&fixture(
                "crates/money/src/lib.rs",
                &format!("m! {{ {} }}", function(71))
            ))
            .len(),
            1
        );
    }

    #[test]
    fn a_test_may_be_longer_but_not_endless() {
        let test = |lines| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(lines));
        assert!(check(&fixture("crates/money/src/lib.rs", &test(140))).is_empty());
        assert_eq!(
            check(&fixture("crates/money/src/lib.rs", &test(141))).len(),
            1
        );
    }

    #[test]
    fn declarations_and_types_have_no_body() {
        let text = "trait T { fn a(&self); }\ntype F = fn(u8) -> u8;\nfn b() {}\n".to_owned()
            + &"\n".repeat(90);
        assert!(functions(&fixture("crates/money/src/lib.rs", &text)).is_empty());
    }

    #[test]
    fn a_long_file_is_found() {
        let items = |count| "const A: u8 = 0;\n".repeat(count);
        let tests = |count| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", items(count));
        assert!(check(&fixture("crates/money/src/lib.rs", &items(500))).is_empty());
        assert_eq!(
            check(&fixture("crates/money/src/lib.rs", &items(501))).len(),
            1
        );
        assert!(
            check(&fixture(
                "crates/money/src/lib.rs",
                &(items(500) + &tests(300))
            ))
            .is_empty()
        );
        assert_eq!(
            check(&fixture(
                "crates/money/src/lib.rs",
                &(items(500) + &tests(400))
            ))
            .len(),
            1
        );
        assert!(check(&fixture("crates/money/tests/all.rs", &items(900))).is_empty());
        assert_eq!(
            check(&fixture("crates/money/tests/all.rs", &items(901))).len(),
            1
        );
        let generated = "// @generated by codegen\n".to_owned() + &items(2000);
        assert!(check(&fixture("crates/money/src/table.rs", &generated)).is_empty());
    }
}
