//! The whole (state, event) matrix, as reviewed snapshots: what each event does in each state of each flow.
//!
//! A line that starts with `+` is what applies: the event and in brackets which of its forms (`tests/common/events.rs`),
//! the state it leads to, then what else changes, the effects, the bookings and the timers. What changes nothing and what
//! is refused is gathered by answer. Without brackets, all forms of the event have the same
//! answer; `-` is the plain form, `else` all forms that no other line names.

mod common;
mod render;

use common::{START, after, events, paths, policy};
use ids::UnixMs;
use purchase::{ClaimOn, Event, Flow, Purchase, Rejected, State, Stepped, step};
use render::Answers;
use std::fmt::Write;

/// Later than every timer.
const LATE_MS: u64 = 10_000_000;

/// One column of the matrix.
struct Cell {
    label: String,
    event: Event,
    /// After the last event.
    delay_ms: u64,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut cell = |label: &str, event: &Event, delay_ms| {
        cells.push(Cell { label: label.trim().to_owned(), event: event.clone(), delay_ms });
    };
    for (label, event) in events::all() {
        let timer = matches!(
            event,
            Event::QuoteExpired | Event::HoldWindowEnded | Event::CardOpenEnded | Event::AnswerTimedOut { .. }
        );
        let plain = label.is_empty();
        cell(label, &event, if timer { LATE_MS } else { 1 });
        if timer {
            cell(&format!("{label} early"), &event, 1);
        }
        if plain && matches!(event, Event::HtlcHeld { .. } | Event::HtlcClaimed { .. } | Event::FundsArrived { .. }) {
            cell("late", &event, LATE_MS);
        }
    }
    cells
}

/// All cells of one state, one line for each event and answer.
fn block(text: &mut String, title: &str, purchase: &Purchase, now: UnixMs) {
    let _ = writeln!(text, "\n{title}");
    let mut answers: Vec<Answers> = Vec::new();
    for cell in cells() {
        let answer = match step(Some(purchase), &cell.event, now.plus_ms(cell.delay_ms)) {
            Ok(Stepped::Applied(step)) => format!("+{}", render::step(purchase, &step)),
            Ok(Stepped::AlreadyApplied) => "= nothing".to_owned(),
            Err(Rejected::Unexpected(_)) => "! unexpected".to_owned(),
            Err(refusal) => format!("! {refusal}"),
        };
        let name = cell.event.name();
        if answers.last().is_none_or(|last| last.event != name) {
            answers.push(Answers { event: name, labels: Vec::new() });
        }
        let labels = &mut answers.last_mut().expect("pushed above").labels;
        match labels.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, labels)) => labels.push(cell.label),
            None => labels.push((answer, vec![cell.label])),
        }
    }
    render::block(text, &answers);
}

fn matrix(flow: Flow, claim_on: ClaimOn) -> String {
    let mut text = String::new();
    for state in State::ALL {
        for (name, way) in paths::ways(flow, claim_on, state) {
            let purchase = after(policy(flow, claim_on), &way);
            assert_eq!(purchase.state, state, "the way `{name}` leads elsewhere");
            let comma = if name.is_empty() { "" } else { ", " };
            let now = START.max(purchase.state_since).plus_ms(1);
            block(&mut text, &format!("{}{comma}{name}", state.name()), &purchase, now);
        }
    }
    text
}

#[test]
fn card_authorization() {
    insta::assert_snapshot!(matrix(Flow::Card, ClaimOn::Authorization));
}

#[test]
fn card_reveal() {
    insta::assert_snapshot!(matrix(Flow::Card, ClaimOn::Reveal));
}

#[test]
fn card_first_authorization() {
    insta::assert_snapshot!(matrix(Flow::CardFirst, ClaimOn::Authorization));
}

#[test]
fn card_first_reveal() {
    insta::assert_snapshot!(matrix(Flow::CardFirst, ClaimOn::Reveal));
}

#[test]
fn gift_card() {
    insta::assert_snapshot!(matrix(Flow::GiftCard, ClaimOn::Authorization));
}

#[test]
fn paid_first() {
    insta::assert_snapshot!(matrix(Flow::PaidFirst, ClaimOn::Authorization));
}

/// Every state but none is reached in some flow, so the matrix has no hole.
#[test]
fn every_state_is_reached() {
    let flows = [
        (Flow::Card, ClaimOn::Authorization),
        (Flow::Card, ClaimOn::Reveal),
        (Flow::CardFirst, ClaimOn::Authorization),
        (Flow::CardFirst, ClaimOn::Reveal),
        (Flow::GiftCard, ClaimOn::Authorization),
        (Flow::PaidFirst, ClaimOn::Authorization),
    ];
    for state in State::ALL {
        assert!(flows.iter().any(|(flow, on)| !paths::ways(*flow, *on, state).is_empty()), "{}", state.name());
    }
}

/// Before the creation there is nothing that could happen.
#[test]
fn nothing_happens_before_the_creation() {
    for (label, event) in events::all() {
        let answer = step(None, &event, START);
        assert_eq!(answer.is_ok(), matches!(event, Event::Created(_)), "{label}");
    }
}
