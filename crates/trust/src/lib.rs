//! What the shopper's side checks the server by, and the secrets behind it: the signed key set, the invoice check, the
//! sealing of card data, and the derivation of all keys from the operator's seed words.
//!
//! Invariants: secrets are overwritten when dropped and shown by no `Debug`; what is signed is a canonical text that has
//! one written form only; everything that the extension must compute the same to the byte is in `vectors/`.
//! There is no clock and no randomness here: both are handed in. Decisions: `docs/adr/0006-key-set.md`
//! and `docs/adr/0007-recipes.md`.

mod invoice;
mod key_set;
mod keys;
mod link;
mod preimage;
mod recipes;
mod record;
mod reveal;
mod wallet;

pub use invoice::{CheckedInvoice, ExpectedInvoice, InvoiceFault, check_invoice};
pub use key_set::{Accepted, BadKeySet, KeySet, KeySetFault, Pinned, SignedKeySet, sign, verify};
pub use keys::{BadWords, OperatorSeed, Signature, SigningKey, VerifyingKey};
pub use link::LinkSeal;
pub use preimage::PreimageSeal;
pub use recipes::{
    AcceptedRecipes, BadRecipes, PinnedRecipes, RECIPES_LEN_MAX, Recipe, RecipeBundle, RecipesFault, SignedRecipes,
    verify_recipes,
};
pub use record::RecordSeal;
pub use reveal::{BadPublicKey, REVEAL_INFO, Sealed, open_card, reveal_aad, seal_card};
pub use wallet::is_signed_by_wallet;
