use super::*;
use ids::NodeId;
use money::Currency;

fn node(number: u8) -> NodeId {
    let mut key = [2; 33];
    key[32] = number;
    NodeId(key)
}

fn graph(sizes: &[Option<u64>]) -> NetworkGraph {
    let mut graph = NetworkGraph::default();
    for (place, size) in sizes.iter().enumerate() {
        let channel = graph.channel(place as u64 + 1, [node(0), node(place as u8 + 1)]).unwrap();
        channel.capacity_sat = *size;
    }
    graph
}

/// The first figures that were ever shown with a Lightning purchase (2019): 8,004 nodes, 38,637 channels, 1,064.68 BTC,
/// which is 0.02756 BTC or about $151 a channel at $5,488.91.
#[test]
fn the_figures_of_2019() {
    let then = Figures {
        nodes: 8_004,
        channels: 38_637,
        capacity_sat: 106_468_000_000,
        measured: 38_637,
        median_channel_sat: 0,
    };
    let rate = Rate::parse("5488.91", Currency::USD).unwrap();
    assert_eq!(then.mean_channel_sat(), 2_755_597);
    assert_eq!(Sat::new(then.mean_channel_sat()).unwrap().btc_string(), "0.02755597");
    assert_eq!(then.mean_channel_at(rate).unwrap().decimal(), "151.25");
    assert_eq!(then.capacity_at(rate).unwrap().decimal(), "5843932.69");
}

#[test]
fn nodes_without_a_channel_and_channels_without_a_size() {
    let mut graph = graph(&[Some(10), None, Some(30), Some(20)]);
    graph.node(node(200));
    let found = figures(&graph);
    let expected = Figures { nodes: 5, channels: 4, capacity_sat: 60, measured: 3, median_channel_sat: 20 };
    assert_eq!(found, expected);
    assert_eq!(found.mean_channel_sat(), 20);
    assert_eq!(figures(&NetworkGraph::default()), Figures::default());
    assert_eq!(Figures::default().mean_channel_sat(), 0);
}

#[test]
fn the_median_of_an_even_number_is_the_lower_one_of_the_middle() {
    let sizes: Vec<Option<u64>> = [40, 10, 30, 20].map(Some).to_vec();
    assert_eq!(figures(&graph(&sizes)).median_channel_sat, 20);
}
