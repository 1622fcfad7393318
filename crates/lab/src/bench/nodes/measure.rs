//! Both sides through the same, by turns: what disturbs one disturbs the other.

use super::super::figures::{Figure, Samples};
use super::super::progress;
use super::Plan;
use super::holder::{Holder, Kit, STEP_WITHIN};
use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sandbox::wallet::{Hand, Outcome};
use std::time::{Duration, Instant};

/// As long as a store takes at least: what the HTLC's arrival left to be written is written.
const REST: Duration = Duration::from_millis(50);
/// Before what is counted: caches are filled, statements prepared, connections open.
const WARM_UP: u32 = 3;
const AIM: f64 = 0.95;
const BARE: &str = "the bare node's speed";
/// Holds that are begun beside each other while a channel is filled.
const BEGUN_AT_ONCE: usize = 8;

/// What one side took.
#[derive(Default)]
struct Side {
    invoices: Samples,
    holds: Samples,
    claims: Samples,
    /// Of one purchase while many are under way beside each other: the time of all, divided.
    wholes: Samples,
    fills: Samples,
    drains: Samples,
    held_at_once: usize,
}

/// The two sides of one kind of node, and who pays both.
pub struct Pair<'a> {
    /// For names of figures.
    pub kind: &'static str,
    pub ours: &'a dyn Holder,
    pub bare: &'a dyn Holder,
    pub payer: Hand,
    /// Tried to be held at once.
    pub in_flight: u16,
}

impl Pair<'_> {
    pub async fn measure(&self, plan: &Plan) -> Result<Vec<Figure>> {
        let (mut ours, mut bare) = (Side::default(), Side::default());
        for number in 0..WARM_UP + plan.holds {
            if number == WARM_UP {
                (ours, bare) = (Side::default(), Side::default());
            }
            for first in [number.is_multiple_of(2), !number.is_multiple_of(2)] {
                let (holder, side) = if first { (self.ours, &mut ours) } else { (self.bare, &mut bare) };
                self.one(holder, side).await.with_context(|| format!("{}: hold {number}", self.kind))?;
            }
            if number.is_multiple_of(20) {
                progress(&format!("{}: hold {number} of {} on each side", self.kind, WARM_UP + plan.holds));
            }
        }
        for turn in 0..plan.rounds {
            progress(&format!(
                "{}: {} beside each other, round {} of {}",
                self.kind,
                plan.beside,
                turn + 1,
                plan.rounds
            ));
            for first in [turn.is_multiple_of(2), !turn.is_multiple_of(2)] {
                let (holder, side) = if first { (self.ours, &mut ours) } else { (self.bare, &mut bare) };
                self.many(holder, plan, side).await?;
            }
        }
        for turn in 0..plan.fills {
            progress(&format!("{}: the channel filled, turn {} of {}", self.kind, turn + 1, plan.fills));
            for first in [turn.is_multiple_of(2), !turn.is_multiple_of(2)] {
                let (holder, side) = if first { (self.ours, &mut ours) } else { (self.bare, &mut bare) };
                self.full(holder, side).await?;
            }
        }
        Ok(self.figures(&ours, &bare, plan))
    }

    /// An invoice, paid, held, claimed.
    async fn one(&self, holder: &dyn Holder, side: &mut Side) -> Result<()> {
        let kit = Kit::next();
        let begun = Instant::now();
        let bolt11 = holder.invoice(&kit).await?;
        side.invoices.push(begun.elapsed());
        tokio::time::sleep(REST).await;
        let begun = Instant::now();
        self.payer.pay(&bolt11).await?;
        side.holds.push(holder.board().held(kit.hash).await?.duration_since(begun));
        tokio::time::sleep(REST).await;
        let begun = Instant::now();
        holder.claim(&kit).await?;
        side.claims.push(holder.board().claimed(kit.hash).await?.duration_since(begun));
        self.paid(&kit).await
    }

    /// The payer's wallet has it too, and is at rest.
    async fn paid(&self, kit: &Kit) -> Result<()> {
        let outcome = self.payer.wait_outcome(kit.hash, STEP_WITHIN).await?;
        ensure!(matches!(outcome, Outcome::Succeeded { .. }), "{outcome:?}");
        Ok(())
    }

    /// Whole purchases, some beside each other.
    async fn many(&self, holder: &dyn Holder, plan: &Plan, side: &mut Side) -> Result<()> {
        let begun = Instant::now();
        let whole = |_| async {
            let kit = Kit::next();
            let bolt11 = holder.invoice(&kit).await?;
            self.payer.pay(&bolt11).await?;
            holder.board().held(kit.hash).await?;
            holder.claim(&kit).await?;
            holder.board().claimed(kit.hash).await?;
            anyhow::Ok(kit)
        };
        let kits: Vec<Kit> =
            stream::iter(0..plan.in_round).map(whole).buffer_unordered(usize::from(plan.beside)).try_collect().await?;
        side.wholes.push(begun.elapsed() / plan.in_round.max(1));
        for kit in &kits {
            self.paid(kit).await?;
        }
        Ok(())
    }

    /// As many holds as the channel takes, up to a number; then all are claimed.
    async fn full(&self, holder: &dyn Holder, side: &mut Side) -> Result<()> {
        let mut invoices = Vec::new();
        for _ in 0..self.in_flight {
            let kit = Kit::next();
            invoices.push((kit, holder.invoice(&kit).await?));
        }
        let begun = Instant::now();
        let held = stream::iter(&invoices).map(|(kit, bolt11)| self.held(holder, kit, bolt11));
        let held: Vec<Option<Kit>> = held.buffer_unordered(BEGUN_AT_ONCE).try_collect().await?;
        let held: Vec<Kit> = held.into_iter().flatten().collect();
        let count = u32::try_from(held.len())?;
        ensure!(count > 0, "nothing was held");
        side.fills.push(begun.elapsed() / count);
        side.held_at_once = side.held_at_once.max(held.len());
        let begun = Instant::now();
        let claims = stream::iter(&held).map(|kit| async move {
            holder.claim(kit).await?;
            holder.board().claimed(kit.hash).await.map(drop)
        });
        claims.buffer_unordered(held.len()).try_collect::<()>().await?;
        side.drains.push(begun.elapsed() / count);
        for kit in &held {
            self.paid(kit).await?;
        }
        Ok(())
    }

    /// None where the channel takes no more.
    async fn held(&self, holder: &dyn Holder, kit: &Kit, bolt11: &str) -> Result<Option<Kit>> {
        if self.payer.pay(bolt11).await.is_err() {
            return Ok(None);
        }
        tokio::select! {
            held = holder.board().held(kit.hash) => held.map(|_| Some(*kit)),
            outcome = self.payer.wait_outcome(kit.hash, STEP_WITHIN) => {
                let outcome = outcome?;
                ensure!(matches!(outcome, Outcome::Failed { .. }), "it was not claimed, and yet: {outcome:?}");
                Ok(None)
            }
        }
    }

    fn figures(&self, ours: &Side, bare: &Side, plan: &Plan) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut both = |name: &str, what: &str, ours: &Samples, bare: &Samples, beside: u32| {
            let kind = self.kind;
            let rate = |samples: &Samples| samples.median_ms().map(|each_ms| 1_000.0 / each_ms);
            for (who, samples) in [("bare", bare), ("ours", ours)] {
                let mut figure =
                    Figure::times(format!("{kind}_{name}_{who}"), format!("{kind}, {who}: {what}"), samples);
                if let Some(rate) = rate(samples).filter(|_| beside > 1) {
                    figure = figure.per_second(rate);
                }
                if who == "ours" {
                    figure = figure.speed_of(BARE, ours, bare).ratio_reaches(AIM);
                }
                figures.push(figure);
            }
        };
        both("invoice", "an invoice made", &ours.invoices, &bare.invoices, 1);
        both("held", "paid to held", &ours.holds, &bare.holds, 1);
        both("claim", "claimed to confirmed", &ours.claims, &bare.claims, 1);
        let beside = u32::from(plan.beside);
        both("whole", "a whole purchase, many beside each other", &ours.wholes, &bare.wholes, beside);
        both("fill", "a hold, while the channel is filled", &ours.fills, &bare.fills, beside);
        both("drain", "a claim, all held claimed at once", &ours.drains, &bare.drains, beside);
        for (who, side) in [("bare", bare), ("ours", ours)] {
            let (name, what) =
                (format!("{}_in_flight_{who}", self.kind), format!("{}, {who}: held at once", self.kind));
            // Some hundreds.
            let count = u32::try_from(side.held_at_once).unwrap_or(u32::MAX);
            figures.push(Figure::single(name, what, "holds", f64::from(count)));
        }
        figures
    }
}
