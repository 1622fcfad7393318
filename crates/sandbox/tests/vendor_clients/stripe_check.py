"""The simulated Stripe Issuing under Stripe's own library: cards, authorizations, transactions, disputes, webhooks.

By hand, against an address of one's own:

    stripe_check.py --base http://127.0.0.1:PORT --key sk_test_...
"""

# sandbox: --stripe

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

DEADLINE_S = 20
EVENTS = [
    "issuing_authorization.created",
    "issuing_authorization.updated",
    "issuing_transaction.created",
    "issuing_card.updated",
    "issuing_dispute.submitted",
    "issuing_dispute.closed",
]
HOLDER = {
    "type": "individual",
    "name": "Ada Reed",
    "individual": {"first_name": "Ada", "last_name": "Reed"},
    "billing": {
        "address": {
            "line1": "12 Basin Street",
            "city": "New Orleans",
            "state": "LA",
            "postal_code": "70112",
            "country": "US",
        }
    },
}


class Receiver(BaseHTTPRequestHandler):
    """Verifies what arrives with Stripe's library, answers authorizations, keeps events."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        server = self.server
        asked = self.path == "/charge"
        secret = server.charge_secret if asked else server.events_secret
        event = stripe.Webhook.construct_event(body, self.headers["stripe-signature"], secret)
        server.received.append(event)
        answer = json.dumps({"approved": server.approve} if asked else {}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("stripe-version", event.api_version)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def wait_for(what, condition):
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen")


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} expected")


def check_cards(client):
    issuing = client.v1.issuing
    holder = issuing.cardholders.create(params=HOLDER)
    create = {
        "cardholder": holder.id,
        "currency": "usd",
        "type": "virtual",
        "status": "active",
        "spending_controls": {"spending_limits": [{"amount": 5000, "interval": "all_time"}]},
        "metadata": {"memo": "album"},
    }
    key = {"idempotency_key": "album-1"}
    card = issuing.cards.create(params=create, options=key)
    assert issuing.cards.create(params=create, options=key).id == card.id
    error = refused(
        stripe.IdempotencyError,
        lambda: issuing.cards.create(params={**create, "metadata": {"memo": "another"}}, options=key),
    )
    assert error.http_status == 400
    assert card.spending_controls.spending_limits[0].amount == 5000
    assert "number" not in card and card.cardholder.name == "Ada Reed"
    shown = issuing.cards.retrieve(card.id, params={"expand": ["number", "cvc"]})
    assert len(shown.number) == 16 and len(shown.cvc) == 3 and shown.last4 == shown.number[-4:]
    issuing.cards.create(params={**create, "status": "inactive"})
    page = issuing.cards.list(params={"limit": 1, "created": {"gte": card.created}})
    assert len(list(page.auto_paging_iter())) == 2, "the library pages through"
    return card


def check_charges(client, server, card):
    issuing, helpers = client.v1.issuing, client.v1.test_helpers.issuing
    merchant = {"name": "RARE GROOVE RECORDS", "network_id": "174030075991"}
    charge = {"card": card.id, "amount": 2711, "merchant_data": merchant}
    held = helpers.authorizations.create(params=charge)
    assert (held.approved, held.status, held.amount) == (True, "pending", 2711)
    assert held.request_history[0].reason == "webhook_approved"
    more = helpers.authorizations.increment(held.id, params={"increment_amount": 100})
    assert (more.amount, len(more.request_history)) == (2811, 2)
    part = helpers.authorizations.reverse(held.id, params={"reverse_amount": 100})
    assert part.amount == 2711
    helpers.authorizations.capture(held.id, params={"capture_amount": 2000, "close_authorization": False})
    done = helpers.authorizations.capture(held.id, params={"capture_amount": 700})
    assert (done.status, [one.amount for one in done.transactions]) == ("closed", [-2000, -700])
    refund = helpers.transactions.refund(done.transactions[0].id, params={"refund_amount": 500})
    assert (refund.type, refund.amount, refund.authorization) == ("refund", 500, held.id)
    forced = helpers.transactions.create_force_capture(params={"card": card.id, "amount": 300})
    assert (forced.type, forced.amount, forced.authorization) == ("capture", -300, None)
    helpers.transactions.create_unlinked_refund(params={"card": card.id, "amount": 300})

    server.approve = False
    no = helpers.authorizations.create(params={**charge, "amount": 100})
    assert (no.approved, no.request_history[0].reason) == (False, "webhook_declined")
    server.approve = True
    limit = helpers.authorizations.create(params={**charge, "amount": 9000})
    assert limit.request_history[0].reason == "spending_controls"
    euros = helpers.authorizations.create(
        params={"card": card.id, "merchant_amount": 1000, "merchant_currency": "eur", "merchant_data": merchant}
    )
    assert (euros.amount, euros.merchant_amount, euros.merchant_currency) == (1080, 1000, "eur")
    assert helpers.authorizations.expire(euros.id).status == "expired"
    assert len(list(issuing.authorizations.list(params={"card": card.id, "limit": 2}).auto_paging_iter())) == 4
    assert len(list(issuing.transactions.list(params={"card": card.id}).auto_paging_iter())) == 5
    balance = client.v1.balance.retrieve()
    assert balance.issuing.available[0].amount == 1_000_000 - 2700 + 500
    return done.transactions[1].id


def check_disputes(client, transaction):
    disputes = client.v1.issuing.disputes
    evidence = {"reason": "not_received", "not_received": {"explanation": "winning_evidence"}}
    dispute = disputes.create(params={"transaction": transaction, "evidence": evidence})
    assert (dispute.status, dispute.amount) == ("unsubmitted", 700)
    assert disputes.submit(dispute.id).status == "won"
    assert client.v1.issuing.transactions.retrieve(transaction).dispute == dispute.id


def check_stripe(base, key):
    client = stripe.StripeClient(key, base_addresses={"api": base}, max_network_retries=0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.approve = [], True
    here = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoints = client.v1.webhook_endpoints
    asking = endpoints.create(params={"url": f"{here}/charge", "enabled_events": ["issuing_authorization.request"]})
    telling = endpoints.create(params={"url": f"{here}/events", "enabled_events": EVENTS})
    server.charge_secret, server.events_secret = asking.secret, telling.secret

    card = check_cards(client)
    transaction = check_charges(client, server, card)
    check_disputes(client, transaction)
    closed = client.v1.issuing.cards.update(card.id, params={"status": "canceled"})
    assert closed.status == "canceled"
    refused(stripe.InvalidRequestError, lambda: client.v1.issuing.cards.update(card.id, params={"status": "active"}))

    asked = [event for event in server.received if event.type == "issuing_authorization.request"]
    assert [event.data.object.pending_request.amount for event in asked] == [2711, 100, 100, 1080]
    assert all(event.data.object.amount in (0, 2711) for event in asked)
    kinds = lambda: sorted(event.type for event in server.received)
    wait_for("the canceled card's event", lambda: "issuing_card.updated" in kinds())
    wait_for("every transaction's event", lambda: kinds().count("issuing_transaction.created") == 5)
    wait_for("the won dispute's event", lambda: "issuing_dispute.closed" in kinds())
    listed = client.v1.events.list(params={"type": "issuing_transaction.created"})
    assert len(list(listed.auto_paging_iter())) == 5

    wrong = stripe.StripeClient("sk_test_wrong", base_addresses={"api": base}, max_network_retries=0)
    refused(stripe.AuthenticationError, lambda: wrong.v1.issuing.cards.list())
    error = refused(stripe.InvalidRequestError, lambda: client.v1.issuing.cards.retrieve("ic_none"))
    assert (error.http_status, error.code) == (404, "resource_missing")
    error = refused(stripe.InvalidRequestError, lambda: client.v1.issuing.cards.create(params={"type": "virtual"}))
    assert error.code == "parameter_missing"
    for endpoint in (asking, telling):
        endpoints.delete(endpoint.id)
    server.shutdown()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", help="the simulation's address")
    options.add_argument("--key", help="its API key")
    options = options.parse_args()
    if options.base:
        return check_stripe(options.base, options.key)
    from client import vendor

    address = vendor("stripe")
    return check_stripe(address["url"], address["api_key"])


if __name__ == "__main__":
    main()
