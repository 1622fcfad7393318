/**
 * NIP-01: signed events, as they pass through a relay. A relay's word is none: what it hands on counts by its author's
 * signature alone. Source: github.com/nostr-protocol/nips, `01.md`.
 */
import { schnorr } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export interface Unsigned {
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
}

export interface SignedEvent extends Unsigned {
  readonly id: string;
  readonly pubkey: string;
  readonly sig: string;
}

const TAGS_MAX = 100;
const HEX_32 = /^[0-9a-f]{64}$/;
const HEX_64 = /^[0-9a-f]{128}$/;

function idOf(pubkey: string, { created_at, kind, tags, content }: Unsigned): Uint8Array {
  return sha256(utf8ToBytes(JSON.stringify([0, pubkey, created_at, kind, tags, content])));
}

export function sign(event: Unsigned, secret: Uint8Array): SignedEvent {
  const pubkey = bytesToHex(schnorr.getPublicKey(secret));
  const id = idOf(pubkey, event);
  return { ...event, id: bytesToHex(id), pubkey, sig: bytesToHex(schnorr.sign(id, secret)) };
}

/** The event with its shape, identifier and signature right; else `null`. */
export function readEvent(value: unknown): SignedEvent | null {
  if (typeof value !== "object" || value === null) return null;
  const { id, pubkey, sig, created_at, kind, tags, content } = value as Record<string, unknown>;
  const shaped =
    typeof id === "string" && HEX_32.test(id) && typeof pubkey === "string" && HEX_32.test(pubkey) && typeof sig === "string" && HEX_64.test(sig) &&
    Number.isSafeInteger(created_at) && Number.isSafeInteger(kind) && typeof content === "string" && areTags(tags);
  if (!shaped) return null;
  const event = { id, pubkey, sig, created_at: created_at as number, kind: kind as number, tags, content };
  const digest = idOf(pubkey, event);
  return bytesToHex(digest) === id && isSigned(sig, digest, pubkey) ? event : null;
}

function areTags(value: unknown): value is readonly (readonly string[])[] {
  return Array.isArray(value) && value.length <= TAGS_MAX && value.every((tag) => Array.isArray(tag) && tag.every((part) => typeof part === "string"));
}

function isSigned(sig: string, digest: Uint8Array, pubkey: string): boolean {
  try {
    return schnorr.verify(hexToBytes(sig), digest, hexToBytes(pubkey));
  } catch {
    return false;
  }
}

/** The first value of a tag. */
export const tagOf = (event: Unsigned, name: string): string | null => event.tags.find((tag) => tag[0] === name)?.[1] ?? null;
