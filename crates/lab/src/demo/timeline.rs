//! What a person (or a program) sees of a demo: steps with their time, a QR code, progress.

use anyhow::{Context, Result};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Instant;

/// Lines for people on standard output, or one JSON object a step.
pub struct Timeline {
    json: bool,
    /// Lines for people on standard error: standard output belongs to a program.
    aside: bool,
    colour: bool,
    began: Instant,
    at: Mutex<Place>,
}

struct Place {
    scenario: &'static str,
    began: Instant,
    last: Instant,
}

impl Timeline {
    pub fn new(json: bool) -> Self {
        let now = Instant::now();
        let colour = !json && std::io::stdout().is_terminal();
        Self {
            json,
            aside: false,
            colour,
            began: now,
            at: Mutex::new(Place { scenario: "setup", began: now, last: now }),
        }
    }

    /// Standard output is left to others.
    pub fn aside() -> Self {
        Self { aside: true, colour: false, ..Self::new(false) }
    }

    pub fn json(&self) -> bool {
        self.json
    }

    /// Milliseconds since the scenario began.
    pub fn elapsed_ms(&self) -> u64 {
        let place = self.place();
        u64::try_from(place.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub fn begin(&self, scenario: &'static str, about: &str) {
        let now = Instant::now();
        *self.place() = Place { scenario, began: now, last: now };
        if !self.json {
            self.print(&format!("\n{}  {about}\n", self.bold(scenario)));
        }
    }

    /// Something happened. `detail` is for people, `data` for programs.
    pub fn step(&self, name: &str, detail: &str, data: Value) {
        let (scenario, at_ms, took_ms) = {
            let mut place = self.place();
            let now = Instant::now();
            let took = now.duration_since(place.last).as_millis();
            place.last = now;
            (place.scenario, now.duration_since(place.began).as_millis(), took)
        };
        if self.json {
            let total_ms = self.began.elapsed().as_millis();
            self.object(json!({
                "scenario": scenario, "step": name, "detail": detail,
                "at_ms": at_ms, "took_ms": took_ms, "since_start_ms": total_ms, "data": data,
            }));
        } else {
            self.print(&format!("{at_ms:>7} ms  {}  {detail}\n", self.padded(name)));
        }
    }

    /// For people only.
    pub fn note(&self, text: &str) {
        if !self.json {
            self.print(&format!("{text}\n"));
        }
    }

    /// For programs only.
    pub fn object(&self, value: Value) {
        if self.json {
            self.print(&format!("{value}\n"));
        }
    }

    pub fn failed(&self, error: &anyhow::Error) {
        if self.json {
            self.object(json!({ "error": format!("{error:#}") }));
        } else {
            self.print(&format!("\nFAILED: {error:#}\n"));
        }
    }

    /// The invoice as wallets scan it: upper case, so that the code has fewer modules.
    pub fn qr(&self, bolt11: &str) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let code = QrCode::with_error_correction_level(bolt11.to_uppercase(), qrcode::EcLevel::L)
            .context("the invoice does not fit a QR code")?;
        let image = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        self.print(&format!("\n{image}\n\n"));
        Ok(())
    }

    fn padded(&self, name: &str) -> String {
        self.bold(&format!("{name:<22}"))
    }

    fn bold(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn print(&self, text: &str) {
        if self.aside {
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
            return;
        }
        let mut out = std::io::stdout().lock();
        // A reader that went away ends the demo elsewhere; here there is nobody to tell.
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Place> {
        self.at.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
