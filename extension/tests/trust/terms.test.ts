import { utf8ToBytes, bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { TermsView } from "../../src/api/types.ts";
import type { Asked, Terms } from "../../src/trust/terms.ts";
import { askedTerms, purchaseCode, termsDescription, termsHash, termsText } from "../../src/trust/terms.ts";
import { vectors } from "./vectors.ts";

interface Case {
  readonly code: string;
  readonly description: string;
  readonly hash: string;
  readonly text: string;
  readonly utf8_hex: string;
  readonly terms: Readonly<Record<string, string>>;
}
const { cases, refused } = vectors<{ cases: readonly Case[]; refused: readonly { field: string; server: string; store: string }[] }>("terms");

function read(raw: Readonly<Record<string, string>>): Terms {
  const text = (name: string): string => raw[name] ?? "";
  return {
    server: text("server"),
    node: text("node"),
    purchase: text("purchase"),
    store: text("store"),
    totalMinor: BigInt(text("total_minor")),
    currency: text("currency"),
    feeMinor: BigInt(text("fee_minor")),
    rateMicro: BigInt(text("rate_micro")),
    spreadPpm: BigInt(text("spread_ppm")),
    amountMsat: BigInt(text("amount_msat")),
    expiresAtMs: BigInt(text("expires_at_ms")),
    claimOn: text("claim_on"),
    nonce: text("nonce"),
  };
}
const exponents: Readonly<Record<string, number>> = { USD: 2, EUR: 2, JPY: 0, KWD: 3 };

describe("the terms of the vectors", () => {
  it("are there", () => expect(cases.length).toBeGreaterThanOrEqual(8));
  it.each(cases)("$description", (c) => {
    const terms = read(c.terms);
    expect(termsText(terms)).toBe(c.text);
    expect(bytesToHex(utf8ToBytes(termsText(terms) ?? ""))).toBe(c.utf8_hex);
    expect(termsHash(terms)).toBe(c.hash);
    expect(purchaseCode(terms.purchase)).toBe(c.code);
    const exponent = exponents[terms.currency];
    if (exponent === undefined) throw new Error(`no exponent for ${terms.currency}`);
    expect(termsDescription(terms, exponent)).toBe(c.description);
  });
  it.each(refused)("refuses $field of %j", ({ server, store }) => {
    const [first] = cases;
    if (first === undefined) throw new Error("no case");
    expect(termsText({ ...read(first.terms), server, store })).toBeNull();
    expect(termsHash({ ...read(first.terms), server, store })).toBeNull();
  });
});

describe("terms that were asked for", () => {
  const [first] = cases;
  if (first === undefined) throw new Error("no case");
  const t = first.terms;
  const view: TermsView = {
    format: "anytill-terms-v1",
    server: t["server"] ?? "",
    node: t["node"] ?? "",
    purchase: t["purchase"] ?? "",
    store: t["store"] ?? "",
    total_minor: Number(t["total_minor"]),
    currency: t["currency"] ?? "",
    fee_minor: Number(t["fee_minor"]),
    rate_micro: Number(t["rate_micro"]),
    spread_ppm: Number(t["spread_ppm"]),
    amount_msat: Number(t["amount_msat"]),
    expires_at_ms: Number(t["expires_at_ms"]),
    claim_on: "authorization",
    terms_hash: first.hash,
    description: first.description,
  };
  const asked: Asked = {
    server: view.server,
    purchase: view.purchase,
    store: view.store,
    totalMinor: view.total_minor,
    currency: view.currency,
    nonce: t["nonce"] ?? "",
  };
  it("are taken", () => {
    const taken = askedTerms(view, asked);
    expect("terms" in taken && termsHash(taken.terms)).toBe(first.hash);
  });
  const wrong: readonly [string, Partial<TermsView>, Partial<Asked>][] = [
    ["terms_server", { server: "https://evil.example" }, {}],
    ["terms_purchase", { purchase: "ff".repeat(16) }, {}],
    ["terms_store", { store: "other.example" }, {}],
    ["terms_total", { total_minor: 2712 }, {}],
    ["terms_currency", { currency: "CAD" }, {}],
    ["terms_claim_on", { claim_on: "whenever" as "reveal" }, {}],
    ["terms_node", { node: "02" }, {}],
    ["terms_number", { rate_micro: 1.5 }, {}],
    ["terms_number", { amount_msat: 2 ** 53 }, {}],
    ["terms_hash", { amount_msat: view.amount_msat + 1_000 }, {}],
    ["terms_hash", { claim_on: "reveal" }, {}],
    ["terms_hash", {}, { nonce: "00".repeat(16) }],
  ];
  it.each(wrong)("%s", (fault, viewChange, askedChange) => {
    expect(askedTerms({ ...view, ...viewChange }, { ...asked, ...askedChange })).toEqual({ fault });
  });
});
