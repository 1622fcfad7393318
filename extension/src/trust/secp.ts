/** The one curve of the extension: key sets, recipes and invoices are signed on secp256k1 over a SHA-256. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const KEY = /^0[23][0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

/** A compressed public key in lower-case hex that is a point of the curve. */
export function isKey(hex: string): boolean {
  if (!KEY.test(hex)) return false;
  try {
    secp256k1.Point.fromHex(hex);
    return true;
  } catch {
    return false;
  }
}

/** SHA-256 of the text's UTF-8, hex. */
export function textHash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** 64 bytes, r and s, with s in the lower half: a text has one signature by a key. Anything malformed is `false`. */
export function verifies(text: string, signature: string, key: string): boolean {
  if (!SIGNATURE.test(signature) || !isKey(key)) return false;
  try {
    return secp256k1.verify(hexToBytes(signature), utf8ToBytes(text), hexToBytes(key), { lowS: true });
  } catch {
    return false;
  }
}

/** The key that made a recoverable signature (64 bytes and the recovery number) over a digest; `null` when none did. */
export function recover(signature: Uint8Array, recovery: number, digest: Uint8Array): string | null {
  if (signature.length !== 64 || recovery > 3) return null;
  const recoverable = new Uint8Array(65);
  recoverable[0] = recovery;
  recoverable.set(signature, 1);
  try {
    return bytesToHex(secp256k1.recoverPublicKey(recoverable, digest, { prehash: false }));
  } catch {
    return null;
  }
}
