/**
 * What is to be written where: a pure function of the fields found and the card. The executor in `fill/` only carries it
 * out, so every decision about formats can be tried without a browser.
 *
 * Invariant: a value that does not fit its field is no guess: the field is left out and reported as missing.
 */

import type { Place } from "../types/detect.ts";
import type { CardToFill } from "../types/messages.ts";
import type { FieldKind } from "../types/recipe.ts";
import { isMonth, isYear } from "./dates.ts";

/** What the plan has to know of a field's element. */
export interface FieldShape {
  readonly place: Place;
  readonly tag: "input" | "select" | "other";
  /** `type` of an input, lower case. */
  readonly type: string;
  /** `null` when there is none. */
  readonly maxLength: number | null;
  /** Placeholder, pattern and label, for the format of a date. */
  readonly hints: readonly string[];
  /** Of a select, in order. */
  readonly options: readonly Option[];
}

export interface Option {
  readonly value: string;
  readonly text: string;
  readonly disabled: boolean;
}

export type FieldShapes = { readonly [kind in FieldKind]?: readonly FieldShape[] };

/** One write. `value` is what is set: a text, or the value of a select's option. */
export interface Write {
  readonly kind: FieldKind;
  readonly place: Place;
  readonly how: "type" | "choose";
  readonly value: string;
  /** How a look afterwards compares: only the digits, or the whole text. */
  readonly compare: "digits" | "text";
}

export interface FillPlan {
  readonly writes: readonly Write[];
  /** Fields of the card for which nothing on the page was found or nothing fits. */
  readonly missing: readonly FieldKind[];
}

type Put = (kind: FieldKind, made: readonly Write[]) => void;

export function planFill(shapes: FieldShapes, card: CardToFill): FillPlan {
  const writes: Write[] = [];
  const missing: FieldKind[] = [];
  const put: Put = (kind, made) => {
    if (made.length === 0) missing.push(kind);
    writes.push(...made);
  };
  put("number", numberWrites(shapes.number ?? [], card.number));
  putExpiry(shapes, card, put);
  put("securityCode", textWrites("securityCode", shapes.securityCode, card.securityCode, "digits"));
  putHolder(shapes, card.holder, put);
  if (card.postalCode !== null && (shapes.postalCode ?? []).length > 0) {
    put("postalCode", textWrites("postalCode", shapes.postalCode, card.postalCode, "text"));
  }
  return { writes, missing };
}

/** Splits names as card forms with two fields want them: the last word is the family name. */
export function splitName(holder: string): { readonly given: string; readonly family: string } {
  const words = holder.trim().split(/\s+/u);
  const family = words.pop() ?? "";
  return words.length === 0 ? { given: family, family } : { given: words.join(" "), family };
}

/** The whole number in one field, or cut over several: by their lengths, else in fours. */
function numberWrites(shapes: readonly FieldShape[], number: string): Write[] {
  const [first] = shapes;
  if (first === undefined) return [];
  if (shapes.length === 1) return fits(first, number) ? [typed("number", first, number, "digits")] : [];
  const writes: Write[] = [];
  let from = 0;
  for (const [at, shape] of shapes.entries()) {
    const last = at === shapes.length - 1;
    const length = last ? number.length - from : (shape.maxLength ?? 4);
    const part = number.slice(from, from + length);
    if (!fits(shape, part)) return [];
    writes.push(typed("number", shape, part, "digits"));
    from += length;
  }
  return from === number.length ? writes : [];
}

function putExpiry(shapes: FieldShapes, card: CardToFill, put: Put): void {
  const month = shapes.expiryMonth?.[0];
  const year = shapes.expiryYear?.[0];
  if (month !== undefined || year !== undefined) {
    put("expiryMonth", month === undefined ? [] : monthWrites(month, card.expiryMonth));
    put("expiryYear", year === undefined ? [] : yearWrites(year, card.expiryYear));
    return;
  }
  const one = shapes.expiry?.[0];
  put("expiry", one === undefined ? [] : expiryWrites(one, card));
}

function expiryWrites(shape: FieldShape, card: CardToFill): Write[] {
  const month = String(card.expiryMonth).padStart(2, "0");
  const year = String(card.expiryYear);
  const short = year.slice(-2);
  if (shape.tag === "select") {
    const wanted = [`${month}/${year}`, `${month}/${short}`, `${month}-${year}`, `${month}-${short}`, `${month}${short}`, `${year}-${month}`];
    return chosen("expiry", shape, (text) => wanted.includes(text.replace(/\s/gu, "")));
  }
  if (shape.type === "month") return [typed("expiry", shape, `${year}-${month}`, "text")];
  const text = expiryText(shape, month, year);
  return text === null ? [] : [typed("expiry", shape, text, "digits")];
}

/** MM/YY unless the field says otherwise by its hints or its length. */
function expiryText(shape: FieldShape, month: string, year: string): string | null {
  const hints = shape.hints.join(" ").toLowerCase();
  const short = year.slice(-2);
  // The year's letter differs by language: year, Jahr, année and año and anno and ano, rok.
  const long = /(?:mm|\b0?1|12)\s?[/.-]?\s?(?:yyyy|jjjj|aaaa|rrrr|20\d\d)/u.test(hints);
  const bare = /\bmm(?:yy|jj|aa)\b/u.test(hints);
  const wishes = long ? [`${month}/${year}`] : bare ? [`${month}${short}`] : [];
  const separated = [`${month}/${short}`, `${month}${short}`];
  return [...wishes, ...separated].find((wish) => fits(shape, wish)) ?? null;
}

function monthWrites(shape: FieldShape, month: number): Write[] {
  const padded = String(month).padStart(2, "0");
  if (shape.tag !== "select") return fits(shape, padded) ? [typed("expiryMonth", shape, padded, "digits")] : [];
  return chosen("expiryMonth", shape, (text) => isMonth(text, month));
}

function yearWrites(shape: FieldShape, year: number): Write[] {
  if (shape.tag === "select") return chosen("expiryYear", shape, (text) => isYear(text, year));
  const hints = shape.hints.join(" ").toLowerCase();
  const two = shape.maxLength === 2 || (shape.maxLength !== 4 && /(?<![yja])(?:yy|jj|aa)(?![yja])/u.test(hints));
  const text = two ? String(year % 100).padStart(2, "0") : String(year);
  return fits(shape, text) ? [typed("expiryYear", shape, text, "digits")] : [];
}

function putHolder(shapes: FieldShapes, holder: string, put: Put): void {
  const { holder: whole = [], givenName: given = [], familyName: family = [] } = shapes;
  if (whole.length > 0) {
    put("holder", textWrites("holder", whole, holder, "text"));
  } else if (given.length > 0 || family.length > 0) {
    const name = splitName(holder);
    put("givenName", textWrites("givenName", given, name.given, "text"));
    put("familyName", textWrites("familyName", family, name.family, "text"));
  }
}

function textWrites(kind: FieldKind, shapes: readonly FieldShape[] | undefined, value: string, compare: Write["compare"]): Write[] {
  const shape = shapes?.[0];
  return shape !== undefined && fits(shape, value) ? [typed(kind, shape, value, compare)] : [];
}

function fits(shape: FieldShape, value: string): boolean {
  return shape.tag === "input" && value !== "" && (shape.maxLength === null || value.length <= shape.maxLength);
}

function typed(kind: FieldKind, shape: FieldShape, value: string, compare: Write["compare"]): Write {
  return { kind, place: shape.place, how: "type", value, compare };
}

/** The one option that is meant, by what the shopper sees, else by its value; several that fit are none. */
function chosen(kind: FieldKind, shape: FieldShape, isMeant: (text: string) => boolean): Write[] {
  const enabled = shape.options.filter((option) => !option.disabled);
  const byText = enabled.filter((option) => isMeant(option.text));
  const fitting = byText.length > 0 ? byText : enabled.filter((option) => isMeant(option.value));
  const [option] = fitting;
  if (option === undefined || fitting.length > 1) return [];
  return [{ kind, place: shape.place, how: "choose", value: option.value, compare: "text" }];
}
