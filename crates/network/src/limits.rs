//! Which amounts the channels take.

use money::Msat;
use ports::NetworkGraph;

/// For each channel, the least and the most that one of its directions forwards in one piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(Vec<[(u64, u64); 2]>);

/// A direction that takes nothing.
const CLOSED: (u64, u64) = (1, 0);

impl Limits {
    pub fn of(graph: &NetworkGraph) -> Self {
        let limits = graph.channels().iter().map(|channel| {
            let size_msat = channel.capacity_sat.map_or(u64::MAX, |sat| sat.saturating_mul(1_000));
            channel.policies.map(|said| {
                let open = said.filter(|policy| policy.enabled);
                open.map_or(CLOSED, |policy| (policy.htlc_min_msat, policy.htlc_max_msat.min(size_msat)))
            })
        });
        Self(limits.collect())
    }

    /// Channels over which an amount could go in one piece, in at least one direction: enabled, within what its end takes,
    /// and not more than the capacity. Whether the bitcoin is on that side nobody outside knows.
    pub fn could_carry(&self, amount: Msat) -> u64 {
        let msat = amount.get();
        let carries = |ends: &&[(u64, u64); 2]| ends.iter().any(|(min, max)| (*min..=*max).contains(&msat));
        u64::try_from(self.0.iter().filter(carries).count()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ids::NodeId;
    use ports::ForwardingPolicy;

    fn policy(enabled: bool, htlc_min_msat: u64, htlc_max_msat: u64) -> Option<ForwardingPolicy> {
        Some(ForwardingPolicy {
            enabled,
            base_msat: 1_000,
            proportional_ppm: 1,
            cltv_delta: 40,
            htlc_min_msat,
            htlc_max_msat,
            updated_at_secs: 0,
        })
    }

    #[test]
    fn a_channel_carries_what_is_within_its_ends_limits_and_its_size() {
        let with = |capacity_sat, policies| {
            let mut graph = NetworkGraph::default();
            let channel = graph.channel(1, [NodeId([2; 33]), NodeId([3; 33])]).unwrap();
            (channel.capacity_sat, channel.policies) = (capacity_sat, policies);
            Limits::of(&graph).could_carry(Msat::new(5_000).unwrap())
        };
        assert_eq!(with(Some(5), [policy(true, 1, 5_000), None]), 1);
        assert_eq!(with(Some(4), [policy(true, 1, 5_000), None]), 0, "too small");
        assert_eq!(with(None, [None, policy(true, 1, 5_000)]), 1, "size unknown");
        assert_eq!(with(Some(9), [policy(true, 1, 4_999), policy(true, 5_001, 9_000)]), 0, "limits");
        assert_eq!(with(Some(9), [policy(false, 1, 9_000), None]), 0, "not enabled");
        assert_eq!(with(Some(9), [None, None]), 0, "nobody says what it takes");
    }
}
