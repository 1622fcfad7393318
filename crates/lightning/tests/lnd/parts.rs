//! A payment in parts that the test sends one by one.

use crate::common::SOON;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lightning_invoice::Bolt11Invoice;
use sandbox::lnd::Lnd;
use serde_json::{Value, json};

/// One part of an invoice's amount, over a route of its own. Returns once it is on its way.
pub async fn send_part(payer: &Lnd, bolt11: &str, amount_msat: u64) {
    let invoice: Bolt11Invoice = bolt11.parse().expect("an invoice");
    let hash: &[u8; 32] = AsRef::<[u8; 32]>::as_ref(invoice.payment_hash());
    let payee = invoice.recover_payee_pub_key().serialize();
    let before = payer.htlcs_out(hash).await.expect("an answer");
    let total_msat = invoice.amount_milli_satoshis().expect("an amount");
    let secret = invoice.payment_secret().0;
    let hop = direct_hop(payer, &hex::encode(payee), amount_msat, invoice.min_final_cltv_expiry_delta() + 3).await;
    let mut route = json!({
        "total_time_lock": hop["expiry"],
        "total_amt_msat": amount_msat.to_string(),
        "hops": [hop],
    });
    route["hops"][0]["mpp_record"] =
        json!({ "payment_addr": STANDARD.encode(secret), "total_amt_msat": total_msat.to_string() });
    let body = json!({ "payment_hash": STANDARD.encode(hash), "route": route });
    // Answered only when the part is claimed or comes back: what it says is of no interest, that it is out is seen.
    let sent = payer.post("/v2/router/route/send", body);
    let out =
        payer.until("part on its way", SOON, || async { (payer.htlcs_out(hash).await.ok()? > before).then_some(()) });
    tokio::select! {
        answer = sent => panic!("the part was answered at once: {answer:?}"),
        out = out => out.expect("a part on its way"),
    }
}

/// Over the payer's own channel. LND's `BuildRoute` would want the payee's announcement, which is not told again.
async fn direct_hop(payer: &Lnd, payee: &str, amount_msat: u64, blocks: u64) -> Value {
    let info = payer.get("/v1/getinfo").await.expect("an answer");
    let channels = payer.get("/v1/channels?active_only=true").await.expect("an answer");
    let mut channels = channels["channels"].as_array().into_iter().flatten();
    let channel = channels.find(|channel| channel["remote_pubkey"] == payee).expect("a channel to the payee");
    json!({
        "chan_id": channel["chan_id"],
        "chan_capacity": channel["capacity"],
        "amt_to_forward_msat": amount_msat.to_string(),
        "fee_msat": "0",
        "expiry": info["block_height"].as_u64().expect("a height") + blocks,
        "pub_key": payee,
        "tlv_payload": true,
    })
}
