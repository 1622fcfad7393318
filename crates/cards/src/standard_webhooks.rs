//! Webhook signatures by the Standard Webhooks specification (standardwebhooks.com, "Verifying signatures").
//!
//! Invariant: nothing of a body is looked at before its signature was found right, in constant time.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, Mac};
use ids::UnixMs;
use ports::{Headers, Secret, WebhookError};
use sha2::Sha256;
use std::fmt;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// How far the signed time may be from ours, either way.
const WINDOW_MS: u64 = 5 * 60 * 1_000;
/// Signatures looked at in one header; two are there while a secret is rotated.
const SIGNATURES_MAX: usize = 8;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secret is not `whsec_` and base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` followed by base64")]
pub struct BadSecret;

/// The shared key of one endpoint.
#[derive(Clone)]
pub struct WebhookKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(..)")
    }
}

impl WebhookKey {
    pub fn parse(secret: &Secret) -> Result<Self, BadSecret> {
        let encoded = secret.expose().strip_prefix("whsec_").ok_or(BadSecret)?;
        let key = Zeroizing::new(LENIENT.decode(encoded).map_err(|_| BadSecret)?);
        if key.is_empty() { Err(BadSecret) } else { Ok(Self(key)) }
    }

    /// Signature first, then time: a stale body is one that was right once.
    pub fn verify(&self, headers: &Headers, body: &[u8], now: UnixMs) -> Result<(), WebhookError> {
        let header = |name| headers.only(name).ok_or(WebhookError::BadSignature);
        let (id, at, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
        let expected = self.mac(id, at, body);
        let mut good = Choice::from(0);
        for candidate in signatures.split(' ').take(SIGNATURES_MAX) {
            let Some(encoded) = candidate.strip_prefix("v1,") else { continue };
            let Ok(given) = LENIENT.decode(encoded) else { continue };
            good |= expected.as_slice().ct_eq(&given);
        }
        if !bool::from(good) {
            return Err(WebhookError::BadSignature);
        }
        let at_ms = at.parse::<u64>().ok().and_then(|secs| secs.checked_mul(1_000)).ok_or(WebhookError::Stale)?;
        if at_ms.abs_diff(now.0) > WINDOW_MS { Err(WebhookError::Stale) } else { Ok(()) }
    }

    fn mac(&self, id: &str, at: &str, body: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: &str = "1614265330";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const NOW: UnixMs = UnixMs(1_614_265_330_000);

    fn headers(id: &str, at: &str, signature: &str) -> Headers {
        Headers(vec![
            ("webhook-id".into(), id.into()),
            ("webhook-timestamp".into(), at.into()),
            ("webhook-signature".into(), signature.into()),
        ])
    }

    fn key() -> WebhookKey {
        WebhookKey::parse(&Secret::new(SECRET.to_owned())).unwrap()
    }

    #[test]
    fn the_published_example() {
        assert_eq!(key().verify(&headers(ID, AT, SIGNATURE), BODY, NOW), Ok(()));
        let rotated = format!("v1,AAAA v1a,x {SIGNATURE}");
        assert_eq!(key().verify(&headers(ID, AT, &rotated), BODY, NOW), Ok(()));
    }

    #[test]
    fn what_is_missing_repeated_or_wrong_is_refused() {
        use WebhookError::{BadSignature, Stale};
        let refused = |h: Headers, body: &[u8], now| key().verify(&h, body, now).unwrap_err();
        assert_eq!(refused(Headers::default(), BODY, NOW), BadSignature);
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut without = headers(ID, AT, SIGNATURE);
            without.0.retain(|(n, _)| n != name);
            assert_eq!(refused(without, BODY, NOW), BadSignature);
            let mut doubled = headers(ID, AT, SIGNATURE);
            doubled.0.push((name.into(), "x".into()));
            assert_eq!(refused(doubled, BODY, NOW), BadSignature);
        }
        assert_eq!(refused(headers("msg_x", AT, SIGNATURE), BODY, NOW), BadSignature);
        assert_eq!(refused(headers(ID, "1614265331", SIGNATURE), BODY, NOW), BadSignature);
        assert_eq!(refused(headers(ID, AT, &SIGNATURE.replace("v1,", "v2,")), BODY, NOW), BadSignature);
        assert_eq!(refused(headers(ID, AT, ""), BODY, NOW), BadSignature);
        assert_eq!(refused(headers(ID, AT, "v1,"), BODY, NOW), BadSignature);
        for (offset, result) in [(300_000, Ok(())), (300_001, Err(Stale))] {
            assert_eq!(key().verify(&headers(ID, AT, SIGNATURE), BODY, UnixMs(NOW.0 + offset)), result);
            assert_eq!(key().verify(&headers(ID, AT, SIGNATURE), BODY, UnixMs(NOW.0 - offset)), result);
        }
    }

    #[test]
    fn secrets_are_checked_and_not_shown() {
        for bad in ["", "whsec_", "whsec_%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_AAAA"] {
            assert_eq!(WebhookKey::parse(&Secret::new(bad.to_owned())).err(), Some(BadSecret), "{bad}");
        }
        // Published without padding.
        assert!(WebhookKey::parse(&Secret::new("whsec_C2FVsBQIhrscChlQIMA".to_owned())).is_ok());
        assert_eq!(format!("{:?}", key()), "WebhookKey(..)");
    }

    proptest! {
        #[test]
        fn no_other_body_or_signature_is_accepted(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            signature in "(v1,[A-Za-z0-9+/=]{0,60} ?){0,3}",
            id in "[ -~]{0,40}",
            at in "[0-9]{0,20}",
        ) {
            let h = headers(&id, &at, &signature);
            prop_assert!(key().verify(&h, &body, NOW).is_err());
        }

        #[test]
        fn one_flipped_bit_is_enough(index in 0usize..BODY.len(), bit in 0u8..8) {
            let mut body = BODY.to_vec();
            body[index] ^= 1 << bit;
            prop_assert_eq!(key().verify(&headers(ID, AT, SIGNATURE), &body, NOW), Err(WebhookError::BadSignature));
        }
    }
}
