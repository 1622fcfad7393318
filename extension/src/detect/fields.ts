/**
 * The card fields of a page. Every control is judged by what it says of itself (autocomplete, name, label, options) and by
 * where it stands; a doubtful one is left alone.
 */

import type { FieldPlaces, Place, Reading } from "../types/detect.ts";
import type { FieldKind, Recipe } from "../types/recipe.ts";
import { type Facts, factsOf, optionsOf } from "./facts.ts";
import { selectorOf } from "./places.ts";
import type { Spot, Walked } from "./walk.ts";
import { fold } from "./fold.ts";
import { parentOf, past } from "./past.ts";
import { ACCOUNT_HOLDER, AUTOCOMPLETE, BANK_FORM, CARD_LABEL, CARD_NAMES, CODE_LABEL, DD, FAMILY, FAMILY_LABEL, FAMILY_TOO, FIELD_WORDS, FOUR_GROUPS, GIFT_CARD, GIFT_CODE, GIVEN, GIVEN_LABEL, HONEYPOT, MM, MONTH, MONTH_AND_YEAR, NEVER_NAMES, NOT_CARD, NOT_CODE, NOT_GIFT_CODE, OF_ADDRESS, OF_CARD, OTHER_CARD, OTHER_TOKENS, PLAIN_NAME, SAVED_CARD, SAVE_CARD, SAYS_CARD, SAYS_NUMBER, STARTS, STREET, WHOLE_NAME, YEAR, YY } from "./lexicon.ts";

export interface Fields {
  readonly places: FieldPlaces;
  readonly spots: ReadonlyMap<FieldKind, readonly Spot[]>;
  readonly saveCard: Reading["saveCard"];
  readonly giftCardCode: readonly Place[];
  /** As in `Reading`. */
  readonly rival: Pick<Reading, "rival">;
}

interface Guess {
  readonly kind: FieldKind;
  /** 1: only inside a card form. 2: by its words. 3: by autocomplete or the recipe. */
  readonly weight: 1 | 2 | 3;
  readonly facts: Facts;
}

const TYPED = new Set(["", "text", "tel", "number", "password", "search", "month"]);

export function placeOf(spot: Spot): Place | null {
  const css = selectorOf(spot.element, spot.scope.root);
  return css === null ? null : spot.scope.wrap(css);
}

/** All of them or none: half a card number is no field. */
function placesOf(spots: readonly Spot[]): Place[] {
  const places = spots.map(placeOf).filter((place) => place !== null);
  return places.length === spots.length ? places : [];
}

export interface Setting {
  /** The document is a payment provider's frame, in which everything belongs to the card. */
  readonly alone: boolean;
  /** The rest of the card form is in frames that we cannot look into. */
  readonly frames: boolean;
  /** Whether a second form is looked for. */
  readonly rivals?: boolean;
}

export function findFields(walked: Walked, recipe: Recipe | null, shown: (element: Element) => boolean, setting: Setting): Fields {
  const usable = walked.controls.filter((spot) => spot.tier === 0 && isUsable(spot.element) && shown(spot.element));
  const facts = usable.map((spot) => factsOf(spot));
  const named = byRecipe(recipe, facts);
  const banks = facts.some((one) => BANK_FORM.test(`${one.names} ${one.labels}`));
  const others = (one: Facts): boolean => SAVED_CARD.test(`${one.names} ${one.own}`) || (banks && ACCOUNT_HOLDER.test(`${one.names} ${one.labels}`));
  const guesses = facts.flatMap((one) => (others(one) ? [] : (named.get(one.spot.element) ?? guess(one) ?? [])));
  const chosen = choose(guesses, facts, setting);
  const places: { [kind in FieldKind]?: readonly Place[] } = {};
  for (const [kind, spots] of chosen) {
    const found = placesOf(spots);
    if (found.length > 0) places[kind] = found;
  }
  const folded = walked.controls.filter((spot) => spot.tier === 2 && isUsable(spot.element) && spot.element.closest("details:not([open])") !== null);
  const rival = setting.rivals === true && hasRival(chosen, guesses, facts, setting) ? { rival: true as const } : {};
  return { places, spots: chosen, rival, saveCard: saveCards(walked, recipe), giftCardCode: giftCards([...facts, ...folded.map((spot) => factsOf(spot))], recipe, chosen) };
}

function isUsable(element: Element): boolean {
  if (element.closest(HONEYPOT) !== null) return false;
  if (element.hasAttribute("disabled") || element.closest("fieldset[disabled]") !== null) return false;
  if (element.localName === "select") return true;
  if (element.localName !== "input") return false;
  if (!TYPED.has((element.getAttribute("type") ?? "").toLowerCase())) return false;
  // Some forms are read-only until they are touched, to keep the browser's own filling away.
  const wakes = /readonly/i.test(`${element.getAttribute("onfocus") ?? ""}${element.getAttribute("onclick") ?? ""}`);
  return !element.hasAttribute("readonly") || wakes;
}

function byRecipe(recipe: Recipe | null, facts: readonly Facts[]): Map<Element, Guess> {
  const out = new Map<Element, Guess>();
  for (const [kind, selectors] of Object.entries(recipe?.fields ?? {}) as [FieldKind, readonly string[]][]) {
    for (const css of selectors) {
      const hits = facts.filter((one) => matches(one.spot.element, css) && !NOT_CARD.test(one.labels));
      for (const one of hits) if (!out.has(one.spot.element)) out.set(one.spot.element, { kind, weight: 3, facts: one });
      if (hits.length > 0) break;
    }
  }
  return out;
}

function matches(element: Element, css: string): boolean {
  try {
    return element.matches(css);
  } catch {
    return false;
  }
}

/** What one control is by itself. */
function guess(facts: Facts): Guess | null {
  const { autocomplete, names, labels, spot } = facts;
  if (NEVER_NAMES.test(names) || GIFT_CARD.test(facts.group)) return null;
  const make = (kind: FieldKind, weight: 1 | 2 | 3): Guess => ({ kind, weight, facts });
  const said = autocomplete.map((token) => (Object.hasOwn(AUTOCOMPLETE, token) ? AUTOCOMPLETE[token] : undefined)).find((kind) => kind !== undefined);
  if (NOT_CARD.test(labels) && !isCardLabel(labels) && !FOUR_GROUPS.test(facts.placeholder)) return null;
  if (said !== undefined) return NOT_CARD.test(names) && !CARD_NAMES.test(names) ? null : make(said, 3);
  if (autocomplete.includes("postal-code")) {
    return autocomplete.includes("shipping") || facts.context === "shipping" ? null : make("postalCode", autocomplete.includes("billing") || facts.context === "billing" ? 2 : 1);
  }
  // A plain label before an autocomplete that is there to keep the browser from filling.
  if (!saysPlainly(facts) && autocomplete.some((token) => OTHER_TOKENS.test(token))) return null;
  const postal = FIELD_WORDS.postalCode.labels.test(labels) && facts.context === "billing";
  if (NOT_CARD.test(names) && !CARD_NAMES.test(names) && !postal && !(isCardLabel(labels) && !OTHER_CARD.test(names))) return null;
  if (STARTS.test(names)) return null;
  if (spot.element.localName === "select") return guessSelect(facts);
  if (facts.type === "month") return make("expiry", EXPIRY(facts) ? 2 : 1);
  return guessInput(facts);
}

const isCardLabel = (labels: string): boolean =>
  CARD_LABEL.test(labels) && !OTHER_CARD.test(labels);
const saysPlainly = ({ labels }: Facts): boolean => isCardLabel(labels) || (CODE_LABEL.test(labels) && !NOT_CODE.test(labels));
const EXPIRY = (facts: Facts): boolean => FIELD_WORDS.expiry.names.test(facts.names) || FIELD_WORDS.expiry.labels.test(facts.labels);

function guessSelect(facts: Facts): Guess | null {
  const expiry = EXPIRY(facts) || FIELD_WORDS.expiry.labels.test(facts.before) || /\b(cc|card|payment)\b/.test(facts.names);
  if (NOT_CARD.test(facts.before) && !FIELD_WORDS.expiry.labels.test(facts.before)) return null;
  // A full list of months or coming years speaks for itself; a short one only beside words of expiry.
  const half = MM.test(facts.own) ? "month" : YY.test(facts.own) ? "year" : null;
  const named = half ?? (EXPIRY(facts) && MONTH.test(facts.own) !== YEAR.test(facts.own));
  const options = optionsOf(facts.spot.element, named ? 1 : expiry ? 2 : null);
  if (options === null) return null;
  return { kind: options === "month" ? "expiryMonth" : options === "year" ? "expiryYear" : "expiry", weight: expiry ? 2 : 1, facts };
}

function guessInput(facts: Facts): Guess | null {
  const { names, labels, placeholder } = facts;
  const make = (kind: FieldKind, weight: 1 | 2): Guess => ({ kind, weight, facts });
  const says = (kind: keyof typeof FIELD_WORDS): boolean => FIELD_WORDS[kind].labels.test(labels) || FIELD_WORDS[kind].names.test(names);
  if (FIELD_WORDS.securityCode.names.test(names) || FIELD_WORDS.securityCode.labels.test(labels)) {
    return NOT_CODE.test(labels) && !/cvv|cvc|card|karte/.test(labels) ? null : make("securityCode", 2);
  }
  // The holder before the number: "name on card", "card holder".
  const person = cardPerson(facts);
  if (person !== null) return make(person, 2);
  if (EXPIRY(facts)) return make(expiryPart(facts), 2);
  if (says("holder")) return make("holder", 2);
  if (says("number")) return isShort(facts) && !SAYS_NUMBER.test(`${names} ${labels}`) ? null : make("number", 2);
  if (says("postalCode")) {
    if (facts.context === "shipping") return null;
    return make("postalCode", facts.context === "billing" ? 2 : 1);
  }
  if (MM.test(placeholder) || MM.test(labels)) return make("expiryMonth", 1);
  if (YY.test(placeholder) || YY.test(labels)) return make("expiryYear", 1);
  if (FOUR_GROUPS.test(placeholder)) return make("number", 1);
  if (PLAIN_NAME.test(labels) && !facts.context) return make("holder", 1);
  if (/^account number/.test(labels) && /^[\dx•·*]{4}/.test(placeholder)) return make("number", 2);
  if (/\b(number|num)$/.test(names) && SAYS_CARD.test(`${facts.group} ${facts.before}`)) return make("number", 1);
  return null;
}

const isShort = (facts: Facts): boolean => facts.maxLength !== null && facts.maxLength < 4;

function cardPerson(facts: Facts): "givenName" | "familyName" | null {
  const { names, labels } = facts;
  const ofCard = OF_CARD.test(`${names} ${labels}`);
  if (!ofCard || facts.context === "shipping") return null;
  if (WHOLE_NAME.test(labels)) return null;
  if (GIVEN.test(names) || (GIVEN_LABEL.test(labels) && !FAMILY_TOO.test(labels))) return FAMILY.test(names) ? null : "givenName";
  return FAMILY.test(names) || FAMILY_LABEL.test(labels) ? "familyName" : null;
}

function expiryPart(facts: Facts): "expiry" | "expiryMonth" | "expiryYear" {
  const { names, placeholder, own } = facts;
  if (MONTH_AND_YEAR.test(placeholder)) return "expiry";
  const month = MONTH.test(names) || MONTH.test(placeholder) || MONTH.test(own);
  const year = YEAR.test(names) || YEAR.test(placeholder) || YEAR.test(own);
  if (month && year) {
    // Its own words before those of the group: "Expiry date (month / year)" over two fields.
    const m = MONTH.test(names) || MONTH.test(placeholder);
    const y = YEAR.test(names) || YEAR.test(placeholder);
    return m === y ? "expiry" : m ? "expiryMonth" : "expiryYear";
  }
  return month ? "expiryMonth" : year ? "expiryYear" : "expiry";
}

type Chosen = Map<FieldKind, readonly Spot[]>;

/** Out of all guesses the fields of one card form. */
function choose(guesses: readonly Guess[], facts: readonly Facts[], { alone, frames }: Setting): Chosen {
  const chosen: Chosen = new Map();
  const order = new Map(facts.map((one, i) => [one.spot.element, i]));
  const at = (one: Guess): number => order.get(one.facts.spot.element) ?? 0;
  const numbers = guesses.filter((one) => one.kind === "number");
  const number = numbers.reduce<Guess | null>((best, one) => (best === null || one.weight > best.weight ? one : best), null);
  const anchor = (number !== null && number.weight > 1 ? number : null) ?? guesses.find((one) => one.kind === "securityCode" && one.weight > 1) ?? guesses.find((one) => one.kind.startsWith("expiry") && one.weight > 1) ?? number;
  if (anchor === null) {
    const holder = guesses.find((one) => one.kind === "holder" && one.weight > 1);
    if (holder !== undefined) chosen.set("holder", [holder.facts.spot]);
    const postal = guesses.find((one) => one.kind === "postalCode" && one.weight > 1);
    if ((frames || alone) && postal !== undefined) chosen.set("postalCode", [postal.facts.spot]);
    return chosen;
  }
  const form = cardBox(anchor, guesses);
  const inForm = (one: Guess): boolean => alone || form.contains(one.facts.spot.element);
  const split = number === null ? [] : splitNumber(number, facts);
  if (number !== null && (number.weight > 1 || inForm(number))) chosen.set("number", split.length > 1 ? split : [number.facts.spot]);
  const taken = new Set((chosen.get("number") ?? []).map((spot) => spot.element));
  const limit = numbers.map(at).find((i) => i > at(anchor) && !taken.has((facts[i] as Facts).spot.element) && chosen.has("number")) ?? Number.POSITIVE_INFINITY;
  for (const kind of ["expiry", "expiryMonth", "expiryYear", "securityCode", "holder", "givenName", "familyName", "postalCode"] as const) {
    const able = guesses.filter((one) => one.kind === kind && !taken.has(one.facts.spot.element) && (one.weight > 1 || (inForm(one) && !isAhead(one, at, anchor) && !hasDay(one, at, facts))) && at(one) < limit);
    const best = able.reduce<Guess | null>((a, b) => (a === null ? b : better(b, a, at, anchor) ? b : a), null);
    if (best !== null) chosen.set(kind, [best.facts.spot]);
  }
  return settle(chosen, guesses, facts);
}

/** A second form, as complete as the chosen one and known by as much: either could be meant. */
function hasRival(chosen: Chosen, guesses: readonly Guess[], facts: readonly Facts[], setting: Setting): boolean {
  const whole = (form: Chosen): boolean => form.has("number") && form.has("securityCode") && (form.has("expiry") || form.has("expiryMonth"));
  if (!whole(chosen)) return false;
  const taken = new Set([...chosen.values()].flat().map(({ element }) => element));
  const rest = guesses.filter(({ facts: { spot } }) => !taken.has(spot.element));
  const weight = (form: Chosen): number => guesses.find(({ facts: { spot } }) => spot === form.get("number")?.[0])?.weight ?? 0;
  const other = choose(rest, facts.filter(({ spot }) => !taken.has(spot.element)), setting);
  return whole(other) && weight(other) >= weight(chosen);
}

function better(a: Guess, b: Guess, at: (one: Guess) => number, anchor: Guess): boolean {
  if (a.weight !== b.weight) return a.weight > b.weight;
  const sameScope = (one: Guess): number => (one.facts.spot.scope === anchor.facts.spot.scope ? 0 : 1_000);
  // As far before the number as after it: a card's fields follow its number.
  const far = (one: Guess): number => Math.abs(at(one) - at(anchor)) * 2 + (at(one) < at(anchor) ? 1 : 0) + sameScope(one);
  return far(a) < far(b);
}

/** A bare name, postcode, month or year under another heading before the card's number is an address's or a birthday's. */
function isAhead(one: Guess, at: (one: Guess) => number, anchor: Guess): boolean {
  if (one.facts.spot.scope !== anchor.facts.spot.scope) return false;
  const elsewhere = one.facts.spot.heading !== anchor.facts.spot.heading;
  if (one.kind.startsWith("expiry") && elsewhere && !FIELD_WORDS.expiry.labels.test(fold(one.facts.spot.heading))) return true;
  if (at(one) > at(anchor)) return false;
  return one.kind === "postalCode" || one.kind === "holder" ? elsewhere : one.kind.startsWith("expiry") && one.facts.spot.element.localName === "input";
}

/** The smallest box around the card's fields; weak guesses count only in there. */
function cardBox(anchor: Guess, guesses: readonly Guess[]): Element {
  const strong = guesses.filter((one) => one.weight > 1 && (one.kind === "number" || one.kind === "securityCode" || one.kind.startsWith("expiry")) && one.facts.spot.scope === anchor.facts.spot.scope);
  let box: Element = past(anchor.facts.spot.element);
  // Four boxes of one number are one thing.
  const kindsIn = (inside: Element): number => new Set(strong.filter((one) => inside.contains(one.facts.spot.element)).map((one) => one.kind)).size;
  const enough = Math.min(new Set(strong.map((one) => one.kind)).size, 2);
  for (let i = 0; i < 12; i++) {
    const parent = parentOf(box);
    if (parent === null || parent.localName === "body" || parent.localName === "form" || parent.localName === "html") {
      if (parent !== null && kindsIn(box) < enough) box = parent;
      break;
    }
    // One or two levels beyond, as long as no address begins there.
    if (kindsIn(box) >= enough && (i > 8 || holdsAddress(parent) || isSection(box))) break;
    box = parent;
  }
  return box;
}

const isSection = (box: Element): boolean => box.localName === "fieldset" || box.localName === "section" || box.localName === "form";

function holdsAddress(box: Element): boolean {
  for (const input of Array.from(box.querySelectorAll("input")).slice(0, 60)) {
    const words = `${input.getAttribute("name") ?? ""} ${input.getAttribute("id") ?? ""} ${input.getAttribute("autocomplete") ?? ""}`.replace(/[_-]/g, " ").toLowerCase();
    if (STREET.test(words) || OF_ADDRESS.test(words)) return true;
  }
  return false;
}

/** Four boxes of four digits, or Amex's 4, 6, 5. */
function splitNumber(number: Guess, facts: readonly Facts[]): Spot[] {
  const all = facts.map((one) => one);
  const i = all.findIndex((one) => one === number.facts);
  const short = (one: Facts | undefined): boolean =>
    one !== undefined && one.spot.element.localName === "input" && one.maxLength !== null && one.maxLength >= 4 && one.maxLength <= 6 && one.spot.scope === number.facts.spot.scope && !FIELD_WORDS.securityCode.names.test(one.names) && !FIELD_WORDS.expiry.names.test(one.names) && !FIELD_WORDS.postalCode.names.test(one.names);
  if (!short(number.facts)) return [];
  let from = i;
  let to = i;
  while (short(all[from - 1]) && i - from < 4) from--;
  while (short(all[to + 1]) && to - from < 3) to++;
  const part = all.slice(from, to + 1).filter((one) => one.maxLength === 4 || number.facts.maxLength !== 4 || one.maxLength === 6 || one.maxLength === 5);
  return part.length === 4 || part.length === 3 ? part.map((one) => one.spot) : [];
}

/** One expiry field or two, one holder or two; two boxes under one label are month and year. */
function settle(chosen: Chosen, guesses: readonly Guess[], facts: readonly Facts[]): Chosen {
  const single = chosen.get("expiry")?.[0];
  if (single !== undefined) {
    const i = facts.findIndex((one) => one.spot === single);
    const next = facts[i + 1];
    const own = facts[i] as Facts;
    const pairs = guesses.filter((one) => one.kind === "expiry" && one.weight > 1);
    const second = next !== undefined && (pairs.some((one) => one.facts === next) || next.names.replace(/\d+$/, "") === own.names.replace(/\d+$/, "")) ? next : undefined;
    if (second !== undefined && own.maxLength === 2 && (second.maxLength === 2 || second.maxLength === 4)) {
      chosen.delete("expiry");
      chosen.set("expiryMonth", [single]);
      chosen.set("expiryYear", [second.spot]);
    } else if (chosen.has("expiryMonth") && chosen.has("expiryYear")) chosen.delete("expiry");
    else {
      chosen.delete("expiryMonth");
      chosen.delete("expiryYear");
    }
  }
  if (chosen.has("expiryMonth") !== chosen.has("expiryYear") && !chosen.has("expiry")) {
    // Half a date alone is a start date or a birthday, unless it says what it is.
    const half = chosen.has("expiryMonth") ? "expiryMonth" : "expiryYear";
    if (guesses.find((one) => one.facts.spot === chosen.get(half)?.[0])?.weight === 1) chosen.delete(half);
  }
  if (chosen.has("givenName") && chosen.has("familyName")) chosen.delete("holder");
  else if (namesInTwo(chosen, facts)) {
    chosen.set("givenName", chosen.get("holder") ?? []);
    chosen.delete("holder");
  } else if (chosen.has("holder")) {
    chosen.delete("givenName");
    chosen.delete("familyName");
  }
  const card = ["number", "securityCode", "expiry", "expiryMonth"].some((kind) => chosen.has(kind as FieldKind));
  if (!card) chosen.delete("postalCode");
  return chosen;
}

/** A month beside a day is a birthday's. */
function hasDay(one: Guess, at: (one: Guess) => number, facts: readonly Facts[]): boolean {
  return one.kind.startsWith("expiry") && [-2, -1, 1, 2].some((step) => {
    const beside = facts[at(one) + step];
    return beside !== undefined && (DD.test(beside.own) || DD.test(beside.placeholder));
  });
}

/** "Name of the holder" beside "family name of the holder" is the given name. */
function namesInTwo(chosen: Chosen, facts: readonly Facts[]): boolean {
  const at = (kind: FieldKind): number => facts.findIndex((one) => one.spot === chosen.get(kind)?.[0]);
  const [holder, family] = [at("holder"), at("familyName")];
  return holder >= 0 && family >= 0 && !chosen.has("givenName") && Math.abs(holder - family) === 1;
}

function saveCards(walked: Walked, recipe: Recipe | null): Reading["saveCard"] {
  const out: { css: Place; checked: boolean }[] = [];
  for (const spot of walked.controls) {
    if (spot.tier !== 0 || spot.element.getAttribute("type")?.toLowerCase() !== "checkbox" || out.length >= 10) continue;
    const facts = factsOf(spot);
    const beside = facts.labels === facts.before ? fold((parentOf(spot.element)?.textContent ?? "").slice(0, 120)) : "";
    const named = (recipe?.saveCard ?? []).some((css) => matches(spot.element, css));
    if (!named && !SAVE_CARD.test(facts.labels) && !SAVE_CARD.test(beside) && !SAVE_CARD.test(facts.names)) continue;
    const live = (spot.element as HTMLInputElement).checked;
    const css = placeOf(spot);
    if (css !== null) out.push({ css, checked: typeof live === "boolean" ? live : spot.element.hasAttribute("checked") });
  }
  return out;
}

function giftCards(facts: readonly Facts[], recipe: Recipe | null, chosen: Chosen): Place[] {
  const taken = new Set([...chosen.values()].flat().map((spot) => spot.element));
  const named = (recipe?.giftCardCode ?? []).flatMap((css) => facts.filter((one) => matches(one.spot.element, css)));
  const words = facts.filter((one) => (GIFT_CARD.test(one.labels) || GIFT_CARD.test(one.names) || (GIFT_CARD.test(one.group) && GIFT_CODE.test(one.labels))) && !NOT_GIFT_CODE.test(`${one.labels} ${one.names}`));
  return [...new Set(named.length > 0 ? named : words)].filter((one) => one.spot.element.localName === "input" && !taken.has(one.spot.element)).slice(0, 4).flatMap((one) => placesOf([one.spot]));
}
