//! Shoppers: registration, log-in, recovery, devices and their tokens, billing address, refund destination, limits.
//!
//! Rules over [`ports::AccountStore`]; clock and randomness are handed in. Everything slow (argon2id) is a piece of work
//! with a plain `run`, to be called off the async threads: `begin_...` gives the work, `finish_...` takes its result.
//!
//! Invariants:
//! - Passwords, codes and tokens leave this crate once, as [`ports::Secret`], and are stored hashed only.
//! - A login that does not exist takes as long, and answers the same, as a password that is wrong.
//! - A token alone never says where a refund goes: a refund destination takes the password, the first one too, and a
//!   change of it shows on every device and waits ([`refunds`]).

mod address;
mod country;
mod devices;
mod error;
mod invitations;
pub mod limits;
mod log_in;
mod password;
mod profile;
mod recovery;
pub mod refunds;
mod register;
mod secrets;
mod service;
mod throttle;
mod wallet;

pub use address::{AddressParts, BillingAddress};
pub use country::Country;
pub use devices::{Authenticated, Device};
pub use error::AccountError;
pub use invitations::Invitation;
pub use log_in::{LogInChecked, LogInWork, PasswordProof, Session};
pub use password::{HashCost, Hasher};
pub use recovery::{NewCodeWork, PreparedCode, Recovered, RecoveryChecked, RecoveryWork};
pub use refunds::{Hosts, LightningAddress, RefundDestination, RefundSetting, WaitingChange};
pub use register::{PreparedRegistration, Registered, RegistrationWork};
pub use service::{AccountRules, Accounts};
pub use throttle::ThrottleRules;
pub use wallet::{LinkingKey, wallet_login};
