//! Vendors of gift cards behind [`ports::GiftCardVendor`], one module a vendor.
//!
//! Invariant: what is paid is what the vendor's own node has signed. Hash, amount, expiry and final CLTV are read from
//! the BOLT 11 invoice and checked; what the vendor's JSON says of them is not looked at. Claim codes exist in the
//! answer to `reveal` and nowhere else.

pub mod bitrefill;
mod invoice;
