//! Samples as a picture: eight heights of blocks for a terminal, an SVG for a page.

use crate::Sample;
use std::fmt::Write as _;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Lowest and highest, millionths.
fn range(samples: &[Sample]) -> Option<(u64, u64)> {
    let micros = samples.iter().map(|sample| sample.rate.micro_per_btc());
    Some((micros.clone().min()?, micros.max()?))
}

/// Where a rate lies in `0..=steps`, the lowest at 0; everything in the middle if all are the same.
fn height(micro: u64, (low, high): (u64, u64), steps: u64) -> u64 {
    if high == low {
        return steps / 2;
    }
    let scaled = u128::from(micro - low) * u128::from(steps) / u128::from(high - low);
    u64::try_from(scaled).unwrap_or(steps)
}

/// One character a sample.
pub fn sparkline(samples: &[Sample]) -> String {
    let Some(range) = range(samples) else { return String::new() };
    let block = |sample: &Sample| {
        let index = usize::try_from(height(sample.rate.micro_per_btc(), range, 7)).unwrap_or_default();
        BLOCKS.get(index).copied().unwrap_or_default()
    };
    samples.iter().map(block).collect()
}

/// A line over time, `width` by `height` units, with the lowest and the highest rate written beside it. Colours are the
/// page's (`currentColor`); there is no script and no text that came from outside.
pub fn svg(samples: &[Sample], width: u64, height_max: u64) -> String {
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height_max}" role="img"><title>price of one bitcoin</title>"#
    );
    if let (Some(range), Some(first), Some(last)) = (range(samples), samples.first(), samples.last()) {
        let span_ms = last.at.0.saturating_sub(first.at.0).max(1);
        out.push_str(r#"<polyline fill="none" stroke="currentColor" stroke-width="1.5" points=""#);
        for sample in samples {
            let x = u128::from(sample.at.0.saturating_sub(first.at.0)) * u128::from(width) / u128::from(span_ms);
            let y = height_max - height(sample.rate.micro_per_btc(), range, height_max);
            let _ = write!(out, "{x},{y} ");
        }
        out.push_str(r#""/>"#);
        let lowest = samples.iter().min_by_key(|sample| sample.rate.micro_per_btc()).unwrap_or(first).rate;
        let highest = samples.iter().max_by_key(|sample| sample.rate.micro_per_btc()).unwrap_or(first).rate;
        let _ = write!(
            out,
            r#"<text x="2" y="12" font-size="10" fill="currentColor">{}</text><text x="2" y="{}" font-size="10" fill="currentColor">{}</text>"#,
            highest,
            height_max.saturating_sub(2),
            lowest
        );
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ids::UnixMs;
    use money::{Currency, Rate};

    fn samples(units: &[u64]) -> Vec<Sample> {
        let sample = |(minute, unit): (usize, &u64)| Sample {
            at: UnixMs(minute as u64 * 60_000),
            rate: Rate::new(unit * 1_000_000, Currency::USD).unwrap(),
        };
        units.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn blocks_rise_and_fall_with_the_rate() {
        assert_eq!(sparkline(&samples(&[1, 2, 3, 4, 5, 6, 7, 8, 1])), "▁▂▃▄▅▆▇█▁");
        assert_eq!(sparkline(&samples(&[5, 5])), "▄▄");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_line_over_time() {
        let picture = svg(&samples(&[100, 300, 200]), 200, 100);
        assert!(picture.contains(r#"points="0,100 100,0 200,50 ""#), "{picture}");
        assert!(picture.contains(">300 USD/BTC<") && picture.contains(">100 USD/BTC<"), "{picture}");
        assert!(roxmltree::Document::parse(&picture).is_ok());
        assert!(roxmltree::Document::parse(&svg(&[], 10, 10)).is_ok());
    }
}
