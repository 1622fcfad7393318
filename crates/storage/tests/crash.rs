//! Processes that are killed, and a disk that refuses to grow, in the middle of a stream of commits.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use storage::conformance::crash::{LANES, check, write};
use storage::sqlite::{OpenMode, Sqlite};

/// Where the other process writes. Without it, [`writing_process`] is no test.
const DIR: &str = "ANYTILL_TEST_CRASH_DIR";

/// Not a test: what the other process runs.
#[test]
fn writing_process() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Sqlite::open(Path::new(&dir), OpenMode::OrCreate).expect("a database");
        let mut failed = store.failed();
        let refused = write(Arc::new(store.clone()), |lane, version| say(&format!("ack {lane} {version}"))).await;
        let reason = tokio::time::timeout(Duration::from_secs(10), failed.wait()).await;
        say(&format!("failed {refused:?}; {reason:?}"));
    });
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // In one piece, so that a line is there as a whole or not.
    out.write_all(format!("\n{line}\n").as_bytes()).and_then(|()| out.flush()).expect("somebody reads");
}

fn start(command: &mut Command, dir: &Path) -> Child {
    command.env(DIR, dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("a process")
}

const ARGUMENTS: [&str; 4] = ["writing_process", "--exact", "--nocapture", "--test-threads=1"];

fn exe() -> std::path::PathBuf {
    std::env::current_exe().expect("this program")
}

/// Reads until the process ends; kills it after `kill_after` acknowledgements. What it said, by lane, and its last word.
fn listen(mut child: Child, acknowledged: &mut [u64], kill_after: Option<usize>) -> Option<String> {
    let out = BufReader::new(child.stdout.take().expect("its output"));
    let mut heard = 0;
    let mut failure = None;
    for line in out.lines() {
        let Ok(line) = line else { break };
        if let Some(ack) = line.strip_prefix("ack ") {
            let mut words = ack.split(' ').map(|word| word.parse::<u64>().expect("a number"));
            let (lane, version) = (words.next().expect("a lane"), words.next().expect("a version"));
            acknowledged[lane as usize] = acknowledged[lane as usize].max(version);
            heard += 1;
            if Some(heard) == kill_after {
                child.kill().expect("SIGKILL");
            }
        } else if let Some(reason) = line.strip_prefix("failed ") {
            failure = Some(reason.to_owned());
        }
    }
    child.wait().expect("its end");
    failure
}

fn look(dir: &Path, acknowledged: &[u64]) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(async {
        let store = Sqlite::open(dir, OpenMode::Existing).expect("the database opens again");
        let found = check(Arc::new(store.clone()), acknowledged).await;
        assert_eq!(store.verify().await, Ok(vec![]));
        store.close().await;
        found
    })
}

#[test]
fn killed_in_the_middle() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut acknowledged = vec![0; usize::from(LANES)];
    // Each round goes on where the last one was killed; different moments, also within the first commits.
    for kill_after in [1, 7, 40, 200, 333] {
        let child = start(Command::new(exe()).args(ARGUMENTS), dir.path());
        let failure = listen(child, &mut acknowledged, Some(kill_after));
        assert_eq!(failure, None);
        let found = look(dir.path(), &acknowledged);
        assert!(found.iter().sum::<u64>() >= kill_after as u64);
        acknowledged = found;
    }
}

/// The kernel refuses to let files grow (`ulimit -f`, in blocks of 512 bytes): a write error that is not "disk full".
/// Nobody can know what of the commit is on the disk, so the process ends and the next one looks.
#[test]
fn a_disk_that_fails_ends_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut acknowledged = vec![0; usize::from(LANES)];
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"";
    let child = start(Command::new("sh").arg("-c").arg(script).arg(exe()).args(ARGUMENTS), dir.path());
    let pid = child.id();
    let (done, waited) = std::sync::mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if waited.recv_timeout(Duration::from_secs(120)).is_err() {
            let _ = Command::new("kill").arg("-9").arg(pid.to_string()).status();
        }
    });
    let failure = listen(child, &mut acknowledged, None).expect("it says why it ends");
    done.send(()).expect("the watchdog");
    watchdog.join().expect("the watchdog");
    // Those in the group are told that it is unknown, whoever comes later that the store is of no use.
    assert!(failure.contains("Unknown(") && !failure.contains("NotWritten(") && failure.contains("; Ok("), "{failure}");
    assert!(failure.contains("check the disk"), "{failure}");
    assert!(acknowledged.iter().sum::<u64>() > 20, "{acknowledged:?}");
    look(dir.path(), &acknowledged);
}
