//! LND's `describegraph` (api.lightning.community, `GET /v1/graph`). 64-bit integers are text there.
//!
//! Entry by entry: of the text no more is in memory than its source holds.

use super::{ReadError, capacity, in_order, node_id};
use ids::NodeId;
use ports::{ForwardingPolicy, NetworkGraph};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::io::{BufReader, Read};
use std::marker::PhantomData;
use std::str::FromStr;

const FORM: &str = "`lncli describegraph`";
/// What is taken from a source at a time.
const PIECE_BYTES: usize = 64 << 10;

pub(super) fn read(json: &[u8]) -> Result<NetworkGraph, ReadError> {
    whole(serde_json::Deserializer::from_slice(json))
}

/// A graph that is read while it arrives; blocks as its source does. One that ends early is malformed.
pub fn read_arriving(json: impl Read) -> Result<NetworkGraph, ReadError> {
    whole(serde_json::Deserializer::from_reader(BufReader::with_capacity(PIECE_BYTES, json)))
}

fn whole<'de, R: serde_json::de::Read<'de>>(mut json: serde_json::Deserializer<R>) -> Result<NetworkGraph, ReadError> {
    let mut filled = Filled::default();
    let read = filled.deserialize(&mut json).and_then(|()| json.end());
    match (filled.fault, read) {
        (Some(fault), _) => Err(fault),
        (None, Err(why)) => Err(ReadError::Malformed { form: FORM, why }),
        (None, Ok(())) => Ok(filled.graph),
    }
}

/// The graph so far, and what was wrong with an entry: that text would else be of the JSON reader's making.
#[derive(Default)]
struct Filled {
    graph: NetworkGraph,
    fault: Option<ReadError>,
}

impl<'de> DeserializeSeed<'de> for &mut Filled {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Filled {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of nodes and edges")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut known = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "nodes" => map.next_value_seed(Each::<Node>(self, PhantomData))?,
                "edges" => map.next_value_seed(Each::<Edge>(self, PhantomData))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            }
            known = true;
        }
        if known { Ok(()) } else { Err(A::Error::custom("neither nodes nor edges")) }
    }
}

trait Entry {
    fn add_to(&self, graph: &mut NetworkGraph) -> Result<(), ReadError>;
}

/// A list whose entries are taken in one by one.
struct Each<'a, T>(&'a mut Filled, PhantomData<T>);

impl<'de, T: Entry + Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Entry + Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<T>()? {
            if let Err(fault) = entry.add_to(&mut self.0.graph) {
                self.0.fault = Some(fault);
                return Err(A::Error::custom("an entry cannot be taken in"));
            }
        }
        Ok(())
    }
}

/// A text that stands for something; nothing if it does not. It is read without being copied.
struct Text<T>(Option<T>);

impl<'de, T: FromStr> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Parsed<T>(PhantomData<T>);
        impl<T: FromStr> Visitor<'_> for Parsed<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<T>, E> {
                Ok(Text(text.parse().ok()))
            }
        }
        from.deserialize_str(Parsed(PhantomData))
    }
}

/// LND keeps the wire's unsigned number and writes it signed (`marshalDBRoutingPolicy` in its `rpcserver.go`). A stranger
/// chooses it, so the largest are no reason to refuse a graph.
struct WrittenSigned(u64);

impl FromStr for WrittenSigned {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().or_else(|_| text.parse().map(i64::cast_unsigned)).map(Self)
    }
}

struct Key(NodeId);

impl FromStr for Key {
    type Err = ();

    fn from_str(hex: &str) -> Result<Self, ()> {
        node_id(hex).map(Self).ok_or(())
    }
}

#[derive(Deserialize)]
struct Node {
    pub_key: Text<Key>,
}

impl Entry for Node {
    fn add_to(&self, graph: &mut NetworkGraph) -> Result<(), ReadError> {
        let bad = || ReadError::Channel { channel: "none".to_owned(), why: "a node's key is not 33 bytes in hex" };
        graph.node(self.pub_key.0.as_ref().ok_or_else(bad)?.0);
        Ok(())
    }
}

#[derive(Deserialize)]
struct Edge {
    channel_id: Text<u64>,
    node1_pub: Text<Key>,
    node2_pub: Text<Key>,
    capacity: Text<u64>,
    node1_policy: Option<Policy>,
    node2_policy: Option<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    time_lock_delta: u16,
    min_htlc: Text<WrittenSigned>,
    fee_base_msat: Text<u32>,
    fee_rate_milli_msat: Text<u32>,
    #[serde(default)]
    disabled: bool,
    max_htlc_msat: Text<u64>,
    last_update: u32,
}

impl Entry for Edge {
    fn add_to(&self, graph: &mut NetworkGraph) -> Result<(), ReadError> {
        self.add(graph).ok_or_else(|| ReadError::Channel {
            channel: self.channel_id.0.map_or_else(|| "of no number".to_owned(), |id| id.to_string()),
            why: "a field is not a number or a key, or the capacity is more than all bitcoin",
        })
    }
}

impl Edge {
    fn add(&self, graph: &mut NetworkGraph) -> Option<()> {
        let (ends, first) = in_order(self.node1_pub.0.as_ref()?.0, self.node2_pub.0.as_ref()?.0);
        let policies = [&self.node1_policy, &self.node2_policy].map(|said| said.as_ref().map(policy));
        let capacity_sat = capacity(self.capacity.0?)?;
        let channel = graph.channel(self.channel_id.0?, ends)?;
        channel.capacity_sat = capacity_sat;
        for (place, said) in policies.into_iter().enumerate() {
            if let Some(said) = said {
                channel.policies[place ^ first] = Some(said?);
            }
        }
        Some(())
    }
}

fn policy(said: &Policy) -> Option<ForwardingPolicy> {
    Some(ForwardingPolicy {
        enabled: !said.disabled,
        base_msat: said.fee_base_msat.0?,
        proportional_ppm: said.fee_rate_milli_msat.0?,
        cltv_delta: said.time_lock_delta,
        htlc_min_msat: said.min_htlc.0.as_ref()?.0,
        htlc_max_msat: said.max_htlc_msat.0?,
        updated_at_secs: said.last_update,
    })
}
