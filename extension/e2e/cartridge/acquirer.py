"""The shop's acquirer: asks the lab's card network for what the customer typed, by Cartridge's own hook for that."""

import json
import os
import urllib.request

from cartridge.shop.checkout import CheckoutError

TIMEOUT_S = 30


def charge(request, order_form, order):
    card = order_form.cleaned_data
    wanted = {
        "card": {
            "number": card["card_number"],
            "security_code": card["card_ccv"],
            "expiry_month": int(card["card_expiry_month"]),
            "expiry_year": int(card["card_expiry_year"]),
        },
        # A decimal, so this is exact; a part of a cent would be the shop's mistake.
        "amount_minor": minor(order.total),
        "currency": "USD",
        "merchant": {"descriptor": "DJANGO PONY SHOP"},
        "postal_code": order.billing_detail_postcode,
        "capture": True,
    }
    asked = urllib.request.Request(
        os.environ["LAB_CONTROL"] + "/charges",
        data=json.dumps(wanted).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as response:
        answer = json.load(response)
    if not answer["approved"]:
        raise CheckoutError("The card was declined")
    return answer["charge"]


def minor(total):
    scaled = total * 100
    if scaled != int(scaled):
        raise CheckoutError("A part of a cent cannot be charged")
    return int(scaled)
