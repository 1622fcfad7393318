//! What an operator sets: one documented file of defaults, the operator's own file, the environment.
//!
//! Invariant: `config/default.toml` is documentation and default at once, so no setting has a default in code; a key
//! that it does not have is refused; no secret is ever a value, only a reference to where it is.

mod check;
mod load;
mod model;
mod secret_ref;
mod sources;
#[cfg(test)]
mod tests;
mod written;

pub use check::confirmations;
pub use check::of as amount_of;
pub use load::{file_of, from_text as load_text, load};
pub use model::{
    ChainKind, Config, ExchangeVendor, GiftCardProduct, GiftCardVendorName, IssuerVendor, Lnd, Log, LogFormat, Network,
    NodeKind, NodeLogLevel, Registration, Venue, VenueVendor,
};
pub use secret_ref::{Lookup, SecretRef};
pub use written::{Chosen, quoted, written};

/// The commented defaults; also what `anytill init` writes from.
pub const DEFAULT: &str = include_str!("../../config/default.toml");
/// File name in the data directory.
pub const FILE_NAME: &str = "anytill.toml";
