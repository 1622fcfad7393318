//! `cargo xtask`: what people do with this repository beyond `cargo build`, each as one command.
//!
//! Invariant: a command that says it succeeded has done what its help says; what could not be done fails loudly.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its terminal"
)]

mod bitcoind;
mod needs;
mod process;
mod repo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Anytill repository
#[derive(Parser, Debug)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand, Debug)]
enum Task {
    /// Bitcoin Core's daemon for tests: built once from the registry, kept in a cache; prints its path
    Bitcoind(bitcoind::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Bitcoind(args) => bitcoind::main(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
