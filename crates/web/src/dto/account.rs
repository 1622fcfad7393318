//! Accounts, devices, addresses, refund destinations.

use ports::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// Read once, never written: a request's secret is overwritten when it is dropped.
pub fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

pub fn secret_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

/// A request is written down again only to tell whether the same was sent twice; its password stays out of that.
pub fn withheld<S: Serializer>(_: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// 3 to 64 letters, digits and `._-+@`; not told apart by case.
    #[schema(example = "ada")]
    pub login: String,
    /// At least 10 characters.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
    /// The operator's; needed unless registration is open.
    pub invitation: Option<String>,
    /// Shown in the list of devices.
    #[schema(example = "Firefox on the laptop")]
    pub device_name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    pub login: String,
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
    pub device_name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    pub login: String,
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub recovery_code: Secret,
    /// Takes the place of the forgotten one.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub new_password: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithPassword {
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
}

/// A device that is logged in.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    #[schema(value_type = String)]
    pub account: ids::AccountId,
    #[schema(value_type = String)]
    pub device: ids::DeviceId,
    /// Bearer token; shown now and never again.
    pub token: String,
    pub expires_at_ms: u64,
    /// Only after registering: sets a new password when the old one is lost. Shown now and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_code: Option<String>,
}

/// What a wallet's key is to do (LUD-04 `action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WalletAction {
    Register,
    Login,
}

impl WalletAction {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletWish {
    pub action: WalletAction,
}

#[derive(Serialize, ToSchema)]
pub struct WalletBegun {
    /// LUD-01, upper case: LUD-04. Whoever scans it first is logged in where it is shown.
    pub lnurl: String,
    /// Of this browser: 64 hex digits. In no code.
    pub session: String,
    pub expires_at_ms: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishWallet {
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub session: Secret,
    /// The operator's; to register, unless registration is open.
    pub invitation: Option<String>,
    pub device_name: String,
}

/// The account of a wallet's key. It has no password until its recovery code has set one.
#[derive(Serialize, ToSchema)]
pub struct WalletSession {
    /// `wallet-` and 32 hex digits.
    pub login: String,
    #[serde(flatten)]
    pub session: SessionView,
}

#[derive(Serialize, ToSchema)]
pub struct RecoveredView {
    /// In place of the one that was used up; shown now and never again.
    pub recovery_code: String,
    /// Every device was logged out.
    pub devices_revoked: u32,
}

#[derive(Serialize, ToSchema)]
pub struct NewRecoveryCode {
    /// In place of the old one; shown now and never again.
    pub recovery_code: String,
}

#[derive(Serialize, ToSchema)]
pub struct DeviceList {
    /// Oldest first.
    pub devices: Vec<DeviceView>,
}

#[derive(Serialize, ToSchema)]
pub struct DeviceView {
    #[schema(value_type = String)]
    pub id: ids::DeviceId,
    pub name: String,
    pub created_at_ms: u64,
    pub last_seen_at_ms: u64,
    pub expires_at_ms: u64,
    /// Its token works.
    pub live: bool,
    /// The one that asks.
    pub this: bool,
}

/// Goes with the card to stores' address checks.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub name: String,
    pub line1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    pub city: String,
    /// State or province; two letters in the US and Canada.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "US")]
    pub country: String,
}

/// Where refunds go from now on.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDestination {
    /// `name@domain` (LUD-16).
    #[schema(example = "shopper@wallet.example")]
    pub lightning_address: String,
    /// Needed always: a device token alone sets no destination, be it the first.
    #[serde(default, serialize_with = "withheld", deserialize_with = "secret_option")]
    #[schema(value_type = String, format = Password, required = true)]
    pub password: Option<Secret>,
}

#[derive(Serialize, ToSchema)]
pub struct DestinationSetting {
    /// `name@domain`; none yet.
    pub in_force: Option<String>,
    /// A change that waits; every device sees it and can call it off.
    pub waiting: Option<WaitingDestination>,
}

#[derive(Serialize, ToSchema)]
pub struct WaitingDestination {
    pub lightning_address: String,
    pub asked_at_ms: u64,
    #[schema(value_type = String)]
    pub asked_by: ids::DeviceId,
    pub in_force_at_ms: u64,
}
