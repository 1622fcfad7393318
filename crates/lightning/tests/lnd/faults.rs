//! What an operator can get wrong, and what is said of it; and a certificate that is renewed.

use crate::common::{SOON, open_chain, until};
use crate::world::{Now, config_of, exact_macaroon, synced, through};
use bitcoin::Network;
use lightning_node::conformance::{Kit, ORDER_MSAT};
use lightning_node::lnd::{CALLS, LndConfig, LndNode, LndStartError, look_over};
use outbound::PinnedCertificate;
use ports::{ChainFees as _, LightningNode, Outcome, Secret};
use sandbox::chain::Chain;
use sandbox::link::Link;
use sandbox::lnd::{Lnd, LndPlan};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub async fn all(programs: PathBuf) {
    let chain = open_chain().await;
    chain.mine(1).await.expect("mined");
    let access = chain.access();
    let link =
        Link::start(format!("{}:{}", access.host, access.port).parse().expect("loopback")).await.expect("a link");
    let dir = TempDir::new().expect("a directory");
    let plan = LndPlan::new(&programs, &dir.path().join("node"), through(&link, &chain)).expect("ports");
    let lnd = Lnd::start(plan).await.expect("started");
    synced(&chain, &[&lnd]).await;
    let good = config_of(&lnd, lnd.plan().url(), exact_macaroon(&lnd).await, dir.path());
    println!("  rights");
    rights(&lnd, &good).await;
    println!("  another network, another node");
    others(&good, dir.path()).await;
    println!("  certificates");
    let lnd = certificates(lnd, &good, dir.path()).await;
    println!("  the chain is gone");
    chain_gone(&chain, &link, &lnd, &good).await;
    println!("  final resolutions are not kept");
    resolutions(lnd, &good).await;
    println!("  wallets");
    wallets(&programs, dir.path(), &chain).await;
}

/// All that is said of it.
async fn said(config: &LndConfig) -> Vec<(bool, String)> {
    look_over(config).await.1.into_iter().map(|fault| (fault.fatal, fault.what)).collect()
}

async fn says(config: &LndConfig, fatal: bool, words: &str) {
    let said = said(config).await;
    assert!(said.iter().any(|(is_fatal, what)| *is_fatal == fatal && what.contains(words)), "{words}: {said:?}");
}

async fn rights(lnd: &Lnd, good: &LndConfig) {
    let (node_id, faults) = look_over(good).await;
    assert_eq!(node_id.map(|id| id.to_string()), Some(lnd.node_id.clone()));
    assert!(faults.iter().all(|fault| fault.what.contains("no active channel")), "{faults:?}");

    let all: Vec<_> = CALLS.iter().map(|needed| ("uri", needed.call)).collect();
    for (left_out, needed) in CALLS.iter().enumerate() {
        let mut fewer = all.clone();
        let (_, call) = fewer.remove(left_out);
        let config = LndConfig { macaroon: Secret::new(lnd.bake(&fewer).await.expect("baked")), ..good.clone() };
        says(&config, needed.only_for.is_none(), call).await;
    }
    let node =
        LndNode::start(LndConfig { table: good.table.with_extension("fees"), ..good.clone() }, Arc::new(Now)).await;
    let fees = node.expect("started").fee_rates(&[2, 144]).await;
    let Outcome::Done(rates) = fees else { panic!("{fees:?}") };
    // On regtest its bitcoind has nothing to estimate from, which it does not tell: a rate of its own.
    assert!(
        rates.len() == 2 && rates[0].blocks == 2 && rates.iter().all(|rate| rate.sat_per_kvb >= 1_000),
        "{rates:?}"
    );
    // Without the right to make invoices nothing can have been made.
    let fewer: Vec<_> = all.iter().copied().filter(|(_, call)| !call.contains("AddHoldInvoice")).collect();
    let mut config = LndConfig { macaroon: Secret::new(lnd.bake(&fewer).await.expect("baked")), ..good.clone() };
    config.table = good.table.with_extension("fewer");
    let node = LndNode::start(config, Arc::new(Now)).await.expect("started");
    let answer = node.create_hold_invoice(Kit::new("no right", ORDER_MSAT).request).await;
    assert!(matches!(&answer, Outcome::NotSent(why) if why.contains("macaroon")), "{answer:?}");

    let more = [all.clone(), vec![("onchain", "write"), ("uri", "/lnrpc.Lightning/CloseChannel")]].concat();
    let config = LndConfig { macaroon: Secret::new(lnd.bake(&more).await.expect("baked")), ..good.clone() };
    says(&config, false, "onchain:write, uri:/lnrpc.Lightning/CloseChannel").await;
    let admin = std::fs::read(lnd.plan().dir.join("data/chain/bitcoin/regtest/admin.macaroon")).expect("a file");
    let config = LndConfig { macaroon: Secret::new(hex::encode(admin)), ..good.clone() };
    says(&config, false, "macaroon:generate").await;
    assert!(said(&config).await.iter().all(|(fatal, _)| !fatal), "it may do everything");
    let config = LndConfig { macaroon: Secret::new("00".to_owned()), ..good.clone() };
    says(&config, true, "cannot be read").await;
}

async fn others(good: &LndConfig, dir: &Path) {
    let config = LndConfig { network: Network::Signet, table: dir.join("signet.sqlite"), ..good.clone() };
    says(&config, true, "the node is on regtest, the configuration says signet").await;
    let refused = LndNode::start(config, Arc::new(Now)).await.err();
    assert!(matches!(refused, Some(LndStartError::WrongNetwork { .. })), "{refused:?}");

    let nowhere = LndConfig { url: "https://127.0.0.1:1".to_owned(), table: dir.join("x.sqlite"), ..good.clone() };
    says(&nowhere, true, "does not answer").await;
    let refused = LndNode::start(nowhere, Arc::new(Now)).await.err();
    assert!(matches!(refused, Some(LndStartError::Unreachable(_))), "{refused:?}");
}

/// Only the pinned certificate is spoken to; a renewed one is taken up without a restart of the server.
async fn certificates(lnd: Lnd, good: &LndConfig, dir: &Path) -> Lnd {
    let file = dir.join("pinned.cert");
    let config =
        LndConfig { certificate: PinnedCertificate::new(&file), table: dir.join("pinned.sqlite"), ..good.clone() };
    says(&config, true, "cannot be read").await;
    std::fs::copy(lnd.plan().certificate(), &file).expect("copied");
    let node = LndNode::start(config.clone(), Arc::new(Now)).await.expect("started");
    assert!(matches!(node.info().await, Outcome::Done(_)));

    let plan = lnd.stop().await.expect("stopped");
    for name in ["tls.cert", "tls.key"] {
        std::fs::remove_file(plan.dir.join(name)).expect("removed");
    }
    let lnd = Lnd::start(plan).await.expect("started");
    until("refusal", async || matches!(node.info().await, Outcome::NotSent(why) if why.contains("not the pinned one")))
        .await;
    says(&config, true, "shows another certificate than the pinned one").await;
    let answer = node.return_hold(Kit::new("anything", ORDER_MSAT).hash).await;
    assert!(matches!(answer, Outcome::NotSent(_)), "{answer:?}");

    std::fs::copy(lnd.plan().certificate(), &file).expect("copied");
    until("answer", async || matches!(node.info().await, Outcome::Done(_))).await;
    lnd
}

async fn chain_gone(chain: &Chain, link: &Link, lnd: &Lnd, good: &LndConfig) {
    link.cut().await;
    chain.mine(1).await.expect("mined");
    says(good, true, "cannot tell how its chain is").await;
    link.heal().await;
    synced(chain, &[lnd]).await;
}

async fn resolutions(lnd: Lnd, good: &LndConfig) {
    let mut plan = lnd.stop().await.expect("stopped");
    plan.flags.retain(|flag| !flag.contains("resolutions"));
    let lnd = Lnd::start(plan).await.expect("started");
    says(good, true, "does not keep final HTLC resolutions").await;
    lnd.stop().await.expect("stopped");
}

/// A node without a wallet, and one whose wallet is locked.
async fn wallets(programs: &Path, dir: &Path, chain: &Chain) {
    let mut plan = LndPlan::new(programs, &dir.join("locked"), chain.access().clone()).expect("ports");
    plan.flags.retain(|flag| !flag.contains("noseedbackup"));
    let config = LndConfig {
        network: Network::Regtest,
        url: plan.url(),
        certificate: PinnedCertificate::new(plan.certificate()),
        macaroon: Secret::new("02".to_owned()),
        table: dir.join("locked.sqlite"),
        hold_sat_min: 5_000,
        jitter: Arc::new(|max| max),
    };
    let lnd = Lnd::spawn(plan).expect("spawned");
    until("node without a wallet", async || said(&config).await.iter().any(|(_, what)| what.contains("no wallet")))
        .await;
    lnd.create_wallet("a password", SOON).await.expect("made");
    let plan = lnd.kill().await.expect("killed");
    let lnd = Lnd::spawn(plan).expect("spawned");
    until("locked wallet", async || said(&config).await.iter().any(|(_, what)| what.contains("wallet is locked")))
        .await;
    lnd.kill().await.expect("killed");
}
