"""The simulated Kraken under three libraries of its customers."""

# sandbox: --kraken

import time
from decimal import Decimal

import ccxt
import krakenex
from kraken.exceptions import KrakenInsufficientFundsError
from kraken.spot import Market, Trade, User

from client import refused, vendor


def check_sdk(address):
    url = address["url"]
    keys = dict(key=address["api_key"], secret=address["api_secret"], url=url)
    market, user, trade = Market(url=url), User(**keys), Trade(**keys)

    assert market.get_system_status()["status"] == "online"
    assert market.get_assets(assets="XBT")["XXBT"]["decimals"] == 10
    assert market.get_asset_pairs(pair="XBTUSD")["XXBTZUSD"]["wsname"] == "XBT/USD"
    assert market.get_ticker(pair="XBTUSD")["XXBTZUSD"]["b"][0] == "5500.00000"
    assert market.get_order_book(pair="XBTUSD", count=1)["XXBTZUSD"]["asks"][0][0] == "5500.10000"

    before = {asset: Decimal(amount) for asset, amount in user.get_account_balance().items()}
    order = dict(ordertype="limit", side="sell", pair="XBTUSD", volume="0.00496758", price="5480", timeinforce="IOC", oflags="fciq")
    assert "txid" not in trade.create_order(**order, validate=True)
    placed = trade.create_order(**order, cl_ord_id="p1")
    txid = placed["txid"][0]
    info = user.get_orders_info(txid=txid, trades=True)[txid]
    assert (info["status"], info["vol_exec"], info["cl_ord_id"]) == ("closed", "0.00496758", "p1")
    after = {asset: Decimal(amount) for asset, amount in user.get_account_balance().items()}
    assert before["XXBT"] - after["XXBT"] == Decimal("0.00496758")
    assert after["ZUSD"] - before["ZUSD"] == Decimal(info["cost"]) - Decimal(info["fee"])
    assert txid in user.get_closed_orders()["closed"]

    # Without the flag a sale's fee is taken in bitcoin.
    placed = trade.create_order(ordertype="market", side="sell", pair="XBTUSD", volume="0.001")["txid"][0]
    info = user.get_orders_info(txid=placed)[placed]
    assert (info["oflags"], info["fee"]) == ("fcib", "0.0000040000"), info

    resting = trade.create_order(ordertype="limit", side="sell", pair="XBTUSD", volume="0.01", price="9000")
    assert resting["txid"][0] in user.get_open_orders()["open"]
    assert trade.cancel_order(txid=resting["txid"][0])["count"] == 1
    error = refused(KrakenInsufficientFundsError, lambda: trade.create_order(
        ordertype="market", side="sell", pair="XBTUSD", volume="50"))
    assert "Insufficient funds" in str(error)


def check_krakenex(address):
    # It signs a form body where the first signs JSON.
    other = krakenex.API(key=address["api_key"], secret=address["api_secret"])
    other.uri = address["url"]
    assert other.query_public("Time")["result"]["unixtime"] > 0
    # Its nonce counts milliseconds, the other library's nanoseconds: one key has one nonce, which must rise.
    answer = other.query_private("Balance")
    assert answer["error"] in ([], ["EAPI:Invalid nonce"]), answer
    other._nonce = time.time_ns
    assert other.query_private("Balance")["error"] == []
    other.secret = "d3Jvbmc="
    assert other.query_private("Balance")["error"] == ["EAPI:Invalid signature"]


def check_ccxt(address):
    url = address["url"]
    exchange = ccxt.kraken({"apiKey": address["api_key"], "secret": address["api_secret"], "enableRateLimit": False})
    exchange.urls["api"] = {"public": url, "private": url}
    # Its nonce counts milliseconds, and the key's last one was in nanoseconds.
    exchange.nonce = time.time_ns
    market = exchange.load_markets()["BTC/USD"]
    assert (market["limits"]["amount"]["min"], market["precision"]["price"]) == (0.00005, 0.1), market
    assert exchange.fetch_order_book("BTC/USD", 1)["bids"][0][0] == 5500.0

    before = exchange.fetch_balance()["total"]
    ours = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
    placed = exchange.create_order(
        "BTC/USD", "limit", "sell", 0.00496758, 5480, {"timeInForce": "IOC", "clientOrderId": ours, "oflags": "fciq"}
    )
    order = exchange.fetch_order(placed["id"], "BTC/USD")
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", 0.00496758, ours), order
    assert order["fee"]["currency"] == "USD" and float(order["fee"]["cost"]) > 0, order["fee"]
    assert any(one["id"] == placed["id"] for one in exchange.fetch_closed_orders("BTC/USD"))
    after = exchange.fetch_balance()["total"]
    assert abs(before["BTC"] - after["BTC"] - 0.00496758) < 1e-9
    assert after["USD"] > before["USD"]

    refused(ccxt.OrderNotFound, lambda: exchange.cancel_order(placed["id"]))
    refused(ccxt.InsufficientFunds, lambda: exchange.create_order("BTC/USD", "market", "sell", 50))
    exchange.apiKey = "another"
    refused(ccxt.AuthenticationError, exchange.fetch_balance)


if __name__ == "__main__":
    kraken = vendor("kraken")
    for check in (check_sdk, check_krakenex, check_ccxt):
        check(kraken)
