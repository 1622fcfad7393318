/**
 * A connection string (NIP-47): the wallet's key, its relays, and the secret by which the wallet knows us. Whoever has the
 * string can spend what the wallet allows it: it is read here and leaves the extension by no way.
 */
import { schnorr } from "@noble/curves/secp256k1.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

export interface WalletAddress {
  /** The wallet service's key, x only, 64 hex. */
  readonly wallet: string;
  /** In the order of the string. At least one. */
  readonly relays: readonly string[];
  /** Ours, 64 hex. */
  readonly secret: string;
  /** Of the secret: names the connection. */
  readonly client: string;
}

export type AddressFault =
  /** No connection string. */
  | "nwc_malformed"
  | "nwc_no_secret"
  /** The secret, or the wallet's key, is no key. */
  | "nwc_bad_key"
  | "nwc_no_relay"
  /** Neither wss, nor ws on this machine. */
  | "nwc_relay_insecure";

const TEXT_CHARS_MAX = 2_000;
const RELAYS_MAX = 5;
const RELAY_CHARS_MAX = 300;
const HEX_32 = /^[0-9a-f]{64}$/;
const LOCAL = /^(localhost|127\.0\.0\.1)$/;
/** Both spellings are in use; the second is of a specification's earlier version. */
const HEAD = /^nostr(?:\+?walletconnect):(?:\/\/)?([^/?#]+)\/?\?(.*)$/i;

export function readConnection(text: string): { readonly address: WalletAddress } | { readonly fault: AddressFault } {
  const trimmed = text.trim();
  const match = trimmed.length > TEXT_CHARS_MAX ? null : HEAD.exec(trimmed);
  if (match === null) return { fault: "nwc_malformed" };
  const wallet = (match[1] ?? "").toLowerCase();
  const query = new URLSearchParams(match[2] ?? "");
  const secret = (query.get("secret") ?? "").trim().toLowerCase();
  if (secret === "") return { fault: "nwc_no_secret" };
  const client = publicKeyOf(secret);
  if (client === null || !isPoint(wallet)) return { fault: "nwc_bad_key" };
  const given = query.getAll("relay").map((one) => one.trim()).filter((one) => one !== "");
  if (given.length === 0 || given.length > RELAYS_MAX) return { fault: "nwc_no_relay" };
  const relays = given.map(readRelay);
  // One that is not to be trusted with even the times of our requests spoils the string: it is for its maker to mend.
  return relays.every((one) => one !== null) ? { address: { wallet, relays, secret, client } } : { fault: "nwc_relay_insecure" };
}

function readRelay(text: string): string | null {
  if (text.length > RELAY_CHARS_MAX || !URL.canParse(text)) return null;
  const url = new URL(text);
  const safe = url.protocol === "wss:" || (url.protocol === "ws:" && LOCAL.test(url.hostname));
  return safe && url.username === "" && url.password === "" && url.hash === "" ? url.href : null;
}

function publicKeyOf(secret: string): string | null {
  if (!HEX_32.test(secret)) return null;
  try {
    return bytesToHex(schnorr.getPublicKey(hexToBytes(secret)));
  } catch {
    return null;
  }
}

function isPoint(key: string): boolean {
  if (!HEX_32.test(key)) return false;
  try {
    schnorr.utils.lift_x(BigInt(`0x${key}`));
    return true;
  } catch {
    return false;
  }
}
