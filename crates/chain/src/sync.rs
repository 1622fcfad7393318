//! Following the chain: the blocks that were mined since, those that were taken off, and what waits for one.

use crate::book::{Book, BookError};
use crate::rpc::{ChainInfo, RpcError};
use crate::source::ChainWallet;
use crate::table;
use bdk_wallet::chain::BlockId;
use bitcoin::{Block, Network, Txid};
use ids::UnixMs;
use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};

/// Blocks and waiting transactions that one look reads: the rest comes with the next one.
const BLOCKS_MAX: u32 = 50;
const NEW_MAX: usize = 2_000;
/// Headers come before their blocks.
const HEADERS_AHEAD: u32 = 2;
/// What is deeper than this is never handed over again.
const BURIED: u32 = 100;

/// Why nothing can be said of the chain now. Nobody's money moves meanwhile.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Blind {
    #[error(transparent)]
    Rpc(#[from] RpcError),
    #[error(transparent)]
    Book(#[from] BookError),
    #[error("bitcoind is on {said}, not on {wanted}")]
    WrongNetwork { said: String, wanted: Network },
    #[error("bitcoind has not caught up with its network")]
    Syncing,
    #[error("{behind} blocks behind bitcoind")]
    Behind { behind: u32 },
    #[error("bitcoind's chain does not reach block {height} any more")]
    Shorter { height: u32 },
    #[error("the chain changed while it was read")]
    Moved,
}

/// As `getblockchaininfo` names it.
pub(crate) fn core_name(network: Network) -> &'static str {
    network.to_core_arg()
}

impl ChainWallet {
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks, unless that was done a moment ago.
    pub(crate) async fn fresh(&self) -> Result<(), Blind> {
        self.seen_within(self.config.look_ms).await
    }

    /// Looks, whatever was seen a moment ago: before something is signed, which is for ever.
    pub(crate) async fn anew(&self) -> Result<(), Blind> {
        self.seen_within(0).await
    }

    async fn seen_within(&self, age_ms: u64) -> Result<(), Blind> {
        let mut looked_at = self.looked_at.lock().await;
        let now = self.clock.now();
        if looked_at.is_some_and(|at| now.since_ms(at) < age_ms) {
            return Ok(());
        }
        *looked_at = None;
        self.look(now).await?;
        *looked_at = Some(now);
        Ok(())
    }

    async fn look(&self, now: UnixMs) -> Result<(), Blind> {
        let info = self.rpc.info().await?;
        self.check(&info)?;
        self.begin(&info).await?;
        self.read_blocks(&info).await?;
        // After the blocks: what was mined meanwhile is missing from both, and seen with the next look.
        let waiting: HashSet<Txid> = self.rpc.mempool().await?.into_iter().collect();
        let known = self.book().waiting.clone();
        let unread: Vec<Txid> = waiting.difference(&known).copied().take(NEW_MAX).collect();
        let new = self.rpc.waiting(&unread).await?;
        // What was not read does not count yet, and is new again next time.
        let read: HashSet<Txid> = new.iter().map(bitcoin::Transaction::compute_txid).collect();
        let waiting = waiting.into_iter().filter(|txid| known.contains(txid) || read.contains(txid)).collect();
        self.book().see(waiting, new, now)?;
        self.hand_over_again().await
    }

    pub(crate) fn check(&self, info: &ChainInfo) -> Result<(), Blind> {
        let wanted = self.config.network;
        if info.chain != core_name(wanted) {
            return Err(Blind::WrongNetwork { said: info.chain.clone(), wanted });
        }
        // Regtest says so whenever its tip is a day old.
        let syncing = info.initialblockdownload || info.headers > info.blocks + HEADERS_AHEAD;
        if syncing && wanted != Network::Regtest { Err(Blind::Syncing) } else { Ok(()) }
    }

    /// A new wallet has nothing to look for before the block that is the tip now, or the one that it is told.
    async fn begin(&self, info: &ChainInfo) -> Result<(), Blind> {
        if self.book().has_begun() {
            return Ok(());
        }
        let first = self.config.first_block.unwrap_or(info.blocks).min(info.blocks);
        if first == 0 {
            return Ok(());
        }
        let hash = self.rpc.hash_at(first).await?.ok_or(Blind::Moved)?;
        Ok(self.book().begin_at(BlockId { height: first, hash })?)
    }

    async fn read_blocks(&self, info: &ChainInfo) -> Result<(), Blind> {
        let mut common = self.book().tip();
        while self.rpc.hash_at(common.height).await? != Some(common.hash) {
            common = self.book().before(common.height).ok_or(Blind::Moved)?;
        }
        let until = info.blocks.min(common.height.saturating_add(BLOCKS_MAX));
        let (mut blocks, mut last): (Vec<(u32, Block)>, BlockId) = (Vec::new(), common);
        for height in common.height + 1..=until {
            let hash = self.rpc.hash_at(height).await?.ok_or(Blind::Moved)?;
            let block = self.rpc.block(&hash).await?;
            if block.header.prev_blockhash != last.hash {
                return Err(Blind::Moved);
            }
            last = BlockId { height, hash };
            blocks.push((height, block));
        }
        let tip = {
            let mut book = self.book();
            book.connect(&blocks)?;
            book.tip()
        };
        if tip != last {
            // Its blocks were taken off and the new ones are not there yet: what is known is not the chain.
            return Err(Blind::Shorter { height: tip.height });
        }
        match info.blocks.saturating_sub(tip.height) {
            0 => Ok(()),
            behind => Err(Blind::Behind { behind }),
        }
    }

    /// What was signed and is in no block is handed over again: a restarted daemon, or a reorganization, may have lost it.
    async fn hand_over_again(&self) -> Result<(), Blind> {
        let live = {
            let book = self.book();
            table::live(&book.connection).map_err(BookError::from)?
        };
        for signed in live {
            let depth = self.book().depth_of(signed.txid());
            match depth {
                Some(depth) if depth >= BURIED => {
                    let book = self.book();
                    table::bury(&book.connection, &signed).map_err(BookError::from)?;
                }
                Some(_) => {}
                None => {
                    let handed = self.rpc.hand_over(&signed.tx).await?;
                    tracing::debug!(txid = %signed.txid(), ?handed, "a refund was handed over again");
                }
            }
        }
        Ok(())
    }
}
