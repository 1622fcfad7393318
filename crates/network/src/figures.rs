//! How many, how much, and how large one is.

use money::{Money, MoneyError, Rate, Sat, div_half_even};
use ports::NetworkGraph;
use serde::{Deserialize, Serialize};

/// What the public network amounts to at one moment. Nodes without an announced channel are not counted, and channels
/// whose capacity nobody told count as channels, not in the capacity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub nodes: u64,
    pub channels: u64,
    pub capacity_sat: u64,
    /// Channels whose capacity is known.
    pub measured: u64,
    /// Half of the measured channels are at most as large; of an even number, the lower of the two in the middle.
    pub median_channel_sat: u64,
}

impl Figures {
    /// Capacity by measured channels, to the nearest satoshi.
    pub fn mean_channel_sat(&self) -> u64 {
        if self.measured == 0 {
            return 0;
        }
        u64::try_from(div_half_even(self.capacity_sat.into(), self.measured.into())).unwrap_or(u64::MAX)
    }

    /// The whole capacity in a currency, rounded down to the minor unit.
    pub fn capacity_at(&self, rate: Rate) -> Result<Money, MoneyError> {
        worth(self.capacity_sat, rate)
    }

    /// The mean channel in a currency, rounded down to the minor unit.
    pub fn mean_channel_at(&self, rate: Rate) -> Result<Money, MoneyError> {
        worth(self.mean_channel_sat(), rate)
    }
}

fn worth(sat: u64, rate: Rate) -> Result<Money, MoneyError> {
    rate.minor_floor(Sat::new(sat)?.msat())
}

pub fn figures(graph: &NetworkGraph) -> Figures {
    let mut used = vec![false; graph.nodes().len()];
    for place in graph.channels().iter().flat_map(|channel| channel.ends) {
        if let Some(used) = usize::try_from(place).ok().and_then(|place| used.get_mut(place)) {
            *used = true;
        }
    }
    let mut sizes: Vec<u64> = graph.channels().iter().filter_map(|channel| channel.capacity_sat).collect();
    let middle = sizes.len().saturating_sub(1) / 2;
    let median_channel_sat = if sizes.is_empty() { 0 } else { *sizes.select_nth_unstable(middle).1 };
    Figures {
        nodes: count(used.iter().filter(|used| **used).count()),
        channels: count(graph.channels().len()),
        capacity_sat: sizes.iter().fold(0, |sum: u64, sat| sum.saturating_add(*sat)),
        measured: count(sizes.len()),
        median_channel_sat,
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
