# Reads a code as the window of Electrum 4.3.4 does (gui/qt/send_tab.py), by Electrum's own modules; prints the invoice.
import asyncio
import sys

from electrum import constants
from electrum.lnurl import callback_lnurl, decode_lnurl, request_lnurl
from electrum.util import maybe_extract_lightning_payment_identifier, parse_URI

constants.set_regtest()
code, amount_sat = sys.argv[1], int(sys.argv[2])


async def fetch(url):
    offer = await request_lnurl(url)
    if not offer.min_sendable_sat <= amount_sat <= offer.max_sendable_sat:
        sys.exit(f"{offer.min_sendable_sat} to {offer.max_sendable_sat} sat are taken")
    answer = await callback_lnurl(offer.callback_url, params={"amount": amount_sat * 1000})
    return answer["pr"]


identifier = maybe_extract_lightning_payment_identifier(code)
if identifier is None:
    print(parse_URI(code)["lightning"])
elif identifier.startswith("lnurl"):
    print(asyncio.run(fetch(decode_lnurl(identifier))))
else:
    print(identifier)
