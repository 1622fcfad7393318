//! The European Central Bank's daily reference rates (ecb.europa.eu, "Euro foreign exchange reference rates",
//! `eurofxref-daily.xml`): units of a currency for one euro, one table each working day. For information only, says the
//! bank, and so they are used: to estimate, and as a second opinion; never to sell by.

use crate::venues::answered;
use ids::UnixMs;
use money::{Currency, Rate, div_floor, parse_decimal};
use outbound::{BadAddress, Call, HttpClient, Limits, Request, Response, Retry, parse_rfc3339};
use ports::Outcome;
use std::collections::BTreeMap;

/// Base address.
pub const ECB_URL: &str = "https://www.ecb.europa.eu";
/// What the table is called where a rate rests on it.
pub const ECB_NAME: &str = "ecb";
const PATH: &str = "/stats/eurofxref/eurofxref-daily.xml";
const MICRO_DECIMALS: u32 = 6;
const DAY_MS: u64 = 86_400_000;
/// Of a table; the bank lists about thirty currencies.
const CURRENCIES_MAX: usize = 200;

/// One day's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyTable {
    /// `2026-01-31`
    pub date: String,
    /// Midnight, UTC.
    day: UnixMs,
    /// Millionths of a currency for one euro; never zero.
    per_euro: BTreeMap<Currency, u64>,
}

impl DailyTable {
    /// Reads the bank's XML. Currencies that are not known here are left out; anything else unexpected is nothing.
    pub fn parse(xml: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(xml).ok()?;
        let cubes = || document.descendants().filter(|node| node.tag_name().name() == "Cube");
        let date = cubes().find_map(|node| node.attribute("time"))?.to_owned();
        let day = parse_rfc3339(&format!("{date}T00:00:00Z"))?;
        let mut per_euro = BTreeMap::from([(Currency::EUR, 1_000_000)]);
        for node in cubes().filter(|node| node.attribute("currency").is_some()).take(CURRENCIES_MAX) {
            let micro = parse_decimal(node.attribute("rate")?, MICRO_DECIMALS).ok().filter(|micro| *micro > 0)?;
            if let Ok(currency) = node.attribute("currency")?.parse::<Currency>() {
                per_euro.insert(currency, micro);
            }
        }
        (per_euro.len() > 1).then_some(Self { date, day, per_euro })
    }

    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.per_euro.keys().copied()
    }

    pub fn has(&self, currency: Currency) -> bool {
        self.per_euro.contains_key(&currency)
    }

    /// Whether the table's day is at most so many days ago. The bank's longest pause is Easter: five days.
    pub fn is_current(&self, now: UnixMs, age_days_max: u64) -> bool {
        now.0.saturating_sub(self.day.0) <= (age_days_max.saturating_add(1)).saturating_mul(DAY_MS)
    }

    /// `rate` in another currency, rounded down.
    pub fn convert_floor(&self, rate: Rate, to: Currency) -> Option<Rate> {
        let (from, to_micro) = (*self.per_euro.get(&rate.currency())?, *self.per_euro.get(&to)?);
        let micro = div_floor(u128::from(rate.micro_per_btc()) * u128::from(to_micro), u128::from(from));
        Rate::new(u64::try_from(micro).ok()?, to).ok()
    }
}

/// Where the table is had from.
#[derive(Debug)]
pub struct TableSource {
    client: HttpClient,
}

impl TableSource {
    /// `base_url` is [`ECB_URL`].
    pub fn new(base_url: &str, limits: Limits) -> Result<Self, BadAddress> {
        Ok(Self { client: HttpClient::new(base_url, limits)? })
    }

    pub async fn fetch(&self) -> Outcome<DailyTable> {
        self.client.run(&TableCall, &Retry::never()).await
    }
}

struct TableCall;

impl Call for TableCall {
    type Answer = DailyTable;

    fn build_request(&self) -> Request {
        Request::get(PATH)
    }

    fn handle_response(&self, response: &Response) -> Outcome<DailyTable> {
        answered(response).and_then(|()| {
            let table = std::str::from_utf8(&response.body).ok().and_then(DailyTable::parse);
            table.map_or_else(|| Outcome::Unknown("the table is not of the documented form".to_owned()), Outcome::Done)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As published, shortened.
    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube><Cube time='2026-11-27'>
    <Cube currency='USD' rate='1.0800'/>
    <Cube currency='JPY' rate='161.25'/>
    <Cube currency='SEK' rate='11.0825'/>
  </Cube></Cube>
</gesmes:Envelope>"#;

    fn rate(text: &str, currency: Currency) -> Rate {
        Rate::parse(text, currency).unwrap()
    }

    #[test]
    fn a_table_is_read_and_converts() {
        let table = DailyTable::parse(XML).unwrap();
        let sek: Currency = "SEK".parse().unwrap();
        assert_eq!((table.date.as_str(), table.currencies().count()), ("2026-11-27", 4));
        let euros = rate("5000", Currency::EUR);
        assert_eq!(table.convert_floor(euros, sek), Some(rate("55412.5", sek)));
        assert_eq!(table.convert_floor(rate("5400", Currency::USD), Currency::EUR), Some(euros));
        assert_eq!(
            table.convert_floor(rate("5400", Currency::USD), Currency::JPY),
            Some(rate("806250", Currency::JPY))
        );
        assert_eq!(table.convert_floor(euros, Currency::CHF), None);
        let largest = Rate::new(u64::MAX, Currency::USD).unwrap();
        assert!(table.convert_floor(largest, Currency::JPY).is_none(), "too large is nothing");
    }

    #[test]
    fn a_table_grows_old() {
        let table = DailyTable::parse(XML).unwrap();
        let midnight = parse_rfc3339("2026-11-27T00:00:00Z").unwrap();
        let after = |days: u64| UnixMs(midnight.0 + days * DAY_MS);
        assert!(table.is_current(after(0), 5) && table.is_current(after(6), 5) && !table.is_current(after(7), 5));
        assert!(table.is_current(UnixMs(0), 5), "a table of tomorrow, where the clock is behind");
    }

    #[test]
    fn what_is_no_table_is_nothing() {
        for bad in [
            "",
            "<a/>",
            "{}",
            &XML.replace("2026-11-27", "yesterday"),
            &XML.replace("11.0825", "0"),
            &XML.replace("11.0825", "-1"),
            &XML.replace("11.0825", "11,0825"),
            &XML.replace("Cube currency", "cube currency"),
        ] {
            assert_eq!(DailyTable::parse(bad), None, "{bad}");
        }
    }
}
