//! Where the vendor's Lightning invoices come from: any node, a real one in the demo.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::wallet::{PayerWallet, WalletError};

/// A vendor does not wait longer for one invoice; those run out after half an hour.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// The node is not able to.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct InvoicerError(pub String);

/// Makes invoices and tells when one is paid.
#[async_trait]
pub trait Invoicer: Send + Sync {
    /// A BOLT 11 invoice that is claimed as soon as it is paid.
    async fn invoice(&self, amount_msat: u64, description: &str, expiry_s: u32) -> Result<String, InvoicerError>;

    /// Waits until the invoice of this hash is paid; says how much came, in millisatoshis.
    async fn paid(&self, hash: [u8; 32]) -> Result<u64, InvoicerError>;
}

impl From<WalletError> for InvoicerError {
    fn from(error: WalletError) -> Self {
        Self(error.to_string())
    }
}

/// A Lightning node of the vendor's own.
#[async_trait]
impl Invoicer for PayerWallet {
    async fn invoice(&self, amount_msat: u64, description: &str, expiry_s: u32) -> Result<String, InvoicerError> {
        Ok(self.receive(amount_msat, description, expiry_s).await?)
    }

    async fn paid(&self, hash: [u8; 32]) -> Result<u64, InvoicerError> {
        Ok(self.wait_received(hash, WAIT_MAX).await?)
    }
}
