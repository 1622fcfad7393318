//! Asking, seeing it arrive, paying back.

use super::calls::{CreateAddress, SendBitcoin, ShowAccount, TWO_FACTOR};
use super::operator::Side;
use super::records::{Arrival, Asked, Link, PayingBack, name};
use super::wire::Transaction;
use super::{CoinbaseLink, Receive};
use async_trait::async_trait;
use ids::{AccountId, IdempotencyKey};
use money::{Msat, Sat};
use outbound::uuid;
use ports::{
    FundsRefund, FundsRefundStatus, FundsRequest, FundsStatus, FundsTarget, Outcome, PaidFirstSource, Rejection,
    Secret, SourceTerms, StoreError,
};

/// The send itself was found, and is over.
const CANCELLED: &str = "cancelled";

/// The key as Coinbase takes it: in the form of a UUID of version 4.
fn idem_of(key: &IdempotencyKey) -> String {
    let mut id = uuid("coinbase send", key);
    id.replace_range(14..15, "4");
    id
}

/// The note of a send: a recipient's side that shows it can be matched by it.
fn note_of(idem: &str) -> String {
    format!("Anytill {idem}")
}

fn whole(amount: Msat) -> Result<Sat, Rejection> {
    let sat = amount.sat_floor();
    if sat.msat() == amount { Ok(sat) } else { Err(Rejection::fatal("not_whole", "only whole satoshis can be sent")) }
}

fn not_linked<T>() -> Outcome<T> {
    Outcome::Rejected(Rejection::fatal(super::shopper::NOT_LINKED, "no account is linked"))
}

fn stored<T>(error: StoreError) -> Outcome<T> {
    Outcome::NotSent(error.to_string())
}

/// What a transaction's status means ("as both types and statuses can change over time", anything new is under way).
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    UnderWay,
    Completed,
    Over,
}

fn stage(status: &str) -> Stage {
    match status {
        "completed" => Stage::Completed,
        "failed" | "expired" | "canceled" | "cancelled" => Stage::Over,
        _ => Stage::UnderWay,
    }
}

impl CoinbaseLink {
    async fn link_of(&self, account: AccountId) -> Outcome<Link> {
        match self.kept::<Link>(&name(account)).await {
            Ok(Some((_, link))) => Outcome::Done(link),
            Ok(None) => not_linked(),
            Err(error) => stored(error),
        }
    }

    /// Where it is to go, decided once.
    async fn decided(&self, request: &FundsRequest, link: &Link) -> Outcome<(u64, Asked)> {
        match self.kept::<Asked>(&request.key.0).await {
            Ok(Some(known)) => return Outcome::Done(known),
            Ok(None) => {}
            Err(error) => return stored(error),
        }
        let address = match &self.config.receive {
            Receive::Email(_) => None,
            Receive::Address => {
                let account = match self.own_account().await {
                    Outcome::Done(account) => account,
                    other => return other.and_then(|_| not_linked()).before_sending(),
                };
                let label = note_of(&idem_of(&request.key));
                // An address too many does no harm.
                match self.ask(Side::Operator, &CreateAddress { account: &account, name: &label }).await {
                    Outcome::Done(made) => Some((made.id, made.address)),
                    other => return other.and_then(|_| not_linked()).before_sending(),
                }
            }
        };
        let asked = Asked { user_id: link.user_id.clone(), address, tried: false };
        match self.keep(&request.key.0, 0, &asked).await {
            Ok(true) => Outcome::Done((1, asked)),
            Ok(false) => Outcome::NotSent("asked twice at once".to_owned()),
            Err(error) => stored(error),
        }
    }

    async fn send(&self, request: &FundsRequest, code: Option<&Secret>) -> Outcome<FundsTarget> {
        let amount = match whole(request.amount_msat) {
            Ok(amount) => amount,
            Err(refusal) => return Outcome::Rejected(refusal),
        };
        let tried = match self.kept::<Asked>(&request.key.0).await {
            Ok(known) => known.is_some_and(|(_, asked)| asked.tried),
            Err(error) => return stored(error),
        };
        match self.try_to_send(request, amount, code).await {
            // What may have left is watched, whatever is said of its repeat: the operator's side will show.
            Outcome::Rejected(refusal) if tried && !refusal.retryable && refusal.code != CANCELLED => {
                tracing::warn!(code = refusal.code, "a send that may have left is only watched now");
                Outcome::Done(FundsTarget::UnderWay)
            }
            other => other,
        }
    }

    async fn try_to_send(&self, request: &FundsRequest, amount: Sat, code: Option<&Secret>) -> Outcome<FundsTarget> {
        let link = match self.link_of(request.account).await {
            Outcome::Done(link) => link,
            other => return other.and_then(|_| not_linked()),
        };
        let (version, asked) = match self.decided(request, &link).await {
            Outcome::Done(decided) => decided,
            other => return other.and_then(|_| not_linked()),
        };
        if asked.user_id != link.user_id {
            return Outcome::Rejected(Rejection::fatal(super::shopper::NOT_LINKED, "another account is linked now"));
        }
        let (idem, side) = (idem_of(&request.key), Side::Shopper(request.account));
        match self.sent(side, &link.account, &idem, request.asked_since).await {
            Outcome::Done(Some(found)) => return under_way(&found),
            Outcome::Done(None) => {}
            Outcome::Rejected(refusal) if refusal.code != super::shopper::NOT_LINKED => {
                // A refused look-up says nothing of the send.
                return Outcome::NotSent(refusal.message);
            }
            // Until that is known, nothing is sent.
            other => return other.and_then(|_| not_linked()).before_sending(),
        }
        if self.clock.now() >= request.expires_at {
            return Outcome::Rejected(Rejection::fatal("expired", "the price is not locked any more"));
        }
        let to = match (&asked.address, &self.config.receive) {
            (Some((_, address)), _) => address,
            (None, Receive::Email(email)) => email,
            (None, Receive::Address) => {
                return Outcome::Rejected(Rejection::fatal("no_address", "it was asked for by e-mail before"));
            }
        };
        let note = note_of(&idem);
        let call = SendBitcoin { account: &link.account, to, amount, idem: &idem, note: &note, code };
        let tried = Asked { tried: true, ..asked.clone() };
        match self.keep(&request.key.0, version, &tried).await {
            Ok(true) => {}
            Ok(false) => return Outcome::NotSent("asked twice at once".to_owned()),
            Err(error) => return stored(error),
        }
        match self.ask(side, &call).await {
            Outcome::Done(made) => under_way(&made),
            Outcome::Rejected(refusal) => {
                // It did not leave. Left as tried when this fails, it is only watched for longer.
                let _ = self.keep(&request.key.0, version + 1, &Asked { tried: asked.tried, ..tried }).await;
                if refusal.code == TWO_FACTOR {
                    return Outcome::Done(FundsTarget::SecondFactor { tries: 0 });
                }
                Outcome::Rejected(refusal)
            }
            other => other.and_then(|_| not_linked()),
        }
    }

    /// What of the operator's transactions is this purchase's: by the note where it is shown, else by sender and amount.
    async fn arrived(&self, request: &FundsRequest, asked: &Asked) -> Outcome<Option<(Transaction, Sat)>> {
        let account = match self.own_account().await {
            Outcome::Done(account) => account,
            other => return other.map(|_| None),
        };
        let address = asked.address.as_ref().map(|(id, _)| id.as_str());
        let all = match self.transactions(Side::Operator, &account, address, request.asked_since).await {
            Outcome::Done(all) => all,
            other => return other.map(|_| None),
        };
        let note = note_of(&idem_of(&request.key));
        let wanted = request.amount_msat.sat_floor();
        let noted = |entry: &Transaction| entry.description.as_deref() == Some(note.as_str());
        let mut fitting: Vec<(bool, Transaction, Sat)> = all
            .into_iter()
            .filter(|entry| stage(&entry.status) != Stage::Over)
            .filter_map(|entry| {
                let (out, sat) = entry.amount.bitcoin()?;
                let other_note =
                    entry.description.as_deref().is_some_and(|text| text.starts_with("Anytill ") && text != note);
                let sender = entry.from.as_ref().and_then(|from| from.id.as_deref());
                let by_sender = sender == Some(asked.user_id.as_str()) && sat == wanted && !other_note;
                let ours = address.is_some() || noted(&entry) || by_sender;
                (!out && ours).then(|| (noted(&entry), entry, sat))
            })
            .collect();
        // Oldest first, those that say whose they are before the others.
        fitting.reverse();
        fitting.sort_by_key(|(noted, _, _)| !noted);
        for (_, entry, sat) in fitting {
            match self.is_free(&entry.id, &request.key).await {
                Ok(true) => return Outcome::Done(Some((entry, sat))),
                Ok(false) => {}
                Err(error) => return stored(error),
            }
        }
        Outcome::Done(None)
    }

    /// Nobody else's.
    async fn is_free(&self, transaction: &str, key: &IdempotencyKey) -> Result<bool, StoreError> {
        Ok(self.kept::<Arrival>(transaction).await?.is_none_or(|(_, arrival)| arrival.key == *key))
    }

    /// Each arrival counts for one purchase, for ever.
    async fn claim(&self, transaction: &str, key: &IdempotencyKey) -> Result<bool, StoreError> {
        let fresh = self.keep(transaction, 0, &Arrival { key: key.clone() }).await?;
        if fresh { Ok(true) } else { self.is_free(transaction, key).await }
    }

    /// The link, if it is still the account that paid under this key.
    async fn payer_of(&self, account: AccountId, paid_under: &IdempotencyKey) -> Outcome<Link> {
        let paid_by = match self.kept::<Asked>(&paid_under.0).await {
            Ok(asked) => asked.map(|(_, asked)| asked.user_id),
            Err(error) => return stored(error),
        };
        match self.link_of(account).await {
            Outcome::Done(link) if Some(&link.user_id) != paid_by.as_ref() => not_linked(),
            other => other,
        }
    }

    /// Written down before it is sent: once tried, it is the same address for ever.
    async fn back_to(&self, refund: &FundsRefund) -> Outcome<String> {
        match self.kept::<PayingBack>(&refund.key.0).await {
            Ok(Some((_, known))) => return Outcome::Done(known.email),
            Ok(None) => {}
            Err(error) => return stored(error),
        }
        let email = match self.payer_of(refund.account, &refund.paid_under).await {
            Outcome::Done(link) => link.email.clone(),
            other => return other.and_then(|_| not_linked()),
        };
        match self.keep(&refund.key.0, 0, &PayingBack { email: email.clone() }).await {
            Ok(true) => Outcome::Done(email),
            Ok(false) => Outcome::NotSent("asked twice at once".to_owned()),
            Err(error) => stored(error),
        }
    }

    /// What the sender's side says, where it can still be asked.
    async fn on_the_way(&self, request: &FundsRequest, asked: &Asked) -> Outcome<FundsStatus> {
        let link = match self.kept::<Link>(&name(request.account)).await {
            Ok(Some((_, link))) if link.user_id == asked.user_id => link,
            // Nobody can be asked: it may be on its way.
            Ok(_) => return Outcome::Done(FundsStatus::Waiting),
            Err(error) => return stored(error),
        };
        let side = Side::Shopper(request.account);
        match self.sent(side, &link.account, &idem_of(&request.key), request.asked_since).await {
            Outcome::Done(None) => Outcome::Done(FundsStatus::NotFound),
            Outcome::Done(Some(found)) if stage(&found.status) == Stage::Over => {
                Outcome::Done(FundsStatus::Failed { reason: format!("Coinbase says {}", found.status) })
            }
            Outcome::Done(Some(_)) => Outcome::Done(FundsStatus::Waiting),
            Outcome::Rejected(refusal) if refusal.code == super::shopper::NOT_LINKED => {
                Outcome::Done(FundsStatus::Waiting)
            }
            other => other.map(|_| FundsStatus::Waiting),
        }
    }
}

fn under_way(made: &Transaction) -> Outcome<FundsTarget> {
    match stage(&made.status) {
        Stage::UnderWay | Stage::Completed => Outcome::Done(FundsTarget::UnderWay),
        Stage::Over => Outcome::Rejected(Rejection::fatal(CANCELLED, format!("Coinbase says {}", made.status))),
    }
}

fn refunded(made: &Transaction) -> FundsRefundStatus {
    match stage(&made.status) {
        Stage::UnderWay => FundsRefundStatus::UnderWay,
        Stage::Over => FundsRefundStatus::Failed { reason: format!("Coinbase says {}", made.status) },
        Stage::Completed => {
            let fee = made.network.as_ref().and_then(|network| network.transaction_fee.as_ref()?.bitcoin());
            let fee_msat = fee.map_or(Msat::ZERO, |(_, sat)| sat.msat());
            FundsRefundStatus::Sent { fee_msat, taken_msat: Msat::ZERO }
        }
    }
}

trait BeforeSending<T> {
    fn before_sending(self) -> Outcome<T>;
}

impl<T> BeforeSending<T> for Outcome<T> {
    /// A question that was not answered has sent nothing.
    fn before_sending(self) -> Outcome<T> {
        match self {
            Outcome::Unknown(why) => Outcome::NotSent(why),
            other => other,
        }
    }
}

#[async_trait]
impl PaidFirstSource for CoinbaseLink {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    async fn serves(&self, account: AccountId) -> Outcome<bool> {
        match self.link_of(account).await {
            Outcome::Done(_) => Outcome::Done(true),
            Outcome::Rejected(_) => Outcome::Done(false),
            other => other.map(|_| false),
        }
    }

    async fn pays_back(&self, account: AccountId, paid_under: &IdempotencyKey) -> Outcome<bool> {
        match self.payer_of(account, paid_under).await {
            Outcome::Done(_) => Outcome::Done(true),
            Outcome::Rejected(_) => Outcome::Done(false),
            other => other.map(|_| false),
        }
    }

    async fn request(&self, request: &FundsRequest) -> Outcome<FundsTarget> {
        self.send(request, None).await
    }

    async fn confirm_second_factor(&self, request: &FundsRequest, code: &Secret) -> Outcome<FundsTarget> {
        self.send(request, Some(code)).await
    }

    async fn status(&self, request: &FundsRequest) -> Outcome<FundsStatus> {
        let asked = match self.kept::<Asked>(&request.key.0).await {
            Ok(Some((_, asked))) => asked,
            Ok(None) => return Outcome::Done(FundsStatus::NotFound),
            Err(error) => return stored(error),
        };
        let (entry, sat) = match self.arrived(request, &asked).await {
            Outcome::Done(Some(found)) => found,
            Outcome::Done(None) => return self.on_the_way(request, &asked).await,
            other => return other.map(|_| FundsStatus::Waiting),
        };
        let amount_msat = sat.msat();
        if stage(&entry.status) != Stage::Completed {
            return Outcome::Done(FundsStatus::Pending { amount_msat, depth: None });
        }
        match self.claim(&entry.id, &request.key).await {
            Ok(true) => Outcome::Done(FundsStatus::Final { amount_msat }),
            Ok(false) => Outcome::NotSent("another purchase was faster".to_owned()),
            Err(error) => stored(error),
        }
    }

    /// A refund goes back whole: the operator bears what Coinbase takes.
    async fn terms(&self, _amount_msat: Msat) -> Outcome<Option<SourceTerms>> {
        Outcome::Done(None)
    }

    async fn refund_fee(&self, _to: &str) -> Outcome<Msat> {
        Outcome::Done(Msat::ZERO)
    }

    async fn refund(&self, refund: &FundsRefund) -> Outcome<FundsRefundStatus> {
        let amount = match whole(refund.amount_msat) {
            Ok(amount) => amount,
            Err(refusal) => return Outcome::Rejected(refusal),
        };
        let account = match self.own_account().await {
            Outcome::Done(account) => account,
            other => return other.and_then(|_| not_linked()).before_sending(),
        };
        let idem = idem_of(&refund.key);
        match self.sent(Side::Operator, &account, &idem, refund.asked_since).await {
            Outcome::Done(Some(found)) => return Outcome::Done(refunded(&found)),
            Outcome::Done(None) => {}
            // A refused look-up says nothing of the send.
            Outcome::Rejected(refusal) => return Outcome::NotSent(refusal.message),
            other => return other.and_then(|_| not_linked()).before_sending(),
        }
        let email = match self.back_to(refund).await {
            Outcome::Done(email) => email,
            other => return other.and_then(|_| not_linked()),
        };
        let note = note_of(&idem);
        let call = SendBitcoin { account: &account, to: &email, amount, idem: &idem, note: &note, code: None };
        self.ask(Side::Operator, &call).await.map(|made| refunded(&made))
    }

    async fn balance(&self) -> Outcome<Sat> {
        let account = match self.own_account().await {
            Outcome::Done(account) => account,
            other => return other.map(|_| Sat::ZERO),
        };
        let shown = self.ask(Side::Operator, &ShowAccount { account: &account }).await;
        shown.and_then(|account| match account.balance.bitcoin() {
            Some((false, sat)) => Outcome::Done(sat),
            _ => Outcome::Unknown("a balance that cannot be read".to_owned()),
        })
    }

    async fn health(&self) -> Outcome<String> {
        let by = match &self.config.receive {
            Receive::Email(_) => "by e-mail address, off the chain",
            Receive::Address => "by address, on the chain",
        };
        self.balance().await.map(|sat| format!("the operator's account has {sat} and receives {by}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_uuid_of_the_asked_form() {
        let idem = idem_of(&IdempotencyKey("p/funds".to_owned()));
        assert_eq!(idem, idem_of(&IdempotencyKey("p/funds".to_owned())));
        assert_ne!(idem, idem_of(&IdempotencyKey("q/funds".to_owned())));
        assert_eq!((idem.len(), &idem[14..15]), (36, "4"));
        assert!("89ab".contains(&idem[19..20]));
    }

    #[test]
    fn only_whole_satoshis_leave() {
        assert_eq!(whole(Msat::new(496_758_000).unwrap()).unwrap().get(), 496_758);
        assert!(whole(Msat::new(496_758_001).unwrap()).is_err());
    }

    #[test]
    fn new_statuses_are_neither_arrived_nor_over() {
        assert_eq!(stage("completed"), Stage::Completed);
        assert_eq!(stage("canceled"), Stage::Over);
        for other in ["pending", "waiting_for_signature", "waiting_for_clearing", "something_new", ""] {
            assert_eq!(stage(other), Stage::UnderWay, "{other}");
        }
    }
}
