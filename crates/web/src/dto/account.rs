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
