use super::*;
use ports::{ForwardingPolicy, PublicChannel};

const ONE: &str = "020000000000000000000000000000000000000000000000000000000000000001";
const TWO: &str = "030000000000000000000000000000000000000000000000000000000000000002";

fn channels(json: &str) -> (Source, Vec<PublicChannel>) {
    let (source, graph) = read(json.as_bytes()).unwrap();
    (source, graph.channels().to_vec())
}

fn policy(base_msat: u32, enabled: bool) -> Option<ForwardingPolicy> {
    Some(ForwardingPolicy {
        enabled,
        base_msat,
        proportional_ppm: 250,
        cltv_delta: 80,
        htlc_min_msat: 1_000,
        htlc_max_msat: 990_000_000,
        updated_at_secs: 1_764_000_000,
    })
}

/// As LND 0.21 answers, fields that are not read included.
fn lnd(first: &str, second: &str) -> String {
    format!(
        r##"{{"nodes":[{{"last_update":1764000000,"pub_key":"{TWO}","alias":"a \"b\" \u00e9","addresses":[{{"network":"tcp","addr":"203.0.113.1:9735"}}],
        "color":"#3399ff","features":{{"5":{{"name":"upfront-shutdown-script","is_required":false,"is_known":true}}}},"custom_records":{{}}}}],
        "edges":[{{"channel_id":"880522627178135553","chan_point":"aa:1","last_update":0,"node1_pub":"{first}","node2_pub":"{second}","capacity":"1000000",
        "node1_policy":{{"time_lock_delta":80,"min_htlc":"1000","fee_base_msat":"1","fee_rate_milli_msat":"250","disabled":false,"max_htlc_msat":"990000000",
        "last_update":1764000000,"custom_records":{{}},"inbound_fee_base_msat":0,"inbound_fee_rate_milli_msat":0}},
        "node2_policy":{{"time_lock_delta":80,"min_htlc":"1000","fee_base_msat":"2","fee_rate_milli_msat":"250","disabled":true,"max_htlc_msat":"990000000",
        "last_update":1764000000,"custom_records":{{}}}},"custom_records":{{}}}}]}}"##
    )
}

#[test]
fn what_lnd_writes() {
    let (source, found) = channels(&lnd(ONE, TWO));
    assert_eq!(source, Source::Lnd);
    let [channel] = found[..] else { panic!("{found:?}") };
    assert_eq!((channel.short_channel_id, channel.capacity_sat), (880_522_627_178_135_553, Some(1_000_000)));
    assert_eq!(channel.policies, [policy(1, true), policy(2, false)]);
}

#[test]
fn the_ends_are_in_the_order_of_their_keys() {
    let (_, found) = channels(&lnd(TWO, ONE));
    assert_eq!(found[0].policies, [policy(2, false), policy(1, true)]);
}

fn cln(one: &str, two: &str) -> String {
    let direction = |source: &str, destination: &str, direction: u8, base: u8, active: bool, amount: &str| {
        format!(
            r#"{{"source":"{source}","destination":"{destination}","short_channel_id":"800831x1436x1","direction":{direction},"public":true,"amount_msat":{amount},
            "message_flags":1,"channel_flags":{direction},"active":{active},"last_update":1764000000,"base_fee_millisatoshi":{base},"fee_per_millionth":250,"delay":80,
            "htlc_minimum_msat":1000,"htlc_maximum_msat":990000000,"features":""}}"#
        )
    };
    let (first, second) = (direction(ONE, TWO, 0, 1, true, one), direction(TWO, ONE, 1, 2, false, two));
    format!(r#"{{"channels":[{first},{second}]}}"#)
}

#[test]
fn what_core_lightning_writes_and_wrote() {
    for amount in ["1000000000", "\"1000000000msat\""] {
        let (source, found) = channels(&cln(amount, amount));
        assert_eq!(source, Source::CoreLightning);
        let [channel] = found[..] else { panic!("{found:?}") };
        assert_eq!(channel.short_channel_id, 800_831 << 40 | 1_436 << 16 | 1);
        assert_eq!((channel.capacity_sat, channel.policies), (Some(1_000_000), [policy(1, true), policy(2, false)]));
    }
}

#[test]
fn what_is_not_a_graph_is_refused_with_a_reason() {
    let why = |json: &str| read(json.as_bytes()).map(|_| ()).unwrap_err().to_string();
    for other in ["", "{}", "[]", "null", r#"{"peers":[]}"#, "{\"nodes", "\u{feff}{}"] {
        let said = why(other);
        assert!(said.contains("neither what") || said.contains("not as"), "{other}: {said}");
    }
    assert!(why(r#"{"nodes":[]"#).contains("not as `lncli describegraph` writes it"));
    let bad_key = lnd(ONE, TWO).replace("\"pub_key\":\"03", "\"pub_key\":\"05");
    assert!(why(&bad_key).contains("a node's key"), "{}", why(&bad_key));
    let bad_amount = lnd(ONE, TWO).replace("\"1000000\"", "\"-1\"");
    assert_eq!(
        why(&bad_amount),
        "channel 880522627178135553: a field is not a number or a key, or the capacity is more than all bitcoin"
    );
    let beyond = lnd(ONE, TWO).replace("\"1000000\"", "\"2100000000000001\"");
    assert_eq!(
        why(&beyond),
        "channel 880522627178135553: a field is not a number or a key, or the capacity is more than all bitcoin"
    );
    assert_eq!(
        why(&cln("\"1 BTC\"", "1")),
        "channel 800831x1436x1: a field is not a number or a key, or the capacity is more than all bitcoin"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let why = read_file(Path::new("no/such/graph.json")).map(|_| ()).unwrap_err().to_string();
    assert!(why.starts_with("cannot read no/such/graph.json"), "{why}");
}
