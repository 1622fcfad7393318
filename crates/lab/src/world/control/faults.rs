//! What goes wrong on order, by the names of the demo's scenarios.

use super::{Answer, Failed, Shared, Stage, done};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use sandbox::faults::{ASA, Fault, HookFault};
use serde::Deserialize;
use std::sync::Arc;

const UNAVAILABLE: u16 = 503;

pub fn routes() -> Router<Arc<Stage>> {
    Router::new().route("/faults", post(order).delete(clear)).route("/exchange/price", post(set_price))
}

#[derive(Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
enum Order {
    /// Nothing is answered.
    IssuerDown,
    /// Cards cannot be made for now; the rest is answered.
    IssuerNoCards,
    /// Cards are refused for good.
    IssuerRefusesCard,
    /// Every answer is so many milliseconds late.
    IssuerSlow { ms: u64 },
    /// The next answer to "may the store have this?" is lost on its way: the issuer declines.
    IssuerLosesAnswer,
    /// Neither orders nor prices.
    ExchangeDown,
    /// Prices, but no orders.
    ExchangeNoOrders,
    /// Orders, but no prices: they grow stale after `--price-age-ms`.
    PriceStale,
    /// What the payer's node and the server's send each other stays on its way.
    LinkPaused,
    /// The connection between them ends, and new ones do.
    LinkCut,
}

async fn order(State(stage): Shared, Json(order): Json<Order>) -> Answer {
    let (issuer, exchange) = (stage.issuer.faults(), stage.exchange.faults());
    let down = || Fault::Status(UNAVAILABLE);
    match order {
        Order::IssuerDown => issuer.always("*", down()),
        Order::IssuerNoCards => issuer.always("POST /v1/cards", down()),
        Order::IssuerRefusesCard => {
            issuer.always("POST /v1/cards", Fault::Refuse { status: 400, message: "no cards for this account".into() });
        }
        Order::IssuerSlow { ms } => issuer.always("*", Fault::DelayMs(ms)),
        Order::IssuerLosesAnswer => issuer.next_webhook(ASA, HookFault::LoseAnswer),
        Order::ExchangeDown => exchange.always("*", down()),
        Order::ExchangeNoOrders => exchange.always("POST /0/private/AddOrder", down()),
        Order::PriceStale => {
            for endpoint in ["GET /0/public/Depth", "GET /0/public/Ticker"] {
                exchange.always(endpoint, down());
            }
        }
        Order::LinkPaused => stage.world.read().await.link.pause().await,
        Order::LinkCut => stage.world.read().await.link.cut().await,
    }
    done()
}

async fn clear(State(stage): Shared) -> Answer {
    stage.issuer.faults().clear();
    stage.exchange.faults().clear();
    stage.store.faults().clear();
    let world = stage.world.read().await;
    world.link.heal().await;
    world.link.resume().await;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    currency: String,
    /// Decimals, in the currency for one bitcoin.
    bid: String,
    ask: String,
}

async fn set_price(State(stage): Shared, Json(price): Json<Price>) -> Answer {
    let pair = format!("XBT{}", price.currency);
    let (bids, asks) = ([(price.bid.as_str(), "100")], [(price.ask.as_str(), "100")]);
    stage.exchange.set_book(&pair, &bids, &asks).map_err(Failed::bad)?;
    done()
}
