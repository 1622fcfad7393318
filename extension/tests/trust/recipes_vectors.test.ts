import { describe, expect, it } from "vitest";
import type { SignedRecipes } from "../../src/api/types.ts";
import { acceptRecipes } from "../../src/trust/recipes.ts";
import { vectors } from "./vectors.ts";

interface RawPinned {
  readonly text_hash: string;
  readonly version: number;
}
interface Case {
  readonly name: string;
  readonly result: string;
  readonly pinned: RawPinned | null;
  readonly recipe_keys: readonly string[];
  readonly signed: SignedRecipes;
  readonly after: { readonly pinned: RawPinned; readonly recipes: readonly { readonly id: string; readonly version: number }[] } | null;
}
const { cases } = vectors<{ cases: readonly Case[] }>("recipes");
const read = (pinned: RawPinned | null) => (pinned === null ? null : { version: pinned.version, textHash: pinned.text_hash });

describe("the signed recipes of the vectors", () => {
  it("are there", () => expect(cases.length).toBeGreaterThanOrEqual(39));
  it.each(cases)("$name: $result", (c) => {
    const answer = acceptRecipes(c.signed, c.recipe_keys, read(c.pinned));
    if (c.after === null) {
      expect(answer).toEqual({ fault: c.result });
      return;
    }
    if ("fault" in answer) throw new Error(answer.fault);
    expect(c.result).toBe("ok");
    expect(answer.pinned).toEqual(read(c.after.pinned));
    expect(answer.recipes.map(({ id, version }) => ({ id, version }))).toEqual(c.after.recipes);
  });
});
