//! A payer's wallet on the chain: one key that signs whatever it is asked to, so also what takes back what it sent before.

use super::error::ChainError;
use super::handle::Chain;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash as _;
use bitcoin::secp256k1::{All, Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, CompressedPublicKey, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid,
    Witness,
};

/// An output of the payer's, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coin {
    pub outpoint: OutPoint,
    pub sat: u64,
}

pub struct Coins {
    chain: Chain,
    secp: Secp256k1<All>,
    key: SecretKey,
}

impl Coins {
    pub fn new(chain: Chain, secret: [u8; 32]) -> Result<Self, ChainError> {
        let bad = |error: bitcoin::secp256k1::Error| ChainError::Configuration(error.to_string());
        Ok(Self { chain, secp: Secp256k1::new(), key: SecretKey::from_slice(&secret).map_err(bad)? })
    }

    fn public(&self) -> CompressedPublicKey {
        CompressedPublicKey(self.key.public_key(&self.secp))
    }

    pub fn address(&self) -> Address {
        Address::p2wpkh(&self.public(), Network::Regtest)
    }

    /// A new coin, in a block of its own.
    ///
    /// # Errors
    /// As the chain.
    pub async fn coin(&self, sat: u64) -> Result<Coin, ChainError> {
        let txid = self.chain.fund(&self.address(), sat).await?;
        self.chain.mine(1).await?;
        let outputs = self.chain.paying(&self.address().script_pubkey()).await?;
        let outpoint = outputs.into_iter().find(|output| output.txid == txid);
        let outpoint = outpoint.ok_or_else(|| ChainError::Deadline("a coin of the payer's".to_owned()))?;
        Ok(Coin { outpoint, sat })
    }

    /// Spends a coin, whatever else spends it: so much to there, such a fee, the rest back. Replaceable (BIP 125).
    ///
    /// # Errors
    /// [`ChainError::FaucetEmpty`] when the coin is too small.
    pub fn spend(&self, coin: Coin, to: &Address, sat: u64, fee_sat: u64) -> Result<Transaction, ChainError> {
        let wanted_sat = sat.saturating_add(fee_sat);
        let back = coin.sat.checked_sub(wanted_sat);
        let back = back.ok_or(ChainError::FaucetEmpty { available_sat: coin.sat, wanted_sat })?;
        let out = |script_pubkey: ScriptBuf, value| TxOut { value: Amount::from_sat(value), script_pubkey };
        let own = self.address().script_pubkey();
        let sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;
        let input = TxIn { previous_output: coin.outpoint, sequence, ..TxIn::default() };
        let output = vec![out(to.script_pubkey(), sat), out(own.clone(), back)];
        let tx = Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: vec![input], output };
        let (mut cache, kind) = (SighashCache::new(tx), EcdsaSighashType::All);
        let hash = cache
            .p2wpkh_signature_hash(0, &own, Amount::from_sat(coin.sat), kind)
            .expect("there is one input, and the script is a P2WPKH's");
        let signature = self.secp.sign_ecdsa(&Message::from_digest(hash.to_byte_array()), &self.key);
        let signature = bitcoin::ecdsa::Signature { signature, sighash_type: kind };
        *cache.witness_mut(0).expect("there is one input") = Witness::p2wpkh(&signature, &self.public().0);
        Ok(cache.into_transaction())
    }

    /// # Errors
    /// As the chain; with its own words when it is refused.
    pub async fn send(&self, tx: &Transaction) -> Result<Txid, ChainError> {
        self.chain.send(tx).await
    }

    /// Confirmed or not.
    ///
    /// # Errors
    /// As the chain.
    pub async fn balance_sat(&self) -> Result<u64, ChainError> {
        self.chain.balance_sat(&self.address().script_pubkey()).await
    }
}
