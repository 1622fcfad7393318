/**
 * The signed key set: which node keys and recipe keys are the server's, by word of the root key that was pinned when the
 * server was paired. Its reference is `crates/trust`, and `vectors/keyset.json` its answers.
 */
import type { SignedKeySet } from "../api/types.ts";
import { isKey, textHash, verifies } from "./secp.ts";

export interface KeySet {
  /** From 1, strictly rising with every change. */
  readonly version: number;
  readonly issuedAtMs: bigint;
  readonly root: string;
  readonly previousRoot: string | null;
  /** 1 to 16, ascending, each once. Invoices are signed by one of them. */
  readonly nodes: readonly string[];
  /** Up to 16, ascending, each once. */
  readonly recipeKeys: readonly string[];
}

/** What is kept of the set that was accepted last. */
export interface Pinned {
  readonly root: string;
  /** 0 when only the root is known, from pairing. */
  readonly version: number;
  /** SHA-256 of the text, hex; empty when only the root is known. */
  readonly textHash: string;
}

/** Found in this order. */
export type KeySetFault = "not_a_key_set" | "bad_signature" | "unknown_root" | "older" | "differs";

const KEYS_MAX = 16;
const TEXT_BYTES_MAX = 8 * 1_024;
const VERSION_MAX = 0xffff_ffff;
const ISSUED_AT_MAX = 0xffff_ffff_ffff_ffffn;
const NUMBER = /^(0|[1-9][0-9]{0,19})$/;
/** Invariant of the text: what does not come out the same when it is written again is refused. */
const TEXT = /^anytill-key-set-v1\nversion=([0-9]+)\nissued_at_ms=([0-9]+)\nroot=([0-9a-f]{66})\nprevious_root=(none|[0-9a-f]{66})\n((?:node=[0-9a-f]{66}\n)+)((?:recipe_key=[0-9a-f]{66}\n)*)$/;

/** `null` when the text is no key set. */
export function readKeySet(text: string): KeySet | null {
  const match = text.length > TEXT_BYTES_MAX ? null : TEXT.exec(text);
  if (match === null) return null;
  const [, version = "", issuedAt = "", root = "", previous = "", nodeLines = "", recipeLines = ""] = match;
  if (!NUMBER.test(version) || !NUMBER.test(issuedAt)) return null;
  const set: KeySet = {
    version: Number(version),
    issuedAtMs: BigInt(issuedAt),
    root,
    previousRoot: previous === "none" ? null : previous,
    nodes: values(nodeLines, "node="),
    recipeKeys: values(recipeLines, "recipe_key="),
  };
  const roots = set.previousRoot === null ? [root] : [root, set.previousRoot];
  const known = set.version >= 1 && set.version <= VERSION_MAX && set.issuedAtMs <= ISSUED_AT_MAX;
  const keys = [...roots, ...set.recipeKeys].every(isKey);
  const rising = [set.nodes, set.recipeKeys].every(isRising);
  return known && keys && rising && set.previousRoot !== root ? set : null;
}

function values(lines: string, name: string): readonly string[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.slice(name.length));
}

function isRising(keys: readonly string[]): boolean {
  return keys.length <= KEYS_MAX && keys.every((key, i) => i === 0 || (keys[i - 1] ?? "") < key);
}

/** Who missed two rotations is given the sets between by the server and accepts them one after the other. */
export function acceptKeySet(
  signed: SignedKeySet,
  pinned: Pinned,
): { readonly set: KeySet; readonly pinned: Pinned } | { readonly fault: KeySetFault } {
  const text = signed.key_set;
  const set = readKeySet(text);
  if (set === null) return { fault: "not_a_key_set" };
  if (!verifies(text, signed.signature, set.root)) return { fault: "bad_signature" };
  const rotated =
    set.previousRoot === pinned.root &&
    signed.previous_signature !== undefined &&
    verifies(text, signed.previous_signature, pinned.root);
  if (set.root !== pinned.root && !rotated) return { fault: "unknown_root" };
  const hash = textHash(text);
  if (set.version < pinned.version) return { fault: "older" };
  if (set.version === pinned.version && hash !== pinned.textHash) return { fault: "differs" };
  return { set, pinned: { root: set.root, version: set.version, textHash: hash } };
}
