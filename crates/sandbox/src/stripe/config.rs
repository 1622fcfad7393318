//! How a simulated Stripe account is set up.

use std::time::Duration;

use crate::vendor::time::VendorClock;

/// What Stripe does when the endpoint gives no answer in time, or none that can be read: a setting of the account, in the
/// dashboard only (docs.stripe.com/issuing/controls/real-time-authorizations).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// Declined, `webhook_timeout` or `webhook_error`: how an account that claims at authorization has to be set.
    #[default]
    Decline,
    /// Approved with the same reasons.
    Approve,
}

/// Settings of an [`super::Issuer`]. `Default` is an account in the United States: USD, 2 s, decline on timeout.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// `sk_test_...`; `None`: a new one is made.
    pub api_key: Option<String>,
    /// The currency of the cards and of the balance, ISO 4217 in capitals.
    pub currency: String,
    /// What the Issuing balance holds at the start, minor units. A charge above what is left is declined without asking.
    pub float_minor: i64,
    /// How long the endpoint of `issuing_authorization.request` has.
    pub request_timeout: Duration,
    pub on_timeout: OnTimeout,
    /// Whether a card's spending limits are checked before asking. Captures are never checked.
    pub enforce_spending_limits: bool,
    /// Whether number and CVC can be expanded (accounts that may see them).
    pub reveal_card_data: bool,
    /// How long a webhook's receiver has to answer.
    pub webhook_timeout: Duration,
    /// Waits before the second, third, ... try of a webhook; the last one is repeated until `webhook_tries_max`.
    pub webhook_retries: Vec<Duration>,
    pub webhook_tries_max: u32,
    /// Requests a second before Stripe answers 429; `None`: any number.
    pub requests_per_second: Option<u32>,
    /// Card currency per unit of a merchant's currency, in millionths: `("EUR", 1_080_000)`. Others are declined.
    pub rates_millionths: Vec<(String, i64)>,
    pub clock: VendorClock,
}

impl Default for IssuerConfig {
    fn default() -> Self {
        Self {
            port: 0,
            api_key: None,
            currency: "USD".into(),
            float_minor: 1_000_000,
            request_timeout: Duration::from_secs(2),
            on_timeout: OnTimeout::Decline,
            enforce_spending_limits: true,
            reveal_card_data: true,
            webhook_timeout: Duration::from_secs(10),
            webhook_retries: [100, 300, 1_000, 2_000].map(Duration::from_millis).into(),
            webhook_tries_max: 100,
            requests_per_second: None,
            rates_millionths: vec![
                ("EUR".into(), 1_080_000),
                ("GBP".into(), 1_270_000),
                ("CHF".into(), 1_120_000),
                ("JPY".into(), 6_700),
            ],
            clock: VendorClock::default(),
        }
    }
}
