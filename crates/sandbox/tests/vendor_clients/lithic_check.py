"""The simulated Lithic under Lithic's own library: cards, authorizations, events."""

# sandbox: --lithic

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lithic
import standardwebhooks
from lithic import types

from client import refused, vendor, wait_for

WEBHOOKS = {
    "card_authorization.approval_request": types.CardAuthorizationApprovalRequestWebhookEvent,
    "card_transaction.updated": types.CardTransactionUpdatedWebhookEvent,
    "card.created": types.CardCreatedWebhookEvent,
    "card.updated": types.CardUpdatedWebhookEvent,
}


class Receiver(BaseHTTPRequestHandler):
    """Verifies what arrives with Lithic's library, approves authorizations, keeps events."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        server = self.server
        secret = server.asa_secret if self.path == "/asa" else server.webhook_secret
        try:
            payload = server.client.webhooks.unwrap(body, dict(self.headers), secret=secret)
            event = WEBHOOKS[payload["event_type"]].model_validate(payload)
        except standardwebhooks.WebhookVerificationError:
            self.send_response(401)
            self.end_headers()
            return
        server.received.append((self.path, event))
        answer = json.dumps({"result": "APPROVED", "token": getattr(event, "token", None)}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def check_lithic(address):
    client = lithic.Lithic(
        api_key=address["api_key"],
        base_url=address["url"],
        max_retries=0,
        _strict_response_validation=True,
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.client, server.received = client, []
    here = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()

    assert client.api_status().message
    server.asa_secret = client.auth_stream_enrollment.retrieve_secret().secret
    assert server.asa_secret == address["asa_secret"]
    assert client.responder_endpoints.create(type="AUTH_STREAM_ACCESS", url=f"{here}/asa").enrolled
    status = client.responder_endpoints.check_status(type="AUTH_STREAM_ACCESS")
    assert (status.enrolled, status.url) == (True, f"{here}/asa")
    subscription = client.events.subscriptions.create(url=f"{here}/events", description="all")
    server.webhook_secret = client.events.subscriptions.retrieve_secret(subscription.token).secret

    create = dict(type="VIRTUAL", spend_limit=2711, spend_limit_duration="FOREVER", memo="album")
    key = {"Idempotency-Key": "123e4567-e89b-12d3-a456-426614174000"}
    card = client.cards.create(**create, extra_headers=key)
    assert client.cards.create(**create, extra_headers=key).token == card.token
    assert len(card.pan) == 16 and len(card.cvv) == 3
    assert client.cards.retrieve(card.token) == card
    client.cards.create(type="SINGLE_USE")
    assert len(list(client.cards.list(page_size=1))) == 2, "the library pages through"

    charge = dict(pan=card.pan, amount=2711, descriptor="RARE GROOVE RECORDS", mcc="5735")
    token = client.transactions.simulate_authorization(**charge).token
    pending = client.transactions.retrieve(token)
    assert (pending.status, pending.amounts.hold.amount) == ("PENDING", -2711)
    client.transactions.simulate_clearing(token=token, amount=2000)
    client.transactions.simulate_void(token=token)
    settled = client.transactions.retrieve(token)
    assert (settled.status, settled.amounts.settlement.amount, settled.amounts.hold.amount) == ("SETTLED", -2000, 0)
    assert [event.type for event in settled.events] == ["AUTHORIZATION", "CLEARING", "AUTHORIZATION_REVERSAL"]
    returned = client.transactions.simulate_return(pan=card.pan, amount=2000, descriptor="RARE GROOVE RECORDS")
    client.transactions.simulate_return_reversal(token=returned.token)
    declined = client.transactions.simulate_authorization(**{**charge, "amount": 100_000}).token
    assert client.transactions.retrieve(declined).result == "USER_TRANSACTION_LIMIT"
    assert len(list(client.transactions.list(card_token=card.token, page_size=2))) == 3

    balance = next(iter(client.balances.list(financial_account_type="ISSUING")))
    assert (balance.total_amount, balance.currency) == (1_000_000 - 2000, "USD")
    account = next(iter(client.financial_accounts.list()))
    assert next(iter(client.financial_accounts.balances.list(account.token))).available_amount == 998_000

    closed = client.cards.update(card.token, state="CLOSED")
    assert closed.state == "CLOSED"
    wait_for("the closing's webhook", lambda: any(
        getattr(event, "event_type", "") == "card.updated" and event.state == "CLOSED"
        for _, event in server.received
    ))
    kinds = [event.event_type for path, event in server.received if path == "/events"]
    assert kinds.count("card.created") == 2 and kinds.count("card_transaction.updated") == 6, kinds
    asked = [event for path, event in server.received if path == "/asa"]
    assert len(asked) == 1 and asked[0].event_type == "card_authorization.approval_request"
    assert asked[0].amounts.merchant.amount == 2711
    events = list(client.events.list(event_types=["card.created"]))
    assert len(events) == 2 and events[0].payload["card_token"]
    assert list(client.events.list_attempts(events[0].token))[0].status == "SUCCESS"

    refused(lithic.AuthenticationError, lambda: client.with_options(api_key="wrong").cards.create(type="VIRTUAL"))
    error = refused(lithic.NotFoundError, lambda: client.cards.retrieve("7ef7d65c-9023-4da3-b113-3b8583fd7951"))
    assert error.body["debugging_request_id"] and error.body["message"]
    refused(lithic.BadRequestError, lambda: client.cards.retrieve("nonsense"))
    client.events.subscriptions.delete(subscription.token)
    client.responder_endpoints.delete(type="AUTH_STREAM_ACCESS")
    server.shutdown()


if __name__ == "__main__":
    check_lithic(vendor("lithic"))
