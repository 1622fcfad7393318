//! `anytill drain`: nothing new, then wait until nothing is held.

use super::Progress;
use crate::admin::Answer;
use crate::server::Server;
use anyhow::Result;
use ports::{AggregateKind, Page, Store};
use purchase::{Purchase, State};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LOOK_EVERY: Duration = Duration::from_millis(500);
const PAGE: u32 = 256;

/// What a stop would leave behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Left {
    /// Invoices that a shopper may still pay.
    payable: usize,
    /// Held and not charged: can be returned.
    held: usize,
    /// Being claimed or returned: ends by itself within moments.
    ending: usize,
    /// HTLCs that the node holds, whatever the purchases say.
    at_node: usize,
}

impl Left {
    const fn nothing(&self) -> bool {
        self.payable + self.held + self.ending + self.at_node == 0
    }

    fn text(&self) -> String {
        format!(
            "{} invoices can still be paid, {} HTLCs are held, {} are being claimed or returned; the node holds {}",
            self.payable, self.held, self.ending, self.at_node
        )
    }
}

pub async fn run(server: &Arc<Server>, return_holds: bool, wait_secs: u64, progress: &Progress) -> Result<Answer> {
    server.running.drain();
    let deadline = Instant::now() + Duration::from_secs(wait_secs);
    let mut told = None;
    loop {
        let (left, purchases) = look(server).await?;
        if left.nothing() {
            let text =
                "nothing is held: it is safe to stop the server. No new purchases are taken until it is started again";
            return Answer::new(true, text, &json!({ "safe_to_stop": true }));
        }
        if told.as_ref() != Some(&left) {
            // Nobody listens any more: the drain goes on all the same.
            let _ = progress.send(left.text());
            told = Some(left.clone());
        }
        if return_holds {
            for purchase in purchases {
                if let Err(error) = server.engine.cancel(purchase.id).await {
                    tracing::warn!(purchase = %purchase.id, %error, "not cancelled for the drain");
                }
            }
        }
        if Instant::now() >= deadline {
            let text = format!("NOT safe to stop yet: {}. Run it again, or with --return-holds", left.text());
            return Answer::new(false, text, &json!({ "safe_to_stop": false, "left": left.text() }));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// What is left, and the purchases that could be cancelled without a loss to anybody.
async fn look(server: &Server) -> Result<(Left, Vec<Purchase>)> {
    let (mut left, mut returnable, mut after) = (Left::default(), Vec::new(), None);
    loop {
        let page =
            Store::list(&server.store, AggregateKind::Purchase, true, false, Page { after, limit: PAGE }).await?;
        for stored in &page {
            let purchase: Purchase = serde_json::from_str(&stored.state)?;
            match purchase.state {
                State::Opened | State::CardPrepared | State::Quoted | State::Invoiced => {
                    left.payable += usize::from(purchase.invoice.is_some() || purchase.quote.is_some());
                    returnable.push(purchase);
                }
                State::Held | State::CardReady if !purchase.is_funded() => {
                    left.held += 1;
                    returnable.push(purchase);
                }
                State::PayingVendor | State::Claiming => left.ending += 1,
                State::Closing => left.ending += usize::from(purchase.hold.is_some_and(|hold| !hold.returned)),
                State::AwaitingFunds
                | State::Held
                | State::CardReady
                | State::Funded
                | State::Completed
                | State::Returned
                | State::Expired => {}
            }
        }
        after = page.last().map(|stored| stored.at.id);
        if page.len() < PAGE as usize {
            break;
        }
    }
    left.at_node = server.nodes.held().await?.len();
    Ok((left, returnable))
}
