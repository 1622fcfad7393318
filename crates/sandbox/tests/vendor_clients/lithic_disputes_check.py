"""The simulated Lithic under Lithic's own library: 3-D Secure with a challenge, and disputes.

By hand, against an address of one's own:

    lithic_disputes_check.py --base http://127.0.0.1:PORT --key KEY
"""

# sandbox: --lithic

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lithic
from lithic import types

DEADLINE_S = 20
EVENTS = {
    "three_ds_authentication.approval_request": types.ThreeDSAuthenticationApprovalRequestWebhookEvent,
    "three_ds_authentication.created": types.ThreeDSAuthenticationCreatedWebhookEvent,
    "three_ds_authentication.updated": types.ThreeDSAuthenticationUpdatedWebhookEvent,
    "three_ds_authentication.challenge": types.ThreeDSAuthenticationChallengeWebhookEvent,
    "dispute.updated": types.DisputeUpdatedWebhookEvent,
    "card_transaction.updated": types.CardTransactionUpdatedWebhookEvent,
    "card.created": types.CardCreatedWebhookEvent,
}
ANSWERS = ["APPROVE", "DECLINE", "CHALLENGE_REQUESTED"]


class Receiver(BaseHTTPRequestHandler):
    """Verifies what arrives with Lithic's library, and reads it strictly; answers authentications in turn."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        server = self.server
        asked = self.path == "/authentication"
        secret = server.three_ds_secret if asked else server.webhook_secret
        payload = server.client.webhooks.unwrap(body, dict(self.headers), secret=secret)
        server.received.append(EVENTS[payload["event_type"]].model_validate(payload))
        answer = {"three_ds_authentication_decision": server.answers.pop(0)} if asked else {}
        answer = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
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


def check_three_ds(client, server, card):
    merchant = {"id": "174030075991", "country": "USA", "mcc": "5735", "name": "RARE GROOVE RECORDS"}
    transaction = {"amount": 2711, "currency": "USD"}
    ask = lambda: client.three_ds.authentication.simulate(
        pan=card.pan, merchant=merchant, transaction=transaction
    ).token
    for expected in ("SUCCESS", "DECLINE"):
        assert client.three_ds.authentication.retrieve(ask()).authentication_result == expected
    token = ask()
    pending = client.three_ds.authentication.retrieve(token)
    assert pending.authentication_result == "PENDING_CHALLENGE"
    assert (pending.decision_made_by, pending.challenge_orchestrated_by) == ("CUSTOMER_ENDPOINT", "CUSTOMER")
    told = lambda kind: [event for event in server.received if event.event_type == kind]
    wait_for("the challenge's event", lambda: told("three_ds_authentication.challenge"))
    challenge = told("three_ds_authentication.challenge")[0]
    assert challenge.authentication_object.token == token
    client.three_ds.decisioning.challenge_response(token=token, challenge_response="APPROVE")
    assert client.three_ds.authentication.retrieve(token).authentication_result == "SUCCESS"
    wait_for("the end's event", lambda: told("three_ds_authentication.updated"))
    try:
        client.three_ds.decisioning.challenge_response(token=token, challenge_response="APPROVE")
        raise AssertionError("a challenge is answered once")
    except lithic.BadRequestError:
        pass


def check_disputes(client, server, card):
    charged = client.transactions.simulate_authorization(pan=card.pan, amount=2711, descriptor="RARE GROOVE").token
    client.transactions.simulate_clearing(token=charged, amount=2711)
    dispute = client.disputes.create(transaction_token=charged, amount=2711, reason="GOODS_SERVICES_NOT_RECEIVED")
    assert (dispute.status, dispute.transaction_token) == ("NEW", charged)
    assert client.disputes.retrieve(dispute.token) == dispute
    assert [one.token for one in client.disputes.list(transaction_tokens=[charged])] == [dispute.token]
    told = lambda: [event for event in server.received if event.event_type == "dispute.updated"]
    wait_for("the dispute's event", lambda: told() and told()[0].token == dispute.token)


def check_lithic(base, key):
    client = lithic.Lithic(api_key=key, base_url=base, max_retries=0, _strict_response_validation=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.client, server.received, server.answers = client, [], list(ANSWERS)
    here = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.three_ds_secret = client.three_ds.decisioning.retrieve_secret().secret
    assert client.responder_endpoints.create(type="THREE_DS_DECISIONING", url=f"{here}/authentication").enrolled
    assert client.responder_endpoints.check_status(type="THREE_DS_DECISIONING").enrolled
    subscription = client.events.subscriptions.create(url=f"{here}/events")
    server.webhook_secret = client.events.subscriptions.retrieve_secret(subscription.token).secret

    card = client.cards.create(type="VIRTUAL", spend_limit=5000, spend_limit_duration="FOREVER")
    check_three_ds(client, server, card)
    check_disputes(client, server, card)
    client.events.subscriptions.delete(subscription.token)
    client.responder_endpoints.delete(type="THREE_DS_DECISIONING")
    server.shutdown()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", help="the simulation's address")
    options.add_argument("--key", help="its API key")
    options = options.parse_args()
    if not options.base:
        from client import vendor

        address = vendor("lithic")
        options.base, options.key = address["url"], address["api_key"]
    check_lithic(options.base, options.key)


if __name__ == "__main__":
    main()
