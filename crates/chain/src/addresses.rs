//! An address is one purchase's, also after an old copy of the wallet's file was put back.

use crate::source::{ChainWallet, unwritten};
use async_trait::async_trait;
use bitcoin::Address;
use ids::{IdempotencyKey, UnixMs};
use money::Sat;
use ports::Outcome;
use std::sync::Arc;

/// How far addresses were given out, kept in another place than the wallet's file: what one of them has forgotten the
/// other one knows.
#[async_trait]
pub trait AddressRegister: Send + Sync {
    /// Of the addresses below this number, any may have been given out.
    async fn next(&self) -> Result<u32, String>;

    /// Durable when it returns. Never less than before.
    async fn set_next(&self, next: u32) -> Result<(), String>;
}

/// One address at a time.
pub(crate) struct GivenOut(tokio::sync::Mutex<Arc<dyn AddressRegister>>);

impl GivenOut {
    pub fn new(register: Arc<dyn AddressRegister>) -> Self {
        Self(tokio::sync::Mutex::new(register))
    }
}

impl ChainWallet {
    /// Both places know of it before anybody else does.
    pub(crate) async fn give_out(&self, key: &IdempotencyKey, amount: Sat, expires_at: UnixMs) -> Outcome<Address> {
        let register = self.given_out.0.lock().await;
        let next = match register.next().await {
            Ok(next) => next,
            Err(why) => return Outcome::NotSent(why),
        };
        let (index, address) = match self.book().ask(key, amount, expires_at, next) {
            Ok(given) => given,
            Err(error) => return unwritten(error),
        };
        if index >= next
            && let Err(why) = register.set_next(index + 1).await
        {
            return Outcome::NotSent(why);
        }
        Outcome::Done(address)
    }
}
