//! Our values as the columns have them: hex text, signed 64-bit numbers.

use ids::UnixMs;
use ports::StoreError;
use rusqlite::types::{FromSqlError, ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Error, Row};

/// Lower-case hex on the stack; `C` is twice the number of bytes.
pub(super) struct Hex<const C: usize>([u8; C]);

impl<const C: usize> Hex<C> {
    fn of(bytes: &[u8]) -> Self {
        let mut text = [0u8; C];
        hex::encode_to_slice(bytes, &mut text).expect("callers give C / 2 bytes");
        Self(text)
    }
}

pub(super) fn hex16(bytes: &[u8; 16]) -> Hex<32> {
    Hex::of(bytes)
}

pub(super) fn hex32(bytes: &[u8; 32]) -> Hex<64> {
    Hex::of(bytes)
}

impl<const C: usize> ToSql for Hex<C> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

/// A time; the year 292 million stands for everything later.
pub(super) fn ms(time: UnixMs) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// A number that has to fit; otherwise the step is refused.
pub(super) fn number(value: u64, what: &str) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::NotWritten(format!("{what} {value} is too large")))
}

pub(super) fn column_hex<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    let text = text(row, column)?;
    let mut bytes = [0u8; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))?;
    Ok(bytes)
}

pub(super) fn column_hex_or_none<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<[u8; N]>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => column_hex(row, column).map(Some),
    }
}

pub(super) fn column_time(row: &Row<'_>, column: usize) -> rusqlite::Result<UnixMs> {
    row.get::<_, u64>(column).map(UnixMs)
}

/// Borrowed from the row.
pub(super) fn text<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row str> {
    row.get_ref(column)?
        .as_str()
        .map_err(|error: FromSqlError| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        assert_eq!(ms(UnixMs(u64::MAX)), i64::MAX);
        assert_eq!(number(7, "amount"), Ok(7));
        assert!(matches!(number(1 << 63, "amount"), Err(StoreError::NotWritten(text)) if text.contains("amount")));
        assert_eq!(hex16(&[0xab; 16]).0, *b"ab".repeat(16).as_slice());
    }
}
