//! The shopper's side of the API: what the extension does, without a browser.

use anyhow::{Context, Result, bail, ensure};
use hpke::{Deserializable, Kem as _, OpModeR, Serializable};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef};
use sandbox::lithic::TypedCard;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::AesGcm128;

const LOOK: Duration = Duration::from_millis(40);
const CALL_WITHIN: Duration = Duration::from_secs(20);

/// A purchase as the API shows it.
#[derive(Debug, Clone)]
pub struct View {
    pub id: String,
    pub state: String,
    pub amount_msat: u64,
    pub rate: String,
    pub bolt11: String,
    /// The same in a `bitcoin:` link, as its QR code has it.
    pub bip21_qr: String,
    /// Where a wallet fetches an invoice of its own.
    pub lnurl: String,
    pub rail: String,
    pub expires_at_ms: u64,
}

impl View {
    fn read(value: &Value) -> Result<Self> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        let view = Self {
            id: text("/id"),
            state: text("/state"),
            amount_msat: number("/quote/amount_msat"),
            rate: text("/quote/rate"),
            bolt11: text("/invoice/bolt11"),
            bip21_qr: text("/invoice/bip21_qr"),
            lnurl: text("/lnurl"),
            rail: text("/rail"),
            expires_at_ms: number("/quote/expires_at_ms"),
        };
        ensure!(!view.id.is_empty() && !view.state.is_empty(), "not a purchase: {value}");
        Ok(view)
    }

    pub fn good_for_secs(&self) -> u64 {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        self.expires_at_ms.saturating_sub(u64::try_from(now_ms).unwrap_or(u64::MAX)).div_ceil(1_000)
    }
}

/// A refund as the API shows it.
#[derive(Debug, Clone)]
pub struct RefundView {
    pub id: String,
    pub state: String,
    pub owed: String,
    /// What the chain took.
    pub taken_sat: u64,
}

pub struct Receipt {
    pub json: Value,
}

impl Receipt {
    /// The receipt in one line.
    pub fn line(&self) -> String {
        let number = |pointer: &str| self.json.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        let text = |pointer: &str| self.json.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
        let captured = number("/captured/minor");
        format!(
            "{} {}.{:02} {} charged by {} for {} msat at {}",
            text("/code"),
            captured / 100,
            captured % 100,
            text("/captured/currency"),
            text("/store_host"),
            number("/claimed_msat"),
            text("/quote/rate"),
        )
    }
}

/// A gift card's code as it is typed at the store.
pub struct TypedCode {
    pub code: String,
    pub pin: Option<String>,
}

/// A logged-in shopper.
pub struct Shopper {
    http: reqwest::Client,
    base: String,
    login: String,
    password: String,
    token: String,
}

impl Shopper {
    /// Registers with a billing address.
    pub async fn register(base: &str, invitation: Option<&str>) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(CALL_WITHIN).build()?;
        let mut shopper = Self {
            http,
            base: base.to_owned(),
            login: format!("demo-{}", random_hex::<4>()),
            password: format!("demo-{}", random_hex::<8>()),
            token: String::new(),
        };
        let body = json!({
            "login": shopper.login, "password": shopper.password, "device_name": "demo", "invitation": invitation,
        });
        let answer = shopper.call("POST", "/v1/register", Some(body)).await?;
        shopper.token = answer["token"].as_str().context("no token")?.to_owned();
        let address = json!({
            "name": "Ella Example", "line1": "1 Swing Street", "city": "New York", "region": "NY",
            "postal_code": "10001", "country": "US",
        });
        shopper.call("PUT", "/v1/account/billing-address", Some(address)).await?;
        Ok(shopper)
    }

    pub fn login(&self) -> &str {
        &self.login
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    /// 128 random bits, hex: the extension's part of the terms.
    pub fn new_nonce(&self) -> String {
        random_hex::<16>()
    }

    pub async fn create(&self, minor: u64, currency: &str, claim_on: &str, nonce: &str) -> Result<View> {
        let body = json!({
            "store_host": "store.example", "total": { "minor": minor, "currency": currency },
            "claim_on": claim_on, "nonce": nonce,
        });
        View::read(&self.call("POST", "/v1/purchases", Some(body)).await?)
    }

    /// Paid first, from the linked account.
    pub async fn create_linked(&self, minor: u64, currency: &str, nonce: &str) -> Result<View> {
        let body = json!({
            "store_host": "store.example", "total": { "minor": minor, "currency": currency },
            "source": "linked_account", "nonce": nonce,
        });
        View::read(&self.call("POST", "/v1/purchases", Some(body)).await?)
    }

    /// Paid first, on the chain; what is not used goes back to this address.
    pub async fn create_on_chain(&self, minor: u64, currency: &str, nonce: &str, refund: &str) -> Result<View> {
        let body = json!({
            "store_host": "store.example", "total": { "minor": minor, "currency": currency },
            "source": "on_chain", "refund_address": refund, "nonce": nonce,
        });
        View::read(&self.call("POST", "/v1/purchases", Some(body)).await?)
    }

    pub async fn confirm_funds(&self, id: &str) -> Result<View> {
        View::read(&self.call("POST", &format!("/v1/purchases/{id}/confirm-funds"), Some(json!({}))).await?)
    }

    pub async fn second_factor(&self, id: &str, code: &str) -> Result<View> {
        let body = json!({ "code": code });
        View::read(&self.call("POST", &format!("/v1/purchases/{id}/second-factor"), Some(body)).await?)
    }

    /// What the purchase says of its funds.
    pub async fn funds(&self, id: &str) -> Result<Value> {
        Ok(self.call("GET", &format!("/v1/purchases/{id}"), None).await?["funds"].take())
    }

    /// The provider's page.
    pub async fn begin_link(&self) -> Result<String> {
        let begun = self.call("POST", "/v1/account/linked/coinbase", Some(json!({}))).await?;
        Ok(begun["authorize_url"].as_str().context("no page")?.to_owned())
    }

    /// What the linked account could send; none if none is linked.
    pub async fn linked_sat(&self) -> Result<Option<u64>> {
        let links = self.call("GET", "/v1/account/linked", None).await?;
        if links["linked"].is_null() {
            return Ok(None);
        }
        links["linked"]["available_sat"].as_u64().context("the balance is not known").map(Some)
    }

    pub async fn unlink(&self) -> Result<()> {
        self.call("DELETE", "/v1/account/linked/coinbase", Some(json!({}))).await.map(|_| ())
    }

    /// A gift card of exactly this value.
    pub async fn create_gift_card(&self, minor: u64, currency: &str, nonce: &str) -> Result<View> {
        let offers = self.call("GET", "/v1/gift-cards?store_host=store.example", None).await?;
        let product = offers["offers"][0]["product_id"].as_str().context("no gift card is offered")?;
        let body = json!({
            "store_host": "store.example", "total": { "minor": minor, "currency": currency },
            "gift_card": { "product_id": product }, "nonce": nonce,
        });
        View::read(&self.call("POST", "/v1/purchases", Some(body)).await?)
    }

    pub async fn create_card_first(&self, currency: &str, claim_on: &str) -> Result<View> {
        let body = json!({
            "store_host": "store.example", "card_first": true, "currency": currency,
            "claim_on": claim_on, "nonce": self.new_nonce(),
        });
        View::read(&self.call("POST", "/v1/purchases", Some(body)).await?)
    }

    pub async fn quote(&self, id: &str, minor: u64, currency: &str, nonce: &str) -> Result<View> {
        let body = json!({ "total": { "minor": minor, "currency": currency }, "nonce": nonce });
        View::read(&self.call("POST", &format!("/v1/purchases/{id}/quote"), Some(body)).await?)
    }

    pub async fn get(&self, id: &str) -> Result<View> {
        View::read(&self.call("GET", &format!("/v1/purchases/{id}"), None).await?)
    }

    /// Looks until the purchase is in one of the states; a server that is being restarted is asked again.
    pub async fn wait(&self, id: &str, states: &[&str], within: Duration) -> Result<View> {
        let deadline = Instant::now() + within;
        loop {
            let last = match self.get(id).await {
                Ok(view) if states.contains(&view.state.as_str()) => return Ok(view),
                Ok(view) => view.state,
                Err(error) => format!("{error:#}"),
            };
            ensure!(Instant::now() < deadline, "waited for {} and saw {last}", states.join(" or "));
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Back from a wallet's own invoice to one that is shown.
    pub async fn show_invoice(&self, id: &str) -> Result<View> {
        View::read(&self.call("POST", &format!("/v1/purchases/{id}/invoice"), Some(json!({}))).await?)
    }

    pub async fn cancel(&self, id: &str) -> Result<View> {
        View::read(&self.call("POST", &format!("/v1/purchases/{id}/cancel"), Some(json!({}))).await?)
    }

    /// What the extension checks before it shows an invoice: key, amount, expiry, hash of the terms.
    pub async fn verify_invoice(&self, view: &View, nonce: &str) -> Result<()> {
        let invoice = Bolt11Invoice::from_str(&view.bolt11).map_err(|error| anyhow::anyhow!("{error}"))?;
        let terms = self.call("GET", &format!("/v1/purchases/{}/terms", view.id), None).await?;
        ensure!(terms["purchase"] == view.id.as_str(), "the terms are another purchase's");
        ensure!(terms["amount_msat"] == view.amount_msat, "the terms have another amount");
        let canonical = canonical_terms(&terms, nonce);
        let hash = hex::encode(&Sha256::digest(&canonical)[..16]);
        let Bolt11InvoiceDescriptionRef::Direct(description) = invoice.description() else {
            bail!("the invoice has no description");
        };
        ensure!(description.to_string().ends_with(&hash), "the invoice does not commit to the terms");
        ensure!(invoice.amount_milli_satoshis() == Some(view.amount_msat), "the invoice asks another amount");
        let node = invoice.recover_payee_pub_key().to_string();
        ensure!(terms["node"] == node.as_str(), "the invoice is signed by another node");
        Ok(())
    }

    /// Card number and code.
    pub async fn reveal(&self, id: &str) -> Result<TypedCard> {
        let card = self.revealed(id).await?;
        Ok(TypedCard {
            number: card["number"].as_str().context("no number")?.to_owned(),
            security_code: card["security_code"].as_str().context("no code")?.to_owned(),
            exp_month: u8::try_from(card["expiry_month"].as_u64().context("no month")?)?,
            exp_year: u16::try_from(card["expiry_year"].as_u64().context("no year")?)?,
        })
    }

    /// The gift card's code.
    pub async fn reveal_code(&self, id: &str) -> Result<TypedCode> {
        let card = self.revealed(id).await?;
        let text = |name: &str| card[name].as_str().map(str::to_owned);
        Ok(TypedCode { code: text("code").context("no code")?, pin: text("pin") })
    }

    /// The vendor's number of the order.
    pub async fn gift_card_order(&self, id: &str) -> Result<String> {
        let view = self.call("GET", &format!("/v1/purchases/{id}"), None).await?;
        Ok(view["gift_card"]["order_id"].as_str().context("nothing is ordered")?.to_owned())
    }

    /// What the store is paid with, sealed by the server to a key that lives for this call only.
    async fn revealed(&self, id: &str) -> Result<Value> {
        let mut seed = [0u8; 32];
        rand::fill(&mut seed);
        let (private, public) = Kem::derive_keypair(&seed);
        let body = json!({ "public_key": hex::encode(public.to_bytes()) });
        let answer = self.call("POST", &format!("/v1/purchases/{id}/reveal"), Some(body)).await?;
        let part = |name: &str| hex::decode(answer[name].as_str().unwrap_or_default()).context("not hex");
        let encapsulated =
            <Kem as hpke::Kem>::EncappedKey::from_bytes(&part("enc")?).map_err(|e| anyhow::anyhow!("{e}"))?;
        let aad = hex::encode(hex::decode(id)?);
        let plain = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            b"anytill reveal v1",
            &part("ciphertext")?,
            aad.as_bytes(),
        )
        .map_err(|error| anyhow::anyhow!("the card cannot be opened: {error}"))?;
        Ok(serde_json::from_slice(&plain)?)
    }

    pub async fn receipt(&self, id: &str) -> Result<Receipt> {
        Ok(Receipt { json: self.call("GET", &format!("/v1/purchases/{id}/receipt"), None).await? })
    }

    /// Refunds of one purchase.
    pub async fn refunds(&self, purchase: &str) -> Result<Vec<RefundView>> {
        let answer = self.call("GET", "/v1/refunds", None).await?;
        let rows = answer["refunds"].as_array().context("not a list")?;
        Ok(rows
            .iter()
            .filter(|row| row["purchase"].as_str() == Some(purchase))
            .map(|row| RefundView {
                id: row["id"].as_str().unwrap_or_default().to_owned(),
                state: row["state"].as_str().unwrap_or_default().to_owned(),
                owed: if row["owed"].is_null() {
                    format!("{} msat", row["owed_msat"])
                } else {
                    format!("{} cents", row["owed"]["minor"])
                },
                taken_sat: row["taken_msat"].as_u64().unwrap_or(0) / 1_000,
            })
            .collect())
    }

    pub async fn give_destination(&self, refund: &str, invoice: &str) -> Result<()> {
        let body = json!({ "bolt11": invoice, "password": self.password });
        self.call("POST", &format!("/v1/refunds/{refund}/destination"), Some(body)).await.map(|_| ())
    }

    /// An address by which a wallet collects a refund itself.
    pub async fn refund_link(&self, refund: &str) -> Result<String> {
        let body = json!({ "password": self.password });
        let link = self.call("POST", &format!("/v1/refunds/{refund}/link"), Some(body)).await?;
        Ok(link["lnurl"].as_str().context("no link")?.to_owned())
    }

    /// Where refunds of this account go from now on.
    pub async fn set_refund_address(&self, address: &str) -> Result<()> {
        let body = json!({ "lightning_address": address, "password": self.password });
        self.call("PUT", "/v1/account/refund-destination", Some(body)).await.map(|_| ())
    }

    pub async fn wait_for_price(&self, within: Duration) -> Result<()> {
        self.wait_for_rates(within, true).await
    }

    /// Waits until the server has no fresh price any more.
    pub async fn wait_for_no_price(&self, within: Duration) -> Result<()> {
        self.wait_for_rates(within, false).await
    }

    async fn wait_for_rates(&self, within: Duration, wanted: bool) -> Result<()> {
        let deadline = Instant::now() + within;
        loop {
            let rates = self.call("GET", "/v1/rates", None).await?;
            let there = rates["rates"].as_array().is_some_and(|rows| rows.iter().any(|row| row["rate"].is_string()));
            if there == wanted {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "prices did not change: {rates}");
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let method_name = reqwest::Method::from_str(method)?;
        let mut request = self.http.request(method_name, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.header("idempotency-key", random_hex::<16>()).json(&body);
        }
        let response = request.send().await.with_context(|| format!("{method} {path}"))?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{method} {path}: {status} {text}");
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("{method} {path}: not JSON: {text}"))
    }
}

/// Built from the fields and our own nonce, byte for byte as `vectors/terms.json` shows.
fn canonical_terms(terms: &Value, nonce: &str) -> String {
    let mut lines = String::from("anytill-terms-v1\n");
    for name in [
        "server",
        "node",
        "purchase",
        "store",
        "total_minor",
        "currency",
        "fee_minor",
        "rate_micro",
        "spread_ppm",
        "amount_msat",
        "expires_at_ms",
        "claim_on",
    ] {
        let value = match &terms[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        lines.push_str(&format!("{name}={value}\n"));
    }
    lines.push_str(&format!("nonce={nonce}\n"));
    lines
}

fn random_hex<const N: usize>() -> String {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes[..]);
    hex::encode(bytes)
}
