//! `anytill node jit-invoice`, `order-channel`, `orders`, `splice-in`, `splice-out`: channels bought and changed.

use super::node::INVOICE_SECS;
use crate::admin::{Answer, Request};
use anyhow::{Result, bail};
use lightning_node::ldk::{ChannelOrder, ChannelOrderState, EmbeddedNode, OrderChannel};
use money::Sat;
use serde_json::json;
use std::fmt::Write as _;

pub async fn run(node: &EmbeddedNode, request: Request) -> Result<Answer> {
    match request {
        Request::NodeJitInvoice { amount_sat, max_fee_sat } => {
            let (amount, fee) = (Sat::new(amount_sat)?.msat(), Sat::new(max_fee_sat)?.msat());
            let invoice = node.jit_invoice(amount.get(), fee.get(), "own funds".to_owned(), INVOICE_SECS).await?;
            Answer::new(true, invoice.clone(), &json!({ "bolt11": invoice }))
        }
        Request::NodeOrderChannel { capacity_sat, max_fee_sat, expiry_blocks, anew } => {
            let asked = OrderChannel { capacity_sat, expiry_blocks, fee_sat_max: max_fee_sat, anew };
            let order = node.order_channel(asked).await?;
            let text = format!(
                "{}\nnothing is paid yet; the LSP opens the channel when this invoice is paid, by `anytill node pay` or \
                 from any wallet:\n{}",
                line(&order),
                order.bolt11
            );
            Answer::new(true, text, &order)
        }
        Request::NodeOrders => orders(node).await,
        Request::NodeSpliceIn { channel_id, amount_sat } => {
            node.splice_in(channel_id, amount_sat).await?;
            Ok(Answer::done("agreed on with the peer now; `anytill node channels` shows it once it is confirmed"))
        }
        Request::NodeSpliceOut { channel_id, address, amount_sat } => {
            node.splice_out(channel_id, address, amount_sat).await?;
            Ok(Answer::done("agreed on with the peer now; `anytill node channels` shows it once it is confirmed"))
        }
        other => bail!("{other:?} is not about channels"),
    }
}

async fn orders(node: &EmbeddedNode) -> Result<Answer> {
    let orders = node.channel_orders().await?;
    let (mut text, mut all) = (String::new(), Vec::new());
    for (order_id, found) in &orders {
        match found {
            Ok(order) => {
                writeln!(text, "{}", line(order))?;
                all.push(json!(order));
            }
            Err(why) => {
                writeln!(text, "order {order_id}: how it stands is not known: {why}")?;
                all.push(json!({ "order_id": order_id, "not_known": why }));
            }
        }
    }
    let text = if text.is_empty() { "no channel was ordered".to_owned() } else { text.trim_end().to_owned() };
    Answer::new(true, text, &all)
}

fn line(order: &ChannelOrder) -> String {
    let state = match order.state {
        ChannelOrderState::ToBePaid => format!("to be paid until {}", order.pay_until),
        ChannelOrderState::Paid => "paid, the channel is not open yet".to_owned(),
        ChannelOrderState::Opened => format!("opened, funding {}", order.funding.as_deref().unwrap_or("not said")),
        ChannelOrderState::Refunded => "refunded".to_owned(),
    };
    format!(
        "order {}: a channel of {} satoshi for {} blocks, fee {} satoshi; {state}",
        order.order_id, order.capacity_sat, order.expiry_blocks, order.fee_sat
    )
}
