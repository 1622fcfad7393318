//! When a transaction may be in the next block: nLockTime (BIP113) and relative locks (BIP68).
//!
//! These are rules about heights and times, not about scripts, so the sandbox keeps them: a
//! commitment's delayed output or a timed-out HTLC must not be spendable earlier than on a real chain.

use bitcoin::absolute::LockTime;
use bitcoin::{Sequence, Transaction};

use super::state::Coin;

const SEQUENCE_TIME_GRANULARITY_BITS: u32 = 9;
const SEQUENCE_LOCKTIME_MASK: u32 = 0xffff;
const SEQUENCE_TYPE_TIME: u32 = 1 << 22;
const SEQUENCE_DISABLED: u32 = 1 << 31;

/// Where the chain stands, as far as finality needs it.
pub struct TipTimes<'a> {
    /// Height of the block that a transaction would be in.
    pub next_height: u32,
    /// Median time of the tip, in seconds since 1970.
    pub median_time: u32,
    /// Median time of the block before the one at a height.
    pub median_before: Box<dyn Fn(u32) -> u32 + 'a>,
}

/// nLockTime is in the past, or every input opts out of it.
pub fn is_final(tx: &Transaction, times: &TipTimes<'_>) -> bool {
    if tx.input.iter().all(|input| input.sequence == Sequence::MAX) {
        return true;
    }
    match tx.lock_time {
        LockTime::Blocks(height) => height.to_consensus_u32() < times.next_height,
        LockTime::Seconds(time) => time.to_consensus_u32() < times.median_time,
    }
}

/// Every input's relative lock has run out (BIP68; version 2 and later only).
pub fn relative_locks_met(tx: &Transaction, coins: &[Coin], times: &TipTimes<'_>) -> bool {
    // The version is signed in the crate and unsigned in the rule.
    if (tx.version.0 as u32) < 2 {
        return true;
    }
    tx.input.iter().zip(coins).all(|(input, coin)| {
        let sequence = input.sequence.to_consensus_u32();
        if sequence & SEQUENCE_DISABLED != 0 {
            return true;
        }
        let delay = sequence & SEQUENCE_LOCKTIME_MASK;
        if sequence & SEQUENCE_TYPE_TIME == 0 {
            return times.next_height >= coin.height.saturating_add(delay);
        }
        let since = (times.median_before)(coin.height);
        let delay_s = delay << SEQUENCE_TIME_GRANULARITY_BITS;
        times.median_time >= since.saturating_add(delay_s)
    })
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::transaction::Version;
    use bitcoin::{Amount, OutPoint, ScriptBuf, TxIn, TxOut, Witness};

    use super::*;

    fn spending(sequence: u32, lock_time: u32, version: i32) -> Transaction {
        Transaction {
            version: Version(version),
            lock_time: LockTime::from_consensus(lock_time),
            input: vec![TxIn {
                previous_output: OutPoint::null(),
                script_sig: ScriptBuf::new(),
                sequence: Sequence(sequence),
                witness: Witness::new(),
            }],
            output: Vec::new(),
        }
    }

    fn times<'a>() -> TipTimes<'a> {
        TipTimes { next_height: 200, median_time: 1_700_000_000, median_before: Box::new(|_| 1_699_999_000) }
    }

    #[test]
    fn lock_time() {
        for (sequence, lock_time, want) in [
            (0, 199, true),
            (0, 200, false),
            (u32::MAX, 200, true),
            (0, 1_699_999_999, true),
            (0, 1_700_000_000, false),
        ] {
            let tx = spending(sequence, lock_time, 2);
            assert_eq!(is_final(&tx, &times()), want, "{sequence} {lock_time}");
        }
    }

    #[test]
    fn relative_locks() {
        let output = TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new() };
        let coins = [Coin { output, height: 190, coinbase: false }];
        for (sequence, version, want) in [
            (10, 2, true),
            (11, 2, false),
            (11, 1, true),
            (SEQUENCE_DISABLED | 11, 2, true),
            (SEQUENCE_TYPE_TIME | 1, 2, true),
            (SEQUENCE_TYPE_TIME | 2, 2, false),
        ] {
            let met = relative_locks_met(&spending(sequence, 0, version), &coins, &times());
            assert_eq!(met, want, "{sequence:#x} version {version}");
        }
    }
}
