//! What is the operator's own, taken out by hand.

use crate::rpc::Handed;
use crate::sends::FeeShare;
use crate::source::{ChainWallet, unwritten};
use bdk_wallet::bitcoin::Address;
use ids::IdempotencyKey;
use money::Sat;
use ports::{Outcome, Rejection};

/// What an operator took out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    pub txid: String,
    /// It came off the amount.
    pub fee: Sat,
    /// 0: waits for one.
    pub blocks: u32,
    /// Sends of this amount to this address, this one included.
    pub number: u32,
    /// False: it was sent before, and nothing was sent now.
    pub is_new: bool,
}

/// One address is one, however it is spelled.
fn key_of(address: &Address, amount: Sat, number: u32) -> IdempotencyKey {
    let first = format!("withdraw/{address}/{}", amount.get());
    IdempotencyKey(if number == 1 { first } else { format!("{first}/{number}") })
}

impl ChainWallet {
    /// Sends what is the operator's own to the operator's own address, less its fee. Once for an address, an amount and a
    /// number; numbers begin with 1 and leave none out.
    pub async fn withdraw(&self, address: &str, amount: Sat, number: u32) -> Outcome<Withdrawal> {
        if let Err(blind) = self.anew().await {
            return blind.into();
        }
        let payee = match self.payee(address) {
            Ok(payee) => payee,
            Err(refusal) => return Outcome::Rejected(refusal),
        };
        let key = key_of(&payee, amount, number);
        let known = match self.book().signed(&key) {
            Ok(known) => known.is_some(),
            Err(error) => return unwritten(error),
        };
        if let Some(refusal) = self.left_out(&payee, amount, number) {
            return refusal;
        }
        let signed = match self.signed(&key, Some(address), amount, FeeShare::WHOLE).await {
            Outcome::Done(signed) => signed,
            other => return other.and_then(|_| Outcome::NotSent(String::new())),
        };
        let txid = signed.txid();
        let depth = self.book().depth_of(txid);
        let blocks = match depth {
            Some(blocks) => blocks,
            None => match self.rpc.hand_over(&signed.tx).await {
                Ok(Handed::Taken) => 0,
                Ok(Handed::Refused(why)) => return Outcome::Rejected(Rejection::retryable("not_taken", why)),
                Err(error) => return Outcome::Unknown(error.to_string()),
            },
        };
        Outcome::Done(Withdrawal { txid: txid.to_string(), fee: signed.fee, blocks, number, is_new: !known })
    }

    /// A number that is further than the next one is a mistake: nobody could tell how many were sent.
    fn left_out<T>(&self, address: &Address, amount: Sat, number: u32) -> Option<Outcome<T>> {
        let before = match number {
            0 => return Some(Outcome::Rejected(Rejection::fatal("bad_number", "numbers begin with 1"))),
            1 => return None,
            number => number - 1,
        };
        match self.book().signed(&key_of(address, amount, before)) {
            Ok(Some(_)) => None,
            Ok(None) => {
                let text = format!("number {before} of {amount} to this address was never sent: that one comes first");
                Some(Outcome::Rejected(Rejection::fatal("bad_number", text)))
            }
            Err(error) => Some(unwritten(error)),
        }
    }
}
