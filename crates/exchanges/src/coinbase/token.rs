//! Tokens (docs.cdp.coinbase.com, "API key authentication").
//!
//! Each request carries a JWT of its own, signed with the key (ES256). It names the request and ends at a time: that
//! of an order ends at the order's deadline, so that a request that was late on its way is refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ids::UnixMs;
use p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer},
    pkcs8::DecodePrivateKey,
};
use ports::Secret;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

/// Longest life of a token; Coinbase takes two minutes.
const TOKEN_MS_MAX: u64 = 110_000;
/// A token begins a little in the past: a clock of theirs that is behind ours would refuse it otherwise.
const BEGAN_MS: u64 = 5_000;

/// The private key cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key is not an EC P-256 key in PEM, as Coinbase shows it for ECDSA")]
pub struct BadPrivateKey;

/// Named key. The signing key is overwritten when dropped.
pub struct Keys {
    name: String,
    signing: SigningKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
    nonce: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    nbf: u64,
    exp: u64,
    uri: String,
}

impl Keys {
    /// `private_pem` is the PEM text (SEC 1 or PKCS 8); line breaks may be written `\n`, as in Coinbase's key file.
    pub fn new(name: &Secret, private_pem: &Secret) -> Result<Self, BadPrivateKey> {
        let pem = Zeroizing::new(private_pem.expose().trim().replace("\\n", "\n"));
        let secret = SecretKey::from_sec1_pem(&pem).or_else(|_| SecretKey::from_pkcs8_pem(&pem));
        let secret = secret.map_err(|_| BadPrivateKey)?;
        Ok(Self { name: name.expose().trim().to_owned(), signing: SigningKey::from(&secret) })
    }

    /// For one request: `place` is its host and path. Good from a moment ago until `until`, a whole second rounded down.
    pub fn token(&self, method: &str, place: &str, now: UnixMs, until: UnixMs) -> Secret {
        let nonce = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let header = Header { alg: "ES256", typ: "JWT", kid: &self.name, nonce };
        let claims = Claims {
            iss: "cdp",
            sub: &self.name,
            nbf: UnixMs(now.0.saturating_sub(BEGAN_MS)).secs(),
            exp: until.min(now.plus_ms(TOKEN_MS_MAX)).secs(),
            uri: format!("{method} {place}"),
        };
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature: Signature = self.signing.sign(signed.as_bytes());
        Secret::new(format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

/// Structs of texts and numbers can always be written.
fn part(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::{ecdsa::VerifyingKey, ecdsa::signature::Verifier, pkcs8::EncodePrivateKey, pkcs8::LineEnding};
    use serde_json::Value;

    fn secret() -> SecretKey {
        SecretKey::from_slice(&[7; 32]).unwrap()
    }

    fn keys(pem: &str) -> Result<Keys, BadPrivateKey> {
        Keys::new(&Secret::new("organizations/o/apiKeys/k".to_owned()), &Secret::new(pem.to_owned()))
    }

    #[test]
    fn a_token_is_for_one_request_and_ends_in_time() {
        let pem = secret().to_sec1_pem(LineEnding::LF).unwrap();
        let keys = keys(&pem).unwrap();
        let token =
            |now, until| keys.token("POST", "api.coinbase.com/api/v3/brokerage/orders", UnixMs(now), UnixMs(until));
        let bearer = token(1_000_000_500, 1_000_020_999);
        let token_text = bearer.expose().strip_prefix("Bearer ").unwrap();
        let parts: Vec<&str> = token_text.split('.').collect();
        let json = |text: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
        let (header, claims) = (json(parts[0]), json(parts[1]));
        assert_eq!((&header["alg"], &header["kid"]), (&"ES256".into(), &"organizations/o/apiKeys/k".into()));
        assert_eq!(header["nonce"].as_str().map(str::len), Some(32));
        assert_eq!(claims["uri"], "POST api.coinbase.com/api/v3/brokerage/orders");
        assert_eq!((&claims["iss"], &claims["sub"]), (&"cdp".into(), &"organizations/o/apiKeys/k".into()));
        assert_eq!((claims["nbf"].as_u64(), claims["exp"].as_u64()), (Some(999_995), Some(1_000_020)));
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(parts[2]).unwrap()).unwrap();
        VerifyingKey::from(secret().public_key()).verify(signed.as_bytes(), &signature).unwrap();
        assert_ne!(bearer.expose(), token(1_000_000_500, 1_000_020_999).expose(), "each has a nonce of its own");
        // Never longer than Coinbase takes.
        let long = token(1_000_000_000, u64::MAX);
        let claims = json(long.expose().split('.').nth(1).unwrap());
        assert!(claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap() <= 120);
    }

    #[test]
    fn keys_are_read_in_either_form_and_not_shown() {
        let sec1 = secret().to_sec1_pem(LineEnding::LF).unwrap();
        let pkcs8 = secret().to_pkcs8_pem(LineEnding::LF).unwrap();
        for good in [sec1.to_string(), pkcs8.to_string(), sec1.replace('\n', "\\n"), format!("\n{}\n", *sec1)] {
            assert_eq!(format!("{:?}", keys(&good).unwrap()), "Keys(..)");
        }
        for bad in ["", "not a key", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"] {
            assert_eq!(keys(bad).err(), Some(BadPrivateKey), "{bad}");
        }
    }
}
