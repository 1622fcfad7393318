//! The engine under faults: a model store, a clock that the run moves, models of everything outside, and an auditor.
//!
//! Invariant: a run is determined by its script, its seed and its plan of faults. The auditor reads rows and the
//! models' books, and shares no code with the core and the ledger.

pub mod auditor;
pub mod enumerate;
pub mod fault;
pub mod outside;
pub mod scenarios;
pub mod shared;
pub mod store;
pub mod world;

pub use fault::{Fault, Plan, Site};
pub use world::World;
