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

/// `rows` lines of at most `columns` characters, the highest first: each column the last rate of its share of the time,
/// as a bar from the bottom. A column without a sample stays empty: nobody looked then.
pub fn chart(samples: &[Sample], columns: u64, rows: u64) -> Vec<String> {
    let (Some(range), Some(first), Some(last)) = (range(samples), samples.first(), samples.last()) else {
        return Vec::new();
    };
    let span_ms = last.at.0.saturating_sub(first.at.0).saturating_add(1);
    let mut heights = vec![None; usize::try_from(columns).unwrap_or_default()];
    for sample in samples {
        let column = u128::from(sample.at.0.saturating_sub(first.at.0)) * u128::from(columns) / u128::from(span_ms);
        if let Some(slot) = usize::try_from(column).ok().and_then(|column| heights.get_mut(column)) {
            // The lowest rate is one eighth high, so that it differs from none.
            *slot = Some(height(sample.rate.micro_per_btc(), range, rows * 8 - 1) + 1);
        }
    }
    let row = |below: u64| -> String {
        let block = |eighths: &Option<u64>| match eighths.map_or(0, |eighths| eighths.saturating_sub(below).min(8)) {
            0 => ' ',
            filled => BLOCKS[usize::try_from(filled - 1).unwrap_or(7)],
        };
        heights.iter().map(block).collect::<String>().trim_end().to_owned()
    };
    (0..rows).rev().map(|up| row(up * 8)).collect()
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
    fn bars_over_time_with_gaps_where_nobody_looked() {
        let mut of = samples(&[100, 200, 300]);
        assert_eq!(chart(&of, 3, 2), ["  █", "▁██"]);
        of[2].at = UnixMs(9 * 60_000);
        assert_eq!(chart(&of, 10, 1), ["▁▄       █"]);
        assert_eq!(chart(&of[..1], 10, 1), ["▄"]);
        assert_eq!(chart(&[], 10, 1), Vec::<String>::new());
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
