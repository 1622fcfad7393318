//! `anytill onchain`: the wallet that shoppers pay on the chain, by the operator's hand.

use crate::admin::Answer;
use crate::ops::reconcile::why;
use crate::server::Server;
use anyhow::{Context as _, Result};
use chain_wallet::Withdrawal;
use money::Sat;
use serde_json::json;

/// Once for an address, an amount and a number. Asked again it says how that went, and is no success: nothing was sent.
pub async fn withdraw(server: &Server, address: &str, amount_sat: u64, number: u32) -> Result<Answer> {
    let wallet = server.chain_wallet.as_ref().context("nothing is paid on the chain: sources.onchain.enabled")?;
    let sent = why(wallet.withdraw(address, Sat::new(amount_sat)?, number).await).map_err(anyhow::Error::msg)?;
    let json = json!({
        "txid": sent.txid, "fee_sat": sent.fee.get(), "blocks": sent.blocks, "number": sent.number, "new": sent.is_new,
    });
    Answer::new(sent.is_new, said(&sent, address, amount_sat), &json)
}

fn said(sent: &Withdrawal, address: &str, amount_sat: u64) -> String {
    let Withdrawal { txid, fee, blocks, number, is_new } = sent;
    let how = match blocks {
        0 => "waits for a block".to_owned(),
        1 => "is in a block".to_owned(),
        blocks => format!("is {blocks} blocks deep"),
    };
    if *is_new {
        return format!("sent: {txid} {how}; its fee of {fee} came off. `anytill reconcile --accept NOTE` books it");
    }
    let next = number.saturating_add(1);
    format!(
        "NOTHING NEW WAS SENT. Number {number} of {amount_sat} sat to this address was sent before: {txid} {how}; its fee of \
         {fee} came off. To send the same once more: `anytill onchain withdraw {address} {amount_sat} --number {next}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_again_does_not_read_like_a_success() {
        let fee = Sat::new(141).unwrap();
        let mut sent = Withdrawal { txid: "aa".to_owned(), fee, blocks: 0, number: 2, is_new: true };
        assert!(said(&sent, "bc1q", 50_000).starts_with("sent: aa waits for a block; its fee of 141 sat came off."));
        (sent.blocks, sent.is_new) = (1, false);
        let again = said(&sent, "bc1q", 50_000);
        assert!(again.starts_with("NOTHING NEW WAS SENT. Number 2 of 50000 sat"), "{again}");
        assert!(again.ends_with("`anytill onchain withdraw bc1q 50000 --number 3`"), "{again}");
    }
}
