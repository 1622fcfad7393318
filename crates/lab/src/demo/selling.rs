//! The exchange where the demo's bitcoin is sold: one of the simulated vendors, with its market data.

use anyhow::Result;
use clap::ValueEnum;
use money::Currency;
use sandbox::faults::{Fault, Faults};
use sandbox::venues::{self, Market, Venue};
use sandbox::{coinbase, kraken};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExchangeName {
    Kraken,
    Coinbase,
    /// Nothing is sold: gift cards alone.
    None,
}

/// A running exchange. Clones share it.
#[derive(Clone)]
pub enum Selling {
    /// Orders and market data at one address.
    Kraken(kraken::Exchange),
    /// Market data at an address of their own.
    Coinbase { exchange: coinbase::Exchange, venue: Venue },
    /// No account anywhere; prices are public.
    None { venue: Venue },
}

async fn public_prices() -> Result<Venue> {
    Ok(Venue::start(venues::Kind::Coinbase, &Market::default(), venues::VenueConfig::default()).await?)
}

impl Selling {
    pub async fn start(name: ExchangeName, currency: Currency) -> Result<Self> {
        let code = currency.code();
        Ok(match name {
            ExchangeName::Kraken => {
                let balances = vec![("XXBT".to_owned(), "1".to_owned()), (code.to_owned(), "10000".to_owned())];
                let config = kraken::ExchangeConfig { balances, ..kraken::ExchangeConfig::default() };
                Self::Kraken(kraken::Exchange::start(config).await?)
            }
            ExchangeName::Coinbase => {
                let exchange = coinbase::Exchange::start(coinbase::ExchangeConfig::default()).await?;
                exchange.set_balance("BTC", "1")?;
                exchange.set_balance(code, "10000")?;
                Self::Coinbase { exchange, venue: public_prices().await? }
            }
            ExchangeName::None => Self::None { venue: public_prices().await? },
        })
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kraken(_) => "Kraken",
            Self::Coinbase { .. } => "Coinbase Advanced Trade",
            Self::None { .. } => "price venue",
        }
    }

    /// As the configuration has it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Kraken(_) => "kraken",
            Self::Coinbase { .. } => "coinbase",
            Self::None { .. } => "",
        }
    }

    /// Whose market data it has, as the configuration has it.
    pub const fn prices_word(&self) -> &'static str {
        match self {
            Self::Kraken(_) => "kraken",
            Self::Coinbase { .. } | Self::None { .. } => "coinbase",
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Kraken(exchange) => exchange.url(),
            Self::Coinbase { exchange, .. } => exchange.url(),
            Self::None { venue } => venue.rest_url(),
        }
    }

    /// Where its market data are.
    pub fn prices_url(&self) -> String {
        match self {
            Self::Kraken(exchange) => exchange.url(),
            Self::Coinbase { venue, .. } | Self::None { venue } => venue.rest_url(),
        }
    }

    /// The two halves of its key, public and secret.
    pub fn keys(&self) -> (String, String) {
        match self {
            Self::Kraken(exchange) => (exchange.api_key().to_owned(), exchange.api_secret().to_owned()),
            Self::Coinbase { exchange, .. } => (exchange.key_name().to_owned(), exchange.private_key().to_owned()),
            Self::None { .. } => (String::new(), String::new()),
        }
    }

    pub fn faults(&self) -> &Faults {
        match self {
            Self::Kraken(exchange) => exchange.faults(),
            Self::Coinbase { exchange, .. } => exchange.faults(),
            Self::None { venue } => venue.faults(),
        }
    }

    fn market_faults(&self) -> &Faults {
        match self {
            Self::Kraken(exchange) => exchange.faults(),
            Self::Coinbase { venue, .. } | Self::None { venue } => venue.faults(),
        }
    }

    /// It answers no question about prices.
    pub fn stop_market_data(&self) {
        for endpoint in self.market_endpoints() {
            self.market_faults().always(endpoint, Fault::Status(503));
        }
    }

    /// It takes no order. Where there is none, that is so already.
    pub fn take_no_orders(&self) {
        let endpoint = match self {
            Self::Kraken(_) => "POST /0/private/AddOrder",
            Self::Coinbase { .. } => "POST /api/v3/brokerage/orders",
            Self::None { .. } => return,
        };
        self.faults().always(endpoint, Fault::Status(503));
    }

    /// All is well again.
    pub fn clear_faults(&self) {
        self.faults().clear();
        self.market_faults().clear();
    }

    const fn market_endpoints(&self) -> &'static [&'static str] {
        match self {
            Self::Kraken(_) => &["GET /0/public/Depth", "GET /0/public/Ticker"],
            Self::Coinbase { .. } | Self::None { .. } => &["GET /products/{id}/book", "GET /products/{id}/ticker"],
        }
    }
}
