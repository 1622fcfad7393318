//! The receipt: what one purchase cost, and where every part of it went.

use super::ClaimOn;
use super::money::MoneyOut;
use super::purchase::{BitcoinIs, ChargeView, PurchaseView, QuoteView};
use super::refund::RefundView;
use crate::dto::PurchaseState;
use ::purchase::{Purchase, Refund};
use ports::EntryRow;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What the shopper keeps.
#[derive(Serialize, ToSchema)]
pub struct Receipt {
    #[schema(value_type = String)]
    pub purchase: ids::PurchaseId,
    pub code: String,
    pub store_host: String,
    pub store_name: String,
    pub state: PurchaseState,
    /// No state follows, and every refund is paid or cancelled.
    #[serde(rename = "final")]
    pub final_: bool,
    pub created_at_ms: u64,
    pub state_since_ms: u64,
    pub claim_on: ClaimOn,
    pub bitcoin: BitcoinIs,
    /// Total, fee, rate, spread and the bitcoin that was asked for.
    pub quote: Option<QuoteView>,
    /// Bitcoin that was held, claimed, and sent back.
    pub held_msat: u64,
    pub claimed_msat: u64,
    pub refunded_msat: u64,
    /// What the store captured, and gave back later.
    pub captured: MoneyOut,
    pub store_refunded: MoneyOut,
    pub charges: Vec<ChargeView>,
    pub refunds: Vec<RefundView>,
    /// The shopper's side of the books.
    pub ledger: Vec<LedgerLine>,
}

/// Sum of one kind of booking on one account.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LedgerLine {
    /// What was booked: `hold_claimed`, `card_captured`, ...
    pub template: String,
    /// `shopper` and `owed` are what the operator owes; the rest is what the operator earned.
    pub account: String,
    /// `BTC` (millisatoshi) or an ISO 4217 code (minor units).
    pub asset: String,
    /// `pending` or `posted`.
    pub layer: String,
    /// Debits are positive.
    pub amount: i64,
}

/// Accounts that concern the shopper; the rest is between the operator and their partners.
const SHOWN: &[&str] = &["shopper", "owed", "spread_income", "fee_income", "rounding"];

/// In the order of their first booking.
pub fn ledger_lines(entries: &[EntryRow]) -> Vec<LedgerLine> {
    let mut lines: Vec<LedgerLine> = Vec::new();
    let mut places = BTreeMap::new();
    for row in entries {
        let kind = row.account.split(':').next().unwrap_or_default();
        if !SHOWN.contains(&kind) {
            continue;
        }
        let place = *places.entry((&row.template, &row.account, &row.asset, &row.layer)).or_insert_with(|| {
            lines.push(LedgerLine {
                template: row.template.clone(),
                account: row.account.clone(),
                asset: row.asset.clone(),
                layer: row.layer.clone(),
                amount: 0,
            });
            lines.len() - 1
        });
        lines[place].amount = lines[place].amount.saturating_add(row.amount);
    }
    lines.retain(|line| line.amount != 0);
    lines
}

impl Receipt {
    pub fn new(p: &Purchase, refunds: &[Refund], entries: &[EntryRow]) -> Self {
        let money = |minor| MoneyOut { minor, currency: p.currency };
        let view = PurchaseView::new(p, None, refunds);
        let paid = refunds.iter().filter(|refund| refund.state == ::purchase::RefundState::Paid);
        let sent_msat = paid.filter_map(|refund| refund.send.as_ref()).map(|send| send.amount_msat.get()).sum();
        Self {
            purchase: p.id,
            code: view.code,
            store_host: view.store_host,
            store_name: view.store_name,
            state: view.state,
            final_: p.state.terminal() && refunds.iter().all(|refund| refund.state.terminal()),
            created_at_ms: view.created_at_ms,
            state_since_ms: view.state_since_ms,
            claim_on: view.claim_on,
            bitcoin: view.bitcoin,
            quote: view.quote,
            held_msat: p.hold.map_or(0, |hold| hold.amount_msat.get()),
            claimed_msat: view.claimed_msat.unwrap_or(0),
            refunded_msat: sent_msat,
            captured: money(p.captured_minor),
            store_refunded: money(p.store_refunded_minor),
            charges: view.charges,
            refunds: view.refunds,
            ledger: ledger_lines(entries),
        }
    }
}
