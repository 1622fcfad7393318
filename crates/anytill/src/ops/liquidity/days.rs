//! What each node could receive, a day at a time: kept, so that a plot shows more than what purchases took.

use crate::ops::DAY_MS;
use crate::server::Server;
use anyhow::{Context as _, Result};
use ids::{NodeId, UnixMs};
use ports::{Outcome, Room, Store};
use serde::{Deserialize, Serialize};

/// Where the days are kept: JSON, bounded by [`DAYS_MAX`] and the nodes there are.
const SETTING: &str = "liquidity_days";
pub const DAYS_MAX: usize = 90;

/// One node on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub node: NodeId,
    /// Since 1970-01-01, UTC.
    pub day: u64,
    /// The least it could receive in all on that day, satoshi rounded down.
    pub inbound_sat_min: u64,
}

/// What usable channels can receive in all, one after another.
pub fn inbound_msat(room: &Room) -> u64 {
    let usable = room.channels.iter().filter(|channel| channel.usable);
    usable.map(|channel| channel.inbound_msat.get()).fold(0, u64::saturating_add)
}

pub const fn day_of(at: UnixMs) -> u64 {
    at.0 / DAY_MS
}

/// Oldest first.
pub async fn kept(store: &dyn Store) -> Result<Vec<Day>> {
    let text = store.setting(SETTING).await?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose().context("the days of liquidity")?.unwrap_or_default())
}

/// Looks at every node; a day's figure only ever falls.
pub async fn sample(server: &Server) -> Result<()> {
    let today = day_of(server.clock.now());
    let mut days = kept(&server.store).await?;
    let before = days.clone();
    for node in server.nodes.all() {
        // One whose peers are away for a moment is not empty.
        let Outcome::Done(room) = node.room().await else { continue };
        if room.channels.iter().any(|channel| !channel.usable) {
            continue;
        }
        note(&mut days, Day { node: node.node_id(), day: today, inbound_sat_min: inbound_msat(&room) / 1_000 });
    }
    if days != before {
        Store::put_setting(&server.store, SETTING, &serde_json::to_string(&days)?).await?;
    }
    Ok(())
}

fn note(days: &mut Vec<Day>, seen: Day) {
    match days.iter_mut().find(|day| day.node == seen.node && day.day == seen.day) {
        Some(day) => day.inbound_sat_min = day.inbound_sat_min.min(seen.inbound_sat_min),
        None => days.push(seen),
    }
    days.retain(|day| day.day + DAYS_MAX as u64 > seen.day);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_keeps_its_least_and_old_days_go() {
        let day = |node, day, inbound_sat_min| Day { node: NodeId([node; 33]), day, inbound_sat_min };
        let mut days = Vec::new();
        note(&mut days, day(1, 10, 500));
        note(&mut days, day(1, 10, 700));
        note(&mut days, day(2, 10, 9));
        note(&mut days, day(1, 10, 300));
        assert_eq!(days, [day(1, 10, 300), day(2, 10, 9)]);
        note(&mut days, day(1, 99, 1));
        assert_eq!(days.len(), 3, "ninety days, today among them");
        note(&mut days, day(1, 100, 1));
        assert_eq!(days, [day(1, 99, 1), day(1, 100, 1)]);
    }
}
