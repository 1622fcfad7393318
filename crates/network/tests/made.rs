//! Whole graphs: both forms say the same, figures and chances are as they were made.

use bitcoin::Network;
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use graphs::{Source, read, read_file};
use ids::{NodeId, UnixMs};
use money::Msat;
use network::{Reach, Us, figures};
use ports::{ForwardingPolicy, NetworkGraph, OwnChannel};
use sandbox::graph::{MadeGraph, now_secs};
use std::io::Write as _;

const NOW: UnixMs = UnixMs(1_790_000_000_000);

/// LDK compares updates with the machine's clock, so graphs that are asked for chances are of this hour.
fn now() -> UnixMs {
    UnixMs(u64::from(now_secs()) * 1_000)
}

#[test]
fn both_files_say_what_was_made() {
    let made = MadeGraph::new(7, 300, 900, 1_790_000_000);
    let (lnd, from_lnd) = read(made.lnd_json().as_bytes()).unwrap();
    let (cln, from_cln) = read(made.cln_json().as_bytes()).unwrap();
    assert_eq!((lnd, cln), (Source::Lnd, Source::CoreLightning));
    assert_eq!(from_lnd.channels().len(), made.channels.len());

    let capacity_sat: u64 = made.channels.iter().map(|channel| channel.capacity_sat).sum();
    let found = figures(&from_lnd);
    assert_eq!((found.nodes, found.capacity_sat, found.measured), (300, capacity_sat, made.channels.len() as u64));

    // A channel of which nobody said anything is in LND's file alone; all others agree to the last field.
    let silent = made.channels.iter().filter(|channel| channel.policies.iter().all(Option::is_none)).count();
    assert!(silent > 0, "the seed makes some");
    assert_eq!(from_cln.channels().len(), made.channels.len() - silent);
    let by_id = |graph: &NetworkGraph| {
        let mut all: Vec<_> = graph
            .channels()
            .iter()
            .map(|c| (c.short_channel_id, c.ends.map(|end| graph.id_of(end)), c.capacity_sat, c.policies))
            .collect();
        all.sort_by_key(|channel| channel.0);
        all
    };
    let spoken: Vec<_> = by_id(&from_lnd).into_iter().filter(|(_, _, _, p)| p.iter().any(Option::is_some)).collect();
    assert_eq!(spoken, by_id(&from_cln));
}

#[test]
fn a_file_is_read_and_a_cut_one_is_refused() {
    let text = MadeGraph::new(1, 20, 40, 1_790_000_000).lnd_json();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    assert_eq!(figures(&read_file(file.path()).unwrap().1).nodes, 20);
    for cut in [1, text.len() / 3, text.len() - 1] {
        assert!(read(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
}

fn key(number: u8) -> NodeId {
    NodeId(SecretKey::from_slice(&[number; 32]).unwrap().public_key(&Secp256k1::new()).serialize())
}

fn add(graph: &mut NetworkGraph, scid: u64, one: NodeId, two: NodeId, capacity_sat: u64) {
    let ends = if one < two { [one, two] } else { [two, one] };
    let channel = graph.channel(scid, ends).unwrap();
    channel.capacity_sat = Some(capacity_sat);
    channel.policies = [Some(ForwardingPolicy {
        enabled: true,
        base_msat: 0,
        proportional_ppm: 100,
        cltv_delta: 40,
        htlc_min_msat: 1,
        htlc_max_msat: capacity_sat * 990,
        updated_at_secs: now_secs() - 60,
    }); 2];
}

/// A large node that is our peer, one behind it, and one that nobody reaches.
fn small() -> NetworkGraph {
    let mut graph = NetworkGraph::default();
    add(&mut graph, 1 << 40, key(1), key(2), 10_000_000);
    add(&mut graph, 2 << 40, key(1), key(3), 1_000_000_000);
    add(&mut graph, 3 << 40, key(4), key(5), 5_000_000);
    graph
}

fn us(inbound_msat: u64) -> Us {
    let channel = OwnChannel { peer: key(1), short_channel_id: 9 << 40, inbound_msat };
    Us { node: key(9), channels: vec![channel], final_cltv_delta: 80 }
}

fn msat(value: u64) -> Msat {
    Msat::new(value).unwrap()
}

/// What everybody is told of an announced channel is its size; what is on our side of it we know.
#[test]
fn an_announced_channel_takes_what_it_can_take_now() {
    let mut graph = small();
    add(&mut graph, 9 << 40, key(1), key(9), 1_000_000);
    let reach = Reach::new(&graph, Network::Regtest, 5, now());
    let from = |node: u8, amount_msat: u64, us: &Us| {
        let chance = reach.chance(us, msat(amount_msat)).unwrap();
        *chance.from.iter().find(|from| from.node == key(node)).unwrap()
    };
    assert_eq!(from(1, 500_000_000, &us(900_000_000)).chance_ppm, 1_000_000);
    assert_eq!(from(1, 500_000_000, &us(400_000_000)).chance_ppm, 0, "the rest is on our side");
    assert_eq!(from(1, 500_000_000, &us(0)).chance_ppm, 0);
    // 100 millionths for the hop to us, which is its peer's to ask, and as much for the one before.
    assert_eq!(
        (from(1, 500_000_000, &us(900_000_000)).fee_msat, from(2, 500_000_000, &us(900_000_000)).fee_msat),
        (0, 50_000)
    );
    let mut both = us(400_000_000);
    both.channels.push(OwnChannel { peer: key(1), short_channel_id: 8 << 40, inbound_msat: 200_000_000 });
    let split = from(1, 500_000_000, &both);
    assert_eq!((split.chance_ppm, split.parts), (1_000_000, 2), "through the announced one and the other");
}

#[test]
fn chances_follow_from_who_is_connected_and_how() {
    let reach = Reach::new(&small(), Network::Regtest, 5, now());
    let of = |amount: u64, us: &Us| {
        let chance = reach.chance(us, msat(amount)).unwrap();
        chance.from.into_iter().map(|from| (from.node, from)).collect::<std::collections::HashMap<_, _>>()
    };
    let usual = of(500_000_000, &us(900_000_000));
    assert_eq!(usual.len(), 5);
    assert_eq!(usual[&key(1)].chance_ppm, 1_000_000, "our own peer, over our own channel");
    assert_eq!(usual[&key(1)].fee_msat, 0);
    assert!((1..1_000_000).contains(&usual[&key(2)].chance_ppm), "{usual:?}");
    assert_eq!((usual[&key(4)].chance_ppm, usual[&key(5)].chance_ppm), (0, 0), "not connected");
    // The large channel is likelier than the small one, and a small amount likelier than a large one.
    assert!(usual[&key(3)].chance_ppm > usual[&key(2)].chance_ppm);
    let little = of(1_000_000, &us(900_000_000));
    assert!(little[&key(2)].chance_ppm > usual[&key(2)].chance_ppm);
    // What does not fit into our channels reaches us from nowhere.
    assert!(of(500_000_000, &us(499_999_999)).values().all(|from| from.chance_ppm == 0));
}

#[test]
fn the_chance_is_the_mean_of_the_biggest_nodes_and_nothing_without_any() {
    let reach = Reach::new(&small(), Network::Regtest, 2, now());
    let chance = reach.chance(&us(900_000_000), msat(1_000_000)).unwrap();
    let nodes: Vec<NodeId> = chance.from.iter().map(|from| from.node).collect();
    assert_eq!(nodes, [key(1), key(3)], "by capacity");
    let sum: u64 = chance.from.iter().map(|from| u64::from(from.chance_ppm)).sum();
    assert_eq!(u64::from(chance.chance_ppm), sum / 2);
    assert_eq!(Reach::new(&NetworkGraph::default(), Network::Regtest, 5, NOW).chance(&us(1), msat(1)), None);
}

#[test]
fn a_made_network_reaches_a_node_at_its_middle() {
    let made = MadeGraph::new(3, 400, 1_200, now_secs());
    let (_, graph) = read(made.lnd_json().as_bytes()).unwrap();
    let reach = Reach::new(&graph, Network::Bitcoin, 10, now());
    let channel =
        OwnChannel { peer: graph.id_of(0).unwrap(), short_channel_id: 9 << 40, inbound_msat: 100_000_000_000 };
    let us = Us { node: key(9), channels: vec![channel], final_cltv_delta: 80 };
    let chance = |amount| reach.chance(&us, msat(amount)).unwrap().chance_ppm;
    // LDK takes about a fifth off for each channel that it has never used.
    assert!(chance(10_000) > 500_000, "{}", chance(10_000));
    assert!(chance(10_000) > chance(2_000_000_000));
}
