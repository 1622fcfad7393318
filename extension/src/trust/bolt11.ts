/**
 * BOLT 11: reads an invoice. A text is an invoice when check sum, signature and required fields are right; what it means
 * is checked elsewhere.
 *
 * Source: BOLT 11, "Invoice Protocol for Lightning Payments".
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { recover } from "./secp.ts";

export type Network = "bitcoin" | "testnet" | "signet" | "regtest" | "simnet";

export interface Invoice {
  readonly network: Network;
  /** `null`: the payer chooses. */
  readonly amountMsat: bigint | null;
  readonly createdAtMs: bigint;
  readonly expiryMs: bigint;
  readonly paymentHash: string;
  /** `null` when the invoice holds a hash of the description instead. */
  readonly description: string | null;
  /** Who signed, 66 hex; when the invoice names its payee, the same. */
  readonly payee: string;
  readonly minFinalCltvDelta: bigint;
}

/** Longest text that is read; real ones have some hundred characters. */
const TEXT_LEN_MAX = 4_096;
const SIGNATURE_WORDS = 104;
const TIMESTAMP_WORDS = 7;
const EXPIRY_S = 3_600n;
const MIN_FINAL_CLTV = 18n;
const HRP = /^ln(bcrt|bc|tbs|tb|sb)(?:([1-9][0-9]*)([munp]?))?$/;
const NETWORKS: Readonly<Record<string, Network>> = { bc: "bitcoin", tb: "testnet", tbs: "signet", bcrt: "regtest", sb: "simnet" };
const MSAT_PER_BTC = 100_000_000_000n;
/** Divisors of the multipliers, by letter; `p` has a tenth of a millisatoshi as its unit. */
const DIVISORS: Readonly<Record<string, bigint>> = { "": 1n, m: 1_000n, u: 1_000_000n, n: 1_000_000_000n, p: 1_000_000_000_000n };

interface Tagged {
  readonly tag: string;
  readonly words: readonly number[];
}

/** `null` when the text is no invoice. */
export function readInvoice(text: string): Invoice | null {
  if (text.length > TEXT_LEN_MAX) return null;
  const decoded = bech32.decodeUnsafe(text as `${string}1${string}`, TEXT_LEN_MAX);
  if (decoded === undefined) return null;
  const head = readHead(decoded.prefix);
  const words = [...decoded.words];
  if (head === null || words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS) return null;
  const data = words.slice(0, words.length - SIGNATURE_WORDS);
  const fields = readFields(data.slice(TIMESTAMP_WORDS));
  if (fields === null) return null;
  const signer = readSigner(decoded.prefix, data, words.slice(words.length - SIGNATURE_WORDS));
  if (signer === null) return null;
  return assemble(head, toNumber(data.slice(0, TIMESTAMP_WORDS)), fields, signer);
}

function assemble(head: Head, createdAtS: bigint, fields: readonly Tagged[], signer: string): Invoice | null {
  const first = (tag: string, length?: number): readonly number[] | undefined =>
    fields.find((field) => field.tag === tag && (length === undefined || field.words.length === length))?.words;
  // A field of another length than the specification gives it is skipped, as it demands.
  const paymentHash = first("p", 52);
  const secret = first("s", 52);
  const described = first("d");
  const describedByHash = first("h", 52);
  if (paymentHash === undefined || secret === undefined) return null;
  if ((described === undefined) === (describedByHash === undefined)) return null;
  const named = first("n", 53);
  if (named !== undefined) {
    const key = toBytes(named);
    if (key === null || bytesToHex(key) !== signer) return null;
  }
  const hash = toBytes(paymentHash);
  const description = described === undefined ? null : toText(described);
  if (hash === null || (described !== undefined && description === null)) return null;
  const expiry = first("x");
  const cltv = first("c");
  return {
    ...head,
    createdAtMs: createdAtS * 1_000n,
    expiryMs: (expiry === undefined ? EXPIRY_S : toNumber(expiry)) * 1_000n,
    paymentHash: bytesToHex(hash),
    description,
    payee: signer,
    minFinalCltvDelta: cltv === undefined ? MIN_FINAL_CLTV : toNumber(cltv),
  };
}

type Head = Pick<Invoice, "network" | "amountMsat">;

function readHead(prefix: string): Head | null {
  const match = HRP.exec(prefix);
  const network = match?.[1] === undefined ? undefined : NETWORKS[match[1]];
  if (match === null || network === undefined) return null;
  if (match[2] === undefined) return { network, amountMsat: null };
  const divisor = DIVISORS[match[3] ?? ""];
  if (divisor === undefined) return null;
  const scaled = BigInt(match[2]) * MSAT_PER_BTC;
  // Tenths of a millisatoshi exist on paper only.
  return scaled % divisor === 0n ? { network, amountMsat: scaled / divisor } : null;
}

function readFields(words: readonly number[]): readonly Tagged[] | null {
  const fields: Tagged[] = [];
  for (let at = 0; at < words.length; ) {
    const [tag, high, low] = words.slice(at, at + 3);
    if (tag === undefined || high === undefined || low === undefined) return null;
    const end = at + 3 + high * 32 + low;
    if (end > words.length) return null;
    fields.push({ tag: TAGS.charAt(tag), words: words.slice(at + 3, end) });
    at = end;
  }
  return fields;
}

/** Bech32's own alphabet: a tag is written as the character of its number. */
const TAGS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

function readSigner(prefix: string, data: readonly number[], signatureWords: readonly number[]): string | null {
  const signature = toBytes(signatureWords);
  if (signature === null || signature.length !== 65) return null;
  // The signed bytes are padded with zero bits at the end.
  const digest = sha256(concatBytes(utf8ToBytes(prefix), padded(data)));
  return recover(signature.slice(0, 64), signature[64] ?? 4, digest);
}

function padded(words: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const word of words) {
    held = ((held << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  if (bits > 0) bytes.push((held << (8 - bits)) & 0xff);
  return Uint8Array.from(bytes);
}

function toBytes(words: readonly number[]): Uint8Array | null {
  try {
    return bech32.fromWords([...words]);
  } catch {
    return null;
  }
}

function toText(words: readonly number[]): string | null {
  const bytes = toBytes(words);
  if (bytes === null) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function toNumber(words: readonly number[]): bigint {
  return words.reduce((sum, word) => sum * 32n + BigInt(word), 0n);
}
