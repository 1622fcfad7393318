/**
 * Recipes: what is allowed in one, and which one an address or a page belongs to.
 *
 * Invariant: a recipe is flat data of bounded size, whoever signed it. A member that is not known is refused, so that
 * recipes grow no code; `stores/recipe.schema.json` says the same for authors' editors, and a test holds the two together.
 */

import type { FieldKind, Recipe } from "../types/recipe.ts";
import { past } from "./past.ts";

export type RecipeCheck = { readonly recipe: Recipe } | { readonly faults: readonly string[] };
export type SelectorParses = (css: string) => boolean;

export const FIELD_KINDS: readonly FieldKind[] = ["number", "expiry", "expiryMonth", "expiryYear", "securityCode", "holder", "givenName", "familyName", "postalCode"];
export const LIMITS = { selectors: 24, selectorLen: 300, hosts: 80, paths: 40, pathLen: 120, nameLen: 60, noteLen: 1_000, versionMax: 1_000_000_000 } as const;

const ID = /^[a-z][a-z0-9_-]{0,39}$/;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/** At least two labels: no recipe claims a whole country's shops. */
const HOST = /* @__PURE__ */ new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})+$`);
const PATH = /^\/[A-Za-z0-9/_.~*%=?&-]*$/;
const SEEN = /^20\d\d-(0[1-9]|1[0-2])$/;

type Fault = string | null;
type Check = (value: unknown) => Fault;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const matching = (re: RegExp, what: string): Check => (value) => (typeof value === "string" && re.test(value) ? null : what);
const text = (max: number): Check => (value) => (typeof value === "string" && value.length >= 1 && value.length <= max ? null : `a text of 1 to ${max} characters`);
const flag: Check = (value) => (typeof value === "boolean" ? null : "true or false");
const oneOf = (...allowed: readonly string[]): Check => (value) => (typeof value === "string" && allowed.includes(value) ? null : `one of ${allowed.join(", ")}`);
const maybe = (check: Check): Check => (value) => (value === undefined ? null : check(value));

function list(check: Check, max: number, min = 0): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length > max || value.length < min) return `a list of ${min} to ${max}`;
    if (new Set(value).size !== value.length) return "no entry twice";
    for (const [i, item] of value.entries()) {
      const fault = check(item);
      if (fault !== null) return `[${i}]: ${fault}`;
    }
    return null;
  };
}

function selector(parses: SelectorParses): Check {
  return (value) => {
    if (typeof value !== "string" || value.trim() === "" || value.length > LIMITS.selectorLen) return `a selector of at most ${LIMITS.selectorLen} characters`;
    return parses(value) ? null : `does not parse: ${value}`;
  };
}

function record(members: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (!isRecord(value)) return "an object";
    for (const name of Object.keys(value)) if (!Object.hasOwn(members, name)) return `${name}: not known`;
    for (const [name, check] of Object.entries(members)) {
      const fault = check(value[name]);
      if (fault !== null) return `${name}: ${fault}`;
    }
    return null;
  };
}

function membersOf(parses: SelectorParses): Readonly<Record<keyof Recipe, Check>> {
  const selectors = list(selector(parses), LIMITS.selectors);
  const fields = record(Object.fromEntries(FIELD_KINDS.map((kind) => [kind, maybe(selectors)])));
  return {
    id: matching(ID, "lower case letters, digits, - and _"),
    version: (value) => (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= LIMITS.versionMax ? null : "a whole number from 1"),
    name: text(LIMITS.nameLen),
    hosts: list(matching(HOST, "a host, or *.host"), LIMITS.hosts),
    paths: list((value) => (typeof value === "string" && value.length <= LIMITS.pathLen && PATH.test(value) ? null : "a path, * and ** for anything"), LIMITS.paths, 1),
    marks: maybe(selectors),
    evidence: record({ kind: oneOf("measured", "gathered", "guess"), seen: matching(SEEN, "a month such as 2026-03"), note: maybe(text(LIMITS.noteLen)) }),
    total: selectors,
    notTotal: maybe(selectors),
    fields: maybe(fields),
    frameHosts: maybe(list(matching(HOST, "a host, or *.host"), LIMITS.selectors)),
    frames: maybe(selectors),
    saveCard: maybe(selectors),
    placeOrder: maybe(selectors),
    giftCardCode: maybe(selectors),
    charges: oneOf("order", "shipment"),
    splits: flag,
    cardFirst: flag,
    takesGiftCards: flag,
  };
}

/** Checks a parsed JSON value; `parses` says whether the platform's selector engine takes a selector. */
export function checkRecipe(value: unknown, parses: SelectorParses): RecipeCheck {
  if (!isRecord(value)) return { faults: ["a recipe is an object"] };
  const members = membersOf(parses);
  const faults: string[] = [];
  for (const name of Object.keys(value)) if (!Object.hasOwn(members, name)) faults.push(`${name}: not known`);
  for (const [name, check] of Object.entries(members)) {
    const fault = check(value[name]);
    if (fault !== null) faults.push(`${name}: ${fault}`);
  }
  const recipe = value as unknown as Recipe;
  if (faults.length === 0 && recipe.hosts.length === 0 && (recipe.marks ?? []).length === 0) faults.push("hosts or marks: one of them has to say where the recipe is for");
  return faults.length > 0 ? { faults: faults.slice(0, 20) } : { recipe };
}

/** The selectors that a document's own engine takes. */
export const parsesIn = (document: Document): SelectorParses => {
  const empty = document.createDocumentFragment();
  return (css) => {
    try {
      empty.querySelector(css);
      return true;
    } catch {
      return false;
    }
  };
};

export function hostMatches(host: string, pattern: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) || host === pattern.slice(2) : host === pattern;
}

/** `*` is anything within a segment, `**` the rest, a trailing slash does not count; `?a=b` asks for that in the query. */
export function pathMatches(pathname: string, search: string, pattern: string): boolean {
  const [path = "", query] = pattern.split("?");
  if (query !== undefined && !query.split("&").every((part) => search.slice(1).split("&").some((own) => wild(own, part)))) return false;
  const want = path.split("/").filter((part) => part !== "");
  const have = pathname.split("/").filter((part) => part !== "");
  for (let i = 0; i < want.length; i++) {
    if (want[i] === "**") return true;
    const own = have[i];
    if (own === undefined || !wild(own, want[i] as string)) return false;
  }
  return have.length === want.length;
}

/** `*` for any run of characters; linear, so that no recipe can make an address slow to check. */
function wild(text: string, pattern: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  if (parts.length === 1) return text === first;
  const last = parts[parts.length - 1] ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

export const ofHost = (recipe: Recipe, host: string): boolean => recipe.hosts.some((pattern) => hostMatches(host, pattern));
export const ofPath = (recipe: Recipe, url: URL): boolean => recipe.paths.some((pattern) => pathMatches(url.pathname, url.search, pattern));

/** A look at the address alone: a named store's checkout. A platform's shops are anywhere, so their pages never match. */
export function isCheckoutUrl(url: string, recipes: readonly Recipe[]): boolean {
  const parsed = parse(url);
  return parsed !== null && recipes.some((recipe) => ofHost(recipe, parsed.hostname) && ofPath(recipe, parsed));
}

/** The recipe of a page: a named store by its host, else a platform by its marks. */
export function recipeFor(document: Document, url: string, recipes: readonly Recipe[]): { readonly recipe: Recipe; readonly path: boolean; readonly named: boolean } | null {
  const parsed = parse(url);
  const named = parsed === null ? undefined : recipes.find((recipe) => ofHost(recipe, parsed.hostname));
  if (named !== undefined && parsed !== null) return { recipe: named, path: ofPath(named, parsed), named: true };
  const platforms = recipes.filter((recipe) => (recipe.marks ?? []).length > 0);
  const marked = byMarks(document, platforms) ?? platforms.find((recipe) => parsed !== null && tellingPath(recipe, parsed));
  return marked === undefined ? null : { recipe: marked, path: parsed !== null && ofPath(marked, parsed), named: false };
}

/** An address that only one platform has: two words and an identifier, as `/checkouts/cn/**`. */
function tellingPath(recipe: Recipe, url: URL): boolean {
  return recipe.paths.some((pattern) => /^\/[^/*]+\/[^/*]+\/\*\*$/.test(pattern) && pathMatches(url.pathname, url.search, pattern));
}

/** The platform whose mark stands first. Mark by mark: a browser finds an id or a class at once, and a list of both only by a look at every element. */
function byMarks(document: Document, platforms: readonly Recipe[]): Recipe | undefined {
  let first: { readonly recipe: Recipe; readonly element: Element } | undefined;
  for (const recipe of platforms) {
    for (const css of recipe.marks ?? []) {
      const element = marked(document, css);
      if (element !== null && (first === undefined || (past(first.element).compareDocumentPosition(element) & 2) !== 0)) first = { recipe, element };
    }
  }
  return first?.recipe;
}

function marked(document: Document, css: string): Element | null {
  try {
    return document.querySelector(css);
  } catch {
    return null;
  }
}
