//! Shoppers: registration, log-in, recovery, devices, billing address, refund destination.

pub mod address;
pub mod destination;
pub mod devices;
pub mod session;
