"""What every check uses: where its vendor is, and how to expect something."""

import json
import os
import time

DEADLINE_S = 20


def vendor(name):
    """The vendor's entry of the file that `lab sandbox --write` made: url, keys, control."""
    with open(os.environ["ANYTILL_SANDBOX"], encoding="utf-8") as file:
        return json.load(file)[name]


def wait_for(what, condition):
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen")


def refused(kind, call):
    """The error of this kind that the call raises."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} expected")
