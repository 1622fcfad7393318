/**
 * NIP-44, version 2: what a wallet and this extension say to each other past a relay that must not read it.
 *
 * Held to the vectors that the specification names by their hash. Source: github.com/nostr-protocol/nips, `44.md`.
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";

const VERSION = 2;
const SALT = utf8ToBytes("nip44-v2");
const PLAIN_BYTES_MIN = 1;
/** Of the specification's first form. What a wallet says fits many times over; the long form is refused. */
export const PLAIN_BYTES_MAX = 65_535;
const PAYLOAD_CHARS_MIN = 132;
const PAYLOAD_CHARS_MAX = 87_472;
const NONCE_BYTES = 32;
const MAC_BYTES = 32;

export interface MessageKeys {
  readonly chachaKey: Uint8Array;
  readonly chachaNonce: Uint8Array;
  readonly hmacKey: Uint8Array;
}

/** The same for both sides. Throws on a secret or a public key (x only) that is none. */
export function conversationKey(secret: Uint8Array, publicKey: string): Uint8Array {
  const shared = secp256k1.getSharedSecret(secret, hexToBytes(`02${publicKey}`)).subarray(1, 33);
  return extract(sha256, shared, SALT);
}

export function messageKeys(key: Uint8Array, nonce: Uint8Array): MessageKeys {
  const keys = expand(sha256, key, nonce, 76);
  return { chachaKey: keys.slice(0, 32), chachaNonce: keys.slice(32, 44), hmacKey: keys.slice(44, 76) };
}

/** The length after padding, without the prefix. */
export function paddedLength(length: number): number {
  if (length <= 32) return 32;
  const power = 2 ** (Math.floor(Math.log2(length - 1)) + 1);
  const chunk = power <= 256 ? 32 : power / 8;
  return chunk * (Math.floor((length - 1) / chunk) + 1);
}

function pad(text: string): Uint8Array {
  const plain = utf8ToBytes(text);
  if (plain.length < PLAIN_BYTES_MIN || plain.length > PLAIN_BYTES_MAX) throw new RangeError("length of the text");
  const padded = new Uint8Array(2 + paddedLength(plain.length));
  new DataView(padded.buffer).setUint16(0, plain.length);
  padded.set(plain, 2);
  return padded;
}

function unpad(padded: Uint8Array): string {
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint16(0);
  const plain = padded.subarray(2, 2 + length);
  if (length < PLAIN_BYTES_MIN || plain.length !== length || padded.length !== 2 + paddedLength(length)) throw new RangeError("padding");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
}

const macOf = (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array => hmac(sha256, key, concatBytes(nonce, sealed));

/** `nonce`: 32 random bytes, used once. */
export function encrypt(text: string, key: Uint8Array, nonce: Uint8Array): string {
  if (nonce.length !== NONCE_BYTES) throw new RangeError("nonce");
  const keys = messageKeys(key, nonce);
  const sealed = chacha20(keys.chachaKey, keys.chachaNonce, pad(text));
  return base64.encode(concatBytes(Uint8Array.of(VERSION), nonce, sealed, macOf(keys.hmacKey, nonce, sealed)));
}

/** `null` when it is of another version or key, was altered, or is no such thing: the relay may have made it up. */
export function decrypt(payload: string, key: Uint8Array): string | null {
  if (payload.length < PAYLOAD_CHARS_MIN || payload.length > PAYLOAD_CHARS_MAX) return null;
  try {
    const bytes = base64.decode(payload);
    if (bytes[0] !== VERSION) return null;
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const sealed = bytes.subarray(1 + NONCE_BYTES, -MAC_BYTES);
    const keys = messageKeys(key, nonce);
    if (!equal(macOf(keys.hmacKey, nonce, sealed), bytes.subarray(-MAC_BYTES))) return null;
    return unpad(chacha20(keys.chachaKey, keys.chachaNonce, sealed));
  } catch {
    return null;
  }
}

/** In a time that does not tell where they differ. */
function equal(one: Uint8Array, other: Uint8Array): boolean {
  let differing = one.length ^ other.length;
  for (let i = 0; i < one.length; i += 1) differing |= (one[i] ?? 0) ^ (other[i] ?? 0);
  return differing === 0;
}
