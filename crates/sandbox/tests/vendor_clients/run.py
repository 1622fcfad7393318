"""Runs every `*_check.py` beside this file, each against vendors of its own. See README.md.

    python run.py LAB [NAME ...]

LAB is the `lab` binary; a NAME (`kraken`) runs that check alone.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
CHECK_S_MAX = 120


def flags_of(check):
    """The options of `lab sandbox` that a check names in its line `# sandbox: --kraken --coinbase`."""
    named = re.search(r"^# sandbox: (.+)$", check.read_text(encoding="utf-8"), re.MULTILINE)
    if named is None:
        raise SystemExit(f"{check.name}: no line `# sandbox: --VENDOR ...`")
    return [word for flag in named[1].split() for word in (flag, "127.0.0.1:0")]


def run(lab, check):
    with tempfile.TemporaryDirectory() as place:
        told = os.path.join(place, "sandbox.json")
        command = [lab, "sandbox", *flags_of(check), "--write", told]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as vendors:
            try:
                for line in vendors.stdout:
                    if "ready" in json.loads(line):
                        break
                else:
                    raise SystemExit(f"{check.name}: `{' '.join(command)}` did not start")
                place_of = {**os.environ, "ANYTILL_SANDBOX": told}
                done = subprocess.run([sys.executable, check], env=place_of, timeout=CHECK_S_MAX, check=False)
                return done.returncode == 0
            finally:
                vendors.terminate()


def main():
    lab, names = sys.argv[1], sys.argv[2:]
    checks = sorted(HERE.glob("*_check.py"))
    wanted = [check for check in checks if not names or check.stem.removesuffix("_check") in names]
    if not wanted:
        raise SystemExit(f"no such check; there are: {', '.join(check.stem for check in checks)}")
    failed = []
    for check in wanted:
        begun = time.monotonic()
        if not run(lab, check):
            failed.append(check.name)
        print(f"{check.name}: {'FAILED' if check.name in failed else 'ok'}, {time.monotonic() - begun:.1f} s", flush=True)
    if failed:
        raise SystemExit(f"checks that failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
