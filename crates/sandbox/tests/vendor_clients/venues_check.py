"""Checks the simulated price venues with ccxt, a client library of all of them: REST, and the live feeds.

By hand, against addresses of one's own:

    python venues_check.py --kraken http://127.0.0.1:1 --coinbase http://127.0.0.1:2 ...

Every address is that of REST; the feed is at the same port. Venues that are not named are not checked then.
"""

# sandbox: --venues

import argparse
import asyncio
from decimal import Decimal

import ccxt
import ccxt.pro

SYMBOL = "BTC/USD"
DEADLINE_S = 20
# The market of the simulation at its start.
BID, ASK = 5500.0, 5500.1
# Our name, ccxt's, and the venue's name of the market.
VENUES = {
    "kraken": ("kraken", "XXBTZUSD", {"wsId": "XBT/USD", "base": "XXBT", "quote": "ZUSD"}),
    "coinbase": ("coinbaseexchange", "BTC-USD", {}),
    "bitstamp": ("bitstamp", "btcusd", {}),
    "gemini": ("gemini", "btcusd", {}),
    "bitfinex": ("bitfinex", "tBTCUSD", {}),
}


def rewritten(value, url):
    """Every address of the library, with its scheme and host replaced by the simulation's."""
    if isinstance(value, dict):
        return {key: rewritten(inner, url) for key, inner in value.items()}
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, rest = value.split("://", 1)
    path = rest.partition("/")[2]
    base = url.replace("http://", "ws://") if scheme == "wss" else url
    return base + "/" + path if path else base


def client(module, name, url):
    ours, market_id, info = VENUES[name]
    exchange = getattr(module, ours)({"enableRateLimit": False, "timeout": DEADLINE_S * 1000})
    exchange.urls["api"] = rewritten(exchange.urls["api"], url)
    # The one market, so that the library need not ask for all of them.
    market = exchange.safe_market_structure(
        {
            "id": market_id,
            "symbol": SYMBOL,
            "base": "BTC",
            "quote": "USD",
            "baseId": "BTC",
            "quoteId": "USD",
            "type": "spot",
            "spot": True,
            "active": True,
            "precision": {"price": 0.01, "amount": 1e-8},
            "info": dict(info, altname="XBTUSD", wsname=info.get("wsId")),
        }
    )
    exchange.set_markets([market])
    return exchange


def check_book(book):
    assert [float(book["bids"][0][0]), float(book["asks"][0][0])] == [BID, ASK], (book["bids"][:1], book["asks"][:1])
    for side, sign in (("bids", -1), ("asks", 1)):
        prices = [sign * Decimal(str(level[0])) for level in book[side]]
        assert prices == sorted(prices) and len(prices) >= 10, side
        assert all(level[1] > 0 for level in book[side]), side


def check_rest(name, url):
    exchange = client(ccxt, name, url)
    ticker = exchange.fetch_ticker(SYMBOL)
    assert (ticker["bid"], ticker["ask"]) == (BID, ASK), (ticker["bid"], ticker["ask"])
    # Of Bitfinex the library asks for single orders unless told otherwise.
    check_book(exchange.fetch_order_book(SYMBOL, params={"precision": "P0"} if name == "bitfinex" else {}))


# Feeds whose books the library listens to in the way that is simulated. Of Bitstamp it takes the differences, of Gemini
# the older feed, and Coinbase's book at a channel that asks for a key.
FEEDS = {"kraken", "bitfinex"}


async def check_feed(name, url):
    """With checksums, where the library verifies them."""
    exchange = client(ccxt.pro, name, url)
    try:
        book = await asyncio.wait_for(exchange.watch_order_book(SYMBOL), DEADLINE_S)
        check_book(book)
    finally:
        await exchange.close()


async def check_coinbase_ticker(url):
    exchange = client(ccxt.pro, "coinbase", url)
    try:
        ticker = await asyncio.wait_for(exchange.watch_ticker(SYMBOL), DEADLINE_S)
        assert (ticker["bid"], ticker["ask"]) == (BID, ASK), (ticker["bid"], ticker["ask"])
    finally:
        await exchange.close()


def main(urls):
    """`urls` is the REST address of each venue by name."""
    for name, url in urls.items():
        check_rest(name, url)
        what = "REST"
        if name in FEEDS:
            asyncio.run(check_feed(name, url))
            what = "REST and the feed's book"
        elif name == "coinbase":
            asyncio.run(check_coinbase_ticker(url))
            what = "REST and the feed's ticker"
        print(f"{name}: {what} as ccxt {ccxt.__version__} reads them")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for venue in VENUES:
        parser.add_argument(f"--{venue}", metavar="URL")
    given = {name: url for name, url in vars(parser.parse_args()).items() if url}
    if not given:
        from client import vendor

        given = {name: vendor(f"venue_{name}")["url"] for name in VENUES}
    main(given)
