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
    let body = json!({
        "amt_msat": amount_msat.to_string(),
        "final_cltv_delta": invoice.min_final_cltv_expiry_delta() + 3,
        "hop_pubkeys": [STANDARD.encode(payee)],
        "payment_addr": STANDARD.encode(invoice.payment_secret().0),
    });
    // What the payee's node can do is known only once its announcement is here.
    let built = payer.until("route", SOON, || async { payer.post("/v2/router/route", body.clone()).await.ok() });
    let mut built = built.await.expect("a route");
    let mut route: Value = built["route"].take();
    let total_msat = invoice.amount_milli_satoshis().expect("an amount");
    route["hops"][0]["mpp_record"]["total_amt_msat"] = json!(total_msat.to_string());
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
