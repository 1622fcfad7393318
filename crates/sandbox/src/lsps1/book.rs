//! Orders, and what is answered about them: the methods, fields and errors of bLIP-51.

use super::{OrderFault, OrderTerms};
use crate::vendor::time::{VendorClock, rfc3339};
use crate::wallet::{PayerWallet, WalletError};
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning_invoice::Bolt11Invoice;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const INVALID_PARAMS: i32 = -32_602;
const UNKNOWN_METHOD: i32 = -32_601;
const REJECTED: i32 = 1;
const MISMATCH: i32 = 100;
const NOT_FOUND: i32 = 101;
const CHANNEL_SAT_MIN: u64 = 100_000;
const EXPIRY_BLOCKS_MAX: u64 = 52_560;
const DAY_MS: i64 = 86_400_000;

struct Order {
    client: PublicKey,
    channel_sat: u64,
    hash: [u8; 32],
    /// As it was answered first; what changes is put into it.
    shown: Value,
}

pub struct Book {
    wallet: Arc<PayerWallet>,
    terms: OrderTerms,
    clock: VendorClock,
    fault: Mutex<OrderFault>,
    orders: Mutex<HashMap<String, Order>>,
}

type Answered = Result<Value, (i32, &'static str, Value)>;

impl Book {
    pub fn new(wallet: Arc<PayerWallet>, terms: OrderTerms) -> Self {
        Self { wallet, terms, clock: VendorClock::wall(), fault: Mutex::default(), orders: Mutex::default() }
    }

    pub fn set_fault(&self, fault: OrderFault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    fn fault(&self) -> OrderFault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<String, Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn len(&self) -> usize {
        self.orders().len()
    }

    /// The messages that go back.
    pub async fn answer(&self, client: PublicKey, message: &str) -> Vec<String> {
        let Ok(request) = serde_json::from_str::<Value>(message) else { return Vec::new() };
        let answered = match (request["method"].as_str().unwrap_or_default(), self.fault()) {
            ("lsps1.create_order", OrderFault::Refuse) => {
                Err((REJECTED, "Client rejected", json!({ "message": "a simulated provider says no" })))
            }
            ("lsps1.get_info", _) => Ok(self.options()),
            ("lsps1.create_order", _) => self.create(client, &request["params"]).await,
            ("lsps1.get_order", _) => self.get(client, &request["params"]),
            _ => Err((UNKNOWN_METHOD, "Method not found", json!({}))),
        };
        let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
        match answered {
            Ok(result) => answer["result"] = result,
            Err((code, message, data)) => answer["error"] = json!({ "code": code, "message": message, "data": data }),
        }
        let of_order = request["method"] == "lsps1.create_order";
        match self.fault() {
            OrderFault::Stall if of_order => Vec::new(),
            OrderFault::Repeat => vec![answer.to_string(), answer.to_string()],
            _ => vec![answer.to_string()],
        }
    }

    fn options(&self) -> Value {
        let max = self.terms.channel_sat_max.to_string();
        json!({
            "min_required_channel_confirmations": 0,
            "min_funding_confirms_within_blocks": 6,
            "supports_zero_channel_reserve": false,
            "max_channel_expiry_blocks": EXPIRY_BLOCKS_MAX,
            "min_initial_client_balance_sat": "0",
            "max_initial_client_balance_sat": "0",
            "min_initial_lsp_balance_sat": CHANNEL_SAT_MIN.to_string(),
            "max_initial_lsp_balance_sat": max,
            "min_channel_balance_sat": CHANNEL_SAT_MIN.to_string(),
            "max_channel_balance_sat": max,
        })
    }

    async fn create(&self, client: PublicKey, params: &Value) -> Answered {
        let invalid = |property: &str| {
            (INVALID_PARAMS, "Invalid params", json!({ "property": property, "message": "not as published" }))
        };
        let mismatch = |property: &str| (MISMATCH, "Option mismatch", json!({ "property": property }));
        let sat = |name: &str| params[name].as_str().and_then(|text| text.parse::<u64>().ok()).ok_or(invalid(name));
        let (channel_sat, client_sat) = (sat("lsp_balance_sat")?, sat("client_balance_sat")?);
        let blocks = params["channel_expiry_blocks"].as_u64().ok_or(invalid("channel_expiry_blocks"))?;
        params["announce_channel"].as_bool().ok_or(invalid("announce_channel"))?;
        // "MUST be an empty string if the token was not provided."
        let token = params["token"].as_str().unwrap_or_default();
        if self.terms.token.as_ref().is_some_and(|known| known != token) {
            return Err(invalid("token"));
        }
        if client_sat > 0 {
            return Err(mismatch("max_initial_client_balance_sat"));
        }
        if !(CHANNEL_SAT_MIN..=self.terms.channel_sat_max).contains(&channel_sat) {
            return Err(mismatch("max_initial_lsp_balance_sat"));
        }
        if !(1..=EXPIRY_BLOCKS_MAX).contains(&blocks) {
            return Err(mismatch("max_channel_expiry_blocks"));
        }
        let mut total_sat = self.terms.fee_sat;
        if self.fault() == OrderFault::WrongTotal {
            total_sat += 1;
        }
        let rejected = (REJECTED, "Client rejected", json!({ "message": "no invoice can be made" }));
        let made = self.wallet.receive(total_sat * 1_000, "a simulated channel order", self.terms.expiry_secs).await;
        let invoice = made.map_err(|_| rejected.clone())?;
        let read: Bolt11Invoice = invoice.parse().map_err(|_| rejected)?;
        let now_ms = self.clock.now_ms();
        let order_id = format!("simulated-{}", hex::encode(rand::random::<[u8; 8]>()));
        let mut shown = params.clone();
        shown["token"] = json!(token);
        shown["order_id"] = json!(order_id);
        shown["created_at"] = json!(rfc3339(now_ms));
        shown["order_state"] = json!("CREATED");
        shown["payment"] = json!({ "bolt11": {
            "state": "EXPECT_PAYMENT",
            "expires_at": rfc3339(now_ms + i64::from(self.terms.expiry_secs) * 1_000),
            "fee_total_sat": self.terms.fee_sat.to_string(),
            "order_total_sat": total_sat.to_string(),
            "invoice": invoice,
        } });
        shown["channel"] = Value::Null;
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("refund_onchain_address");
        }
        let hash = *read.payment_hash().as_ref();
        self.orders().insert(order_id, Order { client, channel_sat, hash, shown: shown.clone() });
        Ok(shown)
    }

    fn get(&self, client: PublicKey, params: &Value) -> Answered {
        let orders = self.orders();
        let order = orders.get(params["order_id"].as_str().unwrap_or_default());
        // Another's order is none.
        let order = order.filter(|order| order.client == client);
        order.map(|order| order.shown.clone()).ok_or((NOT_FOUND, "Not found", json!({})))
    }

    pub async fn fulfil(&self, order_id: &str, within: Duration) -> Result<(), WalletError> {
        let known = self.orders().get(order_id).map(|order| (order.client, order.channel_sat, order.hash));
        let (client, channel_sat, hash) = known.ok_or_else(|| WalletError::Task("no such order".to_owned()))?;
        self.wallet.wait_received(hash, within).await?;
        if let Some(order) = self.orders().get_mut(order_id) {
            order.shown["payment"]["bolt11"]["state"] = json!("PAID");
        }
        let funding = self.wallet.offer_channel(client, self.terms.client_at, channel_sat, within).await?;
        let now_ms = self.clock.now_ms();
        if let Some(order) = self.orders().get_mut(order_id) {
            let days = order.shown["channel_expiry_blocks"].as_i64().unwrap_or(0) / 144;
            order.shown["order_state"] = json!("COMPLETED");
            order.shown["channel"] = json!({
                "funded_at": rfc3339(now_ms),
                "funding_outpoint": funding,
                "expires_at": rfc3339(now_ms + days * DAY_MS),
            });
        }
        Ok(())
    }
}
