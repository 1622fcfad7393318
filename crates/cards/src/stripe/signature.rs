//! Stripe's webhook signatures (docs.stripe.com/webhooks, "Verify webhook signatures manually").
//!
//! Invariant: nothing of a body is looked at before its signature was found right, in constant time.

use hmac::{Hmac, Mac};
use ids::UnixMs;
use ports::{Headers, Secret, WebhookError};
use sha2::Sha256;
use std::fmt;
use subtle::{Choice, ConstantTimeEq};

/// How far the signed time may be from ours. Stripe's libraries refuse what is older; what is from the future is refused
/// here too.
const WINDOW_MS: u64 = 5 * 60 * 1_000;
/// Signatures looked at in one header; two are there while a secret is rolled.
const SIGNATURES_MAX: usize = 8;

/// The secret is not `whsec_` and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint's secret begins with `whsec_`")]
pub struct BadEndpointSecret;

/// The secret of one endpoint. The key is the whole text, prefix included.
#[derive(Clone)]
pub struct EndpointKey(Secret);

impl fmt::Debug for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointKey(..)")
    }
}

impl EndpointKey {
    pub fn parse(secret: &Secret) -> Result<Self, BadEndpointSecret> {
        match secret.expose().strip_prefix("whsec_") {
            Some(rest) if !rest.is_empty() => Ok(Self(secret.clone())),
            Some(_) | None => Err(BadEndpointSecret),
        }
    }

    /// Signature first, then time: a stale body is one that was right once.
    pub fn verify(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<(), WebhookError> {
        let header = headers.only("stripe-signature").ok_or(WebhookError::BadSignature)?;
        let of = |wanted: &'static str| {
            header.split(',').filter_map(move |part| part.split_once('=').filter(|(name, _)| name.trim() == wanted))
        };
        let mut times = of("t");
        let (Some((_, at)), None) = (times.next(), times.next()) else { return Err(WebhookError::BadSignature) };
        let expected = self.mac(at, body);
        let mut good = Choice::from(0);
        for (_, given) in of("v1").take(SIGNATURES_MAX) {
            good |= expected.as_bytes().ct_eq(given.trim().as_bytes());
        }
        if !bool::from(good) {
            return Err(WebhookError::BadSignature);
        }
        let at_ms = at.parse::<u64>().ok().and_then(|secs| secs.checked_mul(1_000)).ok_or(WebhookError::Stale)?;
        if at_ms.abs_diff(now.0) > WINDOW_MS { Err(WebhookError::Stale) } else { Ok(()) }
    }

    /// In hex, as the header has it.
    fn mac(&self, at: &str, body: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()).expect("HMAC takes keys of any length");
        for part in [at.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "whsec_test_secret";
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
    const AT: u64 = 1_893_456_000;
    const NOW: UnixMs = UnixMs(AT * 1_000);

    fn key() -> EndpointKey {
        EndpointKey::parse(&Secret::new(SECRET.to_owned())).unwrap()
    }

    fn verify(header: &str, body: &[u8], now: UnixMs) -> Result<(), WebhookError> {
        key().verify(&Headers(vec![("stripe-signature".into(), header.into())]), body, now)
    }

    /// Made with OpenSSL: `printf '1893456000.%s' "$BODY" | openssl dgst -sha256 -hmac whsec_test_secret`.
    const SIGNATURE: &str = "855df3641f677f9526543b16fb9cef277afd229cee4f1e4dcdc0c0db4b6fa441";

    #[test]
    fn a_signature_made_elsewhere() {
        let good = format!("t={AT},v1={SIGNATURE},v0=0000");
        assert_eq!(verify(&good, BODY, NOW), Ok(()));
        let rolled = format!("t={AT},v1={},v1={SIGNATURE}", "0".repeat(64));
        assert_eq!(verify(&rolled, BODY, NOW), Ok(()));
        for (offset, result) in [(300_000, Ok(())), (300_001, Err(WebhookError::Stale))] {
            assert_eq!(verify(&good, BODY, UnixMs(NOW.0 + offset)), result);
            assert_eq!(verify(&good, BODY, UnixMs(NOW.0 - offset)), result);
        }
    }

    #[test]
    fn what_is_missing_repeated_or_wrong_is_refused() {
        for bad in [
            String::new(),
            format!("v1={SIGNATURE}"),
            format!("t={AT}"),
            format!("t={AT},v0={SIGNATURE}"),
            format!("t={AT},v1="),
            format!("t={},v1={SIGNATURE}", AT + 1),
            format!("t={AT},t={AT},v1={SIGNATURE}"),
            format!("t={AT},v1={}", SIGNATURE.to_uppercase()),
        ] {
            assert_eq!(verify(&bad, BODY, NOW), Err(WebhookError::BadSignature), "{bad}");
        }
        let header = ("stripe-signature".to_owned(), format!("t={AT},v1={SIGNATURE}"));
        let twice = Headers(vec![header.clone(), header]);
        assert_eq!(key().verify(&twice, BODY, NOW), Err(WebhookError::BadSignature));
        assert_eq!(format!("{:?}", key()), "EndpointKey(..)");
        for bad in ["", "whsec_", "sk_test_1"] {
            assert!(EndpointKey::parse(&Secret::new(bad.to_owned())).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_other_body_or_header_is_accepted(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            header in "(t=[0-9]{0,12},?)?(v1=[0-9a-f]{0,64},?){0,3}",
        ) {
            prop_assert!(verify(&header, &body, NOW).is_err());
        }

        #[test]
        fn one_flipped_bit_is_enough(index in 0usize..BODY.len(), bit in 0u8..8) {
            let mut body = BODY.to_vec();
            body[index] ^= 1 << bit;
            prop_assert_eq!(verify(&format!("t={AT},v1={SIGNATURE}"), &body, NOW), Err(WebhookError::BadSignature));
        }
    }
}
