//! A Lightning Network that never was, in the files that real nodes write of theirs.
//!
//! Written from what LND answers to `describegraph` (api.lightning.community) and Core Lightning to `listchannels`
//! (docs.corelightning.org), with the fields that nobody here reads. The shape is made: nodes with many channels get more of
//! them, most channels are small, some directions are off or silent. No figure of it says anything about the real network.

use bitcoin::secp256k1::{Secp256k1, SecretKey};
use std::fmt::Write as _;

/// Keys, channels and policies from a seed: the same for the same seed.
#[derive(Debug, Clone)]
pub struct MadeGraph {
    /// Compressed public keys in hex.
    pub keys: Vec<String>,
    pub channels: Vec<MadeChannel>,
    /// When it was "heard", seconds since 1970.
    pub now_secs: u32,
}

#[derive(Debug, Clone)]
pub struct MadeChannel {
    pub short_channel_id: u64,
    /// Places in `keys`, the lesser key first (BOLT 7).
    pub ends: [usize; 2],
    pub capacity_sat: u64,
    pub policies: [Option<MadePolicy>; 2],
}

#[derive(Debug, Clone, Copy)]
pub struct MadePolicy {
    pub base_msat: u32,
    pub proportional_ppm: u32,
    pub cltv_delta: u16,
    pub disabled: bool,
    pub age_secs: u32,
}

/// Seconds since 1970 by this machine's clock, with which LDK compares the age of what it is told.
pub fn now_secs() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

/// Splitmix64 (Steele, Lea, Flood 2014): enough to scatter, not for secrets.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }
}

impl MadeGraph {
    /// `nodes` nodes, each with a channel, and `channels` channels in all (at least one fewer than there are nodes).
    pub fn new(seed: u64, nodes: usize, channels: usize, now_secs: u32) -> Self {
        let mut scatter = Scatter(seed);
        let curve = Secp256k1::new();
        let keys = (0..nodes).map(|_| key(&curve, &mut scatter)).collect::<Vec<String>>();
        let mut made = Self { keys, channels: Vec::with_capacity(channels), now_secs };
        // Ends of channels so far: picking one of them picks a node by how many it has.
        let mut ends = vec![0];
        for number in 0..channels {
            let (one, two) = if number + 1 < nodes {
                (number + 1, ends[scatter.place(ends.len())])
            } else {
                (ends[scatter.place(ends.len())], scatter.place(nodes))
            };
            if one == two {
                continue;
            }
            ends.extend([one, two]);
            made.add(number as u64, one, two, &mut scatter);
        }
        made
    }

    fn add(&mut self, number: u64, one: usize, two: usize, scatter: &mut Scatter) {
        let ends = if self.keys[one] <= self.keys[two] { [one, two] } else { [two, one] };
        // From 20,000 sat to 20 million, a few up to ten bitcoin.
        let decade = 10u64.pow(4 + u32::try_from(scatter.below(4)).unwrap_or_default());
        let large = if scatter.below(100) == 0 { 10 } else { 1 };
        let capacity_sat = (2 + scatter.below(8)) * decade * large;
        let policies = [policy(scatter), policy(scatter)];
        let short_channel_id = (500_000 + number / 100) << 40 | (number % 100 + 1) << 16 | scatter.below(2);
        self.channels.push(MadeChannel { short_channel_id, ends, capacity_sat, policies });
    }

    /// As `lncli describegraph` writes it.
    pub fn lnd_json(&self) -> String {
        let mut out = String::with_capacity(self.keys.len() * 300 + self.channels.len() * 900);
        out.push_str("{\"nodes\":[");
        for (number, key) in self.keys.iter().enumerate() {
            let _ = write!(
                out,
                r##"{}{{"last_update":{},"pub_key":"{key}","alias":"node \"{number}\"","addresses":[{{"network":"tcp","addr":"203.0.113.{}:9735"}}],"color":"#3399ff","features":{{"9":{{"name":"tlv-onion","is_required":false,"is_known":true}}}},"custom_records":{{}}}}"##,
                comma(number),
                self.now_secs,
                number % 250
            );
        }
        out.push_str("],\"edges\":[");
        for (number, channel) in self.channels.iter().enumerate() {
            let [one, two] = channel.ends.map(|end| &self.keys[end]);
            let _ = write!(
                out,
                r#"{}{{"channel_id":"{}","chan_point":"{number:064x}:0","last_update":0,"node1_pub":"{one}","node2_pub":"{two}","capacity":"{}","#,
                comma(number),
                channel.short_channel_id,
                channel.capacity_sat
            );
            for (end, policy) in channel.policies.iter().enumerate() {
                let _ = write!(out, "\"node{}_policy\":", end + 1);
                self.lnd_policy(&mut out, channel, policy.as_ref());
                out.push(',');
            }
            out.push_str("\"custom_records\":{}}");
        }
        out.push_str("]}");
        out
    }

    fn lnd_policy(&self, out: &mut String, channel: &MadeChannel, policy: Option<&MadePolicy>) {
        let Some(policy) = policy else { return out.push_str("null") };
        let _ = write!(
            out,
            r#"{{"time_lock_delta":{},"min_htlc":"1000","fee_base_msat":"{}","fee_rate_milli_msat":"{}","disabled":{},"max_htlc_msat":"{}","last_update":{},"custom_records":{{}},"inbound_fee_base_msat":0,"inbound_fee_rate_milli_msat":0}}"#,
            policy.cltv_delta,
            policy.base_msat,
            policy.proportional_ppm,
            policy.disabled,
            channel.capacity_sat * 990,
            self.now_secs - policy.age_secs
        );
    }

    /// As `lightning-cli listchannels` writes it: a direction that nobody announced is not there.
    pub fn cln_json(&self) -> String {
        let mut out = String::with_capacity(self.channels.len() * 1_100);
        out.push_str("{\"channels\":[");
        let mut first = true;
        for channel in &self.channels {
            for (end, policy) in channel.policies.iter().enumerate() {
                let Some(policy) = policy else { continue };
                let (from, to) = (&self.keys[channel.ends[end]], &self.keys[channel.ends[end ^ 1]]);
                let scid = channel.short_channel_id;
                let _ = write!(
                    out,
                    r#"{}{{"source":"{from}","destination":"{to}","short_channel_id":"{}x{}x{}","direction":{end},"public":true,"amount_msat":{},"message_flags":1,"channel_flags":{},"active":{},"last_update":{},"base_fee_millisatoshi":{},"fee_per_millionth":{},"delay":{},"htlc_minimum_msat":1000,"htlc_maximum_msat":{},"features":""}}"#,
                    if first { "" } else { "," },
                    scid >> 40,
                    scid >> 16 & 0xff_ffff,
                    scid & 0xffff,
                    channel.capacity_sat * 1_000,
                    end + 2 * usize::from(policy.disabled),
                    !policy.disabled,
                    self.now_secs - policy.age_secs,
                    policy.base_msat,
                    policy.proportional_ppm,
                    policy.cltv_delta,
                    channel.capacity_sat * 990
                );
                first = false;
            }
        }
        out.push_str("]}");
        out
    }
}

fn comma(number: usize) -> &'static str {
    if number == 0 { "" } else { "," }
}

fn key(curve: &Secp256k1<bitcoin::secp256k1::All>, scatter: &mut Scatter) -> String {
    loop {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&scatter.next().to_be_bytes());
        }
        if let Ok(secret) = SecretKey::from_slice(&bytes) {
            return secret.public_key(curve).to_string();
        }
    }
}

fn policy(scatter: &mut Scatter) -> Option<MadePolicy> {
    // One direction of twenty was never announced, one is off.
    let kind = scatter.below(20);
    (kind != 0).then(|| MadePolicy {
        base_msat: [0, 0, 1_000, 1_000][scatter.place(4)],
        proportional_ppm: u32::try_from(scatter.below(500)).unwrap_or_default(),
        cltv_delta: [18, 40, 80, 144][scatter.place(4)],
        disabled: kind == 1,
        age_secs: u32::try_from(scatter.below(13 * 86_400)).unwrap_or_default(),
    })
}
