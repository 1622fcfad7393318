//! The payer's wallet against a second node, on the in-process chain: every outcome an invoice can
//! have, and what the payer has before and after, to the millisatoshi.
//!
//! On a real `bitcoind` too: see [`crate::either`].

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ldk_node::bitcoin::hashes::{Hash, sha256};
use ldk_node::bitcoin::{Network, OutPoint};
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description};
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use ldk_node::{Builder, Event, Node};
use sandbox::bitrefill::{Bitrefill, BitrefillConfig, Product};
use sandbox::chain::{Chain, Seen};
use sandbox::link::Link;
use sandbox::wallet::{ChannelPlan, OpenStep, Outcome, PayerWallet, WalletConfig, WalletError};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::either::open;

const SOON: Duration = Duration::from_secs(30);
/// The reference order: 0.00496758 BTC.
const ORDER_MSAT: u64 = 496_758_000;
const CAPACITY_SAT: u64 = 10_000_000;
const PUSH_MSAT: u64 = 1_000_000_000;
/// What the faucet gave: the channel and 100,000 sat beside it.
const GIVEN_MSAT: u64 = (CAPACITY_SAT + 100_000) * 1_000;

/// The node on the other side: what the server embeds, without the server.
struct Payee {
    node: Arc<Node>,
    address: SocketAddr,
}

impl Payee {
    async fn start(chain: &Chain, dir: &TempDir) -> Self {
        let address = free_port();
        let access = chain.access().clone();
        let path = dir.path().join("payee").to_string_lossy().into_owned();
        let node = tokio::task::spawn_blocking(move || {
            let mut builder = Builder::new();
            builder.set_network(Network::Regtest).set_storage_dir_path(path);
            builder.set_chain_source_bitcoind_rpc(access.host, access.port, access.user, access.password);
            builder.set_listening_addresses(vec![SocketAddress::from(address)]).expect("an address");
            let node = builder.build().expect("built");
            node.start().expect("started");
            Arc::new(node)
        });
        let payee = Self { node: node.await.expect("no panic"), address };
        // Its reserve for closing an anchor channel.
        let own = payee.node.onchain_payment().new_address().expect("an address");
        chain.fund(&own, 1_000_000).await.expect("funded");
        chain.mine(1).await.expect("mined");
        payee.sync().await;
        payee
    }

    async fn sync(&self) {
        let node = Arc::clone(&self.node);
        tokio::task::spawn_blocking(move || node.sync_wallets()).await.expect("no panic").expect("synced");
    }

    /// The next event that the filter takes; the others are acknowledged and dropped.
    async fn event<T>(&self, take: impl Fn(&Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.node.next_event_async().await;
                self.node.event_handled().expect("stored");
                if let Some(found) = take(&event) {
                    return found;
                }
            }
        };
        timeout(SOON, found).await.expect("an event in time")
    }

    /// A hold invoice with its preimage.
    fn hold(&self, tag: u8, amount_msat: u64, expiry_s: u32) -> (String, PaymentHash, PaymentPreimage) {
        let preimage = PaymentPreimage([tag; 32]);
        let hash = PaymentHash(sha256::Hash::hash(&preimage.0).to_byte_array());
        let invoices = self.node.bolt11_payment();
        let invoice = invoices.receive_for_hash(amount_msat, &text("held"), expiry_s, hash).expect("an invoice");
        (invoice.to_string(), hash, preimage)
    }

    /// Waits until an HTLC is held for a hash; says how much.
    async fn held(&self, hash: PaymentHash) -> u64 {
        self.event(|event| match event {
            Event::PaymentClaimable { payment_hash, claimable_amount_msat, .. } if *payment_hash == hash => {
                Some(*claimable_amount_msat)
            }
            _ => None,
        })
        .await
    }

    async fn received(&self, hash: PaymentHash) -> u64 {
        self.event(|event| match event {
            Event::PaymentReceived { payment_hash, amount_msat, .. } if *payment_hash == hash => Some(*amount_msat),
            _ => None,
        })
        .await
    }

    async fn stop(self) {
        let node = self.node;
        tokio::task::spawn_blocking(move || node.stop()).await.expect("no panic").expect("stopped");
    }
}

/// A chain, a payee and a payer with a channel through a link.
struct World {
    chain: Chain,
    payee: Payee,
    payer: PayerWallet,
    link: Link,
    steps: Vec<OpenStep>,
    dir: TempDir,
}

impl World {
    async fn start() -> Self {
        let chain = open().await;
        let dir = TempDir::new().expect("a directory");
        let payee = Payee::start(&chain, &dir).await;
        let link = Link::start(payee.address).await.expect("a free port");
        let payer = payer(&chain, &dir).await;
        let mut steps = Vec::new();
        let plan = ChannelPlan {
            peer: payee.node.node_id(),
            peer_address: link.address(),
            capacity_sat: CAPACITY_SAT,
            push_msat: PUSH_MSAT,
            step_timeout: SOON,
        };
        payer.fund_and_open(&chain, plan, |step| steps.push(step)).await.expect("a channel");
        Self { chain, payee, payer, link, steps, dir }
    }

    async fn at_rest_msat(&self) -> u64 {
        self.payer.balance_at_rest(SOON).await.expect("at rest").total_msat()
    }

    async fn stop(self) {
        self.payer.stop().await.expect("stopped");
        self.payee.stop().await;
    }
}

async fn payer(chain: &Chain, dir: &TempDir) -> PayerWallet {
    let config = WalletConfig { dir: dir.path().join("payer"), chain: chain.access().clone() };
    PayerWallet::start(config).await.expect("started")
}

fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}

fn text(description: &str) -> Bolt11InvoiceDescription {
    Bolt11InvoiceDescription::Direct(Description::new(description.to_owned()).expect("short"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_outcome_of_an_invoice() {
    let world = World::start().await;
    let World { chain, payee, payer, .. } = &world;
    // Opening cost the funding's fee and what was pushed, and nothing else.
    let funding = world.steps.iter().find_map(|step| match step {
        OpenStep::FundingBroadcast { txid } => Some(*txid),
        _ => None,
    });
    let fee_sat = chain.fee_sat(&funding.expect("a step")).await.expect("an answer").expect("known");
    let mut expected_msat = GIVEN_MSAT - PUSH_MSAT - fee_sat * 1_000;
    assert_eq!(world.at_rest_msat().await, expected_msat);
    assert!(matches!(world.steps.last(), Some(OpenStep::Usable { ours_msat: 9_000_000_000 })));

    // An ordinary invoice, with an amount that is no whole satoshi.
    let invoice = payee.node.bolt11_payment().receive(1_234_567, &text("plain"), 600).expect("an invoice");
    let hash = payer.pay(&invoice.to_string()).await.expect("sent");
    let outcome = payer.wait_outcome(hash, SOON).await.expect("ended");
    assert!(matches!(outcome, Outcome::Succeeded { fee_msat: 0, .. }), "{outcome:?}");
    expected_msat -= 1_234_567;
    assert_eq!(world.at_rest_msat().await, expected_msat);

    // Held and claimed.
    let (invoice, hash, preimage) = payee.hold(1, ORDER_MSAT, 600);
    payer.pay(&invoice).await.expect("sent");
    assert_eq!(payee.held(hash).await, ORDER_MSAT);
    let pending = payer.outgoing_pending(&hash.0).expect("held");
    assert_eq!(pending.amount_sat, ORDER_MSAT / 1_000);
    let balance = payer.balance().expect("exact");
    assert_eq!((balance.total_msat(), balance.in_flight_msat), (expected_msat, ORDER_MSAT));
    let again = payer.pay(&invoice).await;
    assert!(matches!(again, Err(WalletError::AlreadyPaid)), "{again:?}");
    let early = payer.wait_outcome(hash.0, Duration::from_millis(100)).await;
    assert!(matches!(early, Err(WalletError::Deadline(_))), "{early:?}");
    payee.node.bolt11_payment().claim_for_hash(hash, ORDER_MSAT, preimage).expect("claimed");
    let outcome = payer.wait_outcome(hash.0, SOON).await.expect("ended");
    assert_eq!(outcome, Outcome::Succeeded { preimage: preimage.0, fee_msat: 0 });
    assert_eq!(payee.received(hash).await, ORDER_MSAT);
    expected_msat -= ORDER_MSAT;
    assert_eq!(world.at_rest_msat().await, expected_msat);
    assert_eq!(payer.outgoing_pending(&hash.0), None);
    assert!(matches!(payer.pay(&invoice).await, Err(WalletError::AlreadyPaid)));

    // Held and returned; the same invoice can be tried again.
    let (invoice, hash, _) = payee.hold(2, ORDER_MSAT, 600);
    for _ in 0..2 {
        payer.pay(&invoice).await.expect("sent");
        payee.held(hash).await;
        payee.node.bolt11_payment().fail_for_hash(hash).expect("failed back");
        let outcome = payer.wait_outcome(hash.0, SOON).await.expect("ended");
        assert_eq!(outcome, Outcome::Failed { reason: "RecipientRejected".to_owned() });
        assert_eq!(world.at_rest_msat().await, expected_msat);
    }

    // More than asked for.
    let (invoice, hash, preimage) = payee.hold(3, 1_000_000, 600);
    assert!(matches!(payer.pay_amount(&invoice, 999_999).await, Err(WalletError::Node(_))));
    payer.pay_amount(&invoice, 1_999_999).await.expect("sent");
    assert_eq!(payee.held(hash).await, 1_999_999);
    payee.node.bolt11_payment().claim_for_hash(hash, 1_999_999, preimage).expect("claimed");
    payer.wait_outcome(hash.0, SOON).await.expect("ended");
    expected_msat -= 1_999_999;
    assert_eq!(world.at_rest_msat().await, expected_msat);

    // A refund.
    let invoice = payer.receive(7_654_321, "refund", 600).await.expect("an invoice");
    let parsed = invoice.parse().expect("an invoice");
    let refund = payee.node.bolt11_payment().send(&parsed, None).expect("sent");
    assert_eq!(payer.wait_received(refund.0, SOON).await.expect("came"), 7_654_321);
    expected_msat += 7_654_321;
    assert_eq!(world.at_rest_msat().await, expected_msat);

    assert!(matches!(payer.pay("lnbcrt1nonsense").await, Err(WalletError::Invoice(_))));
    let too_much = payee.node.bolt11_payment().receive(CAPACITY_SAT * 1_000, &text("all"), 600);
    let too_much = payer.pay(&too_much.expect("an invoice").to_string()).await;
    assert!(matches!(too_much, Err(WalletError::Node(_))), "{too_much:?}");
    assert_eq!(world.at_rest_msat().await, expected_msat);

    // Both nodes follow a reorganisation, and the channel goes on.
    chain.reorg(3).await.expect("reorganised");
    payer.sync_to(chain.height().await.expect("an answer"), SOON).await.expect("followed");
    payee.sync().await;
    let tip = chain.tip_hash().await.expect("an answer");
    assert_eq!(payer.node().status().current_best_block.block_hash, tip);
    assert_eq!(payee.node.status().current_best_block.block_hash, tip);
    let invoice = payee.node.bolt11_payment().receive(5_000, &text("after"), 600).expect("an invoice");
    let hash = payer.pay(&invoice.to_string()).await.expect("sent");
    assert!(matches!(payer.wait_outcome(hash, SOON).await, Ok(Outcome::Succeeded { .. })));
    assert_eq!(world.at_rest_msat().await, expected_msat - 5_000);
    world.stop().await;
}

/// Stalls the link so that the HTLC arrives after the invoice's expiry, cuts it while it is held, and
/// restarts the wallet: nothing is lost or taken twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn late_cut_and_restarted() {
    let world = World::start().await;
    let World { payee, payer, link, .. } = &world;
    let before_msat = world.at_rest_msat().await;

    let (invoice, hash, preimage) = payee.hold(1, ORDER_MSAT, 600);
    link.pause().await;
    payer.pay(&invoice).await.expect("sent");
    let quiet = timeout(Duration::from_millis(500), payee.held(hash)).await;
    assert!(quiet.is_err(), "the HTLC passed a paused link");
    link.resume().await;
    assert_eq!(payee.held(hash).await, ORDER_MSAT);

    link.cut().await;
    link.heal().await;
    payer.connect(payee.node.node_id(), link.address()).await.expect("connected again");
    assert!(payer.outgoing_pending(&hash.0).is_some(), "still held");
    assert_eq!(payer.balance_msat().expect("exact"), before_msat);

    let World { chain, payee, payer, link, dir, .. } = world;
    let node_id = payer.node_id();
    payer.stop().await.expect("stopped");
    let payer = self::payer(&chain, &dir).await;
    assert_eq!(payer.node_id(), node_id);
    payer.connect(payee.node.node_id(), link.address()).await.expect("connected");
    assert!(payer.outgoing_pending(&hash.0).is_some(), "still held");
    assert_eq!(payer.balance_msat().expect("exact"), before_msat);
    assert!(matches!(payer.pay(&invoice).await, Err(WalletError::AlreadyPaid)));
    payee.node.bolt11_payment().claim_for_hash(hash, ORDER_MSAT, preimage).expect("claimed");
    let outcome = payer.wait_outcome(hash.0, SOON).await.expect("ended");
    assert_eq!(outcome, Outcome::Succeeded { preimage: preimage.0, fee_msat: 0 });
    let balance = payer.balance_at_rest(SOON).await.expect("at rest");
    assert_eq!(balance.total_msat(), before_msat - ORDER_MSAT);

    // A third run knows from its store what became of it.
    payer.stop().await.expect("stopped");
    let payer = self::payer(&chain, &dir).await;
    assert_eq!(payer.wait_outcome(hash.0, SOON).await.expect("stored"), outcome);
    payer.stop().await.expect("stopped");
    payee.stop().await;
}

/// The payer closes by force while an HTLC is held that nobody claims. All of it comes back on-chain,
/// less exactly what the miners got.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_force_close_with_a_held_htlc() {
    let world = World::start().await;
    let World { chain, payee, payer, .. } = &world;
    let before_msat = world.at_rest_msat().await;
    let (invoice, hash, _) = payee.hold(1, ORDER_MSAT, 600);
    payer.pay(&invoice).await.expect("sent");
    payee.held(hash).await;
    let channel = payer.channels().remove(0);
    let funding = channel.funding_txo.expect("open");
    payer.close(&channel, true).await.expect("closed");
    let commitment = chain.wait_for_spender(&funding, SOON).await.expect("broadcast");
    let closing = payer.balance().expect("exact");
    assert!(closing.resolving && closing.closing_sat > 0, "{closing:?}");
    let after_msat = payer.mine_until_at_rest(chain, 2 * SOON).await.expect("resolved").total_msat();
    let outcome = payer.wait_outcome(hash.0, SOON).await.expect("ended");
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert!(payer.channels().is_empty());

    // By the chain alone: everything came back but what the miners got.
    let cost_sat = payers_cost_sat(chain, &commitment, &[PUSH_MSAT]).await;
    assert_eq!(before_msat - after_msat, cost_sat * 1_000);
    assert!((1_000..5_000).contains(&cost_sat), "{cost_sat}");
    world.stop().await;
}

/// The peer has the preimage but cannot tell the payer, who closes by force: it claims on-chain, the payer learns
/// the preimage from there, and has paid exactly the invoice and its own share of the miners' fees.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_force_close_with_a_claimed_htlc() {
    let world = World::start().await;
    let World { chain, payee, payer, link, .. } = &world;
    let before_msat = world.at_rest_msat().await;
    let (invoice, hash, preimage) = payee.hold(1, ORDER_MSAT, 600);
    payer.pay(&invoice).await.expect("sent");
    payee.held(hash).await;
    let channel = payer.channels().remove(0);
    link.cut().await;
    payee.node.bolt11_payment().claim_for_hash(hash, ORDER_MSAT, preimage).expect("claimed");
    payer.close(&channel, true).await.expect("closed");
    let commitment = chain.wait_for_spender(&channel.funding_txo.expect("open"), SOON).await.expect("broadcast");
    chain.mine(1).await.expect("mined");
    payee.sync().await;
    let vout = commitment.tx.output.iter().position(|output| output.value.to_sat() == ORDER_MSAT / 1_000);
    let vout = u32::try_from(vout.expect("above dust")).expect("few outputs");
    let claim = OutPoint { txid: commitment.txid, vout };
    chain.wait_for_spender(&claim, SOON).await.expect("claimed by the peer");

    let after_msat = payer.mine_until_at_rest(chain, 2 * SOON).await.expect("resolved").total_msat();
    let outcome = payer.wait_outcome(hash.0, SOON).await.expect("ended");
    assert!(matches!(outcome, Outcome::Succeeded { preimage: shown, .. } if shown == preimage.0), "{outcome:?}");
    let cost_sat = payers_cost_sat(chain, &commitment, &[PUSH_MSAT, ORDER_MSAT]).await;
    assert_eq!(before_msat - after_msat, ORDER_MSAT + cost_sat * 1_000);
    world.stop().await;
}

/// What the miners got for a commitment and for everything that came of the payer's outputs of it,
/// in satoshis, with the two anchors that nobody takes.
/// Outputs of these amounts are the peer's, which it sweeps at its own cost.
async fn payers_cost_sat(chain: &Chain, commitment: &Seen, peers_msat: &[u64]) -> u64 {
    let mut cost_sat = 0;
    let mut counted = HashSet::new();
    let mut open = vec![commitment.clone()];
    while let Some(seen) = open.pop() {
        if !counted.insert(seen.txid) {
            continue;
        }
        cost_sat += chain.fee_sat(&seen.txid).await.expect("an answer").expect("known");
        for (vout, output) in (0_u32..).zip(&seen.tx.output) {
            let first = seen.txid == commitment.txid;
            if first && peers_msat.contains(&(output.value.to_sat() * 1_000)) {
                continue;
            }
            let spender = chain.spender_of(&OutPoint { txid: seen.txid, vout }).await;
            match spender.expect("an answer") {
                Some(spender) => open.push(spender),
                None if first => {
                    assert_eq!(output.value.to_sat(), 330, "only an anchor stays unspent");
                    cost_sat += 330;
                }
                // In the payer's on-chain wallet.
                None => {}
            }
        }
    }
    cost_sat
}

/// The vendor of gift cards with a real node: its order is delivered when the invoice is paid over a channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_gift_card_is_paid_over_a_channel() {
    let World { chain, payee, payer, link, dir, .. } = World::start().await;
    let node = Arc::new(payer);
    let vendor = Bitrefill::start(node.clone(), BitrefillConfig::default()).await.expect("a free port");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let body = serde_json::json!({
        "products": [{ "product_id": Product::DEMO, "value": 20 }],
        "payment_method": "lightning",
    });
    let request = http.post(format!("{}/invoices", vendor.api_url())).bearer_auth(vendor.api_key());
    let answer = request.body(body.to_string()).send().await.expect("an answer");
    let answer: serde_json::Value = answer.json().await.expect("JSON");
    let told = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let (bolt11, order) = (told(&answer["data"]["payment"]["address"]), told(&answer["data"]["orders"][0]["id"]));

    let invoice: Bolt11Invoice = bolt11.parse().expect("an invoice");
    // $20.00 at 5,500 dollars a bitcoin, rounded up to a satoshi.
    assert_eq!(invoice.amount_milli_satoshis(), Some(363_637_000));
    let hash = PaymentHash(*invoice.payment_hash().as_ref());
    payee.node.bolt11_payment().send(&invoice, None).expect("sent");
    let preimage = payee.event(|event| match event {
        Event::PaymentSuccessful { payment_hash, payment_preimage, .. } if *payment_hash == hash => *payment_preimage,
        _ => None,
    });
    let preimage = preimage.await;
    assert_eq!(sha256::Hash::hash(&preimage.0).to_byte_array(), hash.0);
    timeout(SOON, vendor.wait_ended(&order)).await.expect("delivered in time");
    assert_eq!(vendor.codes().counts(), (1, 0));

    vendor.close().await;
    drop(link);
    Arc::into_inner(node).expect("the vendor let it go").stop().await.expect("stopped");
    payee.stop().await;
    drop((chain, dir));
}
