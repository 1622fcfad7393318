//! The process that is killed: a node, and a line for each thing that it is told to do.

use crate::node_parts::{Still, config, seed};
use lightning_node::conformance::Kit;
use lightning_node::ldk::EmbeddedNode;
use money::Msat;
use ports::LightningNode as _;
use sandbox::chain::RpcAccess;
use std::path::Path;
use std::sync::Arc;

/// Where the node lives.
pub const DIRECTORY: &str = "ANYTILL_TEST_NODE_DIRECTORY";
/// `http://user:password@host:port`
pub const CHAIN: &str = "ANYTILL_TEST_NODE_CHAIN";
/// `host:port`
pub const LISTENS: &str = "ANYTILL_TEST_NODE_LISTENS";

/// Answers each line with one line, until the end of input or of the process.
pub async fn run() {
    let value = |name: &str| std::env::var(name).expect("the parent sets it");
    let access = RpcAccess::from_url(&value(CHAIN)).expect("an address");
    let rpc = format!("{}:{}", access.host, access.port).parse().expect("an address");
    let listens = value(LISTENS).parse().expect("an address");
    let directory = value(DIRECTORY);
    let config = config(Path::new(&directory), (rpc, &access), listens);
    let node = EmbeddedNode::start(config, seed(), Arc::new(Still)).await.expect("started");
    println!("{}", node.node_id());
    let mut lines = std::io::stdin().lines();
    while let Some(line) = tokio::task::block_in_place(|| lines.next()) {
        let line = line.expect("input");
        let words: Vec<&str> = line.split_whitespace().collect();
        println!("{}", answer(&node, &words).await);
    }
}

async fn answer(node: &EmbeddedNode, words: &[&str]) -> String {
    let kit = |name: &str, amount_msat: &str| Kit::new(name, amount_msat.parse().expect("a number"));
    match words {
        ["address"] => node.new_address().await.expect("an address"),
        ["height"] => {
            let _ = node.sync().await;
            node.info().await.done().map_or_else(String::new, |info| info.tip_height.to_string())
        }
        ["usable"] => {
            let channels = node.channels().await.expect("an answer");
            channels.iter().filter(|channel| channel.usable).count().to_string()
        }
        ["channels"] => node.channels().await.expect("an answer").len().to_string(),
        ["invoice", name, amount_msat] => {
            let made = node.create_hold_invoice(kit(name, amount_msat).request).await;
            made.done().map_or_else(String::new, |invoice| invoice.bolt11)
        }
        ["event"] => serde_json::to_string(&node.next_event().await).expect("JSON"),
        ["ack"] => format!("{:?}", node.ack_event().await),
        ["claim", name, amount_msat] => {
            let kit = kit(name, amount_msat);
            let amount = Msat::new(amount_msat.parse().expect("a number")).expect("an amount");
            format!("{:?}", node.claim(kit.hash, kit.preimage.clone(), amount).await)
        }
        ["return", name] => format!("{:?}", node.return_hold(kit(name, "0").hash).await),
        ["status", name] => format!("{:?}", node.hold_status(kit(name, "0").hash).await),
        other => panic!("{other:?}"),
    }
}
