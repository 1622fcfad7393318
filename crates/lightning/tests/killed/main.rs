//! The embedded node in a process that is killed (SIGKILL) at the worst moments, and started again.
//!
//! The test runs itself as that process: with [`child::DIRECTORY`] in its environment it is the node and does what it
//! is told on standard input.

#![allow(clippy::print_stdout, reason = "the child answers on it, and this is a test's own `main`")]

mod child;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/own.rs"]
mod node_parts;
mod parent;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let runtime = runtime.expect("threads");
    if std::env::var_os(child::DIRECTORY).is_some() {
        runtime.block_on(child::run());
        return;
    }
    // As the usual harness does it: a word on the command line chooses, a listing finds nothing.
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--list") {
        return;
    }
    let chosen: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    if chosen.is_empty() || chosen.iter().any(|word| "killed".contains(word.as_str())) {
        runtime.block_on(parent::run());
        println!("killed ... ok");
    }
}
