/**
 * The terms: what an invoice commits to, in canonical bytes that the server and the extension agree on. The extension
 * builds them from what *it* knows (its server, the store, the total that it read, its own nonce), so an invoice over
 * anything else has another hash.
 */
import type { TermsView } from "../api/types.ts";
import { textHash } from "./secp.ts";

export interface Terms {
  readonly server: string;
  readonly node: string;
  readonly purchase: string;
  readonly store: string;
  readonly totalMinor: bigint;
  readonly currency: string;
  readonly feeMinor: bigint;
  readonly rateMicro: bigint;
  readonly spreadPpm: bigint;
  readonly amountMsat: bigint;
  readonly expiresAtMs: bigint;
  readonly claimOn: string;
  readonly nonce: string;
}

const CONTROL = /\p{Cc}/u;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HEX_16 = /^[0-9a-f]{32}$/;

/** The canonical text; `null` when a value is empty or would break the lines apart. */
export function termsText(terms: Terms): string | null {
  const values = [
    ["server", terms.server],
    ["node", terms.node],
    ["purchase", terms.purchase],
    ["store", terms.store],
    ["total_minor", terms.totalMinor.toString()],
    ["currency", terms.currency],
    ["fee_minor", terms.feeMinor.toString()],
    ["rate_micro", terms.rateMicro.toString()],
    ["spread_ppm", terms.spreadPpm.toString()],
    ["amount_msat", terms.amountMsat.toString()],
    ["expires_at_ms", terms.expiresAtMs.toString()],
    ["claim_on", terms.claimOn],
    ["nonce", terms.nonce],
  ] as const;
  if (values.some(([, value]) => value === "" || CONTROL.test(value))) return null;
  return `anytill-terms-v1\n${values.map(([name, value]) => `${name}=${value}\n`).join("")}`;
}

/** SHA-256 of the canonical text, hex. */
export function termsHash(terms: Terms): string | null {
  const text = termsText(terms);
  return text === null ? null : textHash(text);
}

/** Eight characters without look-alikes from a purchase's identifier (32 hex); `null` when that is none. */
export function purchaseCode(purchase: string): string | null {
  if (!HEX_16.test(purchase)) return null;
  const bits = BigInt(`0x${purchase.slice(0, 10)}`);
  return Array.from({ length: 8 }, (_, i) => CROCKFORD.charAt(Number((bits >> BigInt((7 - i) * 5)) & 31n))).join("");
}

/** What the invoice says: `Anytill <code> <total> <currency> <first half of the hash>`. `exponent`: decimals of the currency. */
export function termsDescription(terms: Terms, exponent: number): string | null {
  const hash = termsHash(terms);
  const code = purchaseCode(terms.purchase);
  if (hash === null || code === null) return null;
  const digits = terms.totalMinor.toString().padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const decimal = exponent === 0 ? digits : `${whole}.${digits.slice(digits.length - exponent)}`;
  return `Anytill ${code} ${decimal} ${terms.currency} ${hash.slice(0, 32)}`;
}

/** What the extension knows of a purchase by itself. */
export interface Asked {
  readonly server: string;
  readonly purchase: string;
  readonly store: string;
  readonly totalMinor: number;
  readonly currency: string;
  readonly nonce: string;
}

/** Why terms are not taken: `terms_<field>` differs from what was asked, or is no value at all. */
export type TermsFault = `terms_${"server" | "purchase" | "store" | "total" | "currency" | "claim_on" | "node" | "number" | "hash"}`;

/**
 * The terms of a quote: the server's words for what only it knows (node, rate, fee, amount, expiry), ours for the rest.
 * Numbers come as JSON numbers; one that is not exact there is refused.
 */
export function askedTerms(view: TermsView, asked: Asked): { readonly terms: Terms } | { readonly fault: TermsFault } {
  const numbers = [view.fee_minor, view.rate_micro, view.spread_ppm, view.amount_msat, view.expires_at_ms, view.total_minor];
  if (!numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) return { fault: "terms_number" };
  if (view.server !== asked.server) return { fault: "terms_server" };
  if (view.purchase !== asked.purchase) return { fault: "terms_purchase" };
  if (view.store !== asked.store) return { fault: "terms_store" };
  if (view.total_minor !== asked.totalMinor) return { fault: "terms_total" };
  if (view.currency !== asked.currency) return { fault: "terms_currency" };
  if (view.claim_on !== "authorization" && view.claim_on !== "reveal") return { fault: "terms_claim_on" };
  if (!/^[0-9a-f]{66}$/.test(view.node)) return { fault: "terms_node" };
  const terms: Terms = {
    server: asked.server,
    node: view.node,
    purchase: asked.purchase,
    store: asked.store,
    totalMinor: BigInt(asked.totalMinor),
    currency: asked.currency,
    feeMinor: BigInt(view.fee_minor),
    rateMicro: BigInt(view.rate_micro),
    spreadPpm: BigInt(view.spread_ppm),
    amountMsat: BigInt(view.amount_msat),
    expiresAtMs: BigInt(view.expires_at_ms),
    claimOn: view.claim_on,
    nonce: asked.nonce,
  };
  return termsHash(terms) === view.terms_hash ? { terms } : { fault: "terms_hash" };
}
