//! A venue's public market data over the network.

use crate::{
    Book, Feed, Said, Top, Venue,
    venues::{Wire, bitfinex::Bitfinex, bitstamp::Bitstamp, coinbase::Coinbase, gemini::Gemini, kraken::Kraken},
};
use async_trait::async_trait;
use money::Currency;
use outbound::{BadAddress, Call, HttpClient, Limits, Request, Response, Retry, SocketClient, SocketLimits};
use ports::Outcome;

/// The venues that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VenueKind {
    Kraken,
    Coinbase,
    Bitstamp,
    Gemini,
    Bitfinex,
}

impl VenueKind {
    pub const ALL: [Self; 5] = [Self::Kraken, Self::Coinbase, Self::Bitstamp, Self::Gemini, Self::Bitfinex];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Kraken => "kraken",
            Self::Coinbase => "coinbase",
            Self::Bitstamp => "bitstamp",
            Self::Gemini => "gemini",
            Self::Bitfinex => "bitfinex",
        }
    }

    /// Base address of the REST API.
    pub const fn rest_url(self) -> &'static str {
        match self {
            Self::Kraken => "https://api.kraken.com",
            Self::Coinbase => "https://api.exchange.coinbase.com",
            Self::Bitstamp => "https://www.bitstamp.net",
            Self::Gemini => "https://api.gemini.com",
            Self::Bitfinex => "https://api-pub.bitfinex.com",
        }
    }

    /// Base address of the live feed, without the path that the adapter adds.
    pub const fn socket_url(self) -> &'static str {
        match self {
            Self::Kraken => "wss://ws.kraken.com",
            Self::Coinbase => "wss://ws-feed.exchange.coinbase.com",
            Self::Bitstamp => "wss://ws.bitstamp.net",
            Self::Gemini => "wss://ws.gemini.com",
            Self::Bitfinex => "wss://api-pub.bitfinex.com",
        }
    }

    /// What bitcoin is traded for there, as far as it is used here.
    pub const fn currencies(self) -> &'static [Currency] {
        const THREE: &[Currency] = &[Currency::USD, Currency::EUR, Currency::GBP];
        match self {
            Self::Kraken => &[
                Currency::USD,
                Currency::EUR,
                Currency::GBP,
                Currency::CAD,
                Currency::JPY,
                Currency::AUD,
                Currency::CHF,
            ],
            Self::Coinbase | Self::Bitstamp | Self::Gemini => THREE,
            Self::Bitfinex => &[Currency::USD, Currency::EUR, Currency::GBP, Currency::JPY],
        }
    }

    fn wire(self) -> &'static dyn Wire {
        match self {
            Self::Kraken => &Kraken,
            Self::Coinbase => &Coinbase,
            Self::Bitstamp => &Bitstamp,
            Self::Gemini => &Gemini,
            Self::Bitfinex => &Bitfinex,
        }
    }
}

/// One venue, asked over REST and listened to over its WebSocket.
pub struct PublicVenue {
    kind: VenueKind,
    client: HttpClient,
    socket: Option<SocketClient>,
}

impl PublicVenue {
    /// `rest_url` and `socket_url` are base addresses such as [`VenueKind::rest_url`]. Without `socket_url` the venue
    /// is only asked.
    pub fn new(
        kind: VenueKind,
        rest_url: &str,
        socket_url: Option<&str>,
        limits: Limits,
        socket_limits: SocketLimits,
    ) -> Result<Self, BadAddress> {
        let target = kind.wire().socket_target();
        let socket = socket_url
            .map(|base| SocketClient::new(&format!("{}{target}", base.trim_end_matches('/')), socket_limits))
            .transpose()?;
        Ok(Self { kind, client: HttpClient::new(rest_url, limits)?, socket })
    }
}

#[async_trait]
impl Venue for PublicVenue {
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    fn trades(&self, currency: Currency) -> bool {
        self.kind.currencies().contains(&currency)
    }

    async fn ticker(&self, currency: Currency) -> Outcome<Said<Top>> {
        self.client.run(&TickerCall { wire: self.kind.wire(), currency }, &Retry::never()).await
    }

    async fn book(&self, currency: Currency) -> Outcome<Said<Book>> {
        self.client.run(&BookCall { wire: self.kind.wire(), currency }, &Retry::never()).await
    }

    fn feed(&self, currencies: &[Currency], books: bool) -> Option<(&SocketClient, Box<dyn Feed>)> {
        Some((self.socket.as_ref()?, self.kind.wire().feed(currencies, books)))
    }
}

struct TickerCall {
    wire: &'static dyn Wire,
    currency: Currency,
}

impl Call for TickerCall {
    type Answer = Said<Top>;

    fn build_request(&self) -> Request {
        self.wire.ticker_request(self.currency)
    }

    fn handle_response(&self, response: &Response) -> Outcome<Said<Top>> {
        self.wire.read_ticker(response, self.currency)
    }
}

struct BookCall {
    wire: &'static dyn Wire,
    currency: Currency,
}

impl Call for BookCall {
    type Answer = Said<Book>;

    fn build_request(&self) -> Request {
        self.wire.book_request(self.currency)
    }

    fn handle_response(&self, response: &Response) -> Outcome<Said<Book>> {
        self.wire.read_book(response, self.currency)
    }
}
