//! The outside: models with books of their own, each behind its port.

mod exchange;
pub mod issuer;
pub mod node;
pub mod others;
pub mod payees;

pub use exchange::{ExchangeBook, ModelExchange, SaleEntry};
pub use issuer::{CardEntry, ChargeEntry, IssuerBook, Later, ModelIssuer, Question};
pub use node::{HoldEntry, HoldIs, ModelNode, NodeBook, SendEntry, SendIs};
pub use others::{FundsEntry, GiftEntry, Misc, ModelFunds, ModelGiftCards, ModelPrices, ModelVault, funds_arrive};
pub use payees::{ModelPayees, ModelShoppers, Mood};

use sha2::{Digest, Sha256};

/// Everything that the outside knows.
#[derive(Default)]
pub struct Books {
    pub node: NodeBook,
    pub vendor_node: NodeBook,
    pub issuer: IssuerBook,
    pub exchange: ExchangeBook,
    pub misc: Misc,
    pub seed: u64,
    /// Defects planted to test the auditor.
    pub planted: Option<Defect>,
}

/// What the auditor has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The node confirms a claim that it never made.
    ConfirmsWithoutClaiming,
    /// The issuer says a card is closed and leaves it open.
    LeavesCardsOpen,
    /// The exchange sells less than it says.
    SellsLess,
}

impl Books {
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

/// 32 bytes that are the same for the same words.
pub fn derived(seed: u64, word: &str, number: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(word.as_bytes());
    hash.update(number.to_be_bytes());
    hash.finalize().into()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
