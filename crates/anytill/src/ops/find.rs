//! Finding a purchase or refund by what an operator has in hand: the id, its first digits, or the code on an invoice.

use anyhow::{Result, bail};
use ids::PurchaseId;
use ports::{AggregateKind, Page, Store, StoredAggregate};

/// Fewer digits find too much.
const DIGITS_MIN: usize = 4;
const CODE_LEN: usize = 8;

/// The one aggregate that this means.
pub async fn find(store: &dyn Store, text: &str) -> Result<StoredAggregate> {
    let text = text.trim();
    let mut found = Vec::new();
    for range in meanings(text) {
        for kind in [AggregateKind::Purchase, AggregateKind::Refund] {
            found.extend(range.of(store, kind).await?);
        }
        if !found.is_empty() {
            break;
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!(
            "no purchase or refund is called `{text}`: give the id, at least {DIGITS_MIN} of its first digits, or the \
             eight-character code on the invoice"
        ),
        _ => bail!("several are called `{text}`: give more digits"),
    }
}

/// Ids between two, both included.
struct Range {
    first: u128,
    last: u128,
}

impl Range {
    /// Two at most: more are too many anyway.
    async fn of(&self, store: &dyn Store, kind: AggregateKind) -> Result<Vec<StoredAggregate>> {
        let after = self.first.checked_sub(1).map(u128::to_be_bytes);
        let mut page = store.list(kind, false, false, Page { after, limit: 2 }).await?;
        page.retain(|stored| (self.first..=self.last).contains(&u128::from_be_bytes(stored.at.id)));
        Ok(page)
    }
}

/// A code of digits only could be an id's beginning too: the code comes first.
fn meanings(text: &str) -> Vec<Range> {
    let code = (text.len() == CODE_LEN).then(|| range_of_code(text)).flatten();
    let digits = text.len() >= DIGITS_MIN && text.len() <= 2 * PurchaseId::LEN;
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let hex = (digits && lower).then(|| range_of_digits(text)).flatten();
    code.into_iter().chain(hex).collect()
}

fn range_of_digits(text: &str) -> Option<Range> {
    let free = 128 - 4 * u32::try_from(text.len()).ok()?;
    let value = u128::from_str_radix(text, 16).ok()?;
    Some(Range::of_bits(value, free))
}

/// The code is the id's first forty bits in Crockford's letters; [`purchase::Purchase::code`] is the way there.
fn range_of_code(text: &str) -> Option<Range> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits = 0u128;
    for byte in text.to_ascii_uppercase().bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = (bits << 5) | u128::try_from(value).ok()?;
    }
    Some(Range::of_bits(bits, 88))
}

impl Range {
    fn of_bits(value: u128, free: u32) -> Self {
        let rest = 1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        let first = value.checked_shl(free).unwrap_or(0);
        Self { first, last: first | rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purchase::terms::code;

    fn means(text: &str, id: PurchaseId) -> bool {
        let value = u128::from_be_bytes(id.0);
        meanings(text).iter().any(|range| (range.first..=range.last).contains(&value))
    }

    #[test]
    fn ids_digits_and_codes_are_understood() {
        let id: PurchaseId = "00ffa1b2c3d4e5f60718293a4b5c6d7e".parse().unwrap();
        for text in ["00ffa1b2c3d4e5f60718293a4b5c6d7e", "00ff", "00ffa", &code(id), &code(id).to_lowercase()] {
            assert!(means(text, id), "{text}");
        }
        for text in ["", "00f", "00fe", "00FF", "00ffa1b2c3d4e5f60718293a4b5c6d7e0", "OOOOOOOO", "00ffa1b3"] {
            assert!(!means(text, id), "{text}");
        }
        assert!(means("00000000", PurchaseId([0; 16])));
        assert!(means(&code(PurchaseId([0xff; 16])), PurchaseId([0xff; 16])));
    }
}
