/** Held to the vectors whose hash the specification names. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { schnorr } from "@noble/curves/secp256k1.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { conversationKey, decrypt, encrypt, messageKeys, paddedLength } from "../../src/nwc/nip44.ts";

const FILE = readFileSync(new URL("nip44.vectors.json", import.meta.url));
const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

interface Vectors {
  readonly valid: {
    readonly get_conversation_key: readonly { sec1: string; pub2: string; conversation_key: string }[];
    readonly get_message_keys: { readonly conversation_key: string; readonly keys: readonly { nonce: string; chacha_key: string; chacha_nonce: string; hmac_key: string }[] };
    readonly calc_padded_len: readonly (readonly [number, number])[];
    readonly encrypt_decrypt: readonly { sec1: string; sec2: string; conversation_key: string; nonce: string; plaintext: string; payload: string }[];
    readonly encrypt_decrypt_long_msg: readonly { conversation_key: string; nonce: string; pattern: string; repeat: number; plaintext_sha256: string; payload_sha256: string }[];
  };
  readonly invalid: {
    readonly encrypt_msg_lengths: readonly number[];
    readonly get_conversation_key: readonly { sec1: string; pub2: string; note: string }[];
    readonly decrypt: readonly { conversation_key: string; payload: string; note: string }[];
  };
}

const { v2 } = JSON.parse(FILE.toString("utf8")) as { v2: Vectors };
const publicKey = (secret: string): string => bytesToHex(schnorr.getPublicKey(hexToBytes(secret)));

it("has the specification's own vectors", () => {
  expect(sha256(FILE)).toBe("269ed0f69e4c192512cc779e78c555090cebc7c785b609e338a62afc3ce25040");
});

describe("what the vectors call valid", () => {
  it.each(v2.valid.get_conversation_key)("is the key of $sec1 and $pub2", ({ sec1, pub2, conversation_key }) => {
    expect(bytesToHex(conversationKey(hexToBytes(sec1), pub2))).toBe(conversation_key);
  });
  it.each(v2.valid.get_message_keys.keys)("are the keys of nonce $nonce", ({ nonce, chacha_key, chacha_nonce, hmac_key }) => {
    const keys = messageKeys(hexToBytes(v2.valid.get_message_keys.conversation_key), hexToBytes(nonce));
    expect([keys.chachaKey, keys.chachaNonce, keys.hmacKey].map(bytesToHex)).toEqual([chacha_key, chacha_nonce, hmac_key]);
  });
  it.each(v2.valid.calc_padded_len)("is %d padded to %d", (length, padded) => expect(paddedLength(length)).toBe(padded));
  it.each(v2.valid.encrypt_decrypt)("is sealed and opened from both sides: $plaintext", ({ sec1, sec2, conversation_key, nonce, plaintext, payload }) => {
    const [one, other] = [conversationKey(hexToBytes(sec1), publicKey(sec2)), conversationKey(hexToBytes(sec2), publicKey(sec1))];
    expect([one, other].map(bytesToHex)).toEqual([conversation_key, conversation_key]);
    expect(encrypt(plaintext, one, hexToBytes(nonce))).toBe(payload);
    expect(decrypt(payload, other)).toBe(plaintext);
  });
  it.each(v2.valid.encrypt_decrypt_long_msg)("is long: $pattern $repeat times", ({ conversation_key, nonce, pattern, repeat, plaintext_sha256, payload_sha256 }) => {
    const text = pattern.repeat(repeat);
    const payload = encrypt(text, hexToBytes(conversation_key), hexToBytes(nonce));
    expect([sha256(text), sha256(payload)]).toEqual([plaintext_sha256, payload_sha256]);
    expect(decrypt(payload, hexToBytes(conversation_key))).toBe(text);
  });
});

describe("what the vectors call invalid", () => {
  it.each(v2.invalid.encrypt_msg_lengths)("is a text of %d bytes", (length) => {
    expect(() => encrypt("x".repeat(length), new Uint8Array(32).fill(1), new Uint8Array(32))).toThrow(RangeError);
  });
  it.each(v2.invalid.get_conversation_key)("is a key: $note", ({ sec1, pub2 }) => {
    expect(() => conversationKey(hexToBytes(sec1), pub2)).toThrow();
  });
  it.each(v2.invalid.decrypt)("is a payload: $note", ({ conversation_key, payload }) => {
    expect(decrypt(payload, hexToBytes(conversation_key))).toBeNull();
  });
});

it("refuses what is larger than it reads before it is decoded", () => {
  expect(decrypt("A".repeat(90_000), new Uint8Array(32))).toBeNull();
});
