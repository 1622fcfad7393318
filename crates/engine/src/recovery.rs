//! On start: the log replays to the stored state, and everything open is compared with the outside.

use crate::apply::{With, from_json};
use crate::{Engine, EngineError};
use ids::PurchaseId;
use ports::{AggregateKind, HoldStatus, Outcome, Page, StoredAggregate};
use purchase::{Event, Purchase, Recorded, Refund, RefundEvent, State, replay, step_refund};

/// Aggregates read at once.
const PAGE: u32 = 256;

/// What was found on start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    pub purchases_open: u32,
    pub refunds_open: u32,
    pub held: u32,
    pub parked: u32,
    /// Holds whose state at the node is not known yet: asked again later.
    pub unknown: u32,
}

impl Engine {
    /// Call once, before anything else, when no other process works on this store.
    pub async fn recover(&self) -> Result<RecoveryReport, EngineError> {
        self.ports.store.end_leases().await?;
        for node in self.ports.nodes.all() {
            if let Outcome::Done(info) = node.info().await {
                self.on_tip(node.node_id(), info).await?;
            }
        }
        let mut report = RecoveryReport::default();
        for stored in self.open(AggregateKind::Purchase).await? {
            report.purchases_open += 1;
            report.parked += u32::from(stored.index.parked);
            let purchase: Purchase = from_json(&stored.state)?;
            self.check_replay(&stored, &purchase).await?;
            self.holds.note(&purchase);
            self.recover_purchase(&purchase, &mut report).await?;
        }
        for stored in self.open(AggregateKind::Refund).await? {
            report.refunds_open += 1;
            report.parked += u32::from(stored.index.parked);
            let refund: Refund = from_json(&stored.state)?;
            self.check_refund_replay(&stored, &refund).await?;
        }
        self.tick().await?;
        Ok(report)
    }

    async fn open(&self, kind: AggregateKind) -> Result<Vec<StoredAggregate>, EngineError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self.ports.store.list(kind, true, false, Page { after, limit: PAGE }).await?;
            after = page.last().map(|stored| stored.at.id);
            let full = page.len() == PAGE as usize;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }

    /// The log of events leads to the stored state, or the program stops here.
    pub(crate) async fn check_replay(&self, stored: &StoredAggregate, purchase: &Purchase) -> Result<(), EngineError> {
        let rows = self.ports.store.events(stored.at).await?;
        let log: Vec<Recorded<Event>> = rows.iter().map(|row| from_json(&row.body)).collect::<Result<_, _>>()?;
        let replayed = replay(log.iter().map(|recorded| (&recorded.event, recorded.at)))
            .map_err(|error| EngineError::Broken(format!("{}: the log does not replay: {error}", stored.at)))?;
        if replayed.as_ref() != Some(purchase) || rows.len() as u64 != stored.version {
            return Err(EngineError::Broken(format!("{}: the log does not lead to the stored state", stored.at)));
        }
        Ok(())
    }

    pub(crate) async fn check_refund_replay(
        &self,
        stored: &StoredAggregate,
        refund: &Refund,
    ) -> Result<(), EngineError> {
        let mut replayed: Option<Refund> = None;
        for row in self.ports.store.events(stored.at).await? {
            let recorded: Recorded<RefundEvent> = from_json(&row.body)?;
            let step = step_refund(replayed.as_ref(), &recorded.event, recorded.at)
                .map_err(|error| EngineError::Broken(format!("{}: the log does not replay: {error}", stored.at)))?;
            replayed = step.map(|step| step.refund).or(replayed);
        }
        if replayed.as_ref() == Some(refund) {
            Ok(())
        } else {
            Err(EngineError::Broken(format!("{}: the log does not lead to the stored state", stored.at)))
        }
    }

    /// Compares an open purchase with the node. Effects that were under way are in the outbox and run again by
    /// themselves; this finds what the node did while nobody listened.
    async fn recover_purchase(&self, p: &Purchase, report: &mut RecoveryReport) -> Result<(), EngineError> {
        let Some(invoice) = p.invoice.as_ref() else { return Ok(()) };
        let payment_hash = invoice.payment_hash;
        let unclaimed = matches!(
            p.state,
            State::Invoiced | State::Held | State::CardReady | State::Claiming | State::PayingVendor | State::Closing
        );
        if !unclaimed || p.is_funded() {
            return Ok(());
        }
        let event = match self.ports.nodes.of(p.node()).hold_status(payment_hash).await {
            Outcome::Done(HoldStatus::Held { amount_msat, claim_deadline }) => {
                report.held += 1;
                Event::HtlcHeld { payment_hash, amount_msat, claim_deadline, tip: self.tip() }
            }
            Outcome::Done(HoldStatus::Claimed { amount_msat }) => Event::HtlcClaimed { payment_hash, amount_msat },
            Outcome::Done(HoldStatus::Returned) => Event::HtlcReturned { payment_hash },
            Outcome::Done(HoldStatus::Open | HoldStatus::NotFound | HoldStatus::Claiming { .. }) => return Ok(()),
            Outcome::Rejected(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => {
                report.unknown += 1;
                return Ok(());
            }
        };
        self.apply(p.id, &event, With::default()).await.map(|_| ())
    }

    /// Compares a purchase's card with the issuer's books: what a lost webhook would have said.
    pub async fn catch_up_card(&self, id: PurchaseId) -> Result<u32, EngineError> {
        let p = self.purchase(id).await?.ok_or(EngineError::NotFound)?;
        let Some(card) = p.card.and_then(|card| card.card) else { return Ok(0) };
        let Outcome::Done(changes) = self.ports.issuer.changes(&ports::CardRef(card)).await else { return Ok(0) };
        for change in &changes {
            self.on_change(change).await?;
        }
        Ok(u32::try_from(changes.len()).unwrap_or(u32::MAX))
    }

    /// Everything stored replays to what is stored; the number of aggregates.
    pub async fn check_all(&self) -> Result<u64, EngineError> {
        let mut count = 0;
        for kind in [AggregateKind::Purchase, AggregateKind::Refund] {
            let mut after = None;
            loop {
                let page = self.ports.store.list(kind, false, false, Page { after, limit: PAGE }).await?;
                for stored in &page {
                    match kind {
                        AggregateKind::Purchase => self.check_replay(stored, &from_json(&stored.state)?).await?,
                        AggregateKind::Refund => self.check_refund_replay(stored, &from_json(&stored.state)?).await?,
                    }
                    count += 1;
                }
                after = page.last().map(|stored| stored.at.id);
                if page.len() < PAGE as usize {
                    break;
                }
            }
        }
        Ok(count)
    }
}
