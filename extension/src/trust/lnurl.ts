/**
 * LUD-01: an address that a wallet asks by itself. What it will answer cannot be checked here; that it leads to the
 * paired server, and nowhere else, can.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";

const TEXT_LEN_MAX = 1_023;

/** The address in upper case, as a QR code holds it; `null`: not one of this server's. */
export function payLink(text: string, server: string): string | null {
  if (text.length > TEXT_LEN_MAX) return null;
  const decoded = bech32.decodeUnsafe(text as `${string}1${string}`, TEXT_LEN_MAX);
  const bytes = decoded === undefined ? undefined : bech32.fromWordsUnsafe(decoded.words);
  if (decoded?.prefix !== "lnurl" || bytes === undefined) return null;
  const start = utf8ToBytes(`${server}/lnurl/pay/`);
  return start.every((byte, at) => bytes[at] === byte) ? text.toUpperCase() : null;
}
