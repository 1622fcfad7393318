/**
 * NIP-47: what is asked of a wallet and what it answers. Only NIP-44 is spoken: what the older NIP-04 seals is not
 * authenticated, and the specification keeps it for old wallets alone.
 *
 * Source: github.com/nostr-protocol/nips, `47.md`.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { WalletAddress } from "./connection.ts";
import type { SignedEvent } from "./event.ts";
import { sign, tagOf } from "./event.ts";
import { conversationKey, decrypt, encrypt } from "./nip44.ts";

export const INFO_KIND = 13_194;
export const REQUEST_KIND = 23_194;
export const ANSWER_KIND = 23_195;
const ENCRYPTION = "nip44_v2";

export type Method = "get_info" | "pay_invoice" | "lookup_invoice";

export interface WalletInfo {
  readonly methods: readonly string[];
  readonly speaksNip44: boolean;
}

/** The wallet's standing word of what it can, unencrypted and signed. No tag means the old encryption only. */
export function readInfo(event: SignedEvent): WalletInfo {
  const words = (text: string | null): readonly string[] => (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
  return { methods: words(event.content), speaksNip44: words(tagOf(event, "encryption")).includes(ENCRYPTION) };
}

export interface Request {
  readonly method: Method;
  readonly params: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  /** A wallet that is reached later should leave it undone. */
  readonly untilMs: number;
}

export function makeRequest(address: WalletAddress, { method, params, nowMs, untilMs }: Request): SignedEvent {
  const secret = hexToBytes(address.secret);
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const content = encrypt(JSON.stringify({ method, params }), conversationKey(secret, address.wallet), nonce);
  const tags = [["p", address.wallet], ["encryption", ENCRYPTION], ["expiration", String(Math.floor(untilMs / 1_000))]];
  return sign({ created_at: Math.floor(nowMs / 1_000), kind: REQUEST_KIND, tags, content }, secret);
}

export type Answer =
  | { readonly kind: "result"; readonly result: Readonly<Record<string, unknown>> }
  /** In the wallet's own code, `OTHER` where it has none. Its message is for its maker. */
  | { readonly kind: "error"; readonly code: string }
  /** Signed by the wallet, to this request, and not to be read. */
  | { readonly kind: "unreadable"; readonly why: "nwc_encryption" | "nwc_answer_malformed" };

/** `null`: not the wallet's answer to this request to us, whatever a relay says that it is. */
export function readAnswer(address: WalletAddress, method: Method, requestId: string, event: SignedEvent): Answer | null {
  const ours = event.kind === ANSWER_KIND && event.pubkey === address.wallet && tagOf(event, "e") === requestId;
  const to = tagOf(event, "p");
  if (!ours || (to !== null && to !== address.client)) return null;
  const text = decrypt(event.content, conversationKey(hexToBytes(address.secret), address.wallet));
  if (text === null) return { kind: "unreadable", why: "nwc_encryption" };
  return readBody(method, text) ?? { kind: "unreadable", why: "nwc_answer_malformed" };
}

const CODE = /^[A-Z][A-Z_]{0,39}$/;

function readBody(method: Method, text: string): Answer | null {
  const body = parse(text);
  if (body === null || body["result_type"] !== method) return null;
  const { error, result } = body;
  if (isObject(error)) {
    const { code } = error;
    return { kind: "error", code: typeof code === "string" && CODE.test(code) ? code : "OTHER" };
  }
  return isObject(result) ? { kind: "result", result } : null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The proof that an invoice was paid: nobody but the payee can have made it. */
export function proves(preimage: unknown, paymentHash: string): boolean {
  return typeof preimage === "string" && /^[0-9a-f]{64}$/i.test(preimage) && bytesToHex(sha256(hexToBytes(preimage.toLowerCase()))) === paymentHash;
}

/** What the wallet says that it paid as fees, `null` where it says nothing that can be counted. */
export function feesPaidMsat(result: Readonly<Record<string, unknown>>): number | null {
  const fees = result["fees_paid"];
  return typeof fees === "number" && Number.isSafeInteger(fees) && fees >= 0 ? fees : null;
}

/**
 * Refused before anything left the wallet. Not among them, on purpose: `PAYMENT_FAILED`, which by the specification may be
 * a timeout, `INTERNAL` and `OTHER`. After those the wallet is asked what became of it.
 */
const REFUSED = new Set(["RATE_LIMITED", "NOT_IMPLEMENTED", "INSUFFICIENT_BALANCE", "QUOTA_EXCEEDED", "RESTRICTED", "UNAUTHORIZED", "UNSUPPORTED_ENCRYPTION"]);

export const isRefusal = (code: string): boolean => REFUSED.has(code);
