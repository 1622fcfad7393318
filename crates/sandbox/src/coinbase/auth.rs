//! CDP API keys and their tokens (docs.cdp.coinbase.com, "API key authentication").
//!
//! A request carries a JWT of its own, signed with ES256: header `alg`, `kid` (the key's name), `nonce`; claims `iss`,
//! `sub` (the key's name again), `nbf`, `exp` at most two minutes later, and `uri`: method, host and path without query.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use p256::{
    SecretKey,
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    elliptic_curve::sec1::ToEncodedPoint,
};
use serde::Deserialize;

use crate::vendor::ids;

/// A token lives so long at most.
const TOKEN_SECS_MAX: i64 = 120;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    pub view: bool,
    pub trade: bool,
    pub transfer: bool,
}

/// A key as Coinbase hands it out.
#[derive(Clone)]
pub(crate) struct ApiKey {
    /// `organizations/{org}/apiKeys/{key}`.
    pub(crate) name: String,
    /// SEC 1 PEM, `-----BEGIN EC PRIVATE KEY-----`.
    pub(crate) private_pem: String,
    public: VerifyingKey,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.name)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    nonce: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    nbf: i64,
    exp: i64,
    uri: String,
}

impl ApiKey {
    /// A new key.
    pub(crate) fn generate() -> Self {
        // Random bytes are a P-256 key but for one case in 2^32.
        let secret = loop {
            let bytes: [u8; 32] = rand::random();
            if let Ok(secret) = SecretKey::from_slice(&bytes) {
                break secret;
            }
        };
        let private_pem = sec1_pem(&secret);
        let public = VerifyingKey::from(secret.public_key());
        Self { name: format!("organizations/{}/apiKeys/{}", ids::uuid(), ids::uuid()), private_pem, public }
    }

    /// Whether `token` is good for `uri` (`GET host/path`) now.
    pub(crate) fn admits(&self, token: &str, uri: &str, now_ms: i64) -> Result<(), &'static str> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("not three parts");
        };
        let signed = &token[..header.len() + 1 + claims.len()];
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "the signature is not base64url")?;
        let signature = Signature::from_slice(&signature).map_err(|_| "the signature is not 64 bytes")?;
        self.public.verify(signed.as_bytes(), &signature).map_err(|_| "the signature is wrong")?;
        let header: Header = part(header).ok_or("the header is not as documented")?;
        let claims: Claims = part(claims).ok_or("the claims are not as documented")?;
        let now = now_ms.div_euclid(1_000);
        let checks = [
            (header.alg == "ES256", "alg"),
            (header.kid == self.name && claims.sub == self.name, "kid or sub"),
            (!header.nonce.is_empty(), "nonce"),
            (matches!(claims.iss.as_str(), "cdp" | "coinbase-cloud"), "iss"),
            (claims.uri == uri, "uri"),
            (claims.nbf <= now, "nbf is in the future"),
            (claims.exp > now, "exp is over"),
            (claims.exp.saturating_sub(claims.nbf) <= TOKEN_SECS_MAX, "exp is too far"),
        ];
        checks.into_iter().try_for_each(|(good, what)| if good { Ok(()) } else { Err(what) })
    }
}

/// SEC 1 with the name of the curve, which strict readers ask for (RFC 5915): all parts of a P-256 key have fixed lengths.
fn sec1_pem(secret: &SecretKey) -> String {
    const BEFORE: [u8; 7] = [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
    const CURVE: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const PUBLIC: [u8; 5] = [0xa1, 0x44, 0x03, 0x42, 0x00];
    let public = secret.public_key().to_encoded_point(false);
    let der = [&BEFORE[..], secret.to_bytes().as_slice(), &CURVE, &PUBLIC, public.as_bytes()].concat();
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>();
    format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", lines.join("\n"))
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{SigningKey, signature::Signer};
    use serde_json::json;

    use super::*;

    fn token(pem: &str, header: serde_json::Value, claims: serde_json::Value) -> String {
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let key = SigningKey::from(SecretKey::from_sec1_pem(pem).expect("a key"));
        let signature: Signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    #[test]
    fn only_a_token_for_this_request_now_is_good() {
        let (key, other) = (ApiKey::generate(), ApiKey::generate());
        assert!(key.private_pem.starts_with("-----BEGIN EC PRIVATE KEY-----"));
        let uri = "GET api.example/api/v3/brokerage/accounts";
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": key.name, "nonce": "1f" });
        let claims = json!({ "iss": "cdp", "sub": key.name, "nbf": 1_000, "exp": 1_120, "uri": uri });
        let good = token(&key.private_pem, header.clone(), claims.clone());
        assert_eq!(key.admits(&good, uri, 1_000_000), Ok(()));
        assert_eq!(key.admits(&good, uri, 1_119_999), Ok(()));
        assert_eq!(key.admits(&good, uri, 1_120_000), Err("exp is over"));
        assert_eq!(key.admits(&good, uri, 999_999), Err("nbf is in the future"));
        assert_eq!(key.admits(&good, "POST api.example/api/v3/brokerage/orders", 1_000_000), Err("uri"));
        let forged = token(&other.private_pem, header.clone(), claims.clone());
        assert_eq!(key.admits(&forged, uri, 1_000_000), Err("the signature is wrong"));
        for (name, value) in [("exp", json!(1_121)), ("sub", json!("x")), ("iss", json!("x")), ("nbf", json!(null))] {
            let mut changed = claims.clone();
            changed[name] = value;
            let wrong = token(&key.private_pem, header.clone(), changed);
            assert!(key.admits(&wrong, uri, 1_000_000).is_err(), "{name}");
        }
        let mut bare = header;
        bare["nonce"] = json!("");
        assert_eq!(key.admits(&token(&key.private_pem, bare, claims), uri, 1_000_000), Err("nonce"));
        for nonsense in ["", "a.b", "a.b.c", "a.b.c.d"] {
            assert!(key.admits(nonsense, uri, 1_000_000).is_err(), "{nonsense}");
        }
    }
}
