//! No secret is anywhere in the clear: on the real server, from outside.

mod card;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../common/mod.rs"]
mod common;
mod everywhere;
mod evidence;
mod planted;
mod search;
mod shopper;
mod vendors;
