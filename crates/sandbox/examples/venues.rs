//! Runs the five price venues and the daily table until standard input ends, for a person with curl or a client library.
//! Prints one line of JSON with the REST address of each; its feed is at the same port. A line such as
//! `USD 5600.0 5600.1` on standard input moves the market.

#![allow(clippy::print_stdout, reason = "the line is what the program is for")]

use std::io;

use sandbox::venues::{Kind, Market, Venue, VenueConfig};
use serde_json::{Map, Value};

const KINDS: [(&str, Kind); 6] = [
    ("kraken", Kind::Kraken),
    ("coinbase", Kind::Coinbase),
    ("bitstamp", Kind::Bitstamp),
    ("gemini", Kind::Gemini),
    ("bitfinex", Kind::Bitfinex),
    ("ecb", Kind::Ecb),
];

#[tokio::main]
async fn main() -> io::Result<()> {
    let market = Market::default();
    let (mut running, mut addresses) = (Vec::new(), Map::new());
    for (name, kind) in KINDS {
        let venue = Venue::start(kind, &market, VenueConfig::default()).await?;
        addresses.insert(name.to_owned(), Value::String(venue.rest_url()));
        running.push(venue);
    }
    println!("{}", Value::Object(addresses));
    let moves = tokio::task::spawn_blocking(move || {
        for line in io::stdin().lines() {
            let line = line?;
            if let [currency, bid, ask] = *line.split_whitespace().collect::<Vec<_>>() {
                market.set(currency, bid, ask);
            }
        }
        Ok::<_, io::Error>(())
    });
    moves.await?
}
