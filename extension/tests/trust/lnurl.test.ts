import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { describe, expect, it } from "vitest";
import { payLink } from "../../src/trust/lnurl.ts";

const SERVER = "https://till.example";
const lnurl = (url: string, prefix = "lnurl"): string => bech32.encode(prefix, bech32.toWords(utf8ToBytes(url)), 2_000);

describe("an address for a wallet", () => {
  it("is shown in upper case when it leads to the paired server", () => {
    const text = lnurl(`${SERVER}/lnurl/pay/0123`);
    expect(payLink(text, SERVER)).toBe(text.toUpperCase());
    expect(payLink(text.toUpperCase(), SERVER)).toBe(text.toUpperCase());
  });
  it.each([
    ["another server", lnurl("https://evil.example/lnurl/pay/0123")],
    ["a host that begins alike", lnurl("https://till.example.evil.example/lnurl/pay/0123")],
    ["another place of the server", lnurl(`${SERVER}/lnurl/withdraw/0123`)],
    ["the server in the clear", lnurl("http://till.example/lnurl/pay/0123")],
    ["nothing", lnurl("")],
    ["another prefix", lnurl(`${SERVER}/lnurl/pay/0123`, "lnbc")],
    ["a wrong check sum", `${lnurl(`${SERVER}/lnurl/pay/0123`).slice(0, -1)}q`],
    ["mixed case", `L${lnurl(`${SERVER}/lnurl/pay/0123`).slice(1)}`],
    ["too long a text", lnurl(`${SERVER}/lnurl/pay/${"0".repeat(1_000)}`)],
    ["no bech32", "lnurl"],
  ])("that leads to %s is not", (_, text) => expect(payLink(text, SERVER)).toBeNull());
});
