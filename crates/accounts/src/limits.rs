//! What a shopper may take of what is scarce: policy and account in, reservations out. Pure.
//!
//! The engine puts the reservations into the commit that makes the purchase, so that many at once cannot pass a limit
//! together, and ends each when its time has come ([`GiveBack`]): at once for shoppers who came to nothing, so that nobody
//! honest is locked out; at the end of the day, by its name, for what counts.

use ids::{AccountId, UnixMs};
use money::{Bps, Currency, Money, div_floor};
use ports::{GiveBack, Reservation};
use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The operator's limits. Amounts are minor units of `currency`, days begin at midnight UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitPolicy {
    /// In which amounts are counted, whatever the store's currency.
    pub currency: Currency,
    pub per_purchase_minor: u64,
    pub per_day_minor: u64,
    /// Holds of one account that may come to nothing in a day: each was a free option on the price.
    pub abandoned_holds_per_day: u64,
    pub cards_per_day: u64,
    /// Quotes of one account that wait to be paid.
    pub unpaid_at_once: u64,
    /// An account younger than this is new.
    pub new_account_ms: u64,
    /// Share of the room to receive that all new accounts together can hold.
    pub new_accounts_share: Bps,
}

/// What a purchase would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub account: AccountId,
    pub account_created_at: UnixMs,
    /// Order total in the policy's currency.
    pub total: Money,
    pub amount_msat: u64,
    /// All room to receive that is not held, reserved or not.
    pub room_total_msat: u64,
    pub now: UnixMs,
}

/// A reservation to take with the purchase's first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub kind: LimitKind,
    pub reservation: Reservation,
}

/// Which limit it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitKind {
    PerPurchase,
    Unpaid,
    PerDay,
    AbandonedHolds,
    Cards,
    NewAccounts,
}

impl LimitKind {
    const ALL: [Self; 6] =
        [Self::PerPurchase, Self::Unpaid, Self::PerDay, Self::AbandonedHolds, Self::Cards, Self::NewAccounts];

    /// For programs; never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PerPurchase => "limit_purchase",
            Self::Unpaid => "limit_unpaid",
            Self::PerDay => "limit_day",
            Self::AbandonedHolds => "limit_abandoned_holds",
            Self::Cards => "limit_cards",
            Self::NewAccounts => "limit_new_accounts",
        }
    }

    /// How the resources of this limit begin.
    const fn prefix(self) -> &'static str {
        match self {
            // Checked at once, never reserved.
            Self::PerPurchase => "purchase:",
            Self::Unpaid => "unpaid:",
            Self::PerDay => "day:",
            Self::AbandonedHolds => "abandoned:",
            Self::Cards => "cards:",
            Self::NewAccounts => "new_accounts:",
        }
    }

    /// The limit that a commit refused with `NoRoom { resource }` ran into; none if the resource is not of this module.
    pub fn of_resource(resource: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| resource.starts_with(kind.prefix()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("a purchase can be {max} at most")]
    OverPurchase { max: Money },
    /// Ours: the caller converts first.
    #[error("limits are counted in {expected}, not in {got}")]
    OtherCurrency { expected: Currency, got: Currency },
}

/// Everything that the purchase has to find room in, in an order that names the most useful refusal first.
pub fn limits_of(policy: &LimitPolicy, ask: &Ask) -> Result<Vec<Limit>, LimitError> {
    let currency = policy.currency;
    if ask.total.currency() != currency {
        return Err(LimitError::OtherCurrency { expected: currency, got: ask.total.currency() });
    }
    if ask.total.minor() > policy.per_purchase_minor {
        // A policy beyond what money can be limits nothing.
        let max = Money::new(policy.per_purchase_minor, currency).unwrap_or(ask.total);
        return Err(LimitError::OverPurchase { max });
    }
    let account = ask.account;
    let day = ask.now.0 / DAY_MS;
    let limit = |kind: LimitKind, of: String, amount, limit, give_back| Limit {
        kind,
        reservation: Reservation { resource: format!("{}{of}", kind.prefix()), amount, limit, give_back },
    };
    let mut limits = vec![
        limit(LimitKind::Unpaid, account.to_string(), 1, policy.unpaid_at_once, GiveBack::WhenPaidOrOver),
        limit(
            LimitKind::PerDay,
            format!("{account}:{day}:{currency}"),
            ask.total.minor(),
            policy.per_day_minor,
            GiveBack::WhenUnclaimed,
        ),
        limit(
            LimitKind::AbandonedHolds,
            format!("{account}:{day}"),
            1,
            policy.abandoned_holds_per_day,
            GiveBack::UnlessAbandoned,
        ),
        limit(LimitKind::Cards, format!("{account}:{day}"), 1, policy.cards_per_day, GiveBack::WhenNoCard),
    ];
    if is_new(policy, ask) {
        let share_msat = share_floor(ask.room_total_msat, policy.new_accounts_share);
        limits.push(limit(
            LimitKind::NewAccounts,
            "room".into(),
            ask.amount_msat,
            share_msat,
            GiveBack::WhenClaimedOrOver,
        ));
    }
    Ok(limits)
}

fn is_new(policy: &LimitPolicy, ask: &Ask) -> bool {
    ask.now.since_ms(ask.account_created_at) < policy.new_account_ms
}

/// Rounded down; never more than the whole.
fn share_floor(whole: u64, share: Bps) -> u64 {
    let share = u128::from(share.0).min(Bps::WHOLE);
    u64::try_from(div_floor(u128::from(whole) * share, Bps::WHOLE)).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy() -> LimitPolicy {
        LimitPolicy {
            currency: Currency::USD,
            per_purchase_minor: 50_000,
            per_day_minor: 100_000,
            abandoned_holds_per_day: 3,
            cards_per_day: 10,
            unpaid_at_once: 1,
            new_account_ms: 7 * DAY_MS,
            new_accounts_share: Bps(2_500),
        }
    }

    fn ask(total_minor: u64, age_ms: u64) -> Ask {
        let now = UnixMs(20_000 * DAY_MS + 5);
        Ask {
            account: AccountId([0xaa; 16]),
            account_created_at: UnixMs(now.0 - age_ms),
            total: Money::new(total_minor, Currency::USD).unwrap(),
            amount_msat: 496_758_000,
            room_total_msat: 10_000_000_001,
            now,
        }
    }

    fn table(limits: &[Limit]) -> Vec<(String, u64, u64, GiveBack)> {
        limits
            .iter()
            .map(|limit| {
                let Reservation { resource, amount, limit: max, give_back } = limit.reservation.clone();
                assert_eq!(LimitKind::of_resource(&resource), Some(limit.kind));
                (resource, amount, max, give_back)
            })
            .collect()
    }

    #[test]
    fn the_reference_purchase() {
        let account = "aa".repeat(16);
        let old = table(&limits_of(&policy(), &ask(2_711, 7 * DAY_MS)).unwrap());
        let expected = vec![
            (format!("unpaid:{account}"), 1, 1, GiveBack::WhenPaidOrOver),
            (format!("day:{account}:20000:USD"), 2_711, 100_000, GiveBack::WhenUnclaimed),
            (format!("abandoned:{account}:20000"), 1, 3, GiveBack::UnlessAbandoned),
            (format!("cards:{account}:20000"), 1, 10, GiveBack::WhenNoCard),
        ];
        assert_eq!(old, expected);
        let new = table(&limits_of(&policy(), &ask(2_711, 7 * DAY_MS - 1)).unwrap());
        assert_eq!(new[..4], expected[..]);
        let share = ("new_accounts:room".to_owned(), 496_758_000, 2_500_000_000, GiveBack::WhenClaimedOrOver);
        assert_eq!(new[4..], [share]);
    }

    #[test]
    fn over_the_limit_of_a_purchase() {
        assert!(limits_of(&policy(), &ask(50_000, 0)).is_ok());
        let max = Money::new(50_000, Currency::USD).unwrap();
        assert_eq!(limits_of(&policy(), &ask(50_001, 0)), Err(LimitError::OverPurchase { max }));
        let euro = Ask { total: Money::new(1, Currency::EUR).unwrap(), ..ask(1, 0) };
        let other = LimitError::OtherCurrency { expected: Currency::USD, got: Currency::EUR };
        assert_eq!(limits_of(&policy(), &euro), Err(other));
    }

    #[test]
    fn others_resources_are_not_ours() {
        for resource in ["", "room:node", "float:lithic:USD", "dayroom:x", "unpaid"] {
            assert_eq!(LimitKind::of_resource(resource), None, "{resource}");
        }
    }

    proptest! {
        #[test]
        fn the_share_is_a_share(whole in any::<u64>(), bps in any::<u32>()) {
            let share = share_floor(whole, Bps(bps));
            prop_assert!(share <= whole);
            let exact = u128::from(whole) * u128::from(bps).min(10_000);
            prop_assert!(u128::from(share) * 10_000 <= exact && exact < (u128::from(share) + 1) * 10_000);
        }

        #[test]
        fn never_panics(total in 0u64..1 << 53, age in 0u64..1 << 50, now in any::<u64>(), room in any::<u64>()) {
            let ask = Ask { now: UnixMs(now), room_total_msat: room, ..ask(total, age % DAY_MS) };
            let _ = limits_of(&policy(), &ask);
        }
    }
}
