//! Vendors beside those of every test's world: gift cards that a second node pays, and the others of both kinds.

use crate::common::World;
use crate::shopper::{Shopper, reserve};
use sandbox::bitrefill::{Bitrefill, BitrefillConfig, RateLimits};
use sandbox::wallet::{ChannelPlan, PayerWallet, WalletConfig};
use sandbox::{coinbase, stripe};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const CAPACITY_SAT: u64 = 16_000_000;
/// What the server's side can spend on gift cards.
const PUSH_MSAT: u64 = 12_000_000_000;
const STEP_WITHIN: Duration = Duration::from_secs(120);
/// With a PIN; sold in packages.
const PRODUCT: &str = "rare_groove_records_fixed-usa";
pub const VALUE_MINOR: i64 = 1_000;

/// A gift-card vendor and its node.
pub struct GiftCards {
    bitrefill: Bitrefill,
    wallet: Arc<PayerWallet>,
}

impl GiftCards {
    /// Before the server starts.
    pub async fn set_up(world: &mut World, dir: &Path) -> Self {
        let config = WalletConfig { dir: dir.to_owned(), chain: world.chain.access().clone() };
        let wallet = Arc::new(PayerWallet::start(config).await.unwrap());
        let config = BitrefillConfig { limits: RateLimits::Off, ..BitrefillConfig::default() };
        let bitrefill = Bitrefill::start(Arc::clone(&wallet) as _, config).await.unwrap();
        world.more_secrets.push(("GIFT_CARDS_KEY", bitrefill.api_key().to_owned()));
        let products = format!("[{{ host = \"store.example\", country = \"US\", product = \"{PRODUCT}\" }}]");
        world.settings.extend([
            ("ANYTILL_VENDOR_NODE__ENABLED", "true".to_owned()),
            ("ANYTILL_VENDOR_NODE__LISTEN", "[\"127.0.0.1:0\"]".to_owned()),
            ("ANYTILL_GIFT_CARDS__VENDOR", "bitrefill".to_owned()),
            ("ANYTILL_GIFT_CARDS__BASE_URL", bitrefill.api_url()),
            ("ANYTILL_GIFT_CARDS__API_KEY", "env:GIFT_CARDS_KEY".to_owned()),
            ("ANYTILL_GIFT_CARDS__PRODUCTS", products),
        ]);
        Self { bitrefill, wallet }
    }

    /// A channel that the server's second node can pay through.
    pub async fn open_channel(&self, world: &World) {
        reserve(world, &["node", "--vendor"]).await;
        let second = world.ok(&["node", "--vendor", "id"]);
        let (id, address) = second.trim().split_once('@').unwrap();
        let plan = ChannelPlan {
            peer: id.parse().unwrap(),
            peer_address: address.parse().unwrap(),
            capacity_sat: CAPACITY_SAT,
            push_msat: PUSH_MSAT,
            step_timeout: STEP_WITHIN,
        };
        self.wallet.fund_and_open(&world.chain, plan, |_| ()).await.unwrap();
    }

    /// A card that was bought and paid by `payer`: code and PIN, as they are revealed.
    pub async fn bought(&self, shopper: &Shopper, payer: &PayerWallet) -> (String, String) {
        let purchase = shopper.buy_gift_card(VALUE_MINOR).await;
        let id = purchase["id"].as_str().unwrap();
        payer.pay(purchase["invoice"]["bolt11"].as_str().unwrap()).await.unwrap();
        shopper.until(id, "completed").await;
        let card: Value = shopper.revealed(id).await;
        assert_eq!(card, shopper.revealed(id).await, "one purchase, one code");
        (card["code"].as_str().unwrap().to_owned(), card["pin"].as_str().unwrap().to_owned())
    }

    pub async fn stop(self) {
        self.bitrefill.close().await;
        drop(self.bitrefill);
        if let Ok(wallet) = Arc::try_unwrap(self.wallet) {
            wallet.stop().await.unwrap();
        }
    }
}

/// Issuer and exchange as the configuration has them, in place of the world's own; they run as long as they are kept.
pub async fn the_others(world: &mut World) -> (stripe::Issuer, coinbase::Exchange) {
    let issuer = stripe::Issuer::start(stripe::IssuerConfig::default()).await.unwrap();
    let exchange = coinbase::Exchange::start(coinbase::ExchangeConfig::default()).await.unwrap();
    let hook = |what: &str| format!("{}/webhooks/stripe/{what}", world.url);
    let authorization = issuer.register(&hook("charge"), &["issuing_authorization.request"]);
    let events = issuer.register(&hook("events"), &["issuing_authorization.created"]);
    world.more_secrets.extend([
        ("ISSUER_KEY", issuer.api_key()),
        ("ISSUER_AUTHORIZATION", authorization),
        ("ISSUER_EVENTS", events),
        ("EXCHANGE_KEY", exchange.key_name().to_owned()),
        ("EXCHANGE_PRIVATE", exchange.private_key().trim().replace('\n', "\\n")),
    ]);
    world.settings.extend([
        ("ANYTILL_ISSUER__VENDOR", "stripe".to_owned()),
        ("ANYTILL_ISSUER__BASE_URL", issuer.url()),
        ("ANYTILL_EXCHANGE__VENDOR", "coinbase".to_owned()),
        ("ANYTILL_EXCHANGE__BASE_URL", exchange.url()),
    ]);
    (issuer, exchange)
}
