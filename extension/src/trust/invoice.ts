/**
 * The check before an invoice is shown: signed by a node of the key set, for the quoted amount, committed to the terms,
 * on the right network, still good. Its reference is `crates/trust`, and `vectors/invoice.json` its answers.
 */
import type { Invoice, Network } from "./bolt11.ts";
import { readInvoice } from "./bolt11.ts";

export interface ExpectedInvoice {
  /** The node that the terms name; it must be one of the key set's. */
  readonly node: string;
  readonly keySetNodes: readonly string[];
  /** `null` before any invoice of this server was seen: then the invoice's own is taken, and kept from there on. */
  readonly network: Network | null;
  readonly amountMsat: bigint;
  /** `termsDescription` of the terms as built here. */
  readonly description: string;
}

/** Found in this order. */
export type InvoiceFault = "not_an_invoice" | "wrong_network" | "wrong_key" | "wrong_amount" | "wrong_description" | "expired";

export interface CheckedInvoice {
  readonly paymentHash: string;
  readonly expiresAtMs: bigint;
  readonly network: Network;
}

export function checkInvoice(
  bolt11: string,
  expected: ExpectedInvoice,
  nowMs: bigint,
): { readonly checked: CheckedInvoice } | { readonly fault: InvoiceFault } {
  const invoice = readInvoice(bolt11);
  if (invoice === null) return { fault: "not_an_invoice" };
  const fault = faultOf(invoice, expected, nowMs);
  if (fault !== null) return { fault };
  const expiresAtMs = invoice.createdAtMs + invoice.expiryMs;
  return { checked: { paymentHash: invoice.paymentHash, expiresAtMs, network: invoice.network } };
}

function faultOf(invoice: Invoice, expected: ExpectedInvoice, nowMs: bigint): InvoiceFault | null {
  if (expected.network !== null && invoice.network !== expected.network) return "wrong_network";
  if (invoice.payee !== expected.node || !expected.keySetNodes.includes(invoice.payee)) return "wrong_key";
  if (invoice.amountMsat !== expected.amountMsat) return "wrong_amount";
  if (invoice.description !== expected.description) return "wrong_description";
  return nowMs >= invoice.createdAtMs + invoice.expiryMs ? "expired" : null;
}
