//! Refunds: signed once, written down, handed over until they are buried.
//!
//! The recipient is paid what is owed less the fee of that very transaction, and never less than was said: what small coins
//! of the wallet cost above that is the operator's.

use crate::book::{Book, BookError, store};
use crate::confirmations::Confirmations;
use crate::table::{self, Signed};
use crate::view::arrival;
use bdk_wallet::KeychainKind;
use bdk_wallet::coin_selection::LargestFirstCoinSelection;
use bitcoin::{Address, Amount, FeeRate, OutPoint, ScriptBuf, Transaction};
use ids::IdempotencyKey;
use money::Sat;
use std::collections::HashSet;

/// One coin of ours to somebody and the rest back: what is told beforehand.
const TYPICAL_VBYTES: u64 = 141;
/// Drafts until the fee fits the size; the second one does, in all that was seen.
const DRAFTS_MAX: u32 = 5;

const EXTRA_KEY: &str = "sources.onchain.refund_extra_sat_max";

/// Who pays the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeeShare {
    /// Comes off what is owed, at the most.
    pub taken_max: Sat,
    /// What the operator adds, at the most.
    pub extra_max: Sat,
}

impl FeeShare {
    /// All of it comes off.
    pub const WHOLE: Self = Self { taken_max: Sat::MAX, extra_max: Sat::MAX };
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error(transparent)]
    Book(#[from] BookError),
    /// What is owed is not more than its fee, or so little more that nobody relays it.
    #[error("the chain would take {fee} of {owed}")]
    TooLittle { owed: Sat, fee: Sat },
    #[error("the wallet has too little that is deep enough: {0}")]
    NoCoins(String),
    #[error("the chain would take {fee}, of which {extra} are yours: more than the {most} of {EXTRA_KEY}")]
    TooDear { fee: Sat, extra: Sat, most: Sat },
    #[error("{0}")]
    Unsigned(String),
}

/// What the chain takes for a refund at this rate, as a rule.
pub(crate) fn typical_fee(rate: FeeRate) -> Sat {
    rate.fee_vb(TYPICAL_VBYTES).and_then(|fee| Sat::new(fee.to_sat()).ok()).unwrap_or(Sat::MAX)
}

impl Book {
    /// Written down before this returns, and never made anew.
    pub fn sign(
        &mut self,
        key: &IdempotencyKey,
        address: &Address,
        owed: Sat,
        rate: FeeRate,
        share: FeeShare,
        confirmations: &Confirmations,
    ) -> Result<Signed, SendError> {
        let unspendable = self.not_to_be_spent(confirmations)?;
        let script = address.script_pubkey();
        let mut fee = typical_fee(rate);
        for _ in 0..DRAFTS_MAX {
            let taken = fee.min(share.taken_max);
            let rest = owed.get().checked_sub(taken.get()).map(Amount::from_sat);
            let rest = rest.filter(|rest| *rest >= script.minimal_non_dust());
            let Some(rest) = rest else { return Err(SendError::TooLittle { owed, fee: taken }) };
            let (tx, paid) = self.draft(&script, rest, fee, &unspendable)?;
            let needed = rate.fee_wu(tx.weight()).and_then(|needed| Sat::new(needed.to_sat()).ok());
            let needed = needed.ok_or_else(|| SendError::Unsigned("the fee is beyond measure".to_owned()))?;
            if needed > fee || fee.get() - needed.get() > needed.get() / 50 + 1 {
                self.wallet.cancel_tx(&tx);
                fee = needed;
                continue;
            }
            let lost = paid.saturating_sub(taken);
            // Change that nobody would relay is no reason to wait: it is less than a coin is worth.
            let extra = fee.saturating_sub(taken);
            if extra > share.extra_max {
                self.wallet.cancel_tx(&tx);
                return Err(SendError::TooDear { fee, extra, most: share.extra_max });
            }
            let signed = Signed { address: address.to_string(), owed, fee: taken, lost, tx };
            let commit = self.connection.transaction().map_err(BookError::from)?;
            store(&mut self.wallet, commit, |commit| table::add_signed(commit, key, &signed))?;
            return Ok(signed);
        }
        Err(SendError::Unsigned("no fee fits".to_owned()))
    }

    fn draft(
        &mut self,
        script: &ScriptBuf,
        amount: Amount,
        fee: Sat,
        unspendable: &[OutPoint],
    ) -> Result<(Transaction, Sat), SendError> {
        let unsigned = |error: &dyn std::fmt::Display| SendError::Unsigned(error.to_string());
        // The same coins for each draft, and as few as there can be: each costs its part of the fee.
        let mut builder = self.wallet.build_tx().coin_selection(LargestFirstCoinSelection);
        builder.add_recipient(script.clone(), amount);
        builder.fee_absolute(Amount::from_sat(fee.get()));
        builder.unspendable(unspendable.to_vec());
        let mut psbt = builder.finish().map_err(|error| SendError::NoCoins(error.to_string()))?;
        let paid = psbt.fee().map_err(|error| unsigned(&error))?;
        let whole =
            self.wallet.sign(&mut psbt, bdk_wallet::SignOptions::default()).map_err(|error| unsigned(&error))?;
        if !whole {
            return Err(SendError::Unsigned("a key is missing".to_owned()));
        }
        let tx = psbt.extract_tx().map_err(|error| unsigned(&error))?;
        // More than was asked for: change that nobody would relay stays with the fee.
        let paid = Sat::new(paid.to_sat()).map_err(|error| unsigned(&error))?;
        Ok((tx, paid))
    }

    /// Coins that are not deep enough to rely on or in nobody's books yet, and those of refunds that are on their way.
    fn not_to_be_spent(&self, confirmations: &Confirmations) -> Result<Vec<OutPoint>, SendError> {
        let live = table::live(&self.connection).map_err(BookError::from)?;
        let used = live.iter().flat_map(|signed| signed.tx.input.iter().map(|input| input.previous_output));
        let asked = table::all_asked(&self.connection).map_err(BookError::from)?;
        let told: HashSet<u32> = asked
            .into_iter()
            .filter(|asked| self.view.seen(asked.index) <= asked.told)
            .map(|asked| asked.index)
            .collect();
        let unfit = self.wallet.list_unspent().filter(|coin| {
            let Some(arrival) = arrival(&self.wallet, &self.waiting, coin) else { return true };
            // Our own change comes from coins that were deep enough.
            let ours = coin.keychain == KeychainKind::Internal;
            !ours && (!told.contains(&coin.derivation_index) || arrival.depth < confirmations.needed(arrival.amount))
        });
        Ok(used.chain(unfit.map(|coin| coin.outpoint)).collect())
    }
}
