//! The Anytill server and the commands of whoever runs it.

mod cli;
mod clock;
mod config;
mod init;
mod out;
mod process;
mod seed;

use anyhow::Result;
use clap::Parser as _;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            out::note(format!("anytill: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Init(args) => init::run(&cli.place, args)?,
        Command::Config => out::line(config::DEFAULT.trim_end()),
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}
