//! A shopper of the real server: registers, buys, pays with a wallet of its own, opens the card.

use crate::common::{World, wait};
use hpke::kem::X25519HkdfSha256;
use hpke::{Kem as _, Serializable as _};
use outbound::{HttpClient, Limits, Method, Request};
use rand::SeedableRng as _;
use sandbox::lithic::TypedCard;
use sandbox::wallet::{ChannelPlan, PayerWallet, WalletConfig};
use serde_json::{Value, json};
use std::str::FromStr as _;
use std::time::Duration;

pub const TOTAL_MINOR: i64 = 500;
const CAPACITY_SAT: u64 = 16_000_000;
const STEP_WITHIN: Duration = Duration::from_secs(120);
const RESERVE_SAT: u64 = 1_000_000;

pub struct Shopper {
    client: HttpClient,
    pub login: String,
    pub password: String,
    pub token: String,
    pub recovery_code: String,
}

impl Shopper {
    pub async fn register(http: &str, invitation: &str) -> Self {
        let client = HttpClient::new(http, Limits::default()).unwrap();
        let login = format!("ella-{}", rand::random_range(0..u32::MAX));
        let password = format!("correct horse {}", hex::encode(rand::random::<[u8; 8]>()));
        let mut shopper = Self { client, login, password, token: String::new(), recovery_code: String::new() };
        let body = json!({
            "login": shopper.login, "password": shopper.password, "device_name": "test", "invitation": invitation,
        });
        let answer = shopper.call(Method::Post, "/v1/register", Some(&body)).await;
        shopper.token = answer["token"].as_str().unwrap().to_owned();
        shopper.recovery_code = answer["recovery_code"].as_str().unwrap().to_owned();
        let address = json!({
            "name": "Ella Example", "line1": "1 Swing Street", "city": "New York", "region": "NY",
            "postal_code": "10001", "country": "US",
        });
        shopper.call(Method::Put, "/v1/account/billing-address", Some(&address)).await;
        shopper
    }

    pub async fn buy(&self) -> Value {
        let body = json!({
            "store_host": "store.example", "total": { "minor": TOTAL_MINOR, "currency": "USD" },
            "nonce": "000102030405060708090a0b0c0d0e0f",
        });
        let made = self.call(Method::Post, "/v1/purchases", Some(&body)).await;
        self.until(made["id"].as_str().unwrap(), "invoiced").await
    }

    pub async fn until(&self, id: &str, state: &str) -> Value {
        let path = format!("/v1/purchases/{id}");
        let deadline = tokio::time::Instant::now() + STEP_WITHIN;
        loop {
            let view = self.call(Method::Get, &path, None).await;
            if view["state"] == state {
                return view;
            }
            assert!(tokio::time::Instant::now() < deadline, "waited for {state}: {view}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A gift card of the only product on offer.
    pub async fn buy_gift_card(&self, value_minor: i64) -> Value {
        // What the vendor does not deliver is owed: nobody may have to ask where to.
        let refunds = json!({ "lightning_address": "refunds@wallet.example", "password": self.password });
        self.call(Method::Put, "/v1/account/refund-destination", Some(&refunds)).await;
        let offers = self.call(Method::Get, "/v1/gift-cards?store_host=store.example", None).await;
        let body = json!({
            "store_host": "store.example", "total": { "minor": value_minor, "currency": "USD" },
            "gift_card": { "product_id": offers["offers"][0]["product_id"] },
            "nonce": "000102030405060708090a0b0c0d0e0f",
        });
        let made = self.call(Method::Post, "/v1/purchases", Some(&body)).await;
        self.until(made["id"].as_str().unwrap(), "invoiced").await
    }

    /// Sealed to a key made for this one answer.
    pub async fn reveal(&self, id: &str) -> TypedCard {
        let card = self.revealed(id).await;
        let text = |name: &str| card[name].as_str().unwrap().to_owned();
        let number = |name: &str| card[name].as_u64().unwrap();
        TypedCard {
            number: text("number"),
            security_code: text("security_code"),
            exp_month: number("expiry_month").try_into().unwrap(),
            exp_year: number("expiry_year").try_into().unwrap(),
        }
    }

    /// What the answer's key opens.
    pub async fn revealed(&self, id: &str) -> Value {
        let (private, public) = X25519HkdfSha256::gen_keypair(&mut rand::rngs::StdRng::from_os_rng());
        let body = json!({ "public_key": hex::encode(public.to_bytes()) });
        let answer = self.call(Method::Post, &format!("/v1/purchases/{id}/reveal"), Some(&body)).await;
        let bytes = |name: &str| hex::decode(answer[name].as_str().unwrap()).unwrap();
        let sealed = trust::Sealed { enc: bytes("enc").try_into().unwrap(), ciphertext: bytes("ciphertext") };
        let plain = trust::open_card(&private.to_bytes().into(), id.parse().unwrap(), &sealed).unwrap();
        serde_json::from_slice(&plain).unwrap()
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = Request::new(method, path);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if let Some(body) = body {
            request = request.json(body);
            if !path.ends_with("/reveal") {
                request = request.header("idempotency-key", hex::encode(rand::random::<[u8; 16]>()));
            }
        }
        let response = self.client.send(&request).await.unwrap();
        let text = String::from_utf8_lossy(&response.body);
        assert!((200..300).contains(&response.status), "{path}: {} {text}", response.status);
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }
}

/// The payer's wallet, with a channel to the server's node, whose reserve is in place.
pub async fn wallet(world: &World, dir: &std::path::Path, ready: &Value) -> PayerWallet {
    reserve(world, &["node"]).await;
    let config = WalletConfig { dir: dir.to_owned(), chain: world.chain.access().clone() };
    let wallet = PayerWallet::start(config).await.unwrap();
    let listens = world.ok(&["node", "id"]);
    let (id, peer_address) = listens.trim().split_once('@').unwrap();
    assert_eq!(ready["node_id"].as_str(), Some(id));
    let plan = ChannelPlan {
        peer: id.parse().unwrap(),
        peer_address: peer_address.parse().unwrap(),
        capacity_sat: CAPACITY_SAT,
        push_msat: CAPACITY_SAT * 1_000 / 4,
        step_timeout: STEP_WITHIN,
    };
    wallet.fund_and_open(&world.chain, plan, |_| ()).await.unwrap();
    wallet
}

/// Coins to close channels with; `node` is the command that speaks of one of the two nodes.
pub async fn reserve(world: &World, node: &[&str]) {
    let address = world.ok(&[node, &["address"]].concat());
    let address = bitcoin::Address::from_str(address.trim()).unwrap();
    let address = address.require_network(bitcoin::Network::Regtest).unwrap();
    world.chain.fund(&address, RESERVE_SAT).await.unwrap();
    world.chain.mine(6).await.unwrap();
    wait("the node to see its reserve", || {
        let balances = world.ok(&[node, &["balances", "--json"]].concat());
        balances.contains(&format!("\"onchain_total_sat\": {RESERVE_SAT}"))
    });
}
