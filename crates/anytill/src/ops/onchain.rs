//! `anytill onchain`: the wallet that shoppers pay on the chain, by the operator's hand.

use crate::admin::Answer;
use crate::ops::reconcile::why;
use crate::server::Server;
use anyhow::{Context as _, Result};
use chain_wallet::Withdrawal;
use money::Sat;
use serde_json::json;

/// Once for an address and an amount: asked again, it says how that went.
pub async fn withdraw(server: &Server, address: &str, amount_sat: u64) -> Result<Answer> {
    let wallet = server.chain_wallet.as_ref().context("nothing is paid on the chain: sources.onchain.enabled")?;
    let Withdrawal { txid, fee, blocks } =
        why(wallet.withdraw(address, Sat::new(amount_sat)?).await).map_err(anyhow::Error::msg)?;
    let how = match blocks {
        0 => "waits for a block".to_owned(),
        blocks => format!("is {blocks} blocks deep"),
    };
    let text = format!("{txid} {how}; its fee of {fee} came off. `anytill reconcile --accept NOTE` books it");
    Answer::new(true, text, &json!({ "txid": txid, "fee_sat": fee.get(), "blocks": blocks }))
}
