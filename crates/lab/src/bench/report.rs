//! The table, or the object.

use super::figures::Figure;
use super::machine::Machine;
use anyhow::Result;
use serde_json::json;
use std::io::Write as _;

pub fn show(machine: &Machine, figures: &[Figure], as_json: bool) -> Result<()> {
    let text = if as_json {
        format!("{}\n", json!({ "machine": machine, "figures": figures }))
    } else {
        table(machine, figures)
    };
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

fn table(machine: &Machine, figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.what.len()).max().unwrap_or(0);
    let mut text = format!(
        "\n{:<width$} {:>6} {:>11} {:>11} {:>11} {:>9}  {:<28} {:<11} {}\n",
        "", "n", "median", "p95", "p99", "a second", "ratio", "aim", ""
    );
    for figure in figures {
        let tail = |value: Option<f64>| value.filter(|_| figure.n > 1);
        let value = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.2} {}", figure.unit));
        let rate = figure.per_second.map_or(String::new(), |rate| format!("{rate:.*}", usize::from(rate < 100.0)));
        let ratio = figure.ratio.map_or(String::new(), |ratio| {
            let p99 = ratio.p99.map_or(String::new(), |p99| format!(" (99 %: {p99:.2})"));
            let spread = ratio.spread.map_or(String::new(), |(low, high)| format!(" ({low:.2} to {high:.2})"));
            format!("{:.2} x {}{p99}{spread}", ratio.value, ratio.of)
        });
        let aim = figure.aim.map_or(String::new(), |aim| {
            let sign = if aim.at_least { ">=" } else { "<" };
            format!("{sign} {} {}", aim.limit, aim.unit)
        });
        let met = match (figure.aim, figure.met) {
            (_, Some(true)) => "met",
            (_, Some(false)) => "NOT MET",
            (Some(_), None) => "not measured",
            (None, None) => "",
        };
        let line = format!(
            "{:<width$} {:>6} {:>11} {:>11} {:>11} {:>9}  {:<28} {:<11} {}",
            figure.what,
            figure.n,
            value(figure.median),
            value(tail(figure.p95)),
            value(tail(figure.p99)),
            rate,
            ratio,
            aim,
            met
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&format!(
        "\n{}, {} cores, {} GiB, Linux {}, load {}\n",
        machine.cpu, machine.cores, machine.memory_gib, machine.kernel, machine.load
    ));
    if !machine.optimised {
        text.push_str("A DEBUG BUILD: these figures say nothing about the server. Use cargo run --release.\n");
    }
    if machine.disk_is_memory {
        text.push_str("THE DISK IS MEMORY: commits cost nothing, so ratios to them say nothing. Use --dir.\n");
    }
    text
}
