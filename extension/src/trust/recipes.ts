/**
 * Signed recipe bundles: newer recipes than the built-in ones, by word of a recipe key of the pinned key set. An
 * unsigned or older bundle changes nothing.
 *
 * The text is four lines of head and then one recipe a line as JSON; the last line too ends in a line feed.
 */
import type { SignedRecipes } from "../api/types.ts";
import type { Recipe } from "../types/recipe.ts";
import { textHash, verifies } from "./secp.ts";

/** What is kept of the bundle that was accepted last. */
export interface PinnedRecipes {
  readonly version: number;
  readonly textHash: string;
}

/** Found in this order. */
export type RecipesFault = "not_recipes" | "unknown_key" | "bad_signature" | "older" | "differs";

const TEXT_LEN_MAX = 1_024 * 1_024;
const RECIPES_MAX = 200;
const HEAD = /^anytill-recipes-v1\nversion=([1-9][0-9]{0,9})\nissued_at_ms=(0|[1-9][0-9]{0,15})\nkey=(0[23][0-9a-f]{64})\n/;

export function acceptRecipes(
  signed: SignedRecipes,
  recipeKeys: readonly string[],
  pinned: PinnedRecipes | null,
): { readonly recipes: readonly Recipe[]; readonly pinned: PinnedRecipes } | { readonly fault: RecipesFault } {
  const read = readBundle(signed.text);
  if (read === null) return { fault: "not_recipes" };
  if (!recipeKeys.includes(read.key)) return { fault: "unknown_key" };
  if (!verifies(signed.text, signed.signature, read.key)) return { fault: "bad_signature" };
  const hash = textHash(signed.text);
  if (pinned !== null && read.version < pinned.version) return { fault: "older" };
  if (pinned !== null && read.version === pinned.version && hash !== pinned.textHash) return { fault: "differs" };
  return { recipes: read.recipes, pinned: { version: read.version, textHash: hash } };
}

interface Bundle {
  readonly version: number;
  readonly key: string;
  readonly recipes: readonly Recipe[];
}

function readBundle(text: string): Bundle | null {
  const head = text.length > TEXT_LEN_MAX || !text.endsWith("\n") ? null : HEAD.exec(text);
  if (head === null) return null;
  const body = text.slice(head[0].length);
  const lines = body === "" ? [] : body.slice(0, -1).split("\n");
  if (lines.length > RECIPES_MAX) return null;
  const recipes: Recipe[] = [];
  for (const line of lines) {
    const recipe = readRecipe(line);
    if (recipe === null || recipes.some((other) => other.id === recipe.id)) return null;
    recipes.push(recipe);
  }
  return { version: Number(head[1]), key: head[3] ?? "", recipes };
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === "string" && value.length <= 1_000;
const isTexts: Check = (value) => Array.isArray(value) && value.length <= 100 && value.every(isText);
const isFlag: Check = (value) => typeof value === "boolean";
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const maybe = (check: Check): Check => (value) => value === undefined || check(value);
const FIELD_KINDS = ["number", "expiry", "expiryMonth", "expiryYear", "securityCode", "holder", "givenName", "familyName", "postalCode"];
const isFields: Check = (value) => isRecord(value) && Object.entries(value).every(([kind, places]) => FIELD_KINDS.includes(kind) && isTexts(places));
const isEvidence: Check = (value) => isRecord(value) && isText(value["kind"]) && isText(value["seen"]) && maybe(isText)(value["note"]);

/** Flat data and nothing else: a member that is not known is refused, so that a recipe can grow no code. */
const MEMBERS: Readonly<Record<keyof Recipe, Check>> = {
  id: (value) => typeof value === "string" && /^[a-z0-9][a-z0-9_-]{0,40}$/.test(value),
  version: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  name: isText,
  hosts: isTexts,
  paths: isTexts,
  marks: maybe(isTexts),
  evidence: isEvidence,
  total: isTexts,
  notTotal: maybe(isTexts),
  fields: maybe(isFields),
  frameHosts: maybe(isTexts),
  frames: maybe(isTexts),
  saveCard: maybe(isTexts),
  placeOrder: maybe(isTexts),
  giftCardCode: maybe(isTexts),
  charges: (value) => value === "order" || value === "shipment",
  splits: isFlag,
  cardFirst: isFlag,
  takesGiftCards: isFlag,
};

function readRecipe(line: string): Recipe | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const record = value;
  const known = Object.keys(record).every((name) => Object.hasOwn(MEMBERS, name));
  const right = Object.entries(MEMBERS).every(([name, check]) => check(record[name]));
  return known && right ? (value as unknown as Recipe) : null;
}
