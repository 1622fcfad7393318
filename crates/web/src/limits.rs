//! The account's limits as reservations that the purchase's commit takes: two requests at once cannot pass one together.
//! Nothing is counted here.

use crate::app::App;
use crate::problem::{Code, Problem};
use accounts::limits::{Ask, LimitError, LimitKind, limits_of};
use ids::AccountId;
use money::{Currency, Money};
use ports::{Outcome, Reservation};

/// When in a purchase's life the limits are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// With a total.
    Create,
    /// With a total, and paid first: nothing is held, so no room is taken.
    CreatePaidFirst,
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
) -> Result<Vec<Reservation>, Problem> {
    let policy = &app.policy().limits;
    let counted = match total {
        Some(total) => counted_in(app, total, policy.currency)?,
        None => Money::zero(policy.currency),
    };
    let amount_msat = match total {
        Some(total) => rate(app, currency)?.msat_floor(total).map_err(|_| Code::AmountAboveLimit)?.get(),
        None => 0,
    };
    let Outcome::Done(room) = app.engine().ports().nodes.room().await else {
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
    Ok(limits.into_iter().filter(|limit| applies(limit.kind, step)).map(|limit| limit.reservation).collect())
}

fn applies(kind: LimitKind, step: Step) -> bool {
    match kind {
        LimitKind::Cards => step != Step::Requote,
        // A prepared card is no unpaid quote, its total is not known, and nothing can be held for it.
        LimitKind::Unpaid | LimitKind::PerDay | LimitKind::AbandonedHolds => step != Step::PrepareCard,
        LimitKind::NewAccounts => matches!(step, Step::Create | Step::Requote),
        // Checked at once, never reserved.
        LimitKind::PerPurchase => false,
    }
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
