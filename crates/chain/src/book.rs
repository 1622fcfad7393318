//! The wallet and its file. Each change of both is one commit.

use crate::table::{self, Asked, Signed};
use crate::view::{View, arrival};
use bdk_wallet::chain::{BlockId, ChainPosition, CheckPoint};
use bdk_wallet::template::Bip84;
use bdk_wallet::{ChangeSet, KeychainKind, Update, Wallet};
use bitcoin::bip32::Xpriv;
use bitcoin::{Address, Block, Network, Transaction, Txid};
use ids::{IdempotencyKey, UnixMs};
use money::Sat;
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Addresses in a row that nobody may have paid: beyond them a wallet whose file was lost finds nothing.
const LOOKAHEAD: u32 = 500;

#[derive(Debug, thiserror::Error)]
pub(crate) enum BookError {
    #[error("the wallet's file: {0}")]
    File(#[from] rusqlite::Error),
    #[error("the wallet: {0}")]
    Wallet(String),
}

pub(crate) type BookResult<T> = Result<T, BookError>;

pub(crate) struct Book {
    pub(crate) wallet: Wallet,
    pub(crate) connection: Connection,
    /// As it was read last; empty until then.
    pub(crate) waiting: HashSet<Txid>,
    pub(crate) view: View,
    /// By address, as they were logged last.
    losses: HashMap<u32, Sat>,
    /// When something was seen or missed last, in seconds, and never the same twice: the library decides by it what is newer.
    stamp: u64,
}

impl Book {
    pub fn open(file: &Path, seed: &[u8; 64], network: Network) -> BookResult<Self> {
        let mut connection = Connection::open(file)?;
        table::prepare(&connection)?;
        let master = Xpriv::new_master(network, seed).map_err(|error| BookError::Wallet(error.to_string()))?;
        let keys = |keychain| Bip84(master, keychain);
        let (external, internal) = (keys(KeychainKind::External), keys(KeychainKind::Internal));
        let commit = connection.transaction()?;
        ChangeSet::init_sqlite_tables(&commit)?;
        let stored = ChangeSet::from_sqlite(&commit)?;
        let loaded = Wallet::load()
            .descriptor(KeychainKind::External, Some(external.clone()))
            .descriptor(KeychainKind::Internal, Some(internal.clone()))
            .lookahead(LOOKAHEAD)
            .extract_keys()
            .check_network(network)
            .load_wallet_no_persist(stored)
            .map_err(|error| BookError::Wallet(error.to_string()))?;
        let mut wallet = match loaded {
            Some(wallet) => wallet,
            None => Wallet::create(external, internal)
                .lookahead(LOOKAHEAD)
                .network(network)
                .create_wallet_no_persist()
                .map_err(|error| BookError::Wallet(error.to_string()))?,
        };
        store(&mut wallet, commit, |_| Ok(()))?;
        let stamp = wallet.tx_graph().full_txs().filter_map(|tx| tx.last_seen).max().unwrap_or(0);
        let view = View::default();
        Ok(Self { wallet, connection, waiting: HashSet::new(), view, losses: HashMap::new(), stamp: stamp + 1 })
    }

    /// Is there a chain in it already?
    pub fn has_begun(&self) -> bool {
        self.wallet.latest_checkpoint().height() > 0
    }

    /// Nothing was given out before this block.
    pub fn begin_at(&mut self, block: BlockId) -> BookResult<()> {
        let genesis = self.wallet.latest_checkpoint().block_id();
        let chain = CheckPoint::from_block_ids([genesis, block]).ok();
        self.change(|wallet| wallet.apply_update(Update { chain, ..Update::default() }).map_err(wallet_error))
    }

    pub fn tip(&self) -> BlockId {
        self.wallet.latest_checkpoint().block_id()
    }

    pub fn before(&self, height: u32) -> Option<BlockId> {
        self.wallet.checkpoints().map(|block| block.block_id()).find(|block| block.height < height)
    }

    /// 0: waits for a block. None: it is not in the chain, as far as the wallet can see.
    pub fn depth_of(&self, txid: Txid) -> Option<u32> {
        match &self.wallet.get_tx(txid)?.chain_position {
            ChainPosition::Confirmed { anchor, .. } => {
                Some(self.tip().height.saturating_sub(anchor.block_id.height) + 1)
            }
            ChainPosition::Unconfirmed { .. } => self.waiting.contains(&txid).then_some(0),
        }
    }

    pub fn connect(&mut self, blocks: &[(u32, Block)]) -> BookResult<()> {
        self.change(|wallet| {
            for (height, block) in blocks {
                wallet.apply_block(block, *height).map_err(wallet_error)?;
            }
            Ok(())
        })
    }

    /// At `now` all that waits is `waiting`; `new` are those that were not in it last time.
    pub fn see(&mut self, waiting: HashSet<Txid>, new: Vec<Transaction>, now: UnixMs) -> BookResult<()> {
        let gone: Vec<Txid> = self
            .wallet
            .transactions()
            .filter(|tx| !tx.chain_position.is_confirmed() && !waiting.contains(&tx.tx_node.txid))
            .map(|tx| tx.tx_node.txid)
            .collect();
        if !gone.is_empty() || !new.is_empty() {
            self.stamp = (self.stamp + 2).max(now.0 / 1_000);
            let (missed_at, seen_at) = (self.stamp, self.stamp + 1);
            self.change(|wallet| {
                wallet.apply_evicted_txs(gone.into_iter().map(|txid| (txid, missed_at)));
                wallet.apply_unconfirmed_txs(new.into_iter().map(|tx| (tx, seen_at)));
                Ok(())
            })?;
            self.stamp = seen_at;
        }
        self.waiting = waiting;
        self.view = View::of(&self.wallet, &self.waiting);
        Ok(())
    }

    /// The address of a key and its number; written down before it is known to anybody. A new one is `least` or above.
    pub fn ask(
        &mut self,
        key: &IdempotencyKey,
        amount: Sat,
        expires_at: UnixMs,
        least: u32,
    ) -> BookResult<(u32, Address)> {
        if let Some(known) = table::asked(&self.connection, key)? {
            return Ok((known.index, self.wallet.peek_address(KeychainKind::External, known.index).address));
        }
        // Those that the file has forgotten are watched again too.
        if let Some(last) = least.checked_sub(1) {
            let _ = self.wallet.reveal_addresses_to(KeychainKind::External, last);
        }
        let mut fresh = self.wallet.reveal_next_address(KeychainKind::External);
        // After an old copy of the file was put back: an address that was paid before is nobody else's.
        while self.wallet.spk_index().is_used(KeychainKind::External, fresh.index) {
            fresh = self.wallet.reveal_next_address(KeychainKind::External);
        }
        let asked = Asked { index: fresh.index, amount, expires_at, told: Sat::ZERO };
        let commit = self.connection.transaction()?;
        store(&mut self.wallet, commit, |commit| table::add_asked(commit, key, &asked))?;
        Ok((fresh.index, fresh.address))
    }

    pub fn asked(&self, key: &IdempotencyKey) -> BookResult<Option<Asked>> {
        Ok(table::asked(&self.connection, key)?)
    }

    pub fn tell(&mut self, key: &IdempotencyKey, told: Sat) -> BookResult<()> {
        Ok(table::set_told(&self.connection, key, told)?)
    }

    pub fn signed(&self, key: &IdempotencyKey) -> BookResult<Option<Signed>> {
        Ok(table::signed(&self.connection, key)?)
    }

    /// Is this another loss at this address than was known of?
    pub fn is_news(&mut self, index: u32, missing: Sat) -> bool {
        let before = if missing.is_zero() { self.losses.remove(&index) } else { self.losses.insert(index, missing) };
        !missing.is_zero() && before != Some(missing)
    }

    /// What was said to be final and is not in the chain any more.
    pub fn taken_back(&self) -> BookResult<Sat> {
        let mut lost = Sat::ZERO;
        for asked in table::all_asked(&self.connection)? {
            let missing = asked.told.saturating_sub(self.view.seen(asked.index));
            lost = lost.checked_add(missing).unwrap_or(Sat::MAX);
        }
        Ok(lost)
    }

    /// What is in blocks, and our own change, less what nobody was told of: that is in nobody's books yet.
    pub fn balance(&self) -> BookResult<Sat> {
        let coins = self.wallet.list_unspent().filter(|coin| {
            let depth = arrival(&self.wallet, &self.waiting, coin).map(|arrival| arrival.depth);
            depth.is_some_and(|depth| depth > 0 || coin.keychain == KeychainKind::Internal)
        });
        let there: u64 = coins.map(|coin| coin.txout.value.to_sat()).sum();
        let mut untold = 0u64;
        for asked in table::all_asked(&self.connection)? {
            let confirmed = self.view.arrived(asked.index, 1).map_or(Sat::ZERO, |arrived| arrived.deep);
            untold = untold.saturating_add(confirmed.saturating_sub(asked.told).get());
        }
        Ok(Sat::new(there.saturating_sub(untold)).unwrap_or(Sat::MAX))
    }

    /// Sends that were signed and are nowhere to be seen: they are handed over again with each look.
    pub fn not_taken(&self) -> BookResult<usize> {
        let live = table::live(&self.connection)?;
        Ok(live.iter().filter(|signed| self.depth_of(signed.txid()).is_none()).count())
    }

    pub fn is_ours(&self, address: &Address) -> bool {
        self.wallet.is_mine(address.script_pubkey())
    }

    fn change(&mut self, change: impl FnOnce(&mut Wallet) -> BookResult<()>) -> BookResult<()> {
        change(&mut self.wallet)?;
        let commit = self.connection.transaction()?;
        store(&mut self.wallet, commit, |_| Ok(()))
    }
}

/// The wallet's changes, and what belongs to them, in one commit. What failed is tried again with the next one.
pub(crate) fn store(
    wallet: &mut Wallet,
    commit: rusqlite::Transaction<'_>,
    with: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> BookResult<()> {
    if let Some(staged) = wallet.staged() {
        staged.persist_to_sqlite(&commit)?;
    }
    with(&commit)?;
    commit.commit()?;
    let _ = wallet.take_staged();
    Ok(())
}

fn wallet_error(error: impl std::fmt::Display) -> BookError {
    BookError::Wallet(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_news_once_and_again_when_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = Book::open(&dir.path().join("chain.sqlite"), &[7; 64], Network::Regtest).unwrap();
        let told = [0, 900, 900, 900, 400, 400, 0, 0, 900].map(|sat| book.is_news(3, Sat::new(sat).unwrap()));
        assert_eq!(told, [false, true, false, false, true, false, false, false, true]);
        assert!(book.is_news(4, Sat::new(900).unwrap()), "another address");
    }
}
