//! The payer's wallet, each kind with a channel to every node that holds.

use super::electrum::ElectrumPayer;
use super::payer::{LndPayer, Payer, PayerName};
use super::server::Ready;
use super::timeline::Timeline;
use super::world::{STEP_WITHIN, WorldOptions, start_lnd};
use anyhow::{Context, Result};
use bitcoin::secp256k1::PublicKey;
use sandbox::chain::Chain;
use sandbox::electrum::{Electrum, ElectrumPlan};
use sandbox::lnd::Lnd;
use sandbox::wallet::{ChannelPlan, OpenStep, PayerWallet, WalletConfig};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

/// Room for one hold of the reference purchase under LDK's cap of a tenth: 0.16 BTC carries three at a time.
const CAPACITY_SAT: u64 = 16_000_000;
/// Given to the server's side, so that it can pay refunds.
const PUSH_MSAT: u64 = 4_000_000_000;
/// For fees, and then some.
const BESIDE_CHANNEL_SAT: u64 = 500_000;

/// The payer's own node, with a channel to the server's.
pub async fn open_payer(
    chain: &Chain,
    options: &WorldOptions,
    dir: &Path,
    (ready, peer_address, lnds): (&Ready, SocketAddr, &[Lnd]),
    timeline: &Timeline,
) -> Result<Payer> {
    let dir = dir.join("payer");
    match options.payer {
        PayerName::Electrum => {
            let server = options.programs.electrumx.as_deref().context("where ElectrumX is, is not known")?;
            let plan = ElectrumPlan::new(server, &dir, chain.access().clone())?;
            let first = (ready.node_id.clone(), peer_address);
            Ok(Payer::Electrum(Arc::new(open_electrum(chain, plan, first, lnds, timeline).await?)))
        }
        PayerName::Nwc if options.programs.lnd.is_none() => {
            Ok(Payer::Ldk(open_wallet(chain, dir, ready, (peer_address, lnds), timeline).await?))
        }
        PayerName::Ldk => Ok(Payer::Ldk(open_wallet(chain, dir, ready, (peer_address, lnds), timeline).await?)),
        PayerName::Lnd | PayerName::Nwc => {
            let lnd = start_lnd(chain, options.programs.lnd.as_deref(), &dir, timeline).await?;
            let first = (ready.node_id.clone(), peer_address);
            Ok(Payer::Lnd(Arc::new(open_lnd_wallet(chain, lnd, first, lnds, timeline).await?)))
        }
    }
}

pub async fn open_wallet(
    chain: &Chain,
    dir: PathBuf,
    ready: &Ready,
    (peer_address, lnds): (SocketAddr, &[Lnd]),
    timeline: &Timeline,
) -> Result<PayerWallet> {
    std::fs::create_dir_all(&dir)?;
    let wallet = PayerWallet::start(WalletConfig { dir, chain: chain.access().clone() }).await?;
    timeline.step("wallet", "the payer's own Lightning node", json!({ "node_id": wallet.node_id().to_string() }));
    let first = (ready.node_id.clone(), peer_address);
    for (id, peer_address) in peers(first, lnds) {
        if let Some(lnd) = lnds.iter().find(|lnd| lnd.node_id == id) {
            // An LND that has not seen the newest block takes no channel: the wallet's funds come before.
            chain.fund(&wallet.address().await?, CAPACITY_SAT + BESIDE_CHANNEL_SAT).await?;
            chain.mine(1).await?;
            let height = chain.height().await?;
            wallet.sync_to(height, STEP_WITHIN).await?;
            lnd.sync_to(height, STEP_WITHIN).await?;
        }
        let plan = ChannelPlan {
            peer: PublicKey::from_str(&id)?,
            peer_address,
            capacity_sat: CAPACITY_SAT,
            push_msat: PUSH_MSAT,
            step_timeout: STEP_WITHIN,
        };
        wallet.fund_and_open(chain, plan, |step| show(timeline, &step)).await?;
    }
    Ok(wallet)
}

/// Whom a payer has a channel with: each node that holds, the first of them under the address that is given.
fn peers((id, address): (String, SocketAddr), lnds: &[Lnd]) -> Vec<(String, SocketAddr)> {
    let others = lnds.iter().skip(1).map(|lnd| (lnd.node_id.clone(), lnd.plan().listens));
    std::iter::once((id, address)).chain(others).collect()
}

async fn open_lnd_wallet(
    chain: &Chain,
    lnd: Lnd,
    first: (String, SocketAddr),
    lnds: &[Lnd],
    timeline: &Timeline,
) -> Result<LndPayer> {
    timeline.step("wallet", "the payer's own LND", json!({ "node_id": lnd.node_id }));
    for (id, address) in peers(first, lnds) {
        lnd.fund(chain, CAPACITY_SAT + BESIDE_CHANNEL_SAT, STEP_WITHIN).await?;
        let height = chain.height().await?;
        for node in std::iter::once(&lnd).chain(lnds) {
            node.sync_to(height, STEP_WITHIN).await?;
        }
        lnd.connect(&id, address, STEP_WITHIN).await?;
        lnd.open_channel(chain, &id, (CAPACITY_SAT, PUSH_MSAT / 1_000), STEP_WITHIN).await?;
        timeline.step("usable", &format!("a channel of {CAPACITY_SAT} sat to {}…", &id[..16]), json!({}));
    }
    Ok(LndPayer::new(lnd))
}

async fn open_electrum(
    chain: &Chain,
    plan: ElectrumPlan,
    first: (String, SocketAddr),
    lnds: &[Lnd],
    timeline: &Timeline,
) -> Result<ElectrumPayer> {
    // A chain whose tip is old keeps it from using Lightning.
    chain.mine(1).await?;
    let electrum = Electrum::start(plan).await?;
    timeline.step("wallet", "the payer's own Electrum", json!({ "node_id": electrum.node_id }));
    for (id, address) in peers(first, lnds) {
        electrum.fund(chain, CAPACITY_SAT + BESIDE_CHANNEL_SAT, STEP_WITHIN).await?;
        let height = chain.height().await?;
        electrum.sync_to(height, STEP_WITHIN).await?;
        for lnd in lnds {
            lnd.sync_to(height, STEP_WITHIN).await?;
        }
        electrum.connect(&id, address).await?;
        electrum.open_channel(chain, (&id, address), (CAPACITY_SAT, PUSH_MSAT / 1_000), STEP_WITHIN).await?;
        timeline.step("usable", &format!("a channel of {CAPACITY_SAT} sat to {}…", &id[..16]), json!({}));
    }
    Ok(ElectrumPayer::new(electrum))
}

pub fn show(timeline: &Timeline, step: &OpenStep) {
    let (name, detail) = match step {
        OpenStep::FundingSent { amount_sat, .. } => ("funding", format!("{amount_sat} sat on their way to the wallet")),
        OpenStep::Funded { onchain_sat } => ("funded", format!("the wallet has {onchain_sat} sat")),
        OpenStep::Connected => ("connected", "the wallet reached the server's node".to_owned()),
        OpenStep::FundingBroadcast { txid } => ("channel", format!("funding transaction {txid}")),
        OpenStep::Confirmed { blocks } => ("confirmed", format!("{blocks} blocks")),
        OpenStep::Usable { ours_msat } => ("usable", format!("{} sat to spend over Lightning", ours_msat / 1_000)),
    };
    timeline.step(name, &detail, json!({}));
}
