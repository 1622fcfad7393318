//! Messages and answers as the venues' documents show them, and what is left of them when bytes are changed.

use super::{Wire, bitfinex::Bitfinex, bitstamp::Bitstamp, coinbase::Coinbase, gemini::Gemini, kraken::Kraken};
use crate::{Broken, Feed, Update, Why};
use ids::UnixMs;
use money::{Currency, Money};
use outbound::Response;
use ports::Outcome;
use proptest::prelude::*;

const USD: Currency = Currency::USD;

/// The venue, a ticker's answer, its middle, a book's answer, its best bid.
const ANSWERS: [(&dyn Wire, &str, &str, &str, &str); 4] = [
    (
        &Coinbase,
        r#"{"bids":[["6247.58","6.3578146","2"]],"asks":[["6251.52","2","1"]],"sequence":71545018,"auction_mode":false,"auction":null,"time":"2022-10-19T23:28:22.061769Z"}"#,
        "6249.55",
        r#"{"bids":[["6247.58","6.3578146",2],["6247.57","1",1]],"asks":[["6251.52","2",1]],"sequence":1,"time":"2022-10-19T23:28:22.061769Z"}"#,
        "6247.58",
    ),
    (
        &Bitstamp,
        r#"{"timestamp":"1643640186","open":"2211.00","high":"2811.00","low":"2188.97","last":"2211.00","volume":"213.26801100","vwap":"2189.80","bid":"2188.97","ask":"2211.00","side":"0","open_24":"2211.00","percent_change_24":"13.57"}"#,
        "2199.985",
        r#"{"timestamp":"1643643584","microtimestamp":"1643643584684047","bids":[["6519.35","2.67000000"],["6519.00","1"]],"asks":[["6521.00","0.1"]]}"#,
        "6519.35",
    ),
    (
        &Gemini,
        r#"{"ask":"977.59","bid":"977.35","last":"977.65","volume":{"BTC":"2210.505328803","USD":"2135477.463379586263","timestamp":1483018200000}}"#,
        "977.47",
        r#"{"bids":[{"price":"3607.85","amount":"6.643373","timestamp":"1547147541"}],"asks":[{"price":"3607.86","amount":"14.68205084","timestamp":"1547147541"}]}"#,
        "3607.85",
    ),
    (
        &Bitfinex,
        "[10645,73.93854271,10647,75.22266119,731.60645389,0.0738,10644.00645389,14480.89849423,10766,9889.1449809]",
        "10646",
        "[[10640,2,1.5],[10639.5,1,1e-7],[10647,4,-0.5]]",
        "10640",
    ),
];

fn response(body: &str) -> Response {
    Response::new(200, body.as_bytes())
}

#[test]
fn answers_are_read_as_documented() {
    for (wire, ticker, middle, book, best) in ANSWERS {
        let top = wire.read_ticker(&response(ticker), USD).done().unwrap();
        assert_eq!(top.value.middle().decimal(), middle);
        let book = wire.read_book(&response(book), USD).done().unwrap();
        assert_eq!(book.value.best().unwrap().decimal(), best);
    }
    let said_at = Coinbase.read_ticker(&response(ANSWERS[0].1), USD).done().unwrap().said_at;
    assert_eq!(said_at, Some(UnixMs(1_666_222_102_061)));
    let said_at = Bitstamp.read_book(&response(ANSWERS[1].3), USD).done().unwrap().said_at;
    assert_eq!(said_at, Some(UnixMs(1_643_643_584_684)));
    // The tenth of a satoshi is cut off; it never was a bid.
    let book = Bitfinex.read_book(&response(ANSWERS[3].3), USD).done().unwrap().value;
    assert_eq!(book.average(Money::parse("15961.60", USD).unwrap()), None);
}

#[test]
fn what_is_asked() {
    let targets: Vec<(String, String)> = ANSWERS
        .iter()
        .map(|(wire, ..)| {
            let request = |request: outbound::Request| request.target().to_owned();
            (request(wire.ticker_request(USD)), request(wire.book_request(Currency::EUR)))
        })
        .collect();
    let expected = [
        ("/products/BTC-USD/book?level=1", "/products/BTC-EUR/book?level=2"),
        ("/api/v2/ticker/btcusd/", "/api/v2/order_book/btceur/"),
        ("/v1/pubticker/btcusd", "/v1/book/btceur?limit_bids=100&limit_asks=100"),
        ("/v2/ticker/tBTCUSD", "/v2/book/tBTCEUR/P0?len=100"),
    ];
    assert_eq!(targets, expected.map(|(ticker, book)| (ticker.to_owned(), book.to_owned())));
}

#[test]
fn refusals_are_told_apart() {
    for (wire, ..) in ANSWERS {
        let code = |status, body: &str| match wire.read_ticker(&Response::new(status, body.as_bytes()), USD) {
            Outcome::Rejected(rejection) => rejection.code,
            other => format!("{other:?}"),
        };
        assert_eq!(code(429, "{}"), "rate_limited");
        assert_eq!(code(404, "{}"), "refused");
        assert!(code(500, "{}").contains("Unknown") && code(200, "{}").contains("Unknown"));
    }
    let limited = Bitfinex.read_ticker(&Response::new(500, br#"{"error":"ERR_RATE_LIMIT"}"#.as_slice()), USD);
    assert!(matches!(limited, Outcome::Rejected(rejection) if rejection.code == "rate_limited"));
}

fn read(feed: &mut dyn Feed, text: &str) -> Result<Vec<Update>, Broken> {
    let mut found = Vec::new();
    feed.read(text, &mut found).map(|()| found)
}

fn middle(found: &[Update]) -> Option<String> {
    found.iter().rev().find_map(|update| match update {
        Update::Top { top, .. } => Some(top.middle().decimal()),
        _ => None,
    })
}

#[test]
fn coinbase_as_documented() {
    let mut feed = Coinbase.feed(&[USD], true);
    assert_eq!(
        feed.hello(),
        [r#"{"channels":["ticker","heartbeat","level2_batch"],"product_ids":["BTC-USD"],"type":"subscribe"}"#]
    );
    let snapshot = r#"{"type":"snapshot","product_id":"BTC-USD","bids":[["10101.10","0.45054140"]],"asks":[["10102.55","0.57753524"]]}"#;
    let found = read(feed.as_mut(), snapshot).unwrap();
    assert_eq!((middle(&found).as_deref(), found.len()), (Some("10101.825"), 2));
    let update = r#"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","10101.80000000","0.162567"]],"time":"2019-08-14T20:42:27.966Z"}"#;
    assert_eq!(middle(&read(feed.as_mut(), update).unwrap()).as_deref(), Some("10102.175"));

    let mut feed = Coinbase.feed(&[USD], false);
    let ticker = r#"{"type":"ticker","sequence":37475248783,"product_id":"BTC-USD","price":"1285.22","open_24h":"1310.79","best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040","side":"buy","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401,"last_size":"11.4396987"}"#;
    assert_eq!(middle(&read(feed.as_mut(), ticker).unwrap()).as_deref(), Some("1285.155"));
    let older = ticker.replace("37475248783", "37475248782").replace("1285.04", "1280.04");
    assert_eq!(read(feed.as_mut(), &older), Ok(vec![]), "out of order");
    let beat = |trade: u64| {
        format!(
            r#"{{"type":"heartbeat","sequence":90,"last_trade_id":{trade},"product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}}"#
        )
    };
    assert_eq!(read(feed.as_mut(), &beat(370_843_401)), Ok(vec![]));
    assert_eq!(read(feed.as_mut(), &beat(370_843_402)), Ok(vec![]), "its ticker may be under way");
    assert_eq!(read(feed.as_mut(), &beat(370_843_402)), Err(Broken::of(USD, Why::Gap)));
    assert_eq!(feed.again(USD).len(), 2);
    let refused = r#"{"type":"error","message":"Failed to subscribe","reason":"BTC-XXX is not a valid product"}"#;
    assert!(matches!(read(feed.as_mut(), refused).unwrap().as_slice(), [Update::Note(why)] if why.contains("BTC-XXX")));
}

#[test]
fn bitstamp_as_documented() {
    let mut feed = Bitstamp.feed(&[USD], true);
    assert_eq!(feed.hello(), [r#"{"data":{"channel":"order_book_btcusd"},"event":"bts:subscribe"}"#]);
    let acknowledged = r#"{"event":"bts:subscription_succeeded","channel":"order_book_btcusd","data":{}}"#;
    assert_eq!(read(feed.as_mut(), acknowledged), Ok(vec![]));
    let data = r#"{"data":{"timestamp":"1617205062","microtimestamp":"1617205062135672","bids":[["59000.00","0.10000000"]],"asks":[["59002.50","0.20000000"]]},"channel":"order_book_btcusd","event":"data"}"#;
    let found = read(feed.as_mut(), data).unwrap();
    assert_eq!((middle(&found).as_deref(), found.len()), (Some("59001.25"), 2));
    let older = data.replace("1617205062135672", "1617205061135672");
    assert_eq!(read(feed.as_mut(), &older), Ok(vec![]), "out of order");
    let crossed = data.replace("59002.50", "58000.00");
    assert_eq!(read(feed.as_mut(), &crossed), Err(Broken::of(USD, Why::NotAMarket)));
    let go = r#"{"event":"bts:request_reconnect","channel":"","data":""}"#;
    assert_eq!(read(feed.as_mut(), go), Err(Broken::all(Why::AskedToReconnect)));
}

#[test]
fn gemini_as_documented() {
    let mut feed = Gemini.feed(&[USD], true);
    assert_eq!(feed.hello(), [r#"{"id":1,"method":"subscribe","params":["btcusd@depth@100ms"]}"#]);
    assert_eq!(read(feed.as_mut(), r#"{"id":1,"status":200}"#), Ok(vec![]));
    let first = r#"{"e":"depthUpdate","E":1751508438600117161,"s":"btcusd","U":100,"u":100,"b":[["45000.50","1.25000000"]],"a":[["45001.00","0.75000000"]]}"#;
    let found = read(feed.as_mut(), first).unwrap();
    assert_eq!(middle(&found).as_deref(), Some("45000.75"));
    assert!(matches!(found[0], Update::Top { said_at: Some(UnixMs(1_751_508_438_600)), .. }));
    let next = first.replace(r#""U":100,"u":100"#, r#""U":101,"u":103"#).replace("1.25000000", "0");
    let next = next.replace(r#"["45000.50","0"]"#, r#"["45000.50","0"],["45000.25","2"]"#);
    assert_eq!(middle(&read(feed.as_mut(), &next).unwrap()).as_deref(), Some("45000.625"));
    assert_eq!(read(feed.as_mut(), &next), Ok(vec![]), "known already");
    let gap = next.replace(r#""U":101,"u":103"#, r#""U":105,"u":106"#);
    assert_eq!(read(feed.as_mut(), &gap), Err(Broken::of(USD, Why::Gap)));
    assert!(feed.again(USD).is_empty(), "only a new connection has the whole book");
}

#[test]
fn bitfinex_as_documented() {
    let mut feed = Bitfinex.feed(&[USD], false);
    assert_eq!(
        feed.hello(),
        [r#"{"event":"conf","flags":229376}"#, r#"{"channel":"ticker","event":"subscribe","symbol":"tBTCUSD"}"#]
    );
    let ticker =
        "[224555,[7617.1,52.98726298,7617.2,53.601795929999994,-550.9,-0.0674,7617,8314.71318928,8257.8,7500],1]";
    assert_eq!(read(feed.as_mut(), ticker), Ok(vec![]), "of no channel that is known");
    let subscribed = r#"{"event":"subscribed","channel":"ticker","chanId":224555,"symbol":"tBTCUSD","pair":"BTCUSD"}"#;
    assert_eq!(read(feed.as_mut(), subscribed), Ok(vec![]));
    let at = |sequence: u32, payload: &str| format!("[224555,{payload},{sequence},1700000000123]");
    let payload = "[7617.1,52.98726298,7617.2,53.601795929999994,-550.9,-0.0674,7617,8314.71318928,8257.8,7500]";
    let found = read(feed.as_mut(), &at(2, payload)).unwrap();
    assert_eq!(middle(&found).as_deref(), Some("7617.15"));
    let holds = Update::Holds { currency: USD, said_at: Some(UnixMs(1_700_000_000_123)) };
    assert_eq!(read(feed.as_mut(), &at(3, r#""hb""#)), Ok(vec![holds]));
    assert_eq!(read(feed.as_mut(), &at(5, r#""hb""#)), Err(Broken::all(Why::Gap)));
    let leave = r#"{"event":"info","code":20051,"msg":"Stopping"}"#;
    assert_eq!(read(feed.as_mut(), leave), Err(Broken::all(Why::AskedToReconnect)));

    let mut feed = Bitfinex.feed(&[USD], true);
    read(feed.as_mut(), &subscribed.replace("ticker", "book")).unwrap();
    let book = "[224555,[[7254.7,3,3.3],[7254.6,1,1],[7255.1,2,-2.5]]]";
    assert_eq!(read(feed.as_mut(), book), Ok(vec![]), "told at the checksum");
    let text = "7254.7:3.3:7255.1:-2.5:7254.6:1";
    let checksum = i32::from_ne_bytes(crc32fast::hash(text.as_bytes()).to_ne_bytes());
    let found = read(feed.as_mut(), &format!(r#"[224555,"cs",{checksum}]"#)).unwrap();
    assert_eq!((middle(&found).as_deref(), found.len()), (Some("7254.9"), 2));
    read(feed.as_mut(), "[224555,[7254.7,0,1]]").unwrap();
    let wrong = read(feed.as_mut(), &format!(r#"[224555,"cs",{checksum}]"#));
    assert_eq!(wrong, Err(Broken::of(USD, Why::Checksum)));
    let again = feed.again(USD);
    assert_eq!(again[0], r#"{"chanId":224555,"event":"unsubscribe"}"#);
}

const MESSAGES: [&str; 8] = [
    r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,"qty":0.1}],"asks":[{"price":45285.2,"qty":0.001}],"checksum":1}]}"#,
    r#"{"type":"snapshot","product_id":"BTC-USD","bids":[["10101.10","0.45054140"]],"asks":[["10102.55","0.57753524"]]}"#,
    r#"{"type":"ticker","sequence":1,"product_id":"BTC-USD","best_bid":"1285.04","best_ask":"1285.27","trade_id":1}"#,
    r#"{"data":{"microtimestamp":"1617205062135672","bids":[["59000.00","0.1"]],"asks":[["59002.50","0.2"]]},"channel":"order_book_btcusd","event":"data"}"#,
    r#"{"e":"depthUpdate","E":1751508438600117161,"s":"btcusd","U":100,"u":100,"b":[["45000.50","1.25"]],"a":[["45001.00","0.75"]]}"#,
    r#"{"event":"subscribed","channel":"ticker","chanId":1,"symbol":"tBTCUSD"}"#,
    "[1,[7617.1,52.9,7617.2,53.6],1,1700000000123]",
    "[1,[[7254.7,3,3.3],[7255.1,2,-2.5]],18446744073709551615]",
];

proptest! {
    /// Whatever comes: an error or a market, and no panic.
    #[test]
    fn any_text(
        order in proptest::collection::vec(0usize..MESSAGES.len(), 1..12),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 32u8..127), 0..3),
        books: bool,
    ) {
        let wires: [&dyn Wire; 5] = [&Kraken, &Coinbase, &Bitstamp, &Gemini, &Bitfinex];
        for wire in wires {
            let mut feed = wire.feed(&[USD], books);
            for index in &order {
                let mut text = MESSAGES[*index].as_bytes().to_vec();
                for (at, byte) in &changes {
                    let at = at.index(text.len());
                    text[at] = *byte;
                }
                let text = String::from_utf8(text).unwrap();
                for update in read(feed.as_mut(), &text).unwrap_or_default() {
                    if let Update::Top { top, .. } = update {
                        prop_assert!(top.bid().micro_per_btc() <= top.ask().micro_per_btc());
                    }
                }
                let _ = wire.read_ticker(&response(&text), USD);
                let _ = wire.read_book(&response(&text), USD);
            }
        }
    }
}
