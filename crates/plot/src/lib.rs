//! Numbers over time as a picture: eight heights of blocks for a terminal, an SVG for a page.
//!
//! Invariant: integers only; nothing in a picture came from outside but what the caller labels, and that is escaped.

use std::fmt::Write as _;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// When (any unit that grows), and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub at: u64,
    pub value: u64,
}

/// Where a value lies in `0..=steps`, the lowest at 0; everything in the middle if all are the same.
fn height(value: u64, (low, high): (u64, u64), steps: u64) -> u64 {
    if high == low {
        return steps / 2;
    }
    let scaled = u128::from(value - low) * u128::from(steps) / u128::from(high - low);
    u64::try_from(scaled).unwrap_or(steps)
}

fn range(points: &[Point]) -> Option<(u64, u64)> {
    let values = points.iter().map(|point| point.value);
    Some((values.clone().min()?, values.max()?))
}

/// One character a point.
pub fn sparkline(points: &[Point]) -> String {
    let Some(range) = range(points) else { return String::new() };
    let block = |point: &Point| {
        let index = usize::try_from(height(point.value, range, 7)).unwrap_or_default();
        BLOCKS.get(index).copied().unwrap_or_default()
    };
    points.iter().map(block).collect()
}

/// The bars of a terminal: `of` of `whole` in `width` characters, rounded down; full only if it is whole.
pub fn bar(of: u64, whole: u64, width: usize) -> String {
    let filled = if whole == 0 { 0 } else { (u128::from(of.min(whole)) * width as u128 / u128::from(whole)) as usize };
    let mut bar = "█".repeat(filled);
    bar.push_str(&"░".repeat(width - filled));
    bar
}

/// A line over time, `width` by `height_max` units, with the lowest and the highest value written beside it. Colours are
/// the page's (`currentColor`); there is no script.
pub fn svg(title: &str, points: &[Point], label: impl Fn(u64) -> String, width: u64, height_max: u64) -> String {
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height_max}" role="img"><title>{}</title>"#,
        escaped(title)
    );
    if let (Some((low, high)), Some(first), Some(last)) = (range(points), points.first(), points.last()) {
        let span = last.at.saturating_sub(first.at).max(1);
        out.push_str(r#"<polyline fill="none" stroke="currentColor" stroke-width="1.5" points=""#);
        for point in points {
            let x = u128::from(point.at.saturating_sub(first.at)) * u128::from(width) / u128::from(span);
            let y = height_max - height(point.value, (low, high), height_max);
            let _ = write!(out, "{x},{y} ");
        }
        out.push_str(r#""/>"#);
        let text = |y: u64, value: u64| {
            format!(r#"<text x="2" y="{y}" font-size="10" fill="currentColor">{}</text>"#, escaped(&label(value)))
        };
        out.push_str(&text(12, high));
        out.push_str(&text(height_max.saturating_sub(2), low));
    }
    out.push_str("</svg>");
    out
}

/// Lines below each other, each under its title, in one document. A title and how its values are written go with each.
pub fn column(series: &[(String, Vec<Point>)], label: impl Fn(&str, u64) -> String, width: u64, height: u64) -> String {
    let whole = (height + 24) * series.len() as u64;
    let mut out =
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" font-family="sans-serif">"#);
    for (place, (title, points)) in (0u64..).zip(series) {
        let top = place * (height + 24);
        let _ = write!(
            out,
            r#"<text x="2" y="{}" font-size="12">{}</text><svg y="{}" width="{width}" height="{height}">{}</svg>"#,
            top + 16,
            escaped(title),
            top + 24,
            svg(title, points, |value| label(title, value), width, height)
        );
    }
    out.push_str("</svg>");
    out
}

/// Text that means itself in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(values: &[u64]) -> Vec<Point> {
        values.iter().enumerate().map(|(at, value)| Point { at: at as u64 * 60_000, value: *value }).collect()
    }

    #[test]
    fn blocks_rise_and_fall_with_the_value() {
        assert_eq!(sparkline(&points(&[1, 2, 3, 4, 5, 6, 7, 8, 1])), "▁▂▃▄▅▆▇█▁");
        assert_eq!(sparkline(&points(&[5, 5])), "▄▄");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_bar_is_full_only_if_whole() {
        assert_eq!(bar(0, 10, 4), "░░░░");
        assert_eq!(bar(9, 10, 4), "███░");
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!((bar(11, 10, 2), bar(1, 0, 2)), ("██".to_owned(), "░░".to_owned()));
    }

    #[test]
    fn a_line_over_time() {
        let picture = svg("price", &points(&[100, 300, 200]), |value| format!("{value} USD/BTC"), 200, 100);
        assert!(picture.contains(r#"points="0,100 100,0 200,50 ""#), "{picture}");
        assert!(picture.contains(">300 USD/BTC<") && picture.contains(">100 USD/BTC<"), "{picture}");
        assert!(roxmltree::Document::parse(&picture).is_ok());
        assert!(roxmltree::Document::parse(&svg("none", &[], |_| String::new(), 10, 10)).is_ok());
    }

    proptest! {
        #[test]
        fn every_picture_is_well_formed_and_inside_its_frame(
            values in prop::collection::vec(any::<u64>(), 0..40), title in ".{0,20}", label in ".{0,10}",
        ) {
            let title: String = title.chars().filter(|c| !c.is_control()).collect();
            let label: String = label.chars().filter(|c| !c.is_control()).collect();
            let points = points(&values);
            let picture = svg(&title, &points, |_| label.clone(), 300, 80);
            let parsed = roxmltree::Document::parse(&picture);
            prop_assert!(parsed.is_ok(), "{picture}");
            prop_assert_eq!(sparkline(&points).chars().count(), values.len());
            let document = parsed.unwrap();
            let line = document.descendants().find(|node| node.has_tag_name("polyline"));
            for pair in line.and_then(|line| line.attribute("points")).unwrap_or_default().split_whitespace() {
                let (x, y) = pair.split_once(',').unwrap();
                prop_assert!(x.parse::<u64>().unwrap() <= 300 && y.parse::<u64>().unwrap() <= 80);
            }
        }
    }
}
