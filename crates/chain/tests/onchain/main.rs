//! The wallet on a chain: every row of its table.
//!
//! On the in-process chain, or on a `bitcoind -regtest` whose address is in `ANYTILL_REGTEST_URL`
//! (`http://user:password@host:port`). The in-process one runs no scripts: signatures are checked by Core. Both are mined
//! and reorganized, so the tests take turns.

mod arrivals;
mod crashes;
mod fees;
mod proxy;
mod refunds;
mod reorganizations;
mod world;
