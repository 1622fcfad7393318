//! The Anytill server and the commands of whoever runs it.
//!
//! [`config`] is what the operator sets, [`wiring`] makes parts of it, [`server`] runs them, [`admin`] is the socket by
//! which [`ops`] and [`doctor`] ask the running server. No adapter is named outside [`wiring`] and what opens the
//! server. What is not here: any rule about money (`engine`, `purchase`, `ledger`) and any page or route (`web`).

mod admin;
mod cli;
mod clock;
mod commands;
mod config;
mod disk;
mod doctor;
mod init;
mod logging;
mod ops;
mod out;
mod process;
mod recipes;
mod seed;
mod server;
mod wiring;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            out::note(format!("anytill: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
