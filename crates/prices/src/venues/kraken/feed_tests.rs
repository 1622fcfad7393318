//! Messages as the documents show them.

use super::*;
use money::Rate;
use proptest::prelude::*;

/// "Book checksum (WebSocket v2)": the example's ten levels a side and its checksum.
const SNAPSHOT: &str = r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[
    {"price":45283.5,"qty":0.10000000},{"price":45283.4,"qty":1.54582015},{"price":45282.1,"qty":0.10000000},
    {"price":45281.0,"qty":0.10000000},{"price":45280.3,"qty":1.54592586},{"price":45279.0,"qty":0.07990000},
    {"price":45277.6,"qty":0.03310103},{"price":45277.5,"qty":0.30000000},{"price":45277.3,"qty":1.54602737},
    {"price":45276.6,"qty":0.15445238}],"asks":[
    {"price":45285.2,"qty":0.00100000},{"price":45286.4,"qty":1.54571953},{"price":45286.6,"qty":1.54571109},
    {"price":45289.6,"qty":1.54560911},{"price":45290.2,"qty":0.15890660},{"price":45291.8,"qty":1.54553491},
    {"price":45294.7,"qty":0.04454749},{"price":45296.1,"qty":0.35380000},{"price":45297.5,"qty":0.09945542},
    {"price":45299.5,"qty":0.18772827}],"checksum":3310070434,"timestamp":"2023-10-06T17:35:55.440295Z"}]}"#;

fn feed() -> KrakenFeed {
    KrakenFeed::new(&[Currency::USD], true)
}

fn read(feed: &mut KrakenFeed, text: &str) -> Result<Vec<Update>, Broken> {
    let mut found = Vec::new();
    feed.read(text, &mut found).map(|()| found)
}

fn update(bids: &str, asks: &str, checksum: u32) -> String {
    format!(
        r#"{{"channel":"book","type":"update","data":[{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"2023-10-06T17:35:56Z"}}]}}"#
    )
}

#[test]
fn the_documents_checksum() {
    let mut feed = feed();
    let found = read(&mut feed, SNAPSHOT).unwrap();
    let Some(Update::Top { top, said_at }) = found.first() else { panic!("{found:?}") };
    assert_eq!((top.bid().decimal().as_str(), top.ask().decimal().as_str()), ("45283.5", "45285.2"));
    assert_eq!(said_at.map(|at| at.0), Some(1_696_613_755_440));
    let Some(Update::Book { book, .. }) = found.get(1) else { panic!("{found:?}") };
    assert_eq!(book.best(), Rate::parse("45283.5", Currency::USD).ok());
    let beat = read(&mut feed, r#"{"channel":"heartbeat"}"#).unwrap();
    assert_eq!(beat, [Update::Holds { currency: Currency::USD, said_at: None }]);
}

#[test]
fn a_wrong_checksum_silences_the_market_until_its_next_snapshot() {
    let mut feed = feed();
    assert_eq!(read(&mut feed, &update("", "", 1)), Ok(vec![]), "nothing before the snapshot");
    read(&mut feed, SNAPSHOT).unwrap();
    let broken = read(&mut feed, &update(r#"{"price":45283.5,"qty":0.2}"#, "", 1));
    assert_eq!(broken, Err(Broken::of(Currency::USD, Why::Checksum)));
    assert_eq!(read(&mut feed, r#"{"channel":"heartbeat"}"#), Ok(vec![]));
    assert_eq!(read(&mut feed, &update("", "", 1)), Ok(vec![]));
    assert_eq!(
        feed.again(Currency::USD),
        [
            r#"{"method":"unsubscribe","params":{"channel":"book","depth":100,"symbol":["BTC/USD"]}}"#,
            r#"{"method":"subscribe","params":{"channel":"book","depth":100,"snapshot":true,"symbol":["BTC/USD"]}}"#
        ]
    );
    assert_eq!(read(&mut feed, SNAPSHOT).unwrap().len(), 2);
}

#[test]
fn zero_and_crossed_are_no_market() {
    for bids in [r#"{"price":0,"qty":1}"#, r#"{"price":45285.2,"qty":1}"#] {
        let mut feed = feed();
        read(&mut feed, SNAPSHOT).unwrap();
        let text = update(bids, "", 0).replace(r#""checksum":0,"#, "");
        assert_eq!(read(&mut feed, &text), Err(Broken::of(Currency::USD, Why::NotAMarket)), "{bids}");
    }
}

#[test]
fn refusals_are_noted() {
    let refused = r#"{"error":"Currency pair not supported BTC/XXX","method":"subscribe","success":false}"#;
    assert!(matches!(read(&mut feed(), refused).unwrap().as_slice(), [Update::Note(why)] if why.contains("XXX")));
    let status = r#"{"channel":"status","type":"update","data":[{"system":"maintenance","version":"2.0.0"}]}"#;
    assert!(matches!(read(&mut feed(), status).unwrap().as_slice(), [Update::Note(_)]));
    assert_eq!(read(&mut feed(), r#"{"method":"pong"}"#), Ok(vec![]));
    assert_eq!(read(&mut feed(), "{"), Err(Broken::all(Why::Unreadable)));
}

proptest! {
    #[test]
    fn any_text(changes in proptest::collection::vec((any::<prop::sample::Index>(), 32u8..127), 0..4)) {
        let mut feed = feed();
        let mut text = SNAPSHOT.as_bytes().to_vec();
        for (at, byte) in &changes {
            let index = at.index(text.len());
            text[index] = *byte;
        }
        let _ = read(&mut feed, &String::from_utf8(text).unwrap());
    }
}
