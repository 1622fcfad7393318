import { describe, expect, it } from "vitest";
import type { SignedKeySet } from "../../src/api/types.ts";
import { acceptKeySet } from "../../src/trust/key_set.ts";
import { vectors } from "./vectors.ts";

interface RawPinned {
  readonly root: string;
  readonly text_hash: string;
  readonly version: number;
}
interface Case {
  readonly name: string;
  readonly result: string;
  readonly pinned: RawPinned;
  readonly signed: SignedKeySet;
  readonly after: { readonly nodes: readonly string[]; readonly pinned: RawPinned; readonly recipe_keys: readonly string[] } | null;
}
const { cases } = vectors<{ cases: readonly Case[] }>("keyset");

describe("the key sets of the vectors", () => {
  it("are there", () => expect(cases.length).toBeGreaterThanOrEqual(22));
  it.each(cases)("$name: $result", (c) => {
    const answer = acceptKeySet(c.signed, { root: c.pinned.root, version: c.pinned.version, textHash: c.pinned.text_hash });
    if (c.after === null) {
      expect(answer).toEqual({ fault: c.result });
      return;
    }
    if ("fault" in answer) throw new Error(answer.fault);
    expect(c.result).toBe("ok");
    expect(answer.pinned).toEqual({ root: c.after.pinned.root, version: c.after.pinned.version, textHash: c.after.pinned.text_hash });
    expect(answer.set.nodes).toEqual(c.after.nodes);
    expect(answer.set.recipeKeys).toEqual(c.after.recipe_keys);
  });
  it("does not take what is too long", () => {
    const [first] = cases;
    if (first === undefined) throw new Error("no case");
    const long = { ...first.signed, key_set: first.signed.key_set + "recipe_key=02".padEnd(78, "0").concat("\n").repeat(200) };
    expect(acceptKeySet(long, { root: first.pinned.root, version: 0, textHash: "" })).toEqual({ fault: "not_a_key_set" });
  });
});
