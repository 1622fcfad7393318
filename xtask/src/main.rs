//! `cargo xtask`: what people do with this repository beyond `cargo build`, each as one command.
//!
//! Invariant: a command that says it succeeded has done what its help says; what could not be done fails loudly.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on its terminal")]

mod bitcoind;
mod demo;
mod electrum;
mod extension;
mod lnd;
mod needs;
mod process;
mod python;
mod repo;
mod soak;
mod steps;
mod test_run;
mod tidy;
mod vendor_clients;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Anytill repository.
///
/// `cargo xtask test` before every push; `cargo demo` to see the whole thing work.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand, Debug)]
enum Task {
    /// The whole test run: sets up the machine, runs every step, says what held
    #[command(after_help = "Steps: cargo xtask test --list. One of them: cargo xtask test --only tidy")]
    Test(test_run::Args),
    /// Build the server and the lab and run `lab demo` with all arguments that follow (alias: cargo demo)
    Demo(demo::Args),
    /// Long runs that the test run leaves out
    #[command(subcommand)]
    Soak(soak::Args),
    /// Bitcoin Core's daemon for tests: built once from the registry, kept in a cache; prints its path
    Bitcoind(bitcoind::Args),
    /// LND for tests: built once from its Go module, kept in a cache; prints the directory of its programs
    Lnd(lnd::Args),
    /// Electrum, and ElectrumX in the cache, as a wallet for tests; prints where the server is
    Electrum(electrum::Args),
    /// The rules of the house that neither the compiler nor clippy knows
    #[command(after_help = tidy::describe())]
    Tidy,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Test(args) => test_run::main(&args),
        Task::Demo(args) => match demo::main(&args) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Task::Soak(args) => soak::main(&args),
        Task::Bitcoind(args) => bitcoind::main(&args),
        Task::Lnd(args) => lnd::main(&args),
        Task::Electrum(args) => electrum::main(&args),
        Task::Tidy => tidy::check_all().map(|said| println!("{said}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
