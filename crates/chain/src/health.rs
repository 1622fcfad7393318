//! How it is, for the operator.

use crate::source::ChainWallet;
use crate::sync::{Blind, core_name};
use bitcoin::Network;
use ports::{Outcome, Rejection};

/// Two hours without a block come once in 160,000 blocks.
const TIP_AGE_MS_MAX: u64 = 2 * 3_600_000;

impl ChainWallet {
    /// A line of what is well, or what is wrong.
    pub(crate) async fn look_at_health(&self) -> Outcome<String> {
        let info = match self.rpc.info().await {
            Ok(info) => info,
            Err(error) => return error.not_asked(),
        };
        match self.fresh().await {
            Ok(()) => {}
            Err(blind @ (Blind::WrongNetwork { .. } | Blind::Moved)) => {
                return Outcome::Rejected(Rejection::fatal("chain", blind.to_string()));
            }
            Err(blind) => return blind.into(),
        }
        let old_ms = self.clock.now().0.saturating_sub(info.time.saturating_mul(1_000));
        if old_ms > TIP_AGE_MS_MAX && self.config.network != Network::Regtest {
            let text = format!("the last block, {}, is {} minutes old", info.blocks, old_ms / 60_000);
            return Outcome::Rejected(Rejection::retryable("stale", text));
        }
        let book = self.book();
        match book.taken_back() {
            Ok(lost) if !lost.is_zero() => {
                let text =
                    format!("{lost} that were final were taken back by a reorganization: raise the confirmations");
                return Outcome::Rejected(Rejection::fatal("reorganized", text));
            }
            Ok(_) => {}
            Err(error) => return Outcome::NotSent(error.to_string()),
        }
        let waits = match book.not_taken() {
            Ok(0) => String::new(),
            Ok(count) => format!(", {count} signed sends that no block and no mempool has"),
            Err(error) => return Outcome::NotSent(error.to_string()),
        };
        let pruned = if info.pruned { ", pruned" } else { "" };
        let name = core_name(self.config.network);
        match book.balance() {
            Ok(balance) => {
                Outcome::Done(format!("{name}, block {}{pruned}, {balance} in its wallet{waits}", info.blocks))
            }
            Err(error) => Outcome::NotSent(error.to_string()),
        }
    }
}
