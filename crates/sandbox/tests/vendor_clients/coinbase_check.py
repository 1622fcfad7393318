"""The simulated Coinbase Advanced Trade under Coinbase's own library, over TLS, and under ccxt."""

# sandbox: --coinbase --coinbase-tls

import json
import os
import tempfile
import urllib.request
from decimal import Decimal

import ccxt
from coinbase.rest import RESTClient
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError, HTTPError, SSLError
from urllib3.util import Retry

from client import refused, vendor

SOLD = "0.00496758"
LATER = {"timeInForce": "IOC"}
# The simulation counts requests as Coinbase does, 30 a second: what is refused for that is asked again.
PATIENT = Retry(total=8, connect=0, read=0, status_forcelist=[429], backoff_factor=0.2, allowed_methods=None)


def order_fault(address, endpoint, fault):
    body = json.dumps({"endpoint": endpoint, "fault": fault}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{address['control']}/faults", data=body)).close()


def check_own_library(address):
    """It insists on TLS and names its host in every token."""
    host = address["tls_url"].removeprefix("https://")
    key = dict(api_key=address["key_name"], api_secret=address["private_key"], base_url=host)
    refused(SSLError, RESTClient(**key).get_accounts)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
        authority.write(address["authority"])
        authority.flush()
        client = RESTClient(**key, rate_limit_headers=True)
        client.session.verify = authority.name
        client.session.mount("https://", HTTPAdapter(max_retries=PATIENT))
        life_cycle(address, client)
        stranger = RESTClient(**{**key, "api_key": "organizations/o/apiKeys/another"})
        stranger.session.verify = authority.name
        assert refused(HTTPError, stranger.get_accounts).response.status_code == 401


def life_cycle(address, client):
    assert int(client.get_unix_time().epoch_seconds) > 0
    may = client.get_api_key_permissions()
    assert (may.can_view, may.can_trade, may.can_transfer) == (True, True, False)
    product = client.get_product("BTC-USD")
    assert (product.price, product.base_increment, product.quote_min_size) == ("5500.00", "0.00000001", "1")
    assert client.get_product_book("BTC-USD", limit=1).pricebook.bids[0]["price"] == "5500.00"
    assert client.get_public_product_book("BTC-USD", limit=1).pricebook.asks[0]["price"] == "5500.10"
    assert client.get_best_bid_ask(["BTC-USD"]).pricebooks[0].product_id == "BTC-USD"

    before = balances(client)
    placed = client.limit_order_ioc_sell("ours-1", "BTC-USD", base_size=SOLD, limit_price="5480")
    assert placed.success and placed.response["client_order_id"] == "ours-1"
    order = client.get_order(placed.response["order_id"]).order
    assert (order.status, order.filled_size, order.client_order_id) == ("FILLED", SOLD, "ours-1")
    assert (order.filled_value, order.total_fees) == ("27.32169", "0.16393014")
    assert order.order_configuration.sor_limit_ioc.limit_price == "5480"
    after = balances(client)
    assert before["BTC"] - after["BTC"] == Decimal(SOLD)
    assert after["USD"] - before["USD"] == Decimal(order.filled_value) - Decimal(order.total_fees)
    fills = client.get_fills(order_ids=[order.order_id]).fills
    assert [(fill["size"], fill["commission"]) for fill in fills] == [(SOLD, order.total_fees)]
    again = client.limit_order_ioc_sell("ours-1", "BTC-USD", base_size=SOLD, limit_price="5480")
    assert again.response["order_id"] == order.order_id, "the same id gives the first order back"

    # An answer that is lost: the order is found in the list.
    order_fault(address, "POST /api/v3/brokerage/orders", "drop_after")
    refused(ConnectionError, lambda: client.limit_order_ioc_sell("ours-2", "BTC-USD", "0.001", "5400"))
    listed = client.list_orders(product_ids=["BTC-USD"], limit=1)
    assert listed.has_next and listed.orders[0].client_order_id == "ours-2"
    rest = client.list_orders(product_ids=["BTC-USD"], limit=1, cursor=listed.cursor)
    assert [one.client_order_id for one in rest.orders] == ["ours-1"] and not rest.has_next

    none = client.limit_order_ioc_sell("ours-3", "BTC-USD", base_size="0.001", limit_price="5500.01")
    done = client.get_order(none.response["order_id"]).order
    assert (done.status, done.filled_size) == ("CANCELLED", "0")
    cancelled = client.cancel_orders([done.order_id, "no-such-order"]).results
    assert [one.success for one in cancelled] == [False, False], "what is done cannot be cancelled"
    resting = client.limit_order_gtc_sell("ours-4", "BTC-USD", base_size="0.01", limit_price="9000")
    assert client.cancel_orders([resting.response["order_id"]]).results[0].success

    poor = client.market_order_sell("ours-5", "BTC-USD", base_size="50")
    assert not poor.success and poor.response["error"] == "INSUFFICIENT_FUND"
    assert refused(HTTPError, lambda: client.get_order("no-such-order")).response.status_code == 404
    client.session.mount("https://", HTTPAdapter())
    order_fault(address, "GET /api/v3/brokerage/accounts", {"refuse": {"status": 429, "message": ""}})
    assert refused(HTTPError, client.get_accounts).response.status_code == 429
    client.session.mount("https://", HTTPAdapter(max_retries=PATIENT))
    assert client.get_transaction_summary().fee_tier["taker_fee_rate"] == "0.0060"


def balances(client):
    found, cursor = {}, None
    while True:
        page = client.get_accounts(limit=1, cursor=cursor)
        found |= {one.currency: Decimal(one.available_balance["value"]) for one in page.accounts}
        if not page.has_next:
            return found
        cursor = page.cursor


def check_ccxt(address):
    exchange = ccxt.coinbase({"apiKey": address["key_name"], "secret": address["private_key"]})
    exchange.urls["api"]["rest"] = address["tls_url"]
    # Currencies come from another product of the vendor's.
    exchange.has["fetchCurrencies"] = False
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
        authority.write(address["authority"])
        authority.flush()
        exchange.verify = exchange.validateServerSsl = authority.name
        exchange.session.mount("https://", HTTPAdapter(max_retries=PATIENT))
        market = exchange.load_markets()["BTC/USD"]
        assert (market["precision"]["price"], market["taker"]) == (0.01, 0.006), market
        before = exchange.fetch_balance({"v3": True})["free"]
        placed = exchange.create_order("BTC/USD", "limit", "sell", float(SOLD), 5480, {**LATER, "client_order_id": "cc-1"})
        order = exchange.fetch_order(placed["id"], "BTC/USD")
        assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", float(SOLD), "cc-1"), order
        assert (order["fee"]["currency"], float(order["fee"]["cost"])) == ("USD", 0.16393014), order["fee"]
        after = exchange.fetch_balance({"v3": True})["free"]
        assert abs(before["BTC"] - after["BTC"] - float(SOLD)) < 1e-9 and after["USD"] > before["USD"]
        assert placed["id"] in [one["id"] for one in exchange.fetch_orders("BTC/USD")]
        error = refused(ccxt.BaseError, lambda: exchange.cancel_order(placed["id"], "BTC/USD"))
        assert isinstance(error, (ccxt.BadRequest, ccxt.OrderNotFound, ccxt.ExchangeError)), error
        refused(ccxt.InsufficientFunds, lambda: exchange.create_order("BTC/USD", "limit", "sell", 50, 5480, LATER))
        exchange.session.mount("https://", HTTPAdapter())
        order_fault(address, "GET /api/v3/brokerage/accounts", {"refuse": {"status": 429, "message": ""}})
        refused(ccxt.RateLimitExceeded, lambda: exchange.fetch_balance({"v3": True}))


if __name__ == "__main__":
    # They would be believed before the authority that a session is given.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)
    coinbase = vendor("coinbase")
    check_own_library(coinbase)
    check_ccxt(coinbase)
