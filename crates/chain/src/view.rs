//! What of the wallet counts, made anew after each look at the chain.
//!
//! The wallet's library also keeps what was once in a block that is gone, or once in the mempool. Here an output counts only
//! if it is in a block of the chain or in the mempool as it was read last.

use bdk_wallet::chain::ChainPosition;
use bdk_wallet::{KeychainKind, LocalOutput, Wallet};
use bitcoin::{OutPoint, Txid};
use money::Sat;
use ports::Depth;
use std::collections::{HashMap, HashSet};

/// Before this depth nobody can spend what a miner was paid.
const MATURE: u32 = 100;

/// One output that pays an address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub outpoint: OutPoint,
    pub amount: Sat,
    /// 0: waits for a block.
    pub depth: u32,
    /// Paid to a miner.
    pub mined: bool,
}

/// All that arrived at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub seen: Sat,
    pub deep: Sat,
    /// Of the least deep one.
    pub depth: Depth,
}

#[derive(Debug, Default)]
pub(crate) struct View {
    by_index: HashMap<u32, Vec<Arrival>>,
}

impl View {
    pub fn of(wallet: &Wallet, waiting: &HashSet<Txid>) -> Self {
        let mut by_index: HashMap<u32, Vec<Arrival>> = HashMap::new();
        for output in wallet.list_output().filter(|output| output.keychain == KeychainKind::External) {
            if let Some(arrival) = arrival(wallet, waiting, &output) {
                by_index.entry(output.derivation_index).or_default().push(arrival);
            }
        }
        Self { by_index }
    }

    /// None: nothing is there. `needed` blocks make it final.
    pub fn arrived(&self, index: u32, needed: u32) -> Option<Arrived> {
        let all = self.by_index.get(&index)?;
        let enough = |arrival: &&Arrival| arrival.depth >= if arrival.mined { MATURE } else { needed };
        let blocks = all.iter().map(|arrival| arrival.depth).min()?;
        let depth = Depth { blocks, needed };
        Some(Arrived { seen: sum(all.iter()), deep: sum(all.iter().filter(enough)), depth })
    }

    pub fn seen(&self, index: u32) -> Sat {
        self.by_index.get(&index).map_or(Sat::ZERO, |all| sum(all.iter()))
    }
}

/// None: it does not count.
pub(crate) fn arrival(wallet: &Wallet, waiting: &HashSet<Txid>, output: &LocalOutput) -> Option<Arrival> {
    let depth = match &output.chain_position {
        ChainPosition::Confirmed { anchor, .. } => {
            let tip = wallet.latest_checkpoint().height();
            tip.saturating_sub(anchor.block_id.height) + 1
        }
        ChainPosition::Unconfirmed { .. } if waiting.contains(&output.outpoint.txid) => 0,
        ChainPosition::Unconfirmed { .. } => return None,
    };
    let mined = wallet.get_tx(output.outpoint.txid).is_some_and(|tx| tx.tx_node.tx.is_coinbase());
    Some(Arrival { outpoint: output.outpoint, amount: Sat::new(output.txout.value.to_sat()).ok()?, depth, mined })
}

/// No more than all bitcoin there is.
fn sum<'a>(arrivals: impl Iterator<Item = &'a Arrival>) -> Sat {
    arrivals.fold(Sat::ZERO, |sum, arrival| sum.checked_add(arrival.amount).unwrap_or(Sat::MAX))
}
