/**
 * What a shopper pasted as the place where a refund goes: recognised, and looked over for what a person gets wrong. Whether it
 * is paid to is the server's to say.
 *
 * Sources: LUD-16 (addresses), BOLT 11, BOLT 12 (offers have no check sum), BIP 173 and 350 (segwit addresses), BIP 21.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32, bech32m, createBase58check } from "@scure/base";
import { readInvoice, type Network } from "./bolt11.ts";

export type Payee =
  | { readonly kind: "lightning_address"; readonly address: string }
  | { readonly kind: "bolt11"; readonly invoice: string }
  | { readonly kind: "bolt12"; readonly offer: string }
  | { readonly kind: "on_chain"; readonly address: string };

/** `typo`: its check characters do not fit. `pay_code`: an LNURL, which asks its owner's wallet for more than a text can say. */
export type PayeeFault = "unreadable" | "typo" | "other_network" | "expired" | "pay_code";

/** Longest text that is read. */
const TEXT_LEN_MAX = 4_096;
const LINK = /^(?:lightning|bitcoin):(?:\/\/)?/i;
const PREFIXES: Readonly<Record<string, readonly Network[]>> = { bc: ["bitcoin"], tb: ["testnet", "signet"], bcrt: ["regtest"] };
/** Version bytes of P2PKH and P2SH. */
const VERSIONS: Readonly<Record<number, readonly Network[]>> = {
  0x00: ["bitcoin"], 0x05: ["bitcoin"], 0x6f: ["testnet", "signet", "regtest"], 0xc4: ["testnet", "signet", "regtest"],
};
const base58 = createBase58check(sha256);

export interface Around {
  /** The server's; `null`: not known yet. */
  readonly network: Network | null;
  readonly nowMs: number;
}

export function readPayee(pasted: string, around: Around): { readonly payee: Payee } | { readonly fault: PayeeFault } {
  if (pasted.length > TEXT_LEN_MAX) return { fault: "unreadable" };
  const text = preferred(pasted.trim());
  const low = text.toLowerCase();
  if (text.includes("@")) return { payee: { kind: "lightning_address", address: text.replace(/^₿/, "") } };
  if (/^(?:lnurl1|lnurl[pcw]:|keyauth:)/.test(low)) return { fault: "pay_code" };
  if (low.startsWith("lno1")) return readOffer(low);
  if (/^ln(?:bc|tb|bcrt|sb)/.test(low)) return readBolt11(low, around);
  return readAddress(text, low, around);
}

/** Of a link that offers several ways what costs nothing on the chain. */
function preferred(text: string): string {
  const link = LINK.exec(text);
  if (link === null) return text;
  const [plain = "", query = ""] = text.slice(link[0].length).split("?", 2);
  const ways = new Map([...new URLSearchParams(query)].map(([key, value]) => [key.toLowerCase(), value]));
  return ways.get("lightning") ?? ways.get("lno") ?? plain;
}

/** BOLT 12: may be written in parts that a `+` joins. */
function readOffer(text: string): { readonly payee: Payee } | { readonly fault: PayeeFault } {
  const offer = text.replace(/\+\s*/g, "");
  return /^lno1[02-9ac-hj-np-z]+$/.test(offer) ? { payee: { kind: "bolt12", offer } } : { fault: "typo" };
}

function readBolt11(invoice: string, { network, nowMs }: Around): { readonly payee: Payee } | { readonly fault: PayeeFault } {
  const read = readInvoice(invoice);
  if (read === null) return { fault: "typo" };
  if (network !== null && read.network !== network) return { fault: "other_network" };
  return read.createdAtMs + read.expiryMs <= BigInt(nowMs) ? { fault: "expired" } : { payee: { kind: "bolt11", invoice } };
}

function readAddress(text: string, low: string, { network }: Around): { readonly payee: Payee } | { readonly fault: PayeeFault } {
  const prefix = /^(bc|tb|bcrt)1/.exec(low)?.[1];
  if (prefix === undefined && !/^[1-9A-HJ-NP-Za-km-z]{25,36}$/.test(text)) return { fault: "unreadable" };
  const networks = prefix === undefined ? networksOf58(text) : isSegwit(text) ? PREFIXES[prefix] : undefined;
  if (networks === undefined) return { fault: "typo" };
  if (network !== null && !networks.includes(network)) return { fault: "other_network" };
  return { payee: { kind: "on_chain", address: text } };
}

function isSegwit(text: string): boolean {
  const old = bech32.decodeUnsafe(text as `${string}1${string}`, 90);
  const decoded = old ?? bech32m.decodeUnsafe(text as `${string}1${string}`, 90);
  const [version, ...words] = decoded?.words ?? [];
  const program = decoded === undefined ? undefined : bech32.fromWordsUnsafe(words);
  if (version === undefined || version > 16 || !program || program.length < 2 || program.length > 40) return false;
  return version === 0 ? old !== undefined && (program.length === 20 || program.length === 32) : old === undefined;
}

function networksOf58(text: string): readonly Network[] | undefined {
  try {
    const bytes = base58.decode(text);
    return bytes.length === 21 ? VERSIONS[bytes[0] ?? -1] : undefined;
  } catch {
    return undefined;
  }
}
