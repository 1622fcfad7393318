//! Kills the node and looks at what is left.

use crate::child::{CHAIN, DIRECTORY, LISTENS};
use crate::common::{LdkPayer, SOON, open_chain, open_channel, start_wallet, until};
use crate::node_parts::free_port;
use bitcoin::secp256k1::PublicKey;
use ids::NodeId;
use lightning_node::conformance::{Kit, ORDER_MSAT, Payer as _};
use ports::NodeEvent;
use sandbox::chain::Chain;
use std::net::SocketAddr;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The node in its process.
struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    node: NodeId,
}

impl Process {
    async fn start(dir: &TempDir, chain: &Chain, listens: SocketAddr) -> Self {
        let access = chain.access();
        let url = format!("http://{}:{}@{}:{}", access.user, access.password, access.host, access.port);
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .env(DIRECTORY, dir.path())
            .env(CHAIN, url)
            .env(LISTENS, listens.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("started");
        let input = child.stdin.take().expect("piped");
        let mut output = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = timeout(SOON, output.next_line()).await.expect("in time").expect("output").expect("a line");
        Self { child, input, output, node: first.parse().expect("a node id") }
    }

    async fn say(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("it listens");
    }

    async fn ask(&mut self, line: &str) -> String {
        self.say(line).await;
        let answer = timeout(SOON, self.output.next_line()).await;
        answer.unwrap_or_else(|_| panic!("no answer to `{line}`")).expect("output").expect("it lives")
    }

    /// The next event of a hold, not acknowledged; those of others are.
    async fn event(&mut self, kit: &Kit) -> NodeEvent {
        loop {
            let event: NodeEvent = serde_json::from_str(&self.ask("event").await).expect("an event");
            let text = serde_json::to_string(&event).expect("JSON");
            if text.contains(&kit.hash.to_string()) {
                return event;
            }
            assert_eq!(self.ask("ack").await, "Done(())");
        }
    }
}

/// Everything around the process.
struct Scene {
    chain: Chain,
    dir: TempDir,
    listens: SocketAddr,
    payer: LdkPayer,
    payers: u32,
    process: Process,
}

impl Scene {
    async fn start() -> Self {
        let chain = open_chain().await;
        let dir = TempDir::new().expect("a directory");
        let listens = free_port();
        let mut process = Process::start(&dir, &chain, listens).await;
        let address = process.ask("address").await.parse::<bitcoin::Address<_>>().expect("its own");
        chain.fund(&address.assume_checked(), 1_000_000).await.expect("funded");
        chain.mine(1).await.expect("mined");
        caught_up(&mut process, &chain).await;
        let payer =
            open_channel(&chain, start_wallet(&chain, dir.path().join("payer")).await, process.node, listens).await;
        let mut scene = Self { chain, dir, listens, payer, payers: 0, process };
        scene.usable().await;
        scene
    }

    async fn usable(&mut self) {
        caught_up(&mut self.process, &self.chain).await;
        let process = &mut self.process;
        until("usable channel", async || process.ask("usable").await != "0").await;
    }

    /// A channel to be paid through; a new payer's, if the kill before has closed the last.
    async fn with_channel(&mut self) {
        if self.process.ask("channels").await == "0" {
            println!("the kill before has closed the channel; what was held was claimed on the chain");
            self.payers += 1;
            let dir = self.dir.path().join(format!("payer{}", self.payers));
            let payer =
                open_channel(&self.chain, start_wallet(&self.chain, dir).await, self.process.node, self.listens).await;
            std::mem::replace(&mut self.payer, payer).0.stop().await.expect("stopped");
        }
        self.usable().await;
    }

    /// SIGKILL, and a new start. The payer connects again; its channel may be closing.
    async fn kill(&mut self) {
        self.process.child.kill().await.expect("killed");
        self.process = Process::start(&self.dir, &self.chain, self.listens).await;
        caught_up(&mut self.process, &self.chain).await;
        let node = PublicKey::from_slice(&self.process.node.0).expect("a node");
        let wallet = &self.payer.0;
        let listens = self.listens;
        until("connection", async || wallet.connect(node, listens).await.is_ok()).await;
    }

    async fn paid(&mut self, kit: &Kit, name: &str) {
        let invoice = self.process.ask(&format!("invoice {name} {ORDER_MSAT}")).await;
        self.payer.pay(&invoice).await.expect("sent");
        let event = self.process.event(kit).await;
        assert!(matches!(event, NodeEvent::HtlcHeld { .. }), "{event:?}");
    }

    async fn claim(&mut self, name: &str) -> String {
        self.process.ask(&format!("claim {name} {ORDER_MSAT}")).await
    }

    /// The confirmation, and the payer's receipt; on the chain if the channel did not survive.
    async fn claimed_at_last(&mut self, kit: &Kit, name: &str) {
        loop {
            let event = self.process.event(kit).await;
            assert_eq!(self.process.ask("ack").await, "Done(())");
            match event {
                NodeEvent::HtlcHeld { .. } => {}
                NodeEvent::HtlcClaimed { amount_msat, .. } => break assert_eq!(amount_msat.get(), ORDER_MSAT),
                other => panic!("{other:?}"),
            }
        }
        assert!(self.process.ask(&format!("status {name}")).await.contains("Claimed"));
        assert_eq!(self.ended(kit).await, Ok(kit.preimage.0));
    }

    /// The payer's end of it. Blocks are mined for as long as something waits for one.
    async fn ended(&mut self, kit: &Kit) -> Result<[u8; 32], String> {
        let (payer, chain) = (&self.payer, &self.chain);
        let outcome = payer.outcome(kit.hash);
        tokio::pin!(outcome);
        loop {
            tokio::select! {
                ended = &mut outcome => return ended,
                waiting = chain.wait_for_mempool(1, SOON) => {
                    if waiting.is_ok() {
                        chain.mine(1).await.expect("mined");
                    }
                }
            }
        }
    }
}

async fn caught_up(process: &mut Process, chain: &Chain) {
    let height = chain.height().await.expect("an answer").to_string();
    until("tip", async || process.ask("height").await == height).await;
}

pub async fn run() {
    let mut scene = Scene::start().await;
    killed_before_acknowledging(&mut scene).await;
    killed_while_held(&mut scene).await;
    killed_after_return(&mut scene).await;
    killed_after_confirmation(&mut scene).await;
    killed_after_claim(&mut scene).await;
    scene.process.child.kill().await.expect("killed");
    scene.payer.0.stop().await.expect("stopped");
}

/// The event comes again, and the claim works.
async fn killed_before_acknowledging(scene: &mut Scene) {
    let (name, kit) = ("unacknowledged", Kit::new("unacknowledged", ORDER_MSAT));
    scene.paid(&kit, name).await;
    scene.kill().await;
    let event = scene.process.event(&kit).await;
    assert!(matches!(event, NodeEvent::HtlcHeld { .. }), "{event:?}");
    assert_eq!(scene.claim(name).await, "Done(())");
    scene.claimed_at_last(&kit, name).await;
}

/// The event may not come again; the hold is known all the same, and the claim works.
async fn killed_while_held(scene: &mut Scene) {
    scene.with_channel().await;
    let (name, kit) = ("held", Kit::new("held", ORDER_MSAT));
    scene.paid(&kit, name).await;
    assert_eq!(scene.process.ask("ack").await, "Done(())");
    scene.kill().await;
    assert!(scene.process.ask(&format!("status {name}")).await.contains("Held"));
    assert_eq!(scene.claim(name).await, "Done(())");
    scene.claimed_at_last(&kit, name).await;
}

/// The node may have forgotten that it failed the HTLC; it is failed again, and the payer has it back.
async fn killed_after_return(scene: &mut Scene) {
    scene.with_channel().await;
    let (name, kit) = ("given-back", Kit::new("given-back", ORDER_MSAT));
    scene.paid(&kit, name).await;
    assert_eq!(scene.process.ask("ack").await, "Done(())");
    assert_eq!(scene.process.ask(&format!("return {name}")).await, "Done(())");
    scene.kill().await;
    assert!(scene.ended(&kit).await.is_err());
    loop {
        match scene.process.event(&kit).await {
            // LDK announced it once more before it was failed again: answered as ever.
            NodeEvent::HtlcHeld { .. } => {
                assert_eq!(scene.process.ask(&format!("return {name}")).await, "Done(())");
            }
            NodeEvent::HtlcReturned { .. } => break,
            other => panic!("{other:?}"),
        }
        assert_eq!(scene.process.ask("ack").await, "Done(())");
    }
    assert_eq!(scene.process.ask("ack").await, "Done(())");
}

/// The confirmation comes again until it is acknowledged.
async fn killed_after_confirmation(scene: &mut Scene) {
    scene.with_channel().await;
    let (name, kit) = ("confirmed", Kit::new("confirmed", ORDER_MSAT));
    scene.paid(&kit, name).await;
    assert_eq!(scene.process.ask("ack").await, "Done(())");
    assert_eq!(scene.claim(name).await, "Done(())");
    let event = scene.process.event(&kit).await;
    assert!(matches!(event, NodeEvent::HtlcClaimed { .. }), "{event:?}");
    scene.kill().await;
    assert!(scene.process.ask(&format!("status {name}")).await.contains("Claimed"));
    scene.claimed_at_last(&kit, name).await;
}

/// Within moments of the claim call: the claim is asked for again, and nothing is lost even if LDK closes the channel
/// because its two records of it differ.
async fn killed_after_claim(scene: &mut Scene) {
    for number in 0..2 {
        scene.with_channel().await;
        let name = format!("claimed-{number}");
        let kit = Kit::new(&name, ORDER_MSAT);
        scene.paid(&kit, &name).await;
        assert_eq!(scene.process.ask("ack").await, "Done(())");
        assert_eq!(scene.claim(&name).await, "Done(())");
        scene.kill().await;
        let status = scene.process.ask(&format!("status {name}")).await;
        assert!(status.contains("Claim"), "{status}");
        assert_eq!(scene.claim(&name).await, "Done(())");
        scene.claimed_at_last(&kit, &name).await;
    }
}
