//! The Anytill server.

mod config;

fn main() {}
