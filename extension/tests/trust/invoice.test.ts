import { describe, expect, it } from "vitest";
import type { Network } from "../../src/trust/bolt11.ts";
import { readInvoice } from "../../src/trust/bolt11.ts";
import { checkInvoice } from "../../src/trust/invoice.ts";
import { vectors } from "./vectors.ts";

interface Case {
  readonly name: string;
  readonly bolt11: string;
  readonly now_ms: string;
  readonly result: string;
  readonly expected: { amount_msat: string; description: string; key_set_nodes: readonly string[]; network: Network; node: string };
  readonly checked: { expires_at_ms: string; payment_hash: string } | null;
  readonly fields: Readonly<Record<string, string | null>> | null;
}
const { cases } = vectors<{ cases: readonly Case[] }>("invoice");

describe("the invoices of the vectors", () => {
  it("are there", () => expect(cases.length).toBeGreaterThanOrEqual(20));
  it.each(cases)("reads: $name", (c) => {
    const invoice = readInvoice(c.bolt11);
    if (c.fields === null) {
      expect(invoice).toBeNull();
      return;
    }
    expect({
      amount_msat: invoice?.amountMsat?.toString() ?? null,
      created_at_ms: invoice?.createdAtMs.toString(),
      description: invoice?.description,
      expiry_ms: invoice?.expiryMs.toString(),
      min_final_cltv_delta: invoice?.minFinalCltvDelta.toString(),
      payee: invoice?.payee,
      payment_hash: invoice?.paymentHash,
    }).toEqual(c.fields);
  });
  it.each(cases)("checks: $name is $result", (c) => {
    const expected = {
      node: c.expected.node,
      keySetNodes: c.expected.key_set_nodes,
      network: c.expected.network,
      amountMsat: BigInt(c.expected.amount_msat),
      description: c.expected.description,
    };
    const answer = checkInvoice(c.bolt11, expected, BigInt(c.now_ms));
    if (c.result !== "ok") {
      expect(answer).toEqual({ fault: c.result });
      return;
    }
    expect("checked" in answer && {
      expires_at_ms: answer.checked.expiresAtMs.toString(),
      payment_hash: answer.checked.paymentHash,
    }).toEqual(c.checked);
  });
});

describe("a first invoice", () => {
  const [good] = cases;
  if (good === undefined) throw new Error("no case");
  it("tells the network", () => {
    const expected = {
      node: good.expected.node,
      keySetNodes: good.expected.key_set_nodes,
      network: null,
      amountMsat: BigInt(good.expected.amount_msat),
      description: good.expected.description,
    };
    const answer = checkInvoice(good.bolt11, expected, BigInt(good.now_ms));
    expect("checked" in answer && answer.checked.network).toBe("regtest");
  });
  it("with any one character changed is none, or signed by somebody else", () => {
    const sound = readInvoice(good.bolt11);
    for (let at = 0; at < good.bolt11.length; at += 7) {
      const other = good.bolt11[at] === "q" ? "p" : "q";
      const changed = readInvoice(good.bolt11.slice(0, at) + other + good.bolt11.slice(at + 1));
      expect(changed === null || changed.payee !== sound?.payee, `character ${at}`).toBe(true);
    }
  });
  it("cut anywhere is none", () => {
    for (let end = 0; end < good.bolt11.length; end += 5) expect(readInvoice(good.bolt11.slice(0, end))).toBeNull();
  });
});
