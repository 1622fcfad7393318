import { describe, expect, it } from "vitest";
import vectors from "../../../vectors/invoice.json";
import { readInvoice, type Network } from "../../src/trust/bolt11.ts";
import { readPayee } from "../../src/trust/payee.ts";

const INVOICE = vectors.cases.map(({ bolt11 }) => bolt11).find((text) => readInvoice(text)?.network === "regtest") ?? "";
const IN_TIME = Number(readInvoice(INVOICE)?.createdAtMs ?? 0n) + 1;
const read = (text: string, network: Network | null = null): unknown => readPayee(text, { network, nowMs: IN_TIME });
const chain = (address: string): unknown => ({ payee: { kind: "on_chain", address } });

// Of BIP 173 and BIP 350, and the first block's.
const SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
const TEST = "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7";
const OLD = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
const OLD_TEST = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
const OFFER = "lno1pqps7sjqpgtyzm3qv4uxzmtsd3jjqer9wd3hy6tsw35k7msjzfpy7nz5yqcnygrfdej82um5wf5k2uckyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvxg";

describe("what was pasted is recognised", () => {
  it.each<[string, string, unknown]>([
    ["a Lightning address", " ada@wallet.example ", { payee: { kind: "lightning_address", address: "ada@wallet.example" } }],
    ["one as BIP 353 writes it", "₿ada@wallet.example", { payee: { kind: "lightning_address", address: "ada@wallet.example" } }],
    ["an invoice", INVOICE, { payee: { kind: "bolt11", invoice: INVOICE } }],
    ["an invoice of a code", `LIGHTNING:${INVOICE.toUpperCase()}`, { payee: { kind: "bolt11", invoice: INVOICE } }],
    ["an offer", OFFER, { payee: { kind: "bolt12", offer: OFFER } }],
    ["an offer in parts", `${OFFER.slice(0, 40)}+\r\n ${OFFER.slice(40)}`.toUpperCase(), { payee: { kind: "bolt12", offer: OFFER } }],
    ["an address", SEGWIT, chain(SEGWIT)],
    ["one in capitals", SEGWIT.toUpperCase(), chain(SEGWIT.toUpperCase())],
    ["taproot", TAPROOT, chain(TAPROOT)],
    ["the shortest program", "bc1sw50qgdz25j", chain("bc1sw50qgdz25j")],
    ["an old address", OLD, chain(OLD)],
    ["a script's", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", chain("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy")],
    ["a link", `bitcoin:${SEGWIT}?amount=0.001`, chain(SEGWIT)],
    ["a link that has Lightning too", `bitcoin:${SEGWIT}?amount=0.001&lightning=${INVOICE}`, { payee: { kind: "bolt11", invoice: INVOICE } }],
    ["a link with an offer", `bitcoin:?lno=${OFFER}`, { payee: { kind: "bolt12", offer: OFFER } }],
  ])("%s", (_, text, payee) => expect(read(text)).toEqual(payee));
});

describe("what a person gets wrong is said", () => {
  const one = (text: string, at: number, by: string): string => text.slice(0, at) + by + text.slice(at + 1);
  it.each<[string, string, string, Network | null]>([
    ["nothing", "", "unreadable", null],
    ["words", "my wallet", "unreadable", null],
    ["too much", "a@".repeat(3_000), "unreadable", null],
    ["a mistyped address", one(SEGWIT, 20, "q"), "typo", null],
    ["one that lost its end", TAPROOT.slice(0, -1), "typo", null],
    ["taproot with segwit's check sum", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "typo", null],
    ["a mistyped old address", one(OLD, 5, "Q"), "typo", null],
    ["a mistyped invoice", one(INVOICE, 60, INVOICE[60] === "q" ? "p" : "q"), "typo", null],
    ["an offer with a letter that there is not", `${OFFER}b`, "typo", null],
    ["an address of a test network", TEST, "other_network", "bitcoin"],
    ["an old one of a test network", OLD_TEST, "other_network", "bitcoin"],
    ["an address of the main network", SEGWIT, "other_network", "signet"],
    ["an invoice of another network", INVOICE, "other_network", "bitcoin"],
    ["an LNURL", "LNURL1DP68GURN8GHJ7", "pay_code", null],
    ["an LNURL in a link", "lightning:lnurl1dp68gurn8ghj7", "pay_code", null],
  ])("%s: %s", (_, text, fault, network) => expect(read(text, network)).toEqual({ fault }));

  it("an invoice that has ended", () => expect(readPayee(INVOICE, { network: "regtest", nowMs: IN_TIME + 30 * 86_400_000 })).toEqual({ fault: "expired" }));
  it("not what test networks share", () => {
    for (const network of ["testnet", "signet"] as const) expect([read(TEST, network), read(OLD_TEST, network)]).toEqual([chain(TEST), chain(OLD_TEST)]);
    expect(read(TEST, "regtest")).toEqual({ fault: "other_network" });
    expect(read(OLD_TEST, "regtest")).toEqual(chain(OLD_TEST));
  });
});
