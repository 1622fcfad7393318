//! A purchase's changes as server-sent events (WHATWG HTML, 9.2).
//!
//! Invariant: every committed version after `Last-Event-ID` is sent once, in order, as the full view of that version; a
//! stream ends when its token does, and is bounded in number and time.

use super::view;
use crate::app::{App, StreamOfAccount};
use crate::auth::Shopper;
use crate::dto::ProblemBody;
use crate::dto::purchase::PurchaseView;
use crate::extract::Id;
use crate::problem::{Code, Problem};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use engine::Changes;
use futures::{Stream, stream};
use ids::{PurchaseId, UnixMs};
use ports::AggregateRef;
use purchase::{Purchase, Refund, Stepped, step};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Older versions than these are left out: the last one says it all.
const REPLAYED_MAX: u64 = 200;

/// Follows a purchase. `purchase` events have the version as their id and the full view as data; a `refunds` event is
/// the full view after a refund changed. With `Last-Event-ID` every version after it comes first, without it the
/// current one. Comments keep the connection alive.
#[utoipa::path(get, path = "/v1/purchases/{id}/events", operation_id = "follow_purchase", tag = "purchases", security(("device_token" = [])),
    params(("id" = String, Path), ("Last-Event-ID" = Option<u64>, Header)), responses(
    (status = OK, content_type = "text/event-stream", body = PurchaseView),
    (status = "4XX", description = "not_found, rate_limited: too many streams of this account",
     content_type = "application/problem+json", body = ProblemBody),
))]
pub async fn events(
    State(app): State<App>,
    shopper: Shopper,
    Id(id): Id<PurchaseId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // Subscribe before the first look, so that no commit falls in between.
    let changes = app.engine().subscribe(id);
    app.purchase_of(id, shopper.account).await?;
    let of_account = app.stream_of(shopper.account).ok_or(Code::RateLimited)?;
    let permit = app.streams.clone().try_acquire_owned().map_err(|_| Problem::from(Code::Busy).retry_after_s(5))?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let ends_at = Instant::now() + Duration::from_millis(app.http().stream_ms_max);
    let heartbeat = KeepAlive::new().interval(Duration::from_millis(app.http().heartbeat_ms));
    let follow = Follow {
        app,
        shopper,
        id,
        changes,
        seen,
        begun: false,
        queue: VecDeque::new(),
        ends_at,
        _bounds: (of_account, permit),
    };
    Ok(Sse::new(follow.into_stream()).keep_alive(heartbeat).into_response())
}

struct Follow {
    app: App,
    shopper: Shopper,
    id: PurchaseId,
    changes: Changes,
    /// Last version that the client has.
    seen: Option<u64>,
    begun: bool,
    queue: VecDeque<Event>,
    ends_at: Instant,
    _bounds: (StreamOfAccount, OwnedSemaphorePermit),
}

impl Follow {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut follow| async move {
            let event = follow.next().await?;
            Some((Ok(event), follow))
        })
    }

    /// None ends the stream; the client comes back if it wants to.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.begun && !self.changed().await {
                return None;
            }
            self.begun = true;
            if !self.shopper.still_good(&self.app).await {
                return None;
            }
            if let Err(problem) = self.fill().await {
                tracing::warn!(purchase = %self.id, code = problem.code.name(), "a stream of events ended");
                return None;
            }
        }
    }

    async fn changed(&mut self) -> bool {
        tokio::select! {
            alive = self.changes.next() => alive,
            () = self.app.state.running.stopped() => false,
            () = tokio::time::sleep_until(self.ends_at) => false,
        }
    }

    /// What the client has not seen yet.
    async fn fill(&mut self) -> Result<(), Problem> {
        let (purchase, version) = self.app.purchase_of(self.id, self.shopper.account).await?;
        let refunds = self.app.engine().refunds_of(&purchase).await?;
        let seen = self.seen.filter(|seen| *seen <= version && version - seen <= REPLAYED_MAX);
        self.seen = Some(version);
        match seen {
            Some(seen) if seen == version => {
                if !refunds.is_empty() {
                    let seen = view(&self.app, &purchase, version, &refunds);
                    self.queue.push_back(data(Event::default().event("refunds"), &seen)?);
                }
            }
            Some(seen) if seen + 1 < version => {
                for (version, purchase) in self.history(seen, version).await? {
                    self.push(&purchase, version, &refunds)?;
                }
            }
            Some(_) | None => self.push(&purchase, version, &refunds)?,
        }
        Ok(())
    }

    fn push(&mut self, purchase: &Purchase, version: u64, refunds: &[Refund]) -> Result<(), Problem> {
        let event = Event::default().event("purchase").id(version.to_string());
        let event = data(event, &view(&self.app, purchase, version, refunds))?;
        self.queue.push_back(event);
        Ok(())
    }

    /// The versions after `seen` up to `last`, from the log.
    async fn history(&self, seen: u64, last: u64) -> Result<Vec<(u64, Purchase)>, Problem> {
        let rows = self.app.engine().ports().store.events(AggregateRef::from(self.id)).await?;
        let mut versions = Vec::new();
        let mut state: Option<Purchase> = None;
        for row in rows.iter().take_while(|row| row.version <= last) {
            let logged: Logged = serde_json::from_str(&row.body).map_err(Problem::internal)?;
            if let Stepped::Applied(done) = step(state.as_ref(), &logged.event, logged.at).map_err(Problem::internal)? {
                state = Some(done.purchase);
            }
            if row.version > seen {
                versions.extend(state.clone().map(|purchase| (row.version, purchase)));
            }
        }
        Ok(versions)
    }
}

/// A line of the log.
#[derive(Deserialize)]
struct Logged {
    at: UnixMs,
    #[serde(flatten)]
    event: purchase::Event,
}

fn data(event: Event, view: &PurchaseView) -> Result<Event, Problem> {
    event.json_data(view).map_err(Problem::internal)
}
