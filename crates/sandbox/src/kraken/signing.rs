//! `API-Sign` (docs.kraken.com/exchange/guides/rest/authentication).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, Sha512};

/// base64(HMAC-SHA512(path + SHA256(nonce + POST data))) under the base64 decoded secret. `path` begins with
/// `/0/private`; `data` is the body as sent. `None` when the secret is not base64.
pub fn api_sign(secret: &str, path: &str, nonce: &str, data: &str) -> Option<String> {
    let key = STANDARD.decode(secret).ok()?;
    let mut mac = Hmac::<Sha512>::new_from_slice(&key).ok()?;
    mac.update(path.as_bytes());
    mac.update(&Sha256::digest(format!("{nonce}{data}")));
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Kraken's authentication guide: a limit order to buy 1.25 XBTUSD at $37,500.
    #[test]
    fn the_published_example() {
        let signature = api_sign(
            "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
            "/0/private/AddOrder",
            "1616492376594",
            "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
        );
        assert_eq!(
            signature.as_deref(),
            Some("4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==")
        );
    }
}
