//! `anytill borne`: what the operator had to bear, by account and store, and clearing it.

use crate::admin::Answer;
use anyhow::{Result, bail};
use engine::Borne;
use ports::Store;
use std::fmt::Write as _;

pub async fn list(store: &dyn Store) -> Result<Answer> {
    let rows = engine::borne(store).await?;
    let mut text = table(&rows)?;
    if rows.is_empty() {
        text.push_str("nothing was borne");
    } else {
        text.push_str("\n`anytill borne clear COUNT` begins a count anew, once you have looked into it");
    }
    Answer::new(true, text, &rows)
}

/// A line each: the count, what it is, and what of it is not cleared.
pub fn table(rows: &[Borne]) -> Result<String> {
    let mut text = String::new();
    let width = rows.iter().map(|row| row.count.len()).max().unwrap_or_default();
    for row in rows {
        writeln!(text, "{:width$}  {:>12}  of it not cleared {:>12}", row.count, row.amount, row.open())?;
    }
    Ok(text)
}

pub async fn clear(store: &dyn Store, count: &str) -> Result<Answer> {
    match engine::clear_borne(store, count).await? {
        Some(row) => Ok(Answer::done(format!("{} begins anew at {}", row.count, row.amount))),
        None => bail!("there is no count `{count}`: `anytill borne list` names them"),
    }
}
