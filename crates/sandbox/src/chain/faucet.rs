//! Where the sandbox's bitcoin comes from: one key that all blocks are mined to, and that signs real
//! P2WPKH spends of its coins. So the same faucet works on a chain that checks scripts.
//!
//! The key is the same in every run: a `bitcoind` that is used again still pays from what was mined
//! before, although regtest's subsidy halves every 150 blocks.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{All, Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, CompressedPublicKey, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
};

use super::error::ChainError;
use super::state::COINBASE_MATURITY;
use super::view::{Utxo, View};

/// Named in the key's derivation, so that nobody takes it for a key of worth.
const KEY_SEED: &[u8] = b"anytill sandbox faucet, regtest only";
const FEE_SAT_PER_VBYTE: u64 = 2;
/// Upper bounds for P2WPKH inputs and for outputs up to P2WSH and P2TR, in virtual bytes.
const INPUT_VBYTES: u64 = 69;
const OUTPUT_VBYTES: u64 = 43;
const FRAME_VBYTES: u64 = 11;
/// Change below this is left to the miner.
const LEAST_CHANGE_SAT: u64 = 1_000;

/// The key and its address.
pub struct Faucet {
    secp: Secp256k1<All>,
    key: SecretKey,
    public: CompressedPublicKey,
    address: Address,
}

impl Faucet {
    pub fn new() -> Self {
        let secp = Secp256k1::new();
        let seed = sha256::Hash::hash(KEY_SEED);
        let key = SecretKey::from_slice(seed.as_byte_array()).expect("a hash below the group's order");
        let public = CompressedPublicKey(key.public_key(&secp));
        let address = Address::p2wpkh(&public, Network::Regtest);
        Self { secp, key, public, address }
    }

    /// Where blocks are mined to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What it could spend in the next block, in satoshis.
    pub fn available_sat(&self, view: &View) -> u64 {
        self.coins(view).iter().map(|coin| coin.output.value.to_sat()).sum()
    }

    /// A signed transaction that pays exactly this much, from confirmed coins first.
    ///
    /// # Errors
    /// [`ChainError::FaucetEmpty`].
    pub fn pay(&self, view: &View, to: ScriptBuf, amount_sat: u64) -> Result<Transaction, ChainError> {
        let mut coins = self.coins(view);
        coins.sort_by_key(|coin| (coin.height.is_none(), std::cmp::Reverse(coin.output.value)));
        let mut spent = Vec::new();
        let mut spent_sat = 0_u64;
        let mut fee_sat = 0_u64;
        for coin in coins {
            spent_sat += coin.output.value.to_sat();
            spent.push(coin);
            let inputs = u64::try_from(spent.len()).unwrap_or(u64::MAX);
            let vbytes = FRAME_VBYTES + inputs * INPUT_VBYTES + 2 * OUTPUT_VBYTES;
            fee_sat = vbytes * FEE_SAT_PER_VBYTE;
            if spent_sat >= amount_sat.saturating_add(fee_sat) {
                break;
            }
        }
        let rest_sat = spent_sat.checked_sub(amount_sat.saturating_add(fee_sat));
        let rest_sat = rest_sat.ok_or_else(|| ChainError::FaucetEmpty {
            available_sat: self.available_sat(view),
            wanted_sat: amount_sat,
        })?;
        let mut output = vec![TxOut { value: Amount::from_sat(amount_sat), script_pubkey: to }];
        if rest_sat >= LEAST_CHANGE_SAT {
            let script_pubkey = self.address.script_pubkey();
            output.push(TxOut { value: Amount::from_sat(rest_sat), script_pubkey });
        }
        Ok(self.sign(&spent, output))
    }

    fn coins(&self, view: &View) -> Vec<Utxo> {
        let next = view.height() + 1;
        let mature =
            |coin: &Utxo| !coin.coinbase || coin.height.is_some_and(|height| next - height >= COINBASE_MATURITY);
        view.unspent(&self.address.script_pubkey()).into_iter().filter(mature).collect()
    }

    fn sign(&self, spent: &[Utxo], output: Vec<TxOut>) -> Transaction {
        let unsigned = |previous_output: OutPoint| TxIn {
            previous_output,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        };
        let input = spent.iter().map(|coin| unsigned(coin.outpoint)).collect();
        let tx = Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input, output };
        let mut cache = SighashCache::new(tx);
        for (index, coin) in spent.iter().enumerate() {
            let script = &coin.output.script_pubkey;
            let kind = EcdsaSighashType::All;
            let hash = cache
                .p2wpkh_signature_hash(index, script, coin.output.value, kind)
                .expect("the index is an input's and the script the faucet's own");
            let signature = self.secp.sign_ecdsa(&Message::from(hash), &self.key);
            let signature = bitcoin::ecdsa::Signature { signature, sighash_type: kind };
            let witness = cache.witness_mut(index).expect("the index is an input's");
            *witness = Witness::p2wpkh(&signature, &self.public.0);
        }
        cache.into_transaction()
    }
}
