//! Core Lightning's `listchannels` (docs.corelightning.org): one entry for each direction that was announced. Amounts were
//! text with a unit (`"1000msat"`) up to 23.08, numbers since.

use super::{ReadError, capacity, in_order, node_id};
use ports::{ForwardingPolicy, NetworkGraph};
use serde::Deserialize;

const FORM: &str = "`lightning-cli listchannels`";

#[derive(Deserialize)]
struct Channels<'a> {
    #[serde(borrow)]
    channels: Vec<Direction<'a>>,
}

#[derive(Deserialize)]
struct Direction<'a> {
    source: &'a str,
    destination: &'a str,
    short_channel_id: &'a str,
    #[serde(default = "yes")]
    public: bool,
    #[serde(borrow)]
    amount_msat: Amount<'a>,
    active: bool,
    last_update: u32,
    base_fee_millisatoshi: u32,
    fee_per_millionth: u32,
    delay: u16,
    #[serde(borrow)]
    htlc_minimum_msat: Amount<'a>,
    #[serde(borrow)]
    htlc_maximum_msat: Option<Amount<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount<'a> {
    Number(u64),
    Text(&'a str),
}

impl Amount<'_> {
    fn msat(&self) -> Option<u64> {
        match self {
            Self::Number(msat) => Some(*msat),
            Self::Text(text) => text.strip_suffix("msat").unwrap_or(text).parse().ok(),
        }
    }
}

const fn yes() -> bool {
    true
}

pub(super) fn read(json: &[u8]) -> Result<NetworkGraph, ReadError> {
    let said: Channels = serde_json::from_slice(json).map_err(|why| ReadError::Malformed { form: FORM, why })?;
    let mut graph = NetworkGraph::with_capacity(said.channels.len() / 4, said.channels.len() / 2);
    for direction in said.channels.iter().filter(|direction| direction.public) {
        add(&mut graph, direction).ok_or_else(|| ReadError::Channel {
            channel: direction.short_channel_id.to_owned(),
            why: "a field is not a number or a key, or the capacity is more than all bitcoin",
        })?;
    }
    Ok(graph)
}

fn add(graph: &mut NetworkGraph, said: &Direction) -> Option<()> {
    let (ends, from) = in_order(node_id(said.source)?, node_id(said.destination)?);
    let capacity_msat = said.amount_msat.msat()?;
    // Channels are funded in whole satoshis.
    let capacity_sat = capacity(capacity_msat / 1_000)?;
    let policy = ForwardingPolicy {
        enabled: said.active,
        base_msat: said.base_fee_millisatoshi,
        proportional_ppm: said.fee_per_millionth,
        cltv_delta: said.delay,
        htlc_min_msat: said.htlc_minimum_msat.msat()?,
        htlc_max_msat: said.htlc_maximum_msat.as_ref().map_or(Some(capacity_msat), Amount::msat)?,
        updated_at_secs: said.last_update,
    };
    let channel = graph.channel(short_channel_id(said.short_channel_id)?, ends)?;
    channel.capacity_sat = capacity_sat;
    channel.policies[from] = Some(policy);
    Some(())
}

/// `block x transaction x output`, 24, 24 and 16 bits (BOLT 7).
fn short_channel_id(text: &str) -> Option<u64> {
    let mut parts = text.split('x').map(|part| part.parse::<u64>().ok());
    let (block, index, output) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && block < 1 << 24 && index < 1 << 24 && output < 1 << 16)
        .then_some(block << 40 | index << 16 | output)
}
