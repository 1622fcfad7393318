//! Kraken's API as a client sees it: envelope, signature and nonce, market data, orders, exact balances, faults.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sandbox::{
    faults::Fault,
    kraken::{Exchange, ExchangeConfig, SystemStatus, api_sign},
};
use serde_json::{Value, json};

/// A client that signs as Kraken's authentication guide says.
#[derive(Clone)]
struct Client {
    exchange: Exchange,
    http: reqwest::Client,
    nonce: Arc<AtomicU64>,
}

impl Client {
    async fn start(config: ExchangeConfig) -> Self {
        let exchange = Exchange::start(config).await.expect("a free port");
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(800));
        Self { exchange, http: http.build().expect("a client"), nonce: Arc::new(AtomicU64::new(1_000)) }
    }

    async fn public(&self, path: &str) -> Value {
        let url = format!("{}/0/public/{path}", self.exchange.url());
        let response = self.http.get(url).send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        response.json().await.expect("JSON")
    }

    async fn send(&self, method: &str, key: &str, secret: &str, data: String, nonce: u64) -> Option<Value> {
        let path = format!("/0/private/{method}");
        let signature = api_sign(secret, &path, &nonce.to_string(), &data).expect("a secret");
        let request = self
            .http
            .post(format!("{}{path}", self.exchange.url()))
            .header("API-Key", key)
            .header("API-Sign", signature)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(data);
        let response = request.send().await.ok()?;
        assert_eq!(response.status().as_u16(), 200, "Kraken answers 200 whatever happens");
        response.json().await.ok()
    }

    async fn try_call(&self, method: &str, fields: &str) -> Option<Value> {
        let nonce = self.nonce.fetch_add(1, Ordering::SeqCst);
        let data = format!("nonce={nonce}&{fields}");
        let (key, secret) = (self.exchange.api_key(), self.exchange.api_secret());
        self.send(method, key, secret, data, nonce).await
    }

    /// A private call's result.
    async fn call(&self, method: &str, fields: &str) -> Value {
        let answer = self.try_call(method, fields).await.expect("an answer");
        assert_eq!(answer["error"], json!([]), "{method} {fields}");
        answer["result"].clone()
    }

    /// A private call's error.
    async fn refused(&self, method: &str, fields: &str) -> String {
        let answer = self.try_call(method, fields).await.expect("an answer");
        answer["error"][0].as_str().unwrap_or_else(|| panic!("{method} {fields}: {answer}")).to_owned()
    }

    async fn sell(&self, fields: &str) -> Value {
        let placed = self.call("AddOrder", &format!("pair=XBTUSD&type=sell&oflags=fciq&{fields}")).await;
        let txid = placed["txid"][0].as_str().expect("a txid").to_owned();
        self.call("QueryOrders", &format!("txid={txid}&trades=true")).await[&txid].clone()
    }
}

#[tokio::test]
async fn market_data_has_the_published_shape() {
    let client = Client::start(ExchangeConfig::default()).await;
    let bids = [("5499.0", "2.0599"), ("5500.0", "0.5")];
    client.exchange.set_book("XBTUSD", &bids, &[("5500.1", "1")]).expect("a book");

    let time = client.public("Time").await;
    assert!(time["result"]["unixtime"].as_i64().expect("a time") > 1_600_000_000);
    assert!(time["result"]["rfc1123"].as_str().expect("a time").ends_with("+0000"));
    assert_eq!(client.public("SystemStatus").await["result"]["status"], "online");

    let pairs = client.public("AssetPairs?pair=XBTUSD").await;
    let pair = &pairs["result"]["XXBTZUSD"];
    assert_eq!((&pair["altname"], &pair["wsname"]), (&json!("XBTUSD"), &json!("XBT/USD")));
    assert_eq!((&pair["base"], &pair["quote"]), (&json!("XXBT"), &json!("ZUSD")));
    assert_eq!((&pair["pair_decimals"], &pair["lot_decimals"]), (&json!(1), &json!(8)));
    assert_eq!(
        (&pair["ordermin"], &pair["costmin"], &pair["tick_size"]),
        (&json!("0.00005"), &json!("0.5"), &json!("0.1"))
    );

    for name in ["XBTUSD", "XXBTZUSD", "XBT/USD"] {
        let ticker = client.public(&format!("Ticker?pair={name}")).await;
        let ticker = &ticker["result"]["XXBTZUSD"];
        assert_eq!(ticker["b"], json!(["5500.00000", "0", "0.500"]));
        assert_eq!(ticker["a"], json!(["5500.10000", "1", "1.000"]));
        assert_eq!(ticker["c"].as_array().map(Vec::len), Some(2));
    }
    let depth = client.public("Depth?pair=XBTUSD&count=1").await;
    let bids = depth["result"]["XXBTZUSD"]["bids"].as_array().expect("bids").clone();
    assert_eq!(bids.len(), 1);
    assert_eq!((&bids[0][0], &bids[0][1]), (&json!("5500.00000"), &json!("0.500")));
    assert!(bids[0][2].is_i64());
    let depth = client.public("Depth?pair=XBTUSD").await;
    assert_eq!(depth["result"]["XXBTZUSD"]["bids"][1][1], "2.059", "three decimals, cut off");

    let unknown = client.public("Ticker?pair=XBTXXX").await;
    assert_eq!(unknown, json!({ "error": ["EQuery:Unknown asset pair"] }));
    assert_eq!(client.public("Nothing").await, json!({ "error": ["EGeneral:Unknown method"] }));
}

#[tokio::test]
async fn key_signature_and_nonce_are_checked() {
    let client = Client::start(ExchangeConfig::default()).await;
    let (key, secret) = (client.exchange.api_key(), client.exchange.api_secret());
    let send = async |key: &str, secret: &str, nonce: u64, signed: &str| {
        let data = format!("nonce={nonce}{signed}");
        client.send("Balance", key, secret, data, nonce).await.expect("an answer")
    };
    let error = |error: &str| json!({ "error": [error] });
    assert_eq!(send("other", secret, 5, "").await, error("EAPI:Invalid key"));
    assert_eq!(send(key, "b3RoZXI=", 5, "").await, error("EAPI:Invalid signature"));
    assert_eq!(send(key, secret, 5, "").await["error"], json!([]), "a wrong signature uses no nonce");
    assert_eq!(send(key, secret, 5, "").await, error("EAPI:Invalid nonce"));
    assert_eq!(send(key, secret, 4, "").await, error("EAPI:Invalid nonce"));
    assert_eq!(send(key, secret, 6, "").await["error"], json!([]));
    let without = client.send("Balance", key, secret, "otp=1".into(), 7).await;
    assert_eq!(without, Some(error("EAPI:Invalid nonce")));
}

#[tokio::test]
async fn the_reference_sale_moves_exact_balances() {
    let client = Client::start(ExchangeConfig::default()).await;
    let before = client.call("Balance", "").await;
    assert_eq!(before, json!({ "XXBT": "1.0000000000", "ZUSD": "10000.0000" }));
    let id = "6d1b345e-2821-40e2-ad83-4ecb18a06876";
    let fields = format!("ordertype=limit&price=5480.0&timeinforce=IOC&volume=0.00496758&cl_ord_id={id}");
    let order = client.sell(&fields).await;
    assert_eq!(order["status"], "closed");
    assert_eq!(order["cl_ord_id"], id);
    assert_eq!(order["descr"]["order"], "sell 0.00496758 XBTUSD @ limit 5480.0");
    // 0.00496758 at 5,500.0 is 27.32169; four decimals, down. 40 basis points of it, up.
    assert_eq!((&order["vol_exec"], &order["cost"]), (&json!("0.00496758"), &json!("27.32160")));
    assert_eq!(order["fee"], "0.10930");
    assert_eq!(order["trades"].as_array().map(Vec::len), Some(1));
    let after = client.call("Balance", "").await;
    assert_eq!(after, json!({ "XXBT": "0.9950324200", "ZUSD": "10027.2123" }));
}

#[tokio::test]
async fn a_thin_book_fills_in_part_and_an_empty_one_not_at_all() {
    let config = ExchangeConfig { refills: false, ..ExchangeConfig::default() };
    let client = Client::start(config).await;
    let bids = [("5500.0", "0.002"), ("5499.0", "0.001"), ("5000.0", "1")];
    client.exchange.set_book("XBTUSD", &bids, &[]).expect("a book");
    let order = client.sell("ordertype=limit&price=5490&timeinforce=IOC&volume=0.00496758").await;
    assert_eq!((&order["status"], &order["vol_exec"]), (&json!("canceled"), &json!("0.00300000")));
    assert_eq!(order["cost"], "16.49900");
    let order = client.sell("ordertype=limit&price=5490&timeinforce=IOC&volume=0.001").await;
    assert_eq!((&order["status"], &order["vol_exec"]), (&json!("canceled"), &json!("0.00000000")));
    client.exchange.set_book("XBTUSD", &[], &[]).expect("a book");
    let order = client.sell("ordertype=market&volume=0.001").await;
    assert_eq!((&order["status"], &order["cost"]), (&json!("canceled"), &json!("0.00000")));
    let ticker = client.public("Ticker?pair=XBTUSD").await;
    assert_eq!(ticker["result"], json!({}));
}

#[tokio::test]
async fn bad_orders_get_krakens_errors() {
    let client = Client::start(ExchangeConfig::default()).await;
    let sell = "pair=XBTUSD&type=sell";
    for (fields, error) in [
        ("type=sell&ordertype=market&volume=1".to_owned(), "EGeneral:Invalid arguments"),
        ("pair=XBTXXX&type=sell&ordertype=market&volume=1".to_owned(), "EQuery:Unknown asset pair"),
        ("pair=XBTUSD&type=swap&ordertype=market&volume=1".to_owned(), "EGeneral:Invalid arguments:type"),
        (format!("{sell}&ordertype=stop-loss&volume=1"), "EGeneral:Invalid arguments:ordertype"),
        (format!("{sell}&ordertype=limit&volume=1"), "EGeneral:Invalid arguments:price"),
        (format!("{sell}&ordertype=market&volume=0.000000001"), "EGeneral:Invalid arguments:volume"),
        (format!("{sell}&ordertype=market&volume=-1"), "EGeneral:Invalid arguments:volume"),
        (format!("{sell}&ordertype=market&volume=0.00004"), "EOrder:Order minimum not met"),
        (format!("{sell}&ordertype=limit&price=5500.05&volume=1"), "EOrder:Tick size check failed"),
        (format!("{sell}&ordertype=market&volume=2"), "EOrder:Insufficient funds"),
        (format!("{sell}&ordertype=market&volume=0.01&leverage=2"), "EGeneral:Invalid arguments:leverage"),
        (format!("{sell}&ordertype=market&volume=0.01&oflags=viqc"), "EGeneral:Invalid arguments:oflags"),
        (format!("{sell}&ordertype=market&volume=0.01&timeinforce=GTD"), "EGeneral:Invalid arguments:timeinforce"),
        (
            format!("{sell}&ordertype=market&volume=0.01&cl_ord_id=longer-than-eighteen"),
            "EGeneral:Invalid arguments:cl_ord_id",
        ),
        (format!("{sell}&ordertype=market&volume=0.01&cl_ord_id=a&userref=1"), "EGeneral:Invalid arguments"),
        (format!("{sell}&ordertype=market&volume=0.01&deadline=2020-01-01T00%3A00%3A00Z"), "EService:Deadline elapsed"),
        ("pair=XBTUSD&type=buy&ordertype=market&volume=2".to_owned(), "EOrder:Insufficient funds"),
        (format!("{sell}&ordertype=limit&price=5500&volume=0.01&oflags=post"), "EOrder:Post only order"),
    ] {
        assert_eq!(client.refused("AddOrder", &fields).await, error, "{fields}");
    }
    let validated = client.call("AddOrder", &format!("{sell}&ordertype=market&volume=0.01&validate=true")).await;
    assert_eq!(validated, json!({ "descr": { "order": "sell 0.01000000 XBTUSD @ market" } }));
    assert_eq!(client.exchange.order_counts(), (0, 0));
    for (status, error) in [
        (SystemStatus::Maintenance, "EService:Unavailable"),
        (SystemStatus::CancelOnly, "EService:Market in cancel_only mode"),
        (SystemStatus::PostOnly, "EService:Market in post_only mode"),
    ] {
        client.exchange.set_status(status);
        let fields = format!("{sell}&ordertype=market&volume=0.01");
        assert_eq!(client.refused("AddOrder", &fields).await, error);
    }
}

#[tokio::test]
async fn client_order_ids_are_unique_among_open_orders_only() {
    let client = Client::start(ExchangeConfig::default()).await;
    let resting = "pair=XBTUSD&type=sell&ordertype=limit&price=9000&volume=0.01&cl_ord_id=p1";
    let first = client.call("AddOrder", resting).await["txid"][0].clone();
    assert_eq!(client.refused("AddOrder", resting).await, "EGeneral:Invalid arguments:cl_ord_id not unique");
    let open = client.call("OpenOrders", "cl_ord_id=p1").await;
    assert_eq!(open["open"].as_object().map(|orders| orders.len()), Some(1));
    assert_eq!(client.call("OpenOrders", "cl_ord_id=p2").await, json!({ "open": {} }));
    assert_eq!(client.call("CancelOrder", "cl_ord_id=p1").await, json!({ "count": 1 }));
    assert_eq!(client.refused("CancelOrder", "cl_ord_id=p1").await, "EOrder:Unknown order");
    assert_eq!(client.refused("CancelOrder", "txid=OZZZZZ-ZZZZZ-ZZZZZZ").await, "EOrder:Invalid order");
    client.call("AddOrder", "pair=XBTUSD&type=sell&ordertype=market&volume=0.01&cl_ord_id=p1").await;
    let closed = client.call("ClosedOrders", "cl_ord_id=p1").await;
    assert_eq!(closed["count"], 2, "one key names two orders");
    let txid = first.as_str().expect("a txid");
    assert_eq!(closed["closed"][txid]["status"], "canceled");
    assert_eq!(closed["closed"][txid]["reason"], "User requested");
    assert_eq!(client.call("QueryOrders", &format!("txid={txid}&cl_ord_id=p2")).await, json!({}));
    assert_eq!(client.refused("QueryOrders", "cl_ord_id=p1").await, "EGeneral:Invalid arguments");
    let none = client.call("ClosedOrders", "cl_ord_id=never&without_count=true").await;
    assert_eq!(none, json!({ "closed": {} }));
}

#[tokio::test]
async fn resting_orders_hold_funds_and_trade_when_the_book_comes_to_them() {
    let client = Client::start(ExchangeConfig::default()).await;
    let fields = "pair=XBTUSD&type=sell&ordertype=limit&price=6000&volume=0.9&userref=7&oflags=fciq";
    let txid = client.call("AddOrder", fields).await["txid"][0].clone();
    let short = "pair=XBTUSD&type=sell&ordertype=market&volume=0.2";
    assert_eq!(client.refused("AddOrder", short).await, "EOrder:Insufficient funds");
    client.exchange.set_book("XBTUSD", &[("6001.0", "0.5")], &[("6002.0", "1")]).expect("a book");
    let path = format!("txid={}", txid.as_str().expect("a txid"));
    let order = client.call("QueryOrders", &path).await[txid.as_str().expect("a txid")].clone();
    assert_eq!((&order["status"], &order["vol_exec"]), (&json!("open"), &json!("0.50000000")));
    assert_eq!(order["fee"], "7.50130", "the maker's fee");
    assert_eq!(client.call("CancelOrder", "txid=7").await, json!({ "count": 1 }), "by userref");
    let bought = client.call("AddOrder", "pair=XBTUSD&type=buy&ordertype=market&volume=0.1").await;
    assert!(bought["txid"][0].is_string());
    assert_eq!(client.exchange.balance("XXBT").as_deref(), Ok("0.6000000000"));
}

#[tokio::test]
async fn each_fault() {
    let client = Client::start(ExchangeConfig::default()).await;
    let faults = client.exchange.faults().clone();
    let fields = "pair=XBTUSD&type=sell&ordertype=market&volume=0.001";
    let refuse = Fault::Refuse { status: 0, message: "EAPI:Rate limit exceeded".into() };
    faults.next("POST /0/private/AddOrder", refuse);
    assert_eq!(client.refused("AddOrder", fields).await, "EAPI:Rate limit exceeded");
    for (fault, placed) in [
        (Fault::DropBefore, 0),
        (Fault::DropAfter, 1),
        (Fault::Stall, 0),
        (Fault::StallAfter, 1),
        (Fault::CorruptJson, 1),
    ] {
        let (before, _) = client.exchange.order_counts();
        faults.next("POST /0/private/AddOrder", fault.clone());
        assert_eq!(client.try_call("AddOrder", fields).await, None, "{fault:?}");
        assert_eq!(client.exchange.order_counts().0 - before, placed, "{fault:?}");
    }
    faults.next("GET /0/public/Ticker", Fault::Status(503));
    let url = format!("{}/0/public/Ticker?pair=XBTUSD", client.exchange.url());
    let response = client.http.get(&url).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 503);
    faults.next("POST /0/private/Balance", Fault::Twice);
    assert_eq!(client.refused("Balance", "").await, "EAPI:Invalid nonce", "a replayed request");
    client.call("Balance", "").await;
}

#[tokio::test]
async fn a_person_can_set_the_scene_over_http() {
    let client = Client::start(ExchangeConfig::default()).await;
    let post = async |path: &str, body: Value| {
        let url = format!("{}/_sandbox/{path}", client.exchange.url());
        client.http.post(url).json(&body).send().await.expect("an answer").status().as_u16()
    };
    let book = json!({ "pair": "XBTUSD", "bids": [["5600.0", "1"]], "asks": [] });
    assert_eq!(post("book", book).await, 204);
    assert_eq!(post("book", json!({ "pair": "XBTUSD", "bids": [["x", "1"]], "asks": [] })).await, 400);
    assert_eq!(post("balance", json!({ "asset": "XXBT", "amount": "0.5" })).await, 204);
    assert_eq!(post("status", json!({ "status": "cancel_only" })).await, 204);
    assert_eq!(post("faults", json!({ "endpoint": "GET /0/public/Time", "fault": "corrupt_json" })).await, 204);
    assert_eq!(client.exchange.balance("XBT").as_deref(), Ok("0.5000000000"));
    assert_eq!(client.public("SystemStatus").await["result"]["status"], "cancel_only");
    let overview = client.http.get(format!("{}/_sandbox", client.exchange.url())).send().await.expect("an answer");
    let overview: Value = overview.json().await.expect("JSON");
    assert_eq!((&overview["orders"], &overview["faults_queued"]), (&json!(0), &json!(1)));
}
