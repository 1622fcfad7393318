/**
 * Card data or a gift card's code on its way here: sealed by the server to a key that is made for one call and cannot leave the browser's
 * cryptography (RFC 9180, base mode). What is opened lives in memory only; who holds it drops it after use.
 */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Revealed } from "../api/types.ts";

export interface OpenedCard {
  readonly number: string;
  readonly securityCode: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
}

export interface RevealKey {
  /** X25519, 64 hex, for the request. */
  readonly publicKey: string;
  readonly privateKey: CryptoKey;
}

const INFO = utf8ToBytes("anytill reveal v1");
const SEALED_HEX_MAX = 2_048;
/** Four fields of at most so many characters, each of which JSON may write as six bytes. */
const CODE_FIELD_MAX = 4_096;
const CODE_HEX_MAX = 2 * 4 * (6 * CODE_FIELD_MAX + 64);

/** A gift card as its vendor hands it out; a code or a link is there. */
export interface OpenedCode {
  readonly code: string | null;
  readonly pin: string | null;
  /** https only. */
  readonly link: string | null;
  readonly instructions: string;
}

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
}

/** A fresh key for one reveal. */
export async function makeRevealKey(): Promise<RevealKey> {
  const { kem } = suite();
  const pair = await kem.generateKeyPair();
  return { publicKey: bytesToHex(new Uint8Array(await kem.serializePublicKey(pair.publicKey))), privateKey: pair.privateKey };
}

/** The sealed bytes; `null` when they were sealed to another key, for another purchase, or are no such thing. */
export async function open(
  sealed: Pick<Revealed, "enc" | "ciphertext">,
  purchase: string,
  privateKey: CryptoKey,
  hexMax: number = SEALED_HEX_MAX,
): Promise<Uint8Array | null> {
  if (sealed.ciphertext.length > hexMax) return null;
  try {
    const plain = await suite().open(
      { recipientKey: privateKey, enc: hexToBytes(sealed.enc), info: INFO },
      hexToBytes(sealed.ciphertext),
      utf8ToBytes(purchase),
    );
    return new Uint8Array(plain);
  } catch {
    return null;
  }
}

/** Opens and reads a card. The text is not kept, and an error says nothing of it. */
export async function openCard(sealed: Pick<Revealed, "enc" | "ciphertext">, purchase: string, privateKey: CryptoKey): Promise<OpenedCard | null> {
  return readPlain(await open(sealed, purchase, privateKey), readCard);
}

/** Opens and reads a gift card's code, likewise. */
export async function openCode(sealed: Pick<Revealed, "enc" | "ciphertext">, purchase: string, privateKey: CryptoKey): Promise<OpenedCode | null> {
  return readPlain(await open(sealed, purchase, privateKey, CODE_HEX_MAX), readCode);
}

function readPlain<T>(plain: Uint8Array | null, read: (value: unknown) => T | null): T | null {
  if (plain === null) return null;
  try {
    return read(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)));
  } catch {
    return null;
  } finally {
    plain.fill(0);
  }
}

function readCode(value: unknown): OpenedCode | null {
  if (typeof value !== "object" || value === null) return null;
  const { code, pin, link, instructions } = value as Record<string, unknown>;
  // A code is one line: what has a control character in it is none.
  const line = (text: unknown): string | null =>
    typeof text === "string" && text.trim() !== "" && text.length <= CODE_FIELD_MAX && !/\p{Cc}/u.test(text.trim()) ? text.trim() : null;
  const opened = { code: line(code), pin: line(pin), link: httpsOnly(line(link)) };
  if (opened.code === null && opened.link === null) return null;
  return { ...opened, instructions: typeof instructions === "string" ? instructions.slice(0, CODE_FIELD_MAX).trim() : "" };
}

/** A vendor's word is no reason to run or open anything else. */
function httpsOnly(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const { protocol, href, username, password } = new URL(text);
  return protocol === "https:" && username === "" && password === "" ? href : null;
}

function readCard(value: unknown): OpenedCard | null {
  if (typeof value !== "object" || value === null) return null;
  const card = value as Record<string, unknown>;
  const { number, security_code: code, expiry_month: month, expiry_year: year } = card;
  const digits = (text: unknown, min: number, max: number): text is string =>
    typeof text === "string" && text.length >= min && text.length <= max && /^[0-9]+$/.test(text);
  const between = (n: unknown, min: number, max: number): n is number => Number.isInteger(n) && (n as number) >= min && (n as number) <= max;
  if (!digits(number, 12, 19) || !digits(code, 3, 4) || !between(month, 1, 12) || !between(year, 2000, 2199)) return null;
  return { number, securityCode: code, expiryMonth: month, expiryYear: year };
}
