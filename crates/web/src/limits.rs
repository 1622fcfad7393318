//! The account's limits as reservations that the purchase's commit takes: two requests at once cannot pass one together.

use crate::app::{App, ListPage};
use crate::problem::{Code, Problem, limit_reached};
use accounts::limits::{Ask, GiveBack, Limit, LimitError, LimitKind, limits_of};
use ids::AccountId;
use money::{Currency, Money};
use ports::{Outcome, ReservationChange};
use purchase::{CloseCause, Purchase};

const DAY_MS: u64 = 86_400_000;
/// Purchases of one account looked at; more than cards can be made in a day.
const LOOKED_AT_MAX: u32 = 100;

/// When in a purchase's life the limits are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// With a total.
    Create,
    /// A card is made before the total is known.
    PrepareCard,
    /// A total for a prepared card: replaces what an earlier quote took.
    Requote,
}

/// Checked before anything is begun; [`Code::AmountAboveLimit`] if one purchase cannot be that large.
pub async fn take(
    app: &App,
    account: AccountId,
    currency: Currency,
    total: Option<Money>,
    step: Step,
) -> Result<Vec<ReservationChange>, Problem> {
    let policy = &app.policy().limits;
    let counted = match total {
        Some(total) => counted_in(app, total, policy.currency)?,
        None => Money::zero(policy.currency),
    };
    let amount_msat = match total {
        Some(total) => rate(app, currency)?.msat_floor(total).map_err(|_| Code::AmountAboveLimit)?.get(),
        None => 0,
    };
    let Outcome::Done(room) = app.engine().ports().node.room().await else {
        return Err(Problem::from(Code::Unavailable).retry_after_s(60));
    };
    let ask = Ask {
        account,
        account_created_at: app.state.accounts.created_at(account).await?,
        total: counted,
        amount_msat,
        room_total_msat: room.total_msat(),
        now: app.now(),
    };
    let limits = limits_of(policy, &ask).map_err(|error| match error {
        LimitError::OverPurchase { max } => {
            Problem::with(Code::AmountAboveLimit, format!("A purchase can be {max} at most."))
        }
        LimitError::OtherCurrency { .. } => Problem::internal(error),
    })?;
    let abandoned_max = limits.iter().find(|limit| limit.kind == LimitKind::AbandonedHolds);
    if let Some(limit) = abandoned_max.filter(|_| step != Step::Requote)
        && abandoned_today(app, account).await? >= limit.reservation.limit
    {
        return Err(limit_reached(&limit.reservation.resource));
    }
    Ok(limits.into_iter().filter(|limit| applies(limit, step)).flat_map(|limit| changes(limit, step)).collect())
}

/// Holds that the shopper let go today: each was a free option on the price. Counted from the purchases themselves, not
/// reserved: several that are open at once count only when they end, and how many can be is bounded by cards and room.
async fn abandoned_today(app: &App, account: AccountId) -> Result<u64, Problem> {
    let day = app.now().0 / DAY_MS;
    let page = ListPage { before: None, limit: LOOKED_AT_MAX };
    let latest = app.purchases_of(account, page).await?;
    let abandoned = latest.iter().filter(|p| p.created_at.0 / DAY_MS == day && let_go(p)).count();
    Ok(u64::try_from(abandoned).unwrap_or(u64::MAX))
}

fn let_go(p: &Purchase) -> bool {
    let shoppers = |cause| matches!(cause, CloseCause::Cancelled | CloseCause::HoldWindowEnded);
    p.hold.is_some() && !p.is_funded() && p.closing.is_some_and(|closing| shoppers(closing.cause))
}

/// Only what is given back in time, or ends with the day by its name: what is never given back locks people out.
fn applies(limit: &Limit, step: Step) -> bool {
    let ends = match limit.give_back {
        GiveBack::WhenPaidOrOver | GiveBack::WhenUnclaimed | GiveBack::WhenNoCard => true,
        GiveBack::UnlessAbandoned | GiveBack::AtTheEnd => false,
    };
    ends && match limit.kind {
        LimitKind::Cards => step != Step::Requote,
        // A prepared card is no unpaid quote, and its total is not known.
        LimitKind::Unpaid | LimitKind::PerDay => step != Step::PrepareCard,
        LimitKind::PerPurchase | LimitKind::AbandonedHolds | LimitKind::NewAccounts => true,
    }
}

fn changes(limit: Limit, step: Step) -> Vec<ReservationChange> {
    let resource = limit.reservation.resource.clone();
    let again = (step == Step::Requote).then_some(ReservationChange::GiveBack { resource });
    again.into_iter().chain([ReservationChange::Take(limit.reservation)]).collect()
}

/// What a total is worth in the currency that limits are counted in.
fn counted_in(app: &App, total: Money, currency: Currency) -> Result<Money, Problem> {
    if total.currency() == currency {
        return Ok(total);
    }
    let bitcoin = rate(app, total.currency())?.sat_ceil(total).map_err(|_| Code::AmountAboveLimit)?;
    rate(app, currency)?.minor_floor(bitcoin.msat()).map_err(|_| Code::AmountAboveLimit.into())
}

fn rate(app: &App, currency: Currency) -> Result<money::Rate, Problem> {
    let observed = app.engine().ports().prices.rate(currency, app.now());
    observed.map(|observed| observed.rate).map_err(|why| {
        tracing::warn!(%why, "no rate");
        Problem::from(Code::PriceUnavailable).retry_after_s(60)
    })
}
