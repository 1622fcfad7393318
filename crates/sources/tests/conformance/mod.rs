//! What every source that cannot be held has to do, whoever its vendor is.

use ids::{AccountId, IdempotencyKey, UnixMs};
use money::{Msat, Sat};
use ports::{FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome, PaidFirstSource, Secret};
use std::sync::Arc;

/// What goes wrong at the vendor with the next send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Done, and the answer is lost.
    AnswerLost,
    /// Not done; the vendor's own refusal.
    Refused,
    RateLimited,
    /// Not done, a 503.
    Down,
}

/// The vendor, with a shopper who has linked an account.
pub trait World {
    fn source(&self) -> Arc<dyn PaidFirstSource>;
    fn account(&self) -> AccountId;
    fn now(&self) -> UnixMs;
    /// The next sends, of whichever side.
    fn trouble(&self, trouble: Trouble, times: usize);
    fn ask_second_factor(&self, code: Option<&str>);
    /// Sends are seen by the operator, and are not final, until [`World::finish`] or [`World::cancel`].
    fn hold_sends(&self);
    fn finish(&self);
    fn cancel(&self);
    /// Sends that were ever made.
    fn sends(&self) -> usize;
    fn shopper_sat(&self) -> u64;
}

const SAT: u64 = 496_758;

fn msat(sat: u64) -> Msat {
    Sat::new(sat).unwrap().msat()
}

pub fn request(world: &impl World, key: &str) -> FundsRequest {
    FundsRequest {
        key: IdempotencyKey(format!("{key}/funds")),
        account: world.account(),
        amount_msat: msat(SAT),
        asked_since: world.now(),
        expires_at: world.now().plus_ms(60_000),
    }
}

fn refund(world: &impl World, key: &str) -> FundsRefund {
    let key = IdempotencyKey(key.to_owned());
    let paid_under = request(world, "paid").key;
    let amount_msat = msat(SAT);
    FundsRefund {
        key,
        paid_under,
        to: None,
        account: world.account(),
        amount_msat,
        taken_msat_max: Msat::ZERO,
        despite_loss: false,
        asked_since: world.now(),
    }
}

fn is_final<T>(outcome: &Outcome<T>) -> bool {
    matches!(outcome, Outcome::Rejected(refusal) if !refusal.retryable)
}

pub async fn the_same_key_sends_once(world: &impl World) {
    let (source, first, second) = (world.source(), request(world, "one"), request(world, "two"));
    let before = world.shopper_sat();
    assert_eq!(source.status(&first).await, Outcome::Done(FundsStatus::NotFound));
    for _ in 0..3 {
        assert_eq!(source.request(&first).await, Outcome::Done(FundsTarget::UnderWay));
    }
    let arrived = FundsStatus::Final { amount_msat: msat(SAT) };
    for _ in 0..2 {
        assert_eq!(source.status(&first).await, Outcome::Done(arrived.clone()));
    }
    assert_eq!((world.sends(), before - world.shopper_sat()), (1, SAT));
    // What arrived for one purchase is not another's, although sender and amount are the same.
    assert_eq!(source.status(&second).await, Outcome::Done(FundsStatus::NotFound));
    assert_eq!(source.request(&second).await, Outcome::Done(FundsTarget::UnderWay));
    assert_eq!(source.status(&second).await, Outcome::Done(arrived.clone()));
    assert_eq!(source.status(&first).await, Outcome::Done(arrived));
    assert_eq!(world.sends(), 2);
}

pub async fn a_lost_answer_is_found(world: &impl World) {
    let (source, asked) = (world.source(), request(world, "lost"));
    world.trouble(Trouble::AnswerLost, 1);
    assert!(matches!(source.request(&asked).await, Outcome::Unknown(_)));
    assert_eq!(source.request(&asked).await, Outcome::Done(FundsTarget::UnderWay));
    assert_eq!(world.sends(), 1);
    assert_eq!(source.status(&asked).await, Outcome::Done(FundsStatus::Final { amount_msat: msat(SAT) }));
}

pub async fn refusals_unwind_and_the_rest_does_not(world: &impl World) {
    let source = world.source();
    world.trouble(Trouble::Refused, 1);
    assert!(is_final(&source.request(&request(world, "refused")).await));
    world.trouble(Trouble::RateLimited, 9);
    let limited = source.request(&request(world, "limited")).await;
    assert!(matches!(&limited, Outcome::Rejected(refusal) if refusal.retryable), "{limited:?}");
    world.trouble(Trouble::Down, 1);
    assert!(matches!(source.request(&request(world, "down")).await, Outcome::Unknown(_)));
    assert_eq!(world.sends(), 0);
    assert_eq!(source.status(&request(world, "down")).await, Outcome::Done(FundsStatus::NotFound));
}

pub async fn the_second_factor_is_the_same_request_again(world: &impl World) {
    let (source, asked) = (world.source(), request(world, "factor"));
    world.ask_second_factor(Some("123456"));
    for _ in 0..2 {
        assert_eq!(source.request(&asked).await, Outcome::Done(FundsTarget::SecondFactor { tries: 0 }));
    }
    assert_eq!(source.status(&asked).await, Outcome::Done(FundsStatus::NotFound));
    let code = |text: &str| Secret::new(text.to_owned());
    let wrong = source.confirm_second_factor(&asked, &code("000000")).await;
    assert_eq!((wrong, world.sends()), (Outcome::Done(FundsTarget::SecondFactor { tries: 0 }), 0));
    for _ in 0..2 {
        let right = source.confirm_second_factor(&asked, &code("123456")).await;
        assert_eq!((right, world.sends()), (Outcome::Done(FundsTarget::UnderWay), 1));
    }
}

pub async fn nothing_counts_before_it_is_final(world: &impl World) {
    let source = world.source();
    world.hold_sends();
    let (late, never) = (request(world, "late"), request(world, "never"));
    assert_eq!(source.request(&late).await, Outcome::Done(FundsTarget::UnderWay));
    assert_eq!(source.status(&late).await, Outcome::Done(FundsStatus::Pending { amount_msat: msat(SAT), depth: None }));
    world.finish();
    assert_eq!(source.status(&late).await, Outcome::Done(FundsStatus::Final { amount_msat: msat(SAT) }));
    let before = world.shopper_sat();
    assert_eq!(source.request(&never).await, Outcome::Done(FundsTarget::UnderWay));
    world.cancel();
    assert!(matches!(source.status(&never).await, Outcome::Done(FundsStatus::Failed { .. })));
    assert!(is_final(&source.request(&never).await), "what was cancelled is not sent again under its key");
    assert_eq!(world.shopper_sat(), before);
}

pub async fn an_old_request_sends_nothing(world: &impl World) {
    let source = world.source();
    let old = FundsRequest { expires_at: world.now(), ..request(world, "old") };
    assert!(is_final(&source.request(&old).await));
    let broken = FundsRequest { amount_msat: Msat::new(1).unwrap(), ..request(world, "part") };
    assert!(is_final(&source.request(&broken).await));
    assert_eq!(world.sends(), 0);
}

pub async fn a_refund_is_sent_once(world: &impl World) {
    let source = world.source();
    assert_eq!(source.pays_back(world.account(), &request(world, "paid").key).await, Outcome::Done(false));
    assert!(is_final(&source.refund(&refund(world, "r0")).await), "nothing was paid under this key");
    assert_eq!(source.request(&request(world, "paid")).await, Outcome::Done(FundsTarget::UnderWay));
    assert_eq!(source.pays_back(world.account(), &request(world, "paid").key).await, Outcome::Done(true));
    let (before, paid) = (world.shopper_sat(), world.sends());
    let sent = Outcome::Done(FundsRefundStatus::Sent { fee_msat: Msat::ZERO, taken_msat: Msat::ZERO });
    for _ in 0..3 {
        assert_eq!(source.refund(&refund(world, "r1")).await, sent);
    }
    assert_eq!((world.sends() - paid, world.shopper_sat() - before), (1, SAT));
    world.trouble(Trouble::AnswerLost, 1);
    assert!(matches!(source.refund(&refund(world, "r2")).await, Outcome::Unknown(_)));
    assert_eq!(source.refund(&refund(world, "r2")).await, sent);
    assert_eq!((world.sends() - paid, world.shopper_sat() - before), (2, 2 * SAT));
    world.trouble(Trouble::Refused, 1);
    assert!(is_final(&source.refund(&refund(world, "r3")).await));
    world.hold_sends();
    assert_eq!(source.refund(&refund(world, "r4")).await, Outcome::Done(FundsRefundStatus::UnderWay));
    world.cancel();
    let cancelled = source.refund(&refund(world, "r4")).await;
    assert!(matches!(cancelled, Outcome::Done(FundsRefundStatus::Failed { .. })), "{cancelled:?}");
    assert_eq!(world.shopper_sat() - before, 2 * SAT);
}
