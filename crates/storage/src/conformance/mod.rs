//! What every store has to do, as tests that any engine's crate can run on its own: SQLite here, the simulator's model
//! store there.
//!
//! Where the ports leave something open, this suite says what holds:
//!
//! - A commit is refused with the first of: duplicate message, changed meanwhile, taken, out of balance, no room. A
//!   refused commit leaves nothing at all.
//! - A record comes into being with its first event; a commit without events keeps the version.
//! - Hashes and cards are only ever added: what a record once had still finds it.
//! - An outbox row is ready at the later of `not_before` and the end of its lease; [`ports::Store::next_due`] looks at
//!   that time, so that a row whose worker died wakes somebody.
//! - Reservations change in the order given. Taking nothing of a resource only asks whether its sum is within the limit.
//! - A time beyond what the engine can hold may become the latest that it can; an amount or a version never.
//!
//! Each case gets a store with nothing in it. None needs a runtime of a certain kind.

pub mod accounts;
pub mod commits;
pub mod concurrency;
pub mod crash;
pub mod ledger;
pub mod lists;
pub mod make;
pub mod outbox;
pub mod rates;
pub mod reservations;

use futures::future::BoxFuture;
use ports::{AccountStore, RateStore, Store};
use std::sync::Arc;

/// To be run on an empty store.
pub type StoreCase = fn(Arc<dyn Store>) -> BoxFuture<'static, ()>;
/// To be run on an empty store.
pub type AccountCase = fn(Arc<dyn AccountStore>) -> BoxFuture<'static, ()>;
/// To be run on an empty store.
pub type RateCase = fn(Arc<dyn RateStore>) -> BoxFuture<'static, ()>;

/// A test for each case of [`ports::Store`]: `store_conformance!(crate::on_mine)`, where `on_mine` is a
/// `fn(StoreCase)`, named by its whole path, that runs the case to its end on an empty store.
#[macro_export]
macro_rules! store_conformance {
    ($on:path) => {
        $crate::conformance_tests! { $on;
            commits: nothing_at_first, read_back_whole, state_changes_and_log_grows, versions_have_to_match,
                a_record_needs_its_first_event, a_message_is_handled_once, hashes_and_cards_have_one_owner,
                what_it_once_had_still_finds_it, a_refused_commit_leaves_nothing, settings;
            outbox: keys_are_unique_for_ever, priority_then_age, not_before_and_leases, leased_by_the_commit,
                postponed, finished, leases_end_on_start, timers,
                a_timer_that_was_set_again_is_not_ended, next_due;
            ledger: entries_and_balances, every_posting_adds_up, balances_do_not_overflow, balances_equal_entries;
            reservations: take_and_give_back, limits_hold, asking_takes_nothing, order_within_a_commit,
                given_back_by_rule, listed_by_prefix;
            lists: in_order_of_id, open_and_parked, of_an_account;
            concurrency: one_commit_wins, reservations_never_pass_the_limit, many_records_at_once,
                messages_once_under_concurrency, leases_go_to_one;
        }
    };
}

/// As [`store_conformance!`], for [`ports::AccountStore`] and a `fn(AccountCase)`.
#[macro_export]
macro_rules! account_conformance {
    ($on:path) => {
        $crate::conformance_tests! { $on;
            accounts: created_and_found, logins_are_unique, invitations_are_used_once, updates_name_their_version,
                devices, devices_are_revoked, idempotent_answers, calls_that_died_are_taken_over;
        }
    };
}

/// As [`store_conformance!`], for [`ports::RateStore`] and a `fn(RateCase)`.
#[macro_export]
macro_rules! rate_conformance {
    ($on:path) => {
        $crate::conformance_tests! { $on;
            rates: the_first_of_a_minute_stays, hours_outlive_minutes, nothing_is_kept_for_ever;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($on:path; $($module:ident: $($name:ident),+;)+) => {
        $(mod $module {
            $(#[test]
            fn $name() {
                $on(|store| Box::pin($crate::conformance::$module::$name(store)));
            })+
        })+
    };
}
