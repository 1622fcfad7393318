//! What a payer's wallet scans, and how it comes by the invoice: as a wallet does it that nobody here wrote, with every
//! check that BIP 321 and LUD-01, LUD-06, LUD-09 and LUD-21 ask of one.

use anyhow::{Context, Result, bail, ensure};
use bech32::primitives::decode::CheckedHrpstring;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use clap::ValueEnum;
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef};
use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::str::FromStr;
use std::time::Duration;

const CALL_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// What the shopper's wallet scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rail {
    /// The invoice itself.
    Bolt11,
    /// The same invoice in a `bitcoin:` link.
    Bip21,
    /// An address where the wallet fetches an invoice of its own.
    Lnurl,
    /// An address on the chain: paid first, what is not used is paid back less the chain's fee.
    Onchain,
}

/// A code that was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Scanned {
    Bolt11(String),
    Lnurl(Url),
}

/// What was fetched from an LNURL.
#[derive(Debug)]
pub struct Fetched {
    pub bolt11: String,
    /// Shown to the payer before anything is paid.
    pub description: String,
    /// Shown once it is paid.
    pub message: String,
    pub verify: Url,
}

/// Reads a code in either case, with or without a scheme.
pub fn scan(text: &str) -> Result<Scanned> {
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    if scheme.eq_ignore_ascii_case("bitcoin") {
        return scan_bitcoin(rest);
    }
    ensure!(scheme.is_empty() || scheme.eq_ignore_ascii_case("lightning"), "no wallet of Lightning reads `{scheme}:`");
    if rest.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("lnurl1")) {
        return Ok(Scanned::Lnurl(decode(rest)?));
    }
    Ok(Scanned::Bolt11(rest.to_ascii_lowercase()))
}

/// BIP 321: keys are case-sensitive, what is required and not known makes the whole link invalid.
fn scan_bitcoin(rest: &str) -> Result<Scanned> {
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut invoice = None;
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key {
            "lightning" => invoice = Some(value),
            required if required.starts_with("req-") => bail!("the link requires `{required}`"),
            _ => {}
        }
    }
    // A wallet that prefers the chain would pay there, where nothing can be held.
    ensure!(address.is_empty(), "the link has an address too");
    scan(invoice.context("the link has no Lightning invoice")?)
}

fn decode(lnurl: &str) -> Result<Url> {
    let read = CheckedHrpstring::new::<bech32::Bech32>(lnurl).context("not a bech32 text")?;
    let url = Url::parse(&String::from_utf8(read.byte_iter().collect())?)?;
    ensure!(is_safe(&url), "wallets ask by https only");
    Ok(url)
}

/// https, an onion service, or this machine itself, which is the demo.
fn is_safe(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https" || (url.scheme() == "http" && (host.ends_with(".onion") || host == "127.0.0.1"))
}

/// Both requests of LUD-06 for `amount_msat`.
pub async fn fetch(lnurl: &Url, amount_msat: u64) -> Result<Fetched> {
    let offer = ask(lnurl.clone()).await?;
    let text = |name: &str| offer[name].as_str().with_context(|| format!("no `{name}` in the offer"));
    ensure!(text("tag")? == "payRequest", "not an address to pay to");
    let (min, max) = (offer["minSendable"].as_u64().context("no minimum")?, offer["maxSendable"].as_u64().unwrap_or(0));
    ensure!(min >= 1 && min <= amount_msat && amount_msat <= max, "{min} to {max} msat are taken, not {amount_msat}");
    let metadata = text("metadata")?;
    let description = plain(metadata)?;
    let mut callback = Url::parse(text("callback")?)?;
    ensure!(is_safe(&callback) && callback.host() == lnurl.host(), "the callback leads elsewhere");
    callback.query_pairs_mut().append_pair("amount", &amount_msat.to_string());
    let answer = ask(callback.clone()).await?;
    let bolt11 = answer["pr"].as_str().context("no invoice in the answer")?.to_owned();
    let invoice = Bolt11Invoice::from_str(&bolt11).map_err(|error| anyhow::anyhow!("{error}"))?;
    let Bolt11InvoiceDescriptionRef::Hash(hash) = invoice.description() else {
        bail!("the invoice does not commit to the metadata");
    };
    ensure!(hash.0.to_string() == hex::encode(Sha256::digest(metadata)), "the invoice commits to other metadata");
    ensure!(invoice.amount_milli_satoshis() == Some(amount_msat), "the invoice asks another amount");
    ensure!(answer["successAction"]["tag"] == "message", "a wallet does not pay for what it cannot show");
    let message = answer["successAction"]["message"].as_str().context("no message")?.to_owned();
    ensure!(message.chars().count() <= 144, "the message is too long");
    let verify = Url::parse(answer["verify"].as_str().context("nowhere to verify")?)?;
    Ok(Fetched { bolt11, description, message, verify })
}

/// The one `text/plain` entry that there has to be.
fn plain(metadata: &str) -> Result<String> {
    let entries: Vec<Vec<Value>> = serde_json::from_str(metadata).context("the metadata is no array of arrays")?;
    let mut plain = entries.iter().filter(|entry| entry.first().is_some_and(|kind| kind == "text/plain"));
    let (Some(entry), None) = (plain.next(), plain.next()) else { bail!("not exactly one description") };
    Ok(entry.get(1).and_then(Value::as_str).context("the description is no text")?.to_owned())
}

/// What the owner of an LNURL wants of a wallet.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// So much, and no other amount.
    Pay {
        amount_msat: u64,
    },
    Collect,
    LogIn,
}

/// A log-in says so itself (LUD-04), so that a wallet asks nobody before its owner has agreed; the others are asked.
pub async fn wish(lnurl: &Url) -> Result<Wish> {
    if lnurl.query_pairs().any(|(key, value)| key == "tag" && value == "login") {
        return Ok(Wish::LogIn);
    }
    let offer = ask(lnurl.clone()).await?;
    match offer["tag"].as_str() {
        Some("payRequest") => {
            let (min, max) = (offer["minSendable"].as_u64(), offer["maxSendable"].as_u64());
            ensure!(min.is_some() && min == max, "the payer would have to choose an amount: {min:?} to {max:?}");
            Ok(Wish::Pay { amount_msat: min.context("no amount")? })
        }
        Some("withdrawRequest") => Ok(Wish::Collect),
        other => bail!("no wallet knows what {other:?} is"),
    }
}

/// LUD-04 with this linking key. Gives the public key that the server knows the wallet by.
pub async fn log_in(lnurl: &Url, linking: &SecretKey) -> Result<String> {
    let given = |name: &str| lnurl.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let mut k1 = [0; 32];
    hex::decode_to_slice(given("k1").context("no `k1`")?, &mut k1).context("`k1` is not 32 bytes")?;
    if let Some(action) = given("action") {
        ensure!(["register", "login", "link", "auth"].contains(&action.as_str()), "no action `{action}` is known");
    }
    let secp = Secp256k1::new();
    let signature = secp.sign_ecdsa(&Message::from_digest(k1), linking).serialize_der();
    let key = PublicKey::from_secret_key(&secp, linking).to_string();
    let mut url = lnurl.clone();
    url.query_pairs_mut().append_pair("sig", &hex::encode(signature)).append_pair("key", &key);
    let answer = ask(url).await?;
    ensure!(answer["status"] == "OK", "the server answers: {answer}");
    Ok(key)
}

/// LUD-03, with an invoice of the wallet for exactly what is offered. Gives the amount.
pub async fn withdraw<F>(lnurl: &str, invoice: impl FnOnce(u64, String) -> F) -> Result<u64>
where
    F: Future<Output = Result<String>>,
{
    let Scanned::Lnurl(url) = scan(lnurl)? else { bail!("not an LNURL") };
    let offer = ask(url.clone()).await?;
    let text = |name: &str| offer[name].as_str().with_context(|| format!("no `{name}` in the offer"));
    ensure!(text("tag")? == "withdrawRequest", "not an address to collect from");
    let (min, max) = (offer["minWithdrawable"].as_u64(), offer["maxWithdrawable"].as_u64().context("no maximum")?);
    ensure!(min.is_some_and(|min| min <= max) && max > 0, "nothing is offered");
    let mut callback = Url::parse(text("callback")?)?;
    ensure!(is_safe(&callback) && callback.host() == url.host(), "the callback leads elsewhere");
    let bolt11 = invoice(max, text("defaultDescription")?.to_owned()).await?;
    callback.query_pairs_mut().append_pair("k1", text("k1")?).append_pair("pr", &bolt11);
    let answer = ask(callback).await?;
    ensure!(answer["status"] == "OK", "the payer answers: {answer}");
    Ok(max)
}

/// LUD-21: does the payee say that it has it?
pub async fn confirmed(verify: &Url) -> Result<bool> {
    let answer = ask(verify.clone()).await?;
    ensure!(answer["preimage"].is_null(), "the payee tells the preimage to whoever asks");
    answer["settled"].as_bool().context("the payee does not say whether it is settled")
}

/// Whatever the status is, what counts is the JSON (LUD-01).
async fn ask(url: Url) -> Result<Value> {
    let http = reqwest::Client::builder().timeout(CALL_WITHIN).redirect(reqwest::redirect::Policy::none()).build()?;
    let mut response = http.get(url).send().await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= ANSWER_BYTES_MAX, "the answer is too large");
    }
    let answer: Value = serde_json::from_slice(&body).context("the answer is not JSON")?;
    ensure!(answer["status"] != "ERROR", "the payee answers: {}", answer["reason"].as_str().unwrap_or_default());
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bolt11(text: &str) -> Scanned {
        Scanned::Bolt11(text.to_owned())
    }

    #[test]
    fn codes_are_read_as_wallets_read_them() {
        for code in ["LNBC1X", "lnbc1x", "lightning:lnbc1x", "LIGHTNING:LNBC1X", "bitcoin:?lightning=LNBC1X"] {
            assert_eq!(scan(code).unwrap(), bolt11("lnbc1x"), "{code}");
        }
        assert_eq!(scan("BITCOIN:?label=a%20b&lightning=lnbc1x&x=y").unwrap(), bolt11("lnbc1x"));
        for code in [
            "bitcoin:",
            "bitcoin:?LIGHTNING=LNBC1X",
            "bitcoin:?lightning=lnbc1x&req-something=1",
            "bitcoin:bc1q9zpgru?lightning=lnbc1x",
            "ethereum:lnbc1x",
            "LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNQ",
        ] {
            assert!(scan(code).is_err(), "{code}");
        }
    }

    #[test]
    fn addresses_in_the_clear_are_not_asked() {
        let of = |url: &str| {
            let hrp = bech32::Hrp::parse("lnurl").unwrap();
            scan(&bech32::encode_upper::<bech32::Bech32>(hrp, url.as_bytes()).unwrap())
        };
        assert_eq!(
            of("https://till.example/a").unwrap(),
            Scanned::Lnurl(Url::parse("https://till.example/a").unwrap())
        );
        assert!(of("http://127.0.0.1:80/a").is_ok() && of("http://abc.onion/a").is_ok());
        assert!(of("http://till.example/a").is_err() && of("ftp://till.example/a").is_err());
    }
}
