//! A node without channels: it signs real BOLT 11 invoices and is paid by a call, for tests that need no chain.

use std::{collections::HashMap, str::FromStr, sync::Mutex, time::Duration};

use async_trait::async_trait;
use bitcoin::{
    hashes::{Hash, sha256},
    secp256k1::{Secp256k1, SecretKey},
};
use lightning_invoice::{Bolt11Invoice, Currency, InvoiceBuilder, PaymentSecret};
use rand::RngCore;
use thiserror::Error;
use tokio::sync::watch;

use super::invoicer::{Invoicer, InvoicerError};
use crate::vendor::{lock, time::VendorClock};

/// How the next invoice differs from a plain one: what an adapter must not fall for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Twist {
    #[default]
    Plain,
    /// For the main network.
    Mainnet,
    /// Without an amount.
    NoAmount,
    /// Made so long ago that it has run out.
    Expired,
    /// Asks for so many blocks at its end; plain ones ask for [`MemoryInvoicer::FINAL_CLTV`].
    FinalCltv(u64),
    /// One character of it is another one.
    Broken,
}

/// Why [`MemoryInvoicer::pay`] did not pay.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotPaid {
    #[error("not an invoice of this node")]
    Unknown,
    #[error("the invoice has run out")]
    Expired,
    #[error("paid before")]
    Twice,
}

struct Made {
    preimage: [u8; 32],
    amount_msat: u64,
}

/// See the module.
pub struct MemoryInvoicer {
    key: SecretKey,
    clock: VendorClock,
    made: Mutex<HashMap<[u8; 32], Made>>,
    paid: watch::Sender<HashMap<[u8; 32], u64>>,
    twist: Mutex<Twist>,
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

impl MemoryInvoicer {
    /// What plain invoices ask for.
    pub const FINAL_CLTV: u64 = 80;

    pub fn new(clock: VendorClock) -> Self {
        // All but about one in 2^128 are keys.
        let key = std::iter::repeat_with(random).find_map(|bytes| SecretKey::from_slice(&bytes).ok());
        let key = key.expect("one of endlessly many is a key");
        let (made, twist) = (Mutex::default(), Mutex::default());
        Self { key, clock, made, paid: watch::Sender::new(HashMap::new()), twist }
    }

    /// How the next invoice is; the one after it is plain again.
    pub fn twist_next(&self, twist: Twist) {
        *lock(&self.twist) = twist;
    }

    /// Pays an invoice of this node, as a payer with a route would; the preimage is the receipt.
    ///
    /// # Errors
    /// [`NotPaid`].
    pub fn pay(&self, bolt11: &str) -> Result<[u8; 32], NotPaid> {
        let invoice = Bolt11Invoice::from_str(bolt11).map_err(|_| NotPaid::Unknown)?;
        let hash: [u8; 32] = *invoice.payment_hash().as_ref();
        if invoice.would_expire(self.now()) {
            return Err(NotPaid::Expired);
        }
        let made = lock(&self.made);
        let made = made.get(&hash).ok_or(NotPaid::Unknown)?;
        let first = self.paid.send_if_modified(|paid| paid.insert(hash, made.amount_msat).is_none());
        if first { Ok(made.preimage) } else { Err(NotPaid::Twice) }
    }

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.clock.now_ms()).unwrap_or(0))
    }

    fn sign(&self, amount_msat: u64, description: &str, expiry_s: u32, twist: Twist) -> Result<String, InvoicerError> {
        let preimage = random();
        let hash = sha256::Hash::hash(&preimage);
        let currency = if twist == Twist::Mainnet { Currency::Bitcoin } else { Currency::Regtest };
        let expiry = Duration::from_secs(u64::from(expiry_s));
        let made_at = if twist == Twist::Expired { self.now().saturating_sub(expiry * 2) } else { self.now() };
        let blocks = if let Twist::FinalCltv(blocks) = twist { blocks } else { Self::FINAL_CLTV };
        let mut builder = InvoiceBuilder::new(currency)
            .description(description.to_owned())
            .payment_hash(hash)
            .payment_secret(PaymentSecret(random()))
            // Whole seconds are all that an invoice can say.
            .duration_since_epoch(Duration::from_secs(made_at.as_secs()))
            .min_final_cltv_expiry_delta(blocks)
            .expiry_time(expiry)
            .basic_mpp();
        if twist != Twist::NoAmount {
            builder = builder.amount_milli_satoshis(amount_msat);
        }
        let signed = builder.build_signed(|digest| Secp256k1::new().sign_ecdsa_recoverable(digest, &self.key));
        let invoice = signed.map_err(|error| InvoicerError(error.to_string()))?;
        lock(&self.made).insert(hash.to_byte_array(), Made { preimage, amount_msat });
        Ok(invoice.to_string())
    }
}

#[async_trait]
impl Invoicer for MemoryInvoicer {
    async fn invoice(&self, amount_msat: u64, description: &str, expiry_s: u32) -> Result<String, InvoicerError> {
        let twist = std::mem::take(&mut *lock(&self.twist));
        let invoice = self.sign(amount_msat, description, expiry_s, twist)?;
        if twist != Twist::Broken {
            return Ok(invoice);
        }
        let (start, last) = invoice.split_at(invoice.len() - 1);
        Ok(format!("{start}{}", if last == "q" { "p" } else { "q" }))
    }

    async fn paid(&self, hash: [u8; 32]) -> Result<u64, InvoicerError> {
        let mut paid = self.paid.subscribe();
        let came = paid.wait_for(|paid| paid.contains_key(&hash)).await;
        came.map(|paid| paid.get(&hash).copied().unwrap_or(0)).map_err(|error| InvoicerError(error.to_string()))
    }
}
