//! Runs other programs: output passes through as it comes, and no step runs longer than its limit.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running child is looked at. Short enough not to be felt, long enough not to cost anything.
const POLL: Duration = Duration::from_millis(50);

/// The command as a person would type it, for messages.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs `command` to its end with its output on ours; an error unless it succeeds within `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child = spawn(command)?;
    finish(&mut child, command, limit)
}

/// As [`run`], with its standard output on our standard error: ours is kept for an answer that a script reads.
pub fn run_aside(command: &mut Command, limit: Duration) -> Result<()> {
    run(command.stdout(std::io::stderr()), limit)
}

/// As [`run`], and hands each line of its standard output to `each_line` after printing it.
pub fn run_lines(command: &mut Command, limit: Duration, mut each_line: impl FnMut(&str)) -> Result<()> {
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let stdout = child.stdout.take().context("standard output was asked for")?;
    let (lines, incoming) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    let result = finish(&mut child, command, limit);
    if result.is_ok() {
        // A grandchild may still hold the pipe after a kill; only a normal end is waited for.
        reader.join().ok().context("the reader of the output panicked")?;
    }
    incoming.try_iter().for_each(|line| each_line(&line));
    result
}

/// Runs `command` quietly and returns its standard output; an error carries what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let answer = command.output().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        bail!("`{}` failed ({}): {}", shown(command), answer.status, said.trim());
    }
    String::from_utf8(answer.stdout).with_context(|| format!("`{}` did not print text", shown(command)))
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start `{}`", shown(command)))
}

fn finish(child: &mut Child, command: &Command, limit: Duration) -> Result<()> {
    match wait(child, limit)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("`{}` failed ({status})", shown(command)),
        None => {
            kill_tree(child);
            bail!("`{}` was stopped: it ran longer than its limit of {} s", shown(command), limit.as_secs())
        }
    }
}

/// The exit status, or `None` when `limit` passes first.
pub fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= limit {
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// Ends a child and everything it started (a test runner's tests would outlive it otherwise).
pub fn kill_tree(child: &mut Child) {
    let pids = descendants(child.id());
    let _ = child.kill();
    if !pids.is_empty() {
        let _ = Command::new("kill").arg("-KILL").args(pids.iter().map(u32::to_string)).status();
    }
    let _ = child.wait();
}

/// Children, their children and so on, from `/proc`; empty where there is none.
fn descendants(of: u32) -> Vec<u32> {
    let mut pairs = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // `pid (name) state parent ...`; the name may itself hold spaces and parentheses.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        pairs.extend(parent.map(|parent: u32| (pid, parent)));
    }
    let mut found = vec![of];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn hands_on_each_line() {
        let mut lines = Vec::new();
        run_lines(&mut shell("echo one; echo two"), Duration::from_secs(20), |line| lines.push(line.to_owned()))
            .expect("echo works");
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(&mut shell("exit 3"), Duration::from_secs(20)).expect_err("exit 3 is a failure");
        assert!(error.to_string().contains("sh -c exit 3"), "{error}");
    }

    #[test]
    fn too_long_is_ended_with_all_it_started() {
        let started = Instant::now();
        let error = run(&mut shell("sleep 600 & sleep 600; wait"), Duration::from_millis(200))
            .expect_err("it sleeps for ten minutes");
        assert!(error.to_string().contains("longer than its limit"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
