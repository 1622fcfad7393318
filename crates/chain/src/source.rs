//! The wallet as a source of funds that cannot be held.

use crate::addresses::{AddressRegister, GivenOut};
use crate::book::{Book, BookError};
use crate::confirmations::Confirmations;
use crate::rpc::{Handed, Rpc};
use crate::sends::{FeeShare, SendError, typical_fee};
use crate::sync::Blind;
use crate::table::Signed;
use async_trait::async_trait;
use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, FeeRate, Network};
use ids::{AccountId, IdempotencyKey, UnixMs};
use money::{Msat, Sat};
use outbound::BadAddress;
use ports::{
    Clock, FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome, PaidFirstSource, Rejection,
    Secret, SourceTerms,
};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Blocks within which a refund should be mined.
const REFUND_BLOCKS: u32 = 6;
/// Where there is nothing to estimate from, and at the least.
const FEE_RATE_KNOWN_NOTHING: FeeRate = FeeRate::from_sat_per_vb_u32(1);

/// Where the `bitcoind` is.
#[derive(Debug, Clone)]
pub struct RpcAccess {
    /// `http://127.0.0.1:8332`; https for another machine.
    pub url: String,
    pub user: String,
    pub password: Secret,
}

#[derive(Debug, Clone)]
pub struct ChainConfig {
    pub network: Network,
    pub rpc: RpcAccess,
    pub confirmations: Confirmations,
    /// What was seen so recently is not looked at again.
    pub look_ms: u64,
    /// A refund that would have to pay more per vbyte waits.
    pub fee_rate_max_sat_vb: u64,
    /// A refund that would cost the operator more than this, beyond what comes off it, waits.
    pub refund_extra_max: Sat,
    /// A wallet without a file looks for its coins from this block on; None: from now on.
    pub first_block: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("chain.url: {0}")]
    Address(BadAddress),
    #[error("{0}")]
    Wallet(String),
}

pub struct ChainWallet {
    pub(crate) config: ChainConfig,
    pub(crate) rpc: Rpc,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) given_out: GivenOut,
    pub(crate) book: Mutex<Book>,
    /// One look at a time. None: the last one failed.
    pub(crate) looked_at: tokio::sync::Mutex<Option<UnixMs>>,
}

impl fmt::Debug for ChainWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainWallet(..)")
    }
}

impl<T> From<Blind> for Outcome<T> {
    /// Looking changes nothing.
    fn from(blind: Blind) -> Self {
        Outcome::NotSent(blind.to_string())
    }
}

pub(crate) fn unwritten<T>(error: BookError) -> Outcome<T> {
    Outcome::NotSent(error.to_string())
}

fn whole(amount: Msat) -> Result<Sat, Rejection> {
    let sat = amount.sat_floor();
    let good = sat.msat() == amount && !sat.is_zero();
    if good { Ok(sat) } else { Err(Rejection::fatal("not_whole", "only whole satoshis can be sent")) }
}

impl ChainWallet {
    /// `file` belongs to this wallet and to one process; `register` is kept elsewhere.
    pub fn open(
        config: ChainConfig,
        file: &Path,
        seed: &[u8; 64],
        register: Arc<dyn AddressRegister>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let access = &config.rpc;
        let rpc = Rpc::new(&access.url, &access.user, &access.password).map_err(OpenError::Address)?;
        let book = Book::open(file, seed, config.network).map_err(|error| OpenError::Wallet(error.to_string()))?;
        let given_out = GivenOut::new(register);
        Ok(Self { config, rpc, clock, given_out, book: Mutex::new(book), looked_at: tokio::sync::Mutex::new(None) })
    }

    /// Follows the chain, so that a purchase does not wait for what was mined meanwhile. To be called every few seconds.
    pub async fn follow(&self) -> Result<(), String> {
        self.fresh().await.map_err(|blind| blind.to_string())
    }

    /// An address that this network has, of somebody else.
    pub(crate) fn payee(&self, text: &str) -> Result<Address, Rejection> {
        let address = text.parse::<Address<NetworkUnchecked>>().ok();
        let address = address.and_then(|address| address.require_network(self.config.network).ok());
        let address = address.ok_or_else(|| Rejection::fatal("bad_address", "no address of this network"))?;
        if self.book().is_ours(&address) {
            return Err(Rejection::fatal("own_address", "the address is this server's own"));
        }
        Ok(address)
    }

    async fn fee_rate(&self) -> Outcome<FeeRate> {
        let rate = match self.rpc.fee_rate(REFUND_BLOCKS).await {
            Ok(rate) => rate.unwrap_or(FEE_RATE_KNOWN_NOTHING).max(FEE_RATE_KNOWN_NOTHING),
            Err(error) => return error.not_asked(),
        };
        let max = FeeRate::from_sat_per_vb(self.config.fee_rate_max_sat_vb).unwrap_or(FeeRate::MAX);
        if rate > max {
            let text = format!("a refund would pay {} sat/vB now", rate.to_sat_per_vb_ceil());
            return Outcome::Rejected(Rejection::retryable("fees_too_high", text));
        }
        Outcome::Done(rate)
    }

    /// Written down, from now or from before.
    pub(crate) async fn signed(
        &self,
        key: &IdempotencyKey,
        to: Option<&str>,
        owed: Sat,
        share: FeeShare,
    ) -> Outcome<Signed> {
        let to = match to.map(|to| self.payee(to)) {
            Some(Ok(to)) => to,
            Some(Err(refusal)) => return Outcome::Rejected(refusal),
            None => return Outcome::Rejected(Rejection::fatal("no_address", "an address is needed")),
        };
        match self.book().signed(key) {
            Ok(Some(known)) if known.owed == owed && known.address == to.to_string() => return Outcome::Done(known),
            Ok(Some(_)) => return Outcome::Rejected(Rejection::fatal("another", "another refund has this key")),
            Ok(None) => {}
            Err(error) => return unwritten(error),
        }
        let rate = match self.fee_rate().await {
            Outcome::Done(rate) => rate,
            Outcome::Rejected(refusal) => return Outcome::Rejected(refusal),
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Outcome::NotSent(why),
        };
        let signed = self.book().sign(key, &to, owed, rate, share, &self.config.confirmations);
        match signed {
            Ok(signed) => Outcome::Done(signed),
            Err(SendError::Book(error)) => unwritten(error),
            Err(error @ SendError::TooLittle { .. }) => {
                Outcome::Rejected(Rejection::fatal("too_little", error.to_string()))
            }
            Err(error @ SendError::NoCoins(_)) => {
                Outcome::Rejected(Rejection::retryable("insufficient_funds", error.to_string()))
            }
            Err(error @ SendError::TooDear { .. }) => {
                Outcome::Rejected(Rejection::retryable("too_dear", error.to_string()))
            }
            Err(error @ SendError::Unsigned(_)) => {
                Outcome::Rejected(Rejection::retryable("unsigned", error.to_string()))
            }
        }
    }

    /// What is signed is sent, whatever has become of the funds since.
    async fn gone_before_signing(&self, refund: &FundsRefund) -> Outcome<Msat> {
        let known = self.book().signed(&refund.key);
        match known {
            Ok(Some(_)) => return Outcome::Done(Msat::ZERO),
            Ok(None) => {}
            Err(error) => return unwritten(error),
        }
        match self.anew().await {
            Ok(()) if refund.despite_loss => Outcome::Done(Msat::ZERO),
            Ok(()) => self.gone(&refund.paid_under),
            Err(blind) => blind.into(),
        }
    }

    /// How much less there is under a key than was said to be final.
    fn gone(&self, paid_under: &IdempotencyKey) -> Outcome<Msat> {
        let book = self.book();
        let asked = match book.asked(paid_under) {
            Ok(Some(asked)) => asked,
            Ok(None) => return Outcome::Done(Msat::ZERO),
            Err(error) => return unwritten(error),
        };
        let missing = asked.told.saturating_sub(book.view.seen(asked.index));
        let in_blocks = book.view.arrived(asked.index, 1).map_or(Sat::ZERO, |arrived| arrived.deep);
        if missing.is_zero() && in_blocks < asked.told {
            return Outcome::NotSent("a reorganization took its block off: it waits for another".to_owned());
        }
        Outcome::Done(missing.msat())
    }

    /// What is there of a request, by the chain as it was just read.
    fn arrived(&self, request: &FundsRequest) -> Result<FundsStatus, BookError> {
        let mut book = self.book();
        let Some(asked) = book.asked(&request.key)? else { return Ok(FundsStatus::NotFound) };
        let seen = book.view.seen(asked.index);
        let needed = self.config.confirmations.needed(asked.amount.max(seen));
        let arrived = book.view.arrived(asked.index, needed);
        let (deep, depth) = arrived.map_or((Sat::ZERO, None), |arrived| (arrived.deep, Some(arrived.depth)));
        if book.is_news(asked.index, asked.told.saturating_sub(seen)) {
            tracing::error!(told = asked.told.get(), seen = seen.get(), "a reorganization took back what was final");
        }
        // Too little waits for the rest while the price is locked, and for the end of what is on its way.
        let over = self.clock.now() >= asked.expires_at && deep == seen && !deep.is_zero();
        let is_final = asked.told.max(deep);
        if !asked.told.is_zero() || deep >= asked.amount || over {
            if is_final > asked.told {
                book.tell(&request.key, is_final)?;
            }
            return Ok(FundsStatus::Final { amount_msat: is_final.msat() });
        }
        Ok(if seen.is_zero() { FundsStatus::Waiting } else { FundsStatus::Pending { amount_msat: seen.msat(), depth } })
    }
}

#[async_trait]
impl PaidFirstSource for ChainWallet {
    fn name(&self) -> &'static str {
        "onchain"
    }

    /// While the chain can be seen: an address that nobody watches is given to nobody.
    async fn serves(&self, _account: AccountId) -> Outcome<bool> {
        match self.fresh().await {
            Ok(()) => Outcome::Done(true),
            Err(blind) => blind.into(),
        }
    }

    /// Who sent on the chain is not known: the shopper says where to.
    async fn pays_back(&self, _account: AccountId, _paid_under: &IdempotencyKey) -> Outcome<bool> {
        Outcome::Done(false)
    }

    async fn request(&self, request: &FundsRequest) -> Outcome<FundsTarget> {
        let amount = match whole(request.amount_msat) {
            Ok(amount) => amount,
            Err(refusal) => return Outcome::Rejected(refusal),
        };
        if self.clock.now() >= request.expires_at {
            return Outcome::Rejected(Rejection::fatal("expired", "the price is not locked any more"));
        }
        if let Err(blind) = self.fresh().await {
            return blind.into();
        }
        let address = match self.give_out(&request.key, amount, request.expires_at).await {
            Outcome::Done(address) => address,
            other => return other.and_then(|_| Outcome::NotSent(String::new())),
        };
        Outcome::Done(FundsTarget::Address {
            uri: format!("bitcoin:{address}?amount={}", amount.btc_string()),
            seen_msat: Msat::ZERO,
            depth: None,
        })
    }

    async fn confirm_second_factor(&self, _request: &FundsRequest, _code: &Secret) -> Outcome<FundsTarget> {
        Outcome::Rejected(Rejection::fatal("no_second_factor", "the chain asks for no code"))
    }

    async fn status(&self, request: &FundsRequest) -> Outcome<FundsStatus> {
        if let Err(blind) = self.fresh().await {
            return blind.into();
        }
        match self.arrived(request) {
            Ok(status) => Outcome::Done(status),
            Err(error) => unwritten(error),
        }
    }

    async fn missing(&self, paid_under: &IdempotencyKey) -> Outcome<Msat> {
        match self.anew().await {
            Ok(()) => self.gone(paid_under),
            Err(blind) => blind.into(),
        }
    }

    async fn terms(&self, amount_msat: Msat) -> Outcome<Option<SourceTerms>> {
        let confirmations = self.config.confirmations.needed(amount_msat.sat_ceil());
        let terms = |rate| Some(SourceTerms { confirmations, refund_fee_msat: typical_fee(rate).msat() });
        self.fee_rate().await.map(terms)
    }

    async fn refund_fee(&self, to: &str) -> Outcome<Msat> {
        match self.payee(to) {
            Ok(_) => self.fee_rate().await.map(|rate| typical_fee(rate).msat()),
            Err(refusal) => Outcome::Rejected(refusal),
        }
    }

    async fn refund(&self, refund: &FundsRefund) -> Outcome<FundsRefundStatus> {
        if let Err(blind) = self.fresh().await {
            return blind.into();
        }
        let owed = match whole(refund.amount_msat) {
            Ok(owed) => owed,
            Err(refusal) => return Outcome::Rejected(refusal),
        };
        match self.gone_before_signing(refund).await {
            Outcome::Done(missing) if missing.is_zero() => {}
            Outcome::Done(missing_msat) => return Outcome::Done(FundsRefundStatus::FundsGone { missing_msat }),
            other => return other.and_then(|_| Outcome::NotSent(String::new())),
        }
        let taken_max = refund.taken_msat_max.sat_floor();
        let share = FeeShare { taken_max, extra_max: self.config.refund_extra_max };
        let signed = match self.signed(&refund.key, refund.to.as_deref(), owed, share).await {
            Outcome::Done(signed) => signed,
            Outcome::Rejected(refusal) => return Outcome::Rejected(refusal),
            Outcome::NotSent(why) | Outcome::Unknown(why) => return Outcome::NotSent(why),
        };
        let depth = self.book().depth_of(signed.txid());
        match depth {
            Some(0) => return Outcome::Done(FundsRefundStatus::UnderWay),
            Some(_) => {
                let (fee_msat, taken_msat) = (signed.lost.msat(), signed.fee.msat());
                return Outcome::Done(FundsRefundStatus::Sent { fee_msat, taken_msat });
            }
            None => {}
        }
        match self.rpc.hand_over(&signed.tx).await {
            Ok(Handed::Taken) => Outcome::Done(FundsRefundStatus::UnderWay),
            // It is signed for ever, and may be taken later: nothing else is sent in its place.
            Ok(Handed::Refused(why)) => Outcome::Rejected(Rejection::retryable("not_taken", why)),
            Err(error) => Outcome::Unknown(error.to_string()),
        }
    }

    async fn balance(&self) -> Outcome<Sat> {
        match self.fresh().await {
            Ok(()) => self.book().balance().map_or_else(unwritten, Outcome::Done),
            Err(blind) => blind.into(),
        }
    }

    async fn health(&self) -> Outcome<String> {
        self.look_at_health().await
    }
}
