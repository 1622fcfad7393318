//! Channels that are ordered from an LSP beforehand (LSPS1, bLIP-51).
//!
//! Invariant: nothing is paid here. An order is shown with its fee, which is bounded and adds up, and its id is on the
//! disk before its invoice is handed out. One whose answer was lost is unpaid, and runs out at the provider.

use super::config::Lsp;
use super::error::AdminError;
use super::node::{EmbeddedNode, Shared};
use super::table::OrderRow;
use ids::NodeId;
use ldk_node::lightning_liquidity::lsps0::ser::LSPSDateTime;
use ldk_node::lightning_liquidity::lsps1::msgs::{LSPS1OrderId, LSPS1PaymentState};
use ldk_node::liquidity::LSPS1OrderStatus;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderChannel {
    /// All of it on the LSP's side.
    pub capacity_sat: u64,
    /// How long the LSP keeps it open at least.
    pub expiry_blocks: u32,
    pub fee_sat_max: u64,
    /// Even though the same is ordered and not paid.
    pub anew: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelOrderState {
    ToBePaid,
    Paid,
    /// Its funding was published.
    Opened,
    Refunded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelOrder {
    pub order_id: String,
    pub lsp: NodeId,
    pub capacity_sat: u64,
    pub expiry_blocks: u32,
    pub fee_sat: u64,
    pub state: ChannelOrderState,
    pub bolt11: String,
    /// RFC 3339.
    pub pay_until: String,
    /// `txid:output`.
    pub funding: Option<String>,
}

impl EmbeddedNode {
    /// Orders a channel, or answers the same order again while it is not paid.
    ///
    /// # Errors
    /// [`AdminError::Refused`] without an LSP, where it does not answer, asks more than the limit, or asks for what does
    /// not add up. Nothing is owed then.
    pub async fn order_channel(&self, asked: OrderChannel) -> Result<ChannelOrder, AdminError> {
        self.admin(move |shared| {
            let lsp = lsp(shared)?;
            if !asked.anew
                && let Some(open) = shared.open_order(lsp, &asked)?
            {
                return Ok(open);
            }
            let OrderChannel { capacity_sat, expiry_blocks, fee_sat_max, .. } = asked;
            let status = shared.node.lsps1_liquidity().request_channel(capacity_sat, 0, expiry_blocks, false)?;
            let order_id = status.order_id.0.clone();
            let row = OrderRow { order_id, lsp, capacity_sat, expiry_blocks, fee_sat_max };
            let order = checked(&row, status)?;
            shared.table.add_order(&row).map_err(refused)?;
            Ok(order)
        })
        .await
    }

    /// Every order that was made here, as its LSP has it now, newest first; or why it cannot be said.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn channel_orders(&self) -> Result<Vec<(String, Result<ChannelOrder, String>)>, AdminError> {
        self.admin(|shared| {
            let rows = shared.table.orders().map_err(refused)?;
            let look = |row: OrderRow| {
                let found = lsp(shared).and_then(|lsp| shared.look_up(lsp, &row)).map_err(|error| error.to_string());
                (row.order_id, found)
            };
            Ok(rows.into_iter().map(look).collect())
        })
        .await
    }
}

impl Shared {
    fn open_order(&self, lsp: NodeId, asked: &OrderChannel) -> Result<Option<ChannelOrder>, AdminError> {
        let rows = self.table.orders().map_err(refused)?;
        let same = |row: &OrderRow| {
            (row.lsp, row.capacity_sat, row.expiry_blocks) == (lsp, asked.capacity_sat, asked.expiry_blocks)
        };
        let Some(row) = rows.into_iter().find(same) else { return Ok(None) };
        let row = OrderRow { fee_sat_max: asked.fee_sat_max, ..row };
        let order = self.look_up(lsp, &row).map_err(|error| {
            AdminError::Refused(format!("how the same order {} stands cannot be said: {error}", row.order_id))
        })?;
        let runs_out = order.pay_until.parse::<LSPSDateTime>();
        let payable = order.state == ChannelOrderState::ToBePaid && runs_out.is_ok_and(|at| !at.is_past());
        Ok(Some(order).filter(|_| payable))
    }

    fn look_up(&self, lsp: NodeId, row: &OrderRow) -> Result<ChannelOrder, AdminError> {
        if row.lsp != lsp {
            return Err(AdminError::Refused(format!("it was ordered from {}, which is not the LSP any more", row.lsp)));
        }
        checked(row, self.node.lsps1_liquidity().check_order_status(LSPS1OrderId(row.order_id.clone()))?)
    }
}

fn lsp(shared: &Shared) -> Result<NodeId, AdminError> {
    let lsp: Option<&Lsp> = shared.lsp.as_ref();
    lsp.map(|lsp| lsp.node).ok_or_else(|| AdminError::Refused("no LSP is configured".to_owned()))
}

fn refused(error: rusqlite::Error) -> AdminError {
    AdminError::Refused(format!("the table of orders: {error}"))
}

/// What the LSP asks is what it says, and within the limit.
fn checked(row: &OrderRow, status: LSPS1OrderStatus) -> Result<ChannelOrder, AdminError> {
    let refuse = |why: String| Err(AdminError::Refused(why));
    let Some(by_invoice) = status.payment_options.bolt11 else {
        return refuse("the LSP takes no invoice for it".to_owned());
    };
    let fee_sat = by_invoice.fee_total_sat;
    if fee_sat > row.fee_sat_max {
        return refuse(format!("the LSP asks {fee_sat} satoshi, more than {}; nothing was paid", row.fee_sat_max));
    }
    let total_msat = by_invoice.order_total_sat.checked_mul(1_000);
    // Nothing of the channel is ours, so all that is paid is the fee.
    if by_invoice.order_total_sat != fee_sat || by_invoice.invoice.amount_milli_satoshis() != total_msat {
        return refuse("the LSP's invoice is not over the fee that it names; nothing was paid".to_owned());
    }
    let state = match (&status.channel_state, by_invoice.state) {
        (Some(_), _) => ChannelOrderState::Opened,
        (None, LSPS1PaymentState::ExpectPayment) => ChannelOrderState::ToBePaid,
        (None, LSPS1PaymentState::Paid) => ChannelOrderState::Paid,
        (None, LSPS1PaymentState::Refunded) => ChannelOrderState::Refunded,
    };
    Ok(ChannelOrder {
        order_id: row.order_id.clone(),
        lsp: row.lsp,
        capacity_sat: row.capacity_sat,
        expiry_blocks: row.expiry_blocks,
        fee_sat,
        state,
        bolt11: by_invoice.invoice.to_string(),
        pay_until: by_invoice.expires_at.to_rfc3339(),
        funding: status.channel_state.map(|channel| channel.funding_outpoint.to_string()),
    })
}
