//! `cargo xtask test`: runs the rows of [`crate::steps`], goes on after a failure, and says at the end what held.
//!
//! Invariant: PASSED is printed only if every step asked for was run and passed; a step that could not run has failed.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::steps::{Run, STEPS, Step, When};
use crate::{bitcoind, extension, needs, process, repo};

/// The whole test run; sets up the machine first.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Run only these steps and what they need (may be given several times, or as a list with commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Print the steps and run none
    #[arg(long)]
    list: bool,
}

/// How a step ended.
enum End {
    Passed(String),
    Failed(String),
    /// A step that it needs had failed.
    NotRun(&'static str),
}

struct Done {
    name: &'static str,
    end: End,
    took: Duration,
}

pub fn main(args: &Args) -> Result<()> {
    if args.list {
        STEPS.iter().for_each(print_row);
        return Ok(());
    }
    let root = repo::root()?;
    let chosen = choose(&args.only)?;
    let started = Instant::now();
    println!("==> setup: what the machine must have");
    needs::ensure(needs::COMPILER)?;
    let mut done: Vec<Done> = Vec::new();
    for step in chosen {
        let one = run_after(step, &done, &root);
        println!("<== {}", closing(&one));
        done.push(one);
    }
    conclude(&done, started.elapsed())
}

fn print_row(step: &Step) {
    let what = match &step.run {
        Run::Command(words) | Run::Tests(words) | Run::BesideBitcoind(words) => {
            words.join(" ").replace("{cargo}", "cargo")
        }
        Run::Extension(script) => format!("npm --prefix extension run {script}"),
        Run::Task(_) => format!("(a part of xtask: {})", step.name),
    };
    let when = if step.when == When::Always { "" } else { " [only when named]" };
    println!("{:10} {}{when}\n{:10} {what}", step.name, step.why, "");
}

/// The rows asked for, in the table's order, with what they need.
fn choose(only: &[String]) -> Result<Vec<&'static Step>> {
    let mut wanted: Vec<&str> = only.iter().map(String::as_str).collect();
    if let Some(unknown) = wanted.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("there is no step `{unknown}`; there are: {}", names.join(", "));
    }
    if wanted.is_empty() {
        wanted = STEPS.iter().filter(|step| step.when == When::Always).map(|step| step.name).collect();
    }
    // From the end, because a row needs only rows above it.
    for step in STEPS.iter().rev() {
        if wanted.contains(&step.name) {
            wanted.extend(step.after);
        }
    }
    Ok(STEPS.iter().filter(|step| wanted.contains(&step.name)).collect())
}

fn run_after(step: &'static Step, done: &[Done], root: &Path) -> Done {
    println!("\n==> {}: {}", step.name, step.why);
    let started = Instant::now();
    let passed = |name: &str| done.iter().any(|one| one.name == name && matches!(one.end, End::Passed(_)));
    let end = match step.after.iter().find(|name| !passed(name)) {
        Some(missing) => End::NotRun(missing),
        None => match run(step, root) {
            Ok(said) => End::Passed(said),
            Err(error) => End::Failed(format!("{error:#}")),
        },
    };
    Done { name: step.name, end, took: started.elapsed() }
}

fn run(step: &Step, root: &Path) -> Result<String> {
    match &step.run {
        Run::Task(task) => task(root),
        Run::Command(words) => process::run(&mut command(words, root, ""), step.limit).map(|()| String::new()),
        Run::BesideBitcoind(words) => {
            let daemon = bitcoind::ensure(None)?;
            bitcoind::beside(&daemon, step.limit, |url| command(words, root, url)).map(|()| String::new())
        }
        Run::Extension(script) => extension::run(root, script, step.limit).map(|()| String::new()),
        Run::Tests(words) => {
            let mut count = Count::default();
            let result = process::run_lines(&mut command(words, root, ""), step.limit, |line| count.add(line));
            result.map_err(|error| error.context(count.summary()))?;
            count.verdict()
        }
    }
}

/// `words` with their placeholders filled in; `url` is empty where there is no chain.
fn command(words: &[&str], root: &Path, url: &str) -> Command {
    let (cargo, bin) = (repo::cargo(), repo::target_dir(root).join("debug"));
    let filled = |word: &&str| {
        let word = word.replace("{cargo}", &cargo.to_string_lossy()).replace("{url}", url);
        word.replace("{bin}", &bin.to_string_lossy())
    };
    let mut command = Command::new(words.first().map(filled).unwrap_or_default());
    command.args(words.iter().skip(1).map(filled)).current_dir(root);
    command.env("ANYTILL_BIN", repo::dev_binary(root, "anytill"));
    // A snapshot that differs is a failure here; it is reviewed and accepted by a person, never by the run.
    command.env("INSTA_UPDATE", "no");
    command
}

/// What the `test result:` lines of all test programs add up to.
#[derive(Debug, Default, PartialEq)]
struct Count {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Count {
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        let number = |word: &str| {
            let part = rest.split(['.', ';']).find_map(|part| part.trim().strip_suffix(word));
            part.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        self.programs += 1;
        self.passed += number("passed");
        self.failed += number("failed");
        self.ignored += number("ignored");
    }

    fn summary(&self) -> String {
        format!("{} tests passed, {} failed, in {} programs", self.passed, self.failed, self.programs)
    }

    fn verdict(&self) -> Result<String> {
        if self.failed > 0 || self.ignored > 0 || self.passed == 0 {
            bail!("{}, {} ignored (none may be)", self.summary(), self.ignored);
        }
        Ok(self.summary())
    }
}

fn closing(done: &Done) -> String {
    let (word, said) = match &done.end {
        End::Passed(said) => ("ok", said.clone()),
        End::Failed(why) => ("FAILED", why.clone()),
        End::NotRun(missing) => ("NOT RUN", format!("it needs `{missing}`")),
    };
    format!("{:10} {word:8} {:7.1} s  {said}", done.name, done.took.as_secs_f64()).trim_end().to_owned()
}

fn conclude(done: &[Done], took: Duration) -> Result<()> {
    println!("\nsteps:");
    done.iter().for_each(|one| println!("  {}", closing(one)));
    let bad: Vec<_> = done.iter().filter(|one| !matches!(one.end, End::Passed(_))).map(|one| one.name).collect();
    let seconds = took.as_secs_f64();
    if bad.is_empty() {
        println!("xtask test: PASSED, {} of {} steps, {seconds:.1} s", done.len(), done.len());
        return Ok(());
    }
    println!("xtask test: FAILED, {} of {} steps did not pass, {seconds:.1} s", bad.len(), done.len());
    bail!("steps that did not pass: {}", bad.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> Result<Vec<&'static str>> {
        let only: Vec<_> = only.iter().map(|name| (*name).to_owned()).collect();
        Ok(choose(&only)?.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn naming_a_step_brings_what_it_needs() {
        assert_eq!(names(&["unit", "fmt"]).expect("both exist"), ["fmt", "build", "unit"]);
        assert!(names(&["no-such"]).is_err());
        let always = STEPS.iter().filter(|step| step.when == When::Always).count();
        assert_eq!(names(&[]).expect("all").len(), always);
    }

    #[test]
    fn test_results_are_counted() {
        let mut count = Count::default();
        count.add("test result: ok. 36 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.30s");
        count.add("test result: FAILED. 2 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out");
        count.add("test something ... ok");
        assert_eq!(count, Count { programs: 2, passed: 38, failed: 1, ignored: 3 });
        assert!(count.verdict().is_err());
    }

    #[test]
    fn no_test_at_all_or_an_ignored_one_is_no_success() {
        assert!(Count::default().verdict().is_err());
        assert!(Count { programs: 1, passed: 5, failed: 0, ignored: 1 }.verdict().is_err());
        assert!(Count { programs: 1, passed: 5, failed: 0, ignored: 0 }.verdict().is_ok());
    }

    const NEEDS_FMT: Step = Step {
        name: "x",
        why: "a test",
        run: Run::Task(|_| Ok("fine".into())),
        after: &["fmt"],
        when: When::Always,
        limit: Duration::from_secs(60),
    };
    static STEP: Step = NEEDS_FMT;

    #[test]
    fn a_step_whose_need_failed_is_not_run_and_the_run_fails() {
        let failed = Done { name: "fmt", end: End::Failed("broken".into()), took: Duration::ZERO };
        let passed = Done { name: "fmt", end: End::Passed(String::new()), took: Duration::ZERO };
        let not_run = run_after(&STEP, &[failed], Path::new("."));
        assert!(closing(&not_run).contains("NOT RUN"), "{}", closing(&not_run));
        assert!(conclude(&[not_run], Duration::ZERO).is_err());
        let ran = run_after(&STEP, &[passed], Path::new("."));
        assert!(closing(&ran).ends_with("fine"), "{}", closing(&ran));
        assert!(conclude(&[ran], Duration::ZERO).is_ok());
    }

    #[test]
    fn placeholders_are_filled_in() {
        let command = command(&["{bin}/lab", "demo", "--bitcoind", "{url}"], Path::new("."), "http://u:p@h:1");
        let shown = process::shown(&command);
        assert!(shown.ends_with("/debug/lab demo --bitcoind http://u:p@h:1"), "{shown}");
    }

    #[test]
    fn a_command_that_cannot_start_has_failed() {
        static MISSING: Step = Step { run: Run::Command(&["anytill-no-such-program"]), after: &[], ..NEEDS_FMT };
        let done = run_after(&MISSING, &[], Path::new("."));
        assert!(matches!(done.end, End::Failed(_)), "{}", closing(&done));
    }
}
