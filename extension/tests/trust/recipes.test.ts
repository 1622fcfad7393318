import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { acceptRecipes } from "../../src/trust/recipes.ts";
import { textHash } from "../../src/trust/secp.ts";
import type { Recipe } from "../../src/types/recipe.ts";

const secret = hexToBytes("11".repeat(32));
const otherSecret = hexToBytes("22".repeat(32));
const key = bytesToHex(secp256k1.getPublicKey(secret));
const otherKey = bytesToHex(secp256k1.getPublicKey(otherSecret));
const sign = (text: string, by = secret): string => bytesToHex(secp256k1.sign(utf8ToBytes(text), by));

const recipe: Recipe = {
  id: "shop",
  version: 2,
  name: "Shop",
  hosts: ["www.shop.example"],
  paths: ["/checkout/**"],
  evidence: { kind: "guess", seen: "2026-03" },
  total: ["#total"],
  fields: { number: ["#number"] },
  charges: "order",
  splits: false,
  cardFirst: false,
  takesGiftCards: false,
};
const bundle = (version: number, recipes: readonly unknown[] = [recipe], by = key): string =>
  `anytill-recipes-v1\nversion=${version}\nissued_at_ms=1763870000000\nkey=${by}\n${recipes.map((r) => `${JSON.stringify(r)}\n`).join("")}`;
const signed = (text: string): { text: string; signature: string } => ({ text, signature: sign(text) });
const pinned = { version: 3, textHash: textHash(bundle(3)) };

describe("a signed bundle of recipes", () => {
  it("is taken when it is newer, the same, or the first", () => {
    for (const [version, before] of [[4, pinned], [3, pinned], [1, null]] as const) {
      const answer = acceptRecipes(signed(bundle(version)), [otherKey, key], before);
      if ("fault" in answer) throw new Error(answer.fault);
      expect(answer.recipes).toEqual([recipe]);
      expect(answer.pinned).toEqual({ version, textHash: textHash(bundle(version)) });
    }
    expect(acceptRecipes(signed(bundle(4, [])), [key], pinned)).toMatchObject({ recipes: [] });
  });
  it("is refused when older, or another of the same version", () => {
    expect(acceptRecipes(signed(bundle(2)), [key], pinned)).toEqual({ fault: "older" });
    expect(acceptRecipes(signed(bundle(3, [{ ...recipe, name: "Other" }])), [key], pinned)).toEqual({ fault: "differs" });
  });
  it("is refused unsigned, changed, or by a key that is not of the key set", () => {
    const text = bundle(4);
    expect(acceptRecipes({ text, signature: "" }, [key], null)).toEqual({ fault: "bad_signature" });
    expect(acceptRecipes({ text: text.replace("#total", "#other"), signature: sign(text) }, [key], null)).toEqual({ fault: "bad_signature" });
    expect(acceptRecipes({ text, signature: sign(text, otherSecret) }, [key], null)).toEqual({ fault: "bad_signature" });
    expect(acceptRecipes(signed(text), [otherKey], null)).toEqual({ fault: "unknown_key" });
    const foreign = bundle(4, [recipe], otherKey);
    expect(acceptRecipes({ text: foreign, signature: sign(foreign, otherSecret) }, [key], null)).toEqual({ fault: "unknown_key" });
  });
  it("is refused with the signature's s in the upper half", () => {
    const text = bundle(4);
    const low = secp256k1.Signature.fromHex(sign(text), "compact");
    const high = new secp256k1.Signature(low.r, secp256k1.Point.Fn.neg(low.s)).toHex("compact");
    expect(acceptRecipes({ text, signature: high }, [key], null)).toEqual({ fault: "bad_signature" });
  });
  it.each([
    ["no line feed at the end", bundle(4).slice(0, -1)],
    ["an empty line", `${bundle(4)}\n`],
    ["carriage returns", bundle(4).replaceAll("\n", "\r\n")],
    ["a leading zero", bundle(4).replace("version=4", "version=04")],
    ["no version", bundle(0)],
    ["another format", bundle(4).replace("v1", "v2")],
    ["a line that is not JSON", `${bundle(4)}{\n`],
    ["one recipe twice", bundle(4, [recipe, recipe])],
    ["a member that is not known", bundle(4, [{ ...recipe, run: "alert(1)" }])],
    ["a field kind that is not known", bundle(4, [{ ...recipe, fields: { pin: ["#pin"] } }])],
    ["a selector that is no text", bundle(4, [{ ...recipe, total: [{ js: "1" }] }])],
    ["a missing member", bundle(4, [{ ...recipe, charges: undefined }])],
  ])("is refused with %s", (_, text) => {
    expect(acceptRecipes(signed(text), [key], null)).toEqual({ fault: "not_recipes" });
  });
});
