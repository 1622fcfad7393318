//! Signed calls (docs.kraken.com, "Spot REST authentication").
//!
//! `API-Sign` is HMAC-SHA512, keyed with the decoded private key, of the path and SHA-256 of nonce and body.
//!
//! The nonce is our clock in milliseconds, or one more than the last where the clock did not move on. It rises across
//! restarts as long as the clock does, the API key is used by this server alone and fewer than a thousand calls a
//! second are made for long. Calls go out one after another, so the key's nonce window can stay at zero; a window of
//! about ten seconds forgives a clock that is set back.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use ids::UnixMs;
use outbound::{Method, Request, form};
use ports::Secret;
use sha2::{Digest, Sha256, Sha512};
use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};
use zeroize::Zeroizing;

/// The private key is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key is not base64")]
pub struct BadPrivateKey;

pub struct Keys {
    api_key: Secret,
    private_key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    pub fn new(api_key: Secret, private_key: &Secret) -> Result<Self, BadPrivateKey> {
        let private_key = Zeroizing::new(STANDARD.decode(private_key.expose().trim()).map_err(|_| BadPrivateKey)?);
        if private_key.is_empty() { Err(BadPrivateKey) } else { Ok(Self { api_key, private_key }) }
    }

    /// A `POST` of `/0/private/{name}` with the nonce first, form-encoded.
    pub fn request(&self, name: &str, nonce: u64, parameters: &[(&str, &str)]) -> Request {
        let path = format!("/0/private/{name}");
        let nonce = nonce.to_string();
        let mut pairs = vec![("nonce", nonce.as_str())];
        pairs.extend_from_slice(parameters);
        let body = form(&pairs);
        let signature = self.sign(&path, &nonce, &body);
        Request::new(Method::Post, path)
            .secret_header("api-key", &self.api_key)
            .header("api-sign", signature)
            .body("application/x-www-form-urlencoded", body.into_bytes())
    }

    fn sign(&self, path: &str, nonce: &str, body: &str) -> String {
        let mut inner = Sha256::new();
        inner.update(nonce.as_bytes());
        inner.update(body.as_bytes());
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.private_key).expect("HMAC takes keys of any length");
        mac.update(path.as_bytes());
        mac.update(&inner.finalize());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// Strictly rising numbers near the clock.
#[derive(Debug, Default)]
pub struct Nonce(AtomicU64);

impl Nonce {
    pub fn next(&self, now: UnixMs) -> u64 {
        let next = |last: u64| now.0.max(last.saturating_add(1));
        let last = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        next(last.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Kraken's documentation.
    #[test]
    fn the_published_example() {
        let private = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==";
        let keys = Keys::new(Secret::new("key".to_owned()), &Secret::new(private.to_owned())).unwrap();
        let order =
            [("ordertype", "limit"), ("pair", "XBTUSD"), ("price", "37500"), ("type", "buy"), ("volume", "1.25")];
        let request = keys.request("AddOrder", 1_616_492_376_594, &order);
        assert_eq!(
            request.bytes(),
            b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
        );
        assert_eq!(
            request.header_value("api-sign"),
            Some("4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==")
        );
        assert_eq!(request.header_value("api-key"), Some("key"));
    }

    #[test]
    fn nonces_rise_whatever_the_clock_does() {
        let nonce = Nonce::default();
        let given: Vec<u64> = [100, 100, 90, 0, 101, 200].map(|now| nonce.next(UnixMs(now))).to_vec();
        assert_eq!(given, [100, 101, 102, 103, 104, 200]);
    }

    #[test]
    fn keys_are_checked_and_not_shown() {
        let private = |text: &str| Keys::new(Secret::new("k".to_owned()), &Secret::new(text.to_owned()));
        assert!(private("not base64!").is_err() && private("").is_err());
        assert_eq!(format!("{:?}", private("AAAA\n").unwrap()), "Keys(..)");
    }
}
