//! `answer.json` and `channels.json` are what an LND 0.21.3-beta said on regtest of an announced channel and one that is
//! not.

use super::*;
use crate::lnd::LndConfig;
use outbound::PinnedCertificate;
use ports::{ForwardingPolicy, Secret};
use sandbox::graph::MadeGraph;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ANSWER: &str = include_str!("answer.json");

/// A node that says this to everything, in pieces of so many bytes; `whole` is an answer that also says where it ends.
async fn node(status: &'static str, answer: &str, piece_bytes: usize, whole: bool) -> Rest {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut wire = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    for piece in answer.as_bytes().chunks(piece_bytes) {
        wire.push_str(&format!("{:x}\r\n{}\r\n", piece.len(), std::str::from_utf8(piece).unwrap()));
    }
    wire.push_str(if whole { "0\r\n\r\n" } else { "" });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut head, mut byte) = (Vec::new(), [0u8; 1]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.is_ok_and(|n| n == 1) {
                head.push(byte[0]);
            }
            let _ = stream.write_all(wire.as_bytes()).await;
        }
    });
    let config = LndConfig {
        network: bitcoin::Network::Regtest,
        url,
        certificate: PinnedCertificate::new("none"),
        macaroon: Secret::new("02".to_owned()),
        table: "none".into(),
        hold_sat_min: 1,
        jitter: Arc::new(|max| max),
    };
    Rest::new(&config).unwrap()
}

#[tokio::test]
async fn what_lnd_answers_is_its_graph() {
    let graph = graph(&node("200 OK", ANSWER, 7, true).await).await.unwrap();
    let [channel] = graph.channels() else { panic!("{graph:?}") };
    assert_eq!(
        (graph.nodes().len(), channel.short_channel_id, channel.capacity_sat),
        (2, 119_846_767_493_120, Some(5_000_000))
    );
    let policy = |updated_at_secs| ForwardingPolicy {
        enabled: true,
        base_msat: 1_000,
        proportional_ppm: 1,
        cltv_delta: 80,
        htlc_min_msat: 1_000,
        htlc_max_msat: 4_950_000_000,
        updated_at_secs,
    };
    assert_eq!(channel.policies, [Some(policy(1_796_025_987)), Some(policy(1_796_025_986))]);
}

/// More than waits for the reader at a time.
#[tokio::test]
async fn a_large_one_comes_whole() {
    let json = MadeGraph::new(3, 400, 2_000, 1_790_000_000).lnd_json();
    assert!(json.len() > 20 * PIECES * 1_000, "{}", json.len());
    let found = graph(&node("200 OK", &json, 1_000, true).await).await.unwrap();
    assert_eq!(found, graphs::read(json.as_bytes()).unwrap().1);
}

#[tokio::test]
async fn half_a_graph_is_none() {
    for cut in [1, ANSWER.len() / 2, ANSWER.len() - 1] {
        for whole in [true, false] {
            let answer = graph(&node("200 OK", &ANSWER[..cut], 100, whole).await).await;
            assert!(matches!(answer, Err(RestError::Unknown(_))), "{cut} {whole}: {answer:?}");
        }
    }
    let breaks_off = graph(&node("200 OK", ANSWER, 100, false).await).await;
    assert!(matches!(breaks_off, Err(RestError::Unknown(_))), "the end was not told: {breaks_off:?}");
    let other = graph(&node("200 OK", "{\"code\":1}", 100, true).await).await;
    assert!(matches!(&other, Err(RestError::Unknown(why)) if why.contains("neither nodes nor edges")), "{other:?}");
}

#[tokio::test]
async fn a_macaroon_without_the_right_is_named() {
    let said = r#"{"code":2,"message":"permission denied","details":[]}"#;
    let refused = graph(&node("500 Internal Server Error", said, 100, true).await).await;
    assert!(matches!(&refused, Err(RestError::NotSent(why)) if why.contains("macaroon")), "{refused:?}");
}

#[test]
fn own_channels_are_known_as_payers_know_them() {
    let found: Channels = serde_json::from_str(include_str!("channels.json")).unwrap();
    let own_of = |change: &dyn Fn(&mut Channel)| -> Vec<(u64, u64)> {
        let mut found: Channels = serde_json::from_str(include_str!("channels.json")).unwrap();
        found.channels.iter_mut().for_each(change);
        found
            .channels
            .iter()
            .map(|channel| own(channel).unwrap())
            .map(|own| (own.short_channel_id, own.inbound_msat))
            .collect()
    };
    // Less what the peer has to keep.
    let (announced, hidden) = ((119_846_767_493_120, 4_446_530_000), (127_543_348_887_552, 2_666_530_000));
    assert_eq!(own_of(&|_| {}), [announced, hidden]);
    assert_eq!(own(&found.channels[0]).unwrap().peer.to_string(), found.channels[0].remote_pubkey);
    let with_alias = own_of(&|channel| channel.peer_scid_alias = 5);
    assert_eq!(with_alias, [announced, (5, hidden.1)], "an announced one has a place of its own");
    let confirmed_later = own_of(&|channel| channel.zero_conf_confirmed_scid = 6);
    assert_eq!(confirmed_later, [(6, announced.1), hidden]);
    let little = own_of(&|channel| channel.remote_constraints.max_pending_amt_msat = 1_000_000);
    assert!(little.iter().all(|(_, inbound_msat)| *inbound_msat == 1_000_000), "{little:?}");
}
