//! How a simulated issuer is set up.

use std::time::Duration;

use crate::vendor::time::VendorClock;

/// What the network does when the responder gives no answer in time. Programs choose this with Lithic
/// (docs.lithic.com/docs/transaction-flow, "stand-in").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// Declined, `CUSTOMER_ASA_TIMEOUT`: how a program that claims at authorization has to be set.
    #[default]
    Decline,
    /// The network approves in the program's name and sends an authorization advice.
    StandIn,
}

/// Settings of an [`super::Issuer`]. `Default` is a program as Lithic sets one up: USD, 6 s, decline on timeout.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// 127.0.0.1 port; 0 takes any free one.
    pub port: u16,
    /// `None`: a new one is made.
    pub api_key: Option<String>,
    /// The webhook secret of the authorization request, `whsec_` and base64. `None`: a new one is made.
    pub asa_secret: Option<String>,
    /// The currency of the cards and of the float.
    pub currency: String,
    /// What the programme's account holds at the start, minor units. A charge above what is left is declined without
    /// asking.
    pub float_minor: i64,
    /// How long the responder has (docs.lithic.com/docs/auth-stream-access-asa: about 6 s).
    pub asa_timeout: Duration,
    pub on_timeout: OnTimeout,
    /// How long the responder of 3-D Secure has (docs.lithic.com/docs/3ds-customer-decisioning: 1 s).
    pub three_ds_timeout: Duration,
    /// What Lithic's own rules say of an authentication when no answer comes.
    pub three_ds_alone: bool,
    /// Whether the responder is asked once more, at once, when it answered 5xx.
    pub asa_again_after_5xx: bool,
    /// Whether a card's spend limit is checked before asking. Captures are never checked.
    pub enforce_spend_limit: bool,
    /// Whether card number and CVV are in the API's answers (accounts that show PCI compliance).
    pub reveal_card_data: bool,
    /// How long a webhook's receiver has to answer.
    pub webhook_timeout: Duration,
    /// Waits before the second, third, ... try of a webhook; the last one is repeated until `webhook_tries_max`.
    pub webhook_retries: Vec<Duration>,
    pub webhook_tries_max: u32,
    /// Card currency per unit of a merchant's currency, in millionths: `("EUR", 1_080_000)`. Others are declined.
    pub rates_millionths: Vec<(String, i64)>,
    pub clock: VendorClock,
}

impl Default for IssuerConfig {
    fn default() -> Self {
        Self {
            port: 0,
            api_key: None,
            asa_secret: None,
            currency: "USD".into(),
            float_minor: 1_000_000,
            asa_timeout: Duration::from_secs(6),
            on_timeout: OnTimeout::Decline,
            three_ds_timeout: Duration::from_secs(1),
            three_ds_alone: false,
            asa_again_after_5xx: true,
            enforce_spend_limit: true,
            reveal_card_data: true,
            webhook_timeout: Duration::from_secs(10),
            webhook_retries: [100, 300, 1_000, 2_000].map(Duration::from_millis).into(),
            webhook_tries_max: 100,
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
