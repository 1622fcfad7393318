//! The second binary: a demo of whole purchases, their world to be driven from outside, the vendors alone, benchmarks. Nothing of it is in the
//! server.

mod bench;
mod demo;
mod sandbox;
mod world;

use clap::{Parser, Subcommand};
use std::io::Write;

/// Try Anytill, break it, measure it. Everything runs on this machine; nothing is real money.
#[derive(Parser)]
#[command(name = "lab", version, about, max_term_width = 130)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Buy the $27.11 album: sandbox, server, wallet, one whole purchase over real Lightning.
    Demo(demo::Args),
    Bench(bench::Args),
    World(world::Args),
    Sandbox(sandbox::Args),
}

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "lab: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<std::process::ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        Command::Demo(args) => runtime.block_on(demo::run(args)),
        Command::Bench(args) => runtime.block_on(bench::run(args)),
        Command::World(args) => runtime.block_on(world::run(args)),
        Command::Sandbox(args) => runtime.block_on(sandbox::run(args)),
    }
}
