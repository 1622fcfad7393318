import { describe, expect, it } from "vitest";
import { readConnection } from "../../src/nwc/connection.ts";

const WALLET = "b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4";
const SECRET = "71a8c14c1407c113601079c4302dab36460f0ccd0ad506f1f2dc73b5100e4f3c";
const RELAY = "relay=wss%3A%2F%2Frelay.damus.io";
/** The specification's own example. */
const EXAMPLE = `nostr+walletconnect://${WALLET}?${RELAY}&secret=${SECRET}`;

describe("a connection string", () => {
  it("is read as the specification writes it", () => {
    const read = readConnection(EXAMPLE);
    expect(read).toMatchObject({ address: { wallet: WALLET, relays: ["wss://relay.damus.io/"], secret: SECRET } });
    expect("address" in read && read.address.client).toMatch(/^[0-9a-f]{64}$/u);
  });
  it.each([
    ["with blanks around it", `  ${EXAMPLE}\n`],
    ["with two relays and an address", `${EXAMPLE}&relay=wss://other.example/nwc?key=1&lud16=ada%40wallet.example`],
    ["in its older spelling", EXAMPLE.replace("nostr+walletconnect://", "nostrwalletconnect:")],
    ["without the slashes", EXAMPLE.replace("://", ":")],
    ["in capitals", EXAMPLE.replace(WALLET, WALLET.toUpperCase()).replace(SECRET, SECRET.toUpperCase())],
    ["with a relay on this machine", EXAMPLE.replace(RELAY, "relay=ws://127.0.0.1:7777")],
    ["with a relay on localhost", EXAMPLE.replace(RELAY, "relay=ws://localhost:7777")],
  ])("may be written %s", (_, text) => {
    expect(readConnection(text)).toMatchObject({ address: { wallet: WALLET, secret: SECRET } });
  });
  it.each([
    ["nwc_malformed", "empty", ""],
    ["nwc_malformed", "a Lightning invoice", "lnbc1..."],
    ["nwc_malformed", "a web address", `https://${WALLET}?${RELAY}&secret=${SECRET}`],
    ["nwc_malformed", "without a wallet", `nostr+walletconnect://?${RELAY}&secret=${SECRET}`],
    ["nwc_malformed", "endless", `${EXAMPLE}&relay=${"x".repeat(3_000)}`],
    ["nwc_no_secret", "without a secret", `nostr+walletconnect://${WALLET}?${RELAY}`],
    ["nwc_no_secret", "with an empty secret", `nostr+walletconnect://${WALLET}?${RELAY}&secret=`],
    ["nwc_bad_key", "with a short secret", EXAMPLE.slice(0, -1)],
    ["nwc_bad_key", "with a secret of zeros", EXAMPLE.replace(SECRET, "0".repeat(64))],
    ["nwc_bad_key", "with a secret above the curve", EXAMPLE.replace(SECRET, "f".repeat(64))],
    ["nwc_bad_key", "with a wallet that is no point", EXAMPLE.replace(WALLET, "f".repeat(64))],
    ["nwc_bad_key", "with a wallet of letters", EXAMPLE.replace(WALLET, "npub1xyz")],
    ["nwc_no_relay", "without a relay", `nostr+walletconnect://${WALLET}?secret=${SECRET}`],
    ["nwc_no_relay", "with too many relays", `${EXAMPLE}${`&${RELAY}`.repeat(5)}`],
    ["nwc_relay_insecure", "with a plain relay", EXAMPLE.replace(RELAY, "relay=ws://relay.example")],
    ["nwc_relay_insecure", "with a plain relay that only looks local", EXAMPLE.replace(RELAY, "relay=ws://127.0.0.1.evil.example")],
    ["nwc_relay_insecure", "with one good and one plain relay", `${EXAMPLE}&relay=ws://relay.example`],
    ["nwc_relay_insecure", "with a web server for a relay", EXAMPLE.replace(RELAY, "relay=https://relay.example")],
    ["nwc_relay_insecure", "with a password in its relay", EXAMPLE.replace(RELAY, "relay=wss://a:b@relay.example")],
  ])("is refused as %s: %s", (fault, _, text) => {
    expect(readConnection(text)).toEqual({ fault });
  });
});
