/**
 * The order total: what all rows, the recipe and the pay button of a page say together. Two different totals, a part that is
 * still to come, a sum that does not add up: not sure, and the shopper is asked.
 */

import type { Money } from "../types/money.ts";
import type { Recipe } from "../types/recipe.ts";
import { past } from "./past.ts";
import { found, moneyOf, type PageMoney, readOne, same, withoutAsides } from "./amounts.ts";
import type { Line } from "./lines.ts";
import { TORN } from "./lines.ts";
import { isTotal, type Row, rowsAt } from "./rows.ts";
import type { Scope, Walked } from "./walk.ts";
import { fold } from "./fold.ts";
import { DEPOSIT, INSIDE, IN_PARTS, NOT_ALL, PENDING, PREVIOUS_HEADING, ROWS, SMALL_CART, SPOILS, TOTAL_TOKEN } from "./lexicon.ts";

export interface TotalRead {
  readonly total: Money | null;
  readonly candidate?: { readonly text: string; readonly money?: Money; readonly why: string };
  readonly confidence: number;
  /** There is a row that speaks of a total, readable or not. */
  readonly rowSeen: boolean;
  /** There is a subtotal or the like: an order's summary. */
  readonly partsSeen: boolean;
  /** Two prices or more on the page. */
  readonly amountsSeen: boolean;
}

const LINES_MAX = 12_000;
const TOTAL_ROWS_MAX = 40;
/** How far around a total the other rows of its summary are looked for. */
const SUMMARY_LINES = 30;

export interface PayButton {
  readonly text: string;
  readonly pays: boolean;
}

interface Evidence {
  readonly rows: readonly Row[];
  readonly parts: readonly Row[];
  readonly byRecipe: readonly RecipeValue[];
  readonly buttons: readonly Money[];
  /** The button pays a deposit. */
  readonly deposit: boolean;
  /** What the heads of folded summaries say. */
  readonly folded: readonly Money[];
}

interface RecipeValue {
  readonly money: Money | null;
  readonly text: string;
  readonly why: string;
  readonly spoiled: boolean;
}

export function readTotal(walked: Walked, context: PageMoney, recipe: Recipe | null, buttons: readonly PayButton[], shown: Shown): TotalRead {
  const { rows, parts } = collect(walked, context, recipe, shown);
  const byRecipe = recipe === null ? [] : recipeValues(walked, context, recipe, shown);
  const partsSeen = parts.length > 0 || (rows.length === 0 && anyPart(walked, context));
  const amountsSeen = rows.length + parts.length >= 2 || amountLines(walked, context) >= 2;
  const deposit = buttons.some((button) => button.pays && DEPOSIT.test(fold(button.text)));
  // "Show order summary $27.11": the summary is shut, and its head says the total.
  const heads = rows.some((row) => row.tier > 0) ? walked.lines.filter((line) => line.tier === 0 && past(line.element).closest("summary,[aria-expanded=false]") !== null && shown(line.element)) : [];
  const folded = distinct(heads.flatMap((line) => found(line.text, context).map(({ read }) => moneyOf(read))));
  return { amountsSeen, ...decide({ rows, parts, byRecipe, buttons: buttonAmounts(buttons, context), deposit, folded }), partsSeen };
}

/** The only amount of a page that has nothing but ways to pay it: a payment provider's own page. */
export function loneAmount(walked: Walked, context: PageMoney, shown: Shown): Money | null {
  const line = walked.lines.find(({ tier, text }) => tier === 0 && found(text, context).length > 0);
  if (line === undefined || !shown(line.element) || [line.index, line.index - 1].some((at) => rowsAt(walked.lines, at, context).length > 0)) return null;
  const [only] = found(line.text, context);
  const money = only?.text === line.text ? moneyOf(only.read) : null;
  return money !== null && money.minor > 0 ? money : null;
}

/** A page without a total may still have an order's summary. */
function anyPart(walked: Walked, context: PageMoney): boolean {
  let looked = 0;
  for (const [i, line] of walked.lines.entries()) {
    if (line.tier > 0 || line.text.length > 120 || !ROWS.some((row) => row.kind === "sub" && row.re.test(line.folded))) continue;
    if (rowsAt(walked.lines, i, context).some((row) => row.kind === "sub" && row.money !== null)) return true;
    if (++looked > 20) return false;
  }
  return false;
}

function amountLines(walked: Walked, context: PageMoney): number {
  let count = 0;
  for (const line of walked.lines.slice(0, 1_000)) {
    if (line.tier === 0 && line.text.length <= 120 && /\p{Nd}/u.test(line.text) && found(line.text, context).length > 0 && ++count >= 2) break;
  }
  return count;
}

type Decided = Omit<TotalRead, "partsSeen" | "amountsSeen">;
type Shown = (element: Element) => boolean;

function collect(walked: Walked, context: PageMoney, recipe: Recipe | null, shown: Shown): { rows: Row[]; parts: Row[] } {
  const { lines } = walked;
  const rows: Row[] = [];
  const around = new Set<number>();
  const excluded = recipe?.notTotal ?? [];
  for (const line of walked.said.having(TOTAL_TOKEN)) {
    const i = line.index;
    if (i >= LINES_MAX || rows.length >= TOTAL_ROWS_MAX) break;
    if (line.text.length > 240) continue;
    if (PREVIOUS_HEADING.test(fold(line.heading))) continue;
    for (const row of rowsAt(lines, i, context)) {
      if (!(isTotal(row.kind) || row.kind === "not_final" || row.kind === "perhaps")) continue;
      if (isChoice(row) || within(row, excluded) || !shown(row.element)) continue;
      rows.push(isTotal(row.kind) && past(row.element).closest(SMALL_CART) !== null ? { ...row, kind: "perhaps" } : takenBack(row, lines, i, context));
      for (let j = Math.max(0, i - SUMMARY_LINES); j <= i + SUMMARY_LINES; j++) around.add(j);
    }
  }
  const parts: Row[] = [];
  for (const i of around) {
    for (const row of rowsAt(lines, i, context)) if (!isTotal(row.kind) && row.kind !== "not_final" && row.kind !== "perhaps" && !isChoice(row) && shown(row.element)) parts.push(row);
  }
  return { rows, parts };
}

/** A line below may say that the total is not all. */
function takenBack(row: Row, lines: readonly Line[], index: number, context: PageMoney): Row {
  if (!isTotal(row.kind)) return row;
  for (const line of lines.slice(index + 1, index + 5)) {
    if (line.tier === 0 && line.text.length <= 240 && NOT_ALL.test(line.folded)) return { ...row, spoiled: true };
    if (line.heading !== row.line.heading || rowsAt(lines, line.index, context).length > 0) break;
  }
  return row;
}

/** A price tag of something to choose (a delivery, a plan) is not what is paid. */
function isChoice(row: Row): boolean {
  const box = past(row.element).closest("label,[role=radio],[role=option]");
  return box !== null && (box.localName !== "label" || box.querySelector("input[type=radio],input[type=checkbox]") !== null);
}

function within(row: Row, selectors: readonly string[]): boolean {
  return selectors.some((css) => closest(row.element, css));
}

function closest(element: Element, css: string): boolean {
  try {
    return past(element).closest(css) !== null;
  } catch {
    return false;
  }
}

function recipeValues(walked: Walked, context: PageMoney, recipe: Recipe, shown: Shown): RecipeValue[] {
  for (const css of recipe.total) {
    const values: RecipeValue[] = [];
    for (const scope of walked.scopes) {
      for (const element of all(scope, css).slice(0, 20)) {
        if ((recipe.notTotal ?? []).some((other) => closest(element, other))) continue;
        if (!shown(element)) continue;
        const value = valueIn(walked, element, context);
        if (value !== null) values.push(value);
      }
    }
    if (values.length > 0) return values;
  }
  return [];
}

function all(scope: Scope, css: string): Element[] {
  try {
    return Array.from(scope.root.querySelectorAll(css));
  } catch {
    return [];
  }
}

/** What an element named by the recipe says; nothing when the page's own label says that it is another row. */
function valueIn(walked: Walked, element: Element, context: PageMoney): RecipeValue | null {
  const inside = new Set<Element>([element, ...past(element).querySelectorAll("*")]);
  const lines: Line[] = [];
  for (const line of walked.lines) for (const run of line.runs) if (inside.has(run.element) && lines[lines.length - 1] !== line) lines.push(line);
  const tier = Math.min(...lines.map((line) => line.tier));
  const seen = lines.filter((line) => line.tier === tier);
  const printed = seen.map((line) => line.text).join(seen.every((line) => line.text.length <= 2) ? "" : " ; ");
  if (!/\p{Nd}/u.test(printed) || printed.length > 300) return null;
  const text = withoutAsides(printed);
  const first = lines[0]?.index ?? 0;
  const nearby = [first - 2, first - 1, ...lines.slice(0, 12).map((line) => line.index)].flatMap((i) => rowsAt(walked.lines, i, context));
  const own = nearby.filter((row) => lines.includes(row.line) || element.contains(row.element));
  if (own.some((row) => !isTotal(row.kind) && row.kind !== "not_final" && row.kind !== "perhaps") && !own.some((row) => isTotal(row.kind))) return null;
  const notFinal = own.some((row) => row.kind === "not_final");
  const labelled = own.filter((row) => isTotal(row.kind));
  const last = labelled[labelled.length - 1];
  if (last !== undefined) return { money: last.money, text: last.text, why: last.unsure ?? "", spoiled: last.spoiled || notFinal };
  const read = text.includes(TORN) ? ({ unsure: "ambiguous_number" } as const) : readOne(text, context);
  return { money: moneyOf(read), text: text.trim().slice(0, 80), why: "unsure" in read ? read.unsure : "", spoiled: notFinal || SPOILS.test(fold(text)) };
}

function buttonAmounts(buttons: readonly PayButton[], context: PageMoney): Money[] {
  const out: Money[] = [];
  for (const { text, pays } of buttons) {
    if (!pays || text.length > 120 || SPOILS.test(fold(text)) || IN_PARTS.test(text)) continue;
    for (const amount of found(text, context)) {
      const money = moneyOf(amount.read);
      if (money !== null) out.push(money);
    }
  }
  return out;
}

const distinct = (list: readonly (Money | null)[]): Money[] => {
  const out: Money[] = [];
  for (const money of list) if (money !== null && !out.some((other) => same(other, money))) out.push(money);
  return out;
};

const sure = (total: Money, confidence: number, text: string): Decided =>
  total.minor > 0 ? { total, confidence, rowSeen: true } : unsure(text, total, "nothing_to_pay");

function unsure(text: string, money: Money | null, why: string, confidence = 50): Decided {
  return { total: null, candidate: money === null ? { text, why } : { text, money, why }, confidence, rowSeen: true };
}

function decide(evidence: Evidence): Decided {
  const seen = evidence.rows.filter((row) => row.tier === 0);
  const rows = (seen.length > 0 ? seen : evidence.rows).filter((row) => row.money !== null || row.unsure !== "no_amount" || row.pending);
  const totals = rows.filter((row) => isTotal(row.kind) && !row.spoiled && row.money !== null);
  const best = pick(totals, evidence.parts);
  const named = evidence.byRecipe;
  const doubt = evidence.deposit ? "deposit" : doubts(rows, evidence.parts);

  if (named.length > 0) return byRecipe(evidence, best, doubt);
  if (best === null) return noRow(rows, evidence, doubt);
  if ("conflict" in best) return unsure(best.text, best.conflict, "two_totals");
  const { money, row, confidence } = best;
  if (doubt !== null) return unsure(row.text, money, doubt);
  if (evidence.buttons.length > 0 && !evidence.buttons.some((other) => same(other, money))) return unsure(row.text, money, "button_differs");
  if (row.tier > 0 && !evidence.folded.some((other) => same(other, money))) return unsure(row.text, money, "not_visible");
  if (row.kind === "total" && rows.some((other) => other.kind !== "not_final" && isTotal(other.kind) && other.money === null && !other.pending)) {
    return unsure(row.text, money, "another_total_unread");
  }
  return sure(money, evidence.buttons.length > 0 ? Math.min(99, confidence + 3) : confidence, row.text);
}

function byRecipe(evidence: Evidence, best: Best | null, doubt: string | null): Decided {
  const named = evidence.byRecipe;
  const first = named[named.length - 1] as RecipeValue;
  const values = distinct(named.map((value) => value.money));
  const money = values[0];
  if (money === undefined) return unsure(first.text, null, first.why === "" ? "no_amount" : first.why);
  if (values.length > 1) {
    const settled = best !== null && !("conflict" in best) && values.some((value) => same(value, best.money)) && best.kindRank >= 2 ? best.money : null;
    if (settled === null) return unsure(first.text, values[values.length - 1] ?? null, "two_totals");
    return doubt === null ? sure(settled, 85, first.text) : unsure(first.text, settled, doubt);
  }
  const takenBack = evidence.rows.some((row) => isTotal(row.kind) && row.spoiled && row.money !== null && same(row.money, money));
  if (takenBack || named.some((value) => value.spoiled)) return unsure(first.text, money, "not_final");
  if (doubt !== null) return unsure(first.text, money, doubt);
  if (best !== null && "conflict" in best) return best.plain && named.length > 0 ? sure(money, 85, first.text) : unsure(first.text, money, "two_totals");
  if (best !== null && !same(best.money, money)) return unsure(first.text, money, "two_totals");
  if (evidence.buttons.length > 0 && !evidence.buttons.some((other) => same(other, money))) return unsure(first.text, money, "button_differs");
  return sure(money, best === null ? 90 : 98, first.text);
}

/** No row gave a total: the pay button may, or there is at least something to show. */
function noRow(rows: readonly Row[], evidence: Evidence, doubt: string | null): Decided {
  const onButtons = distinct(evidence.buttons);
  const row = rows.find((other) => isTotal(other.kind)) ?? rows[0];
  if (row === undefined) {
    const [only] = onButtons;
    if (onButtons.length === 1 && only !== undefined && only.minor > 0 && doubt === null) return { total: only, confidence: 82, rowSeen: false };
    return { total: null, confidence: 30, rowSeen: false };
  }
  const [button] = onButtons;
  const perhaps = distinct(rows.map((other) => (other.kind === "perhaps" && !other.spoiled ? other.money : null)));
  const guessed = perhaps[0];
  if (perhaps.length === 1 && guessed !== undefined && guessed.minor > 0 && doubt === null && rows.every((other) => other.kind === "perhaps" && other.tier === 0)) {
    const agrees = onButtons.length === 0 ? checkSum(guessed, evidence.parts) === "adds_up" : onButtons.length === 1 && button !== undefined && same(guessed, button);
    if (agrees) return sure(guessed, 82, row.text);
  }
  // Sums in other words (a balance, what it will be) against what the button says that it pays.
  if (evidence.parts.length === 0 && onButtons.length === 1 && button !== undefined && button.minor > 0 && doubt === null && rows.every((other) => other.kind === "perhaps" && other.tier === 0)) return sure(button, 82, row.text);
  if (row.kind === "not_final" && onButtons.length === 1 && button !== undefined && row.money !== null && same(row.money, button) && doubt === null) return sure(button, 84, row.text);
  const why = row.pending ? "pending" : row.spoiled ? "not_final" : row.kind === "not_final" ? "estimated" : row.kind === "perhaps" ? "unknown_label" : (row.unsure ?? "not_sure");
  return unsure(row.text, row.money, why, 40);
}

/** What makes every total of the page doubtful. */
function doubts(rows: readonly Row[], parts: readonly Row[]): string | null {
  if (rows.some((row) => isTotal(row.kind) && row.pending)) return "pending";
  if (parts.some((part) => part.kind === "installment" && part.money !== null && DEPOSIT.test(part.line.folded))) return "deposit";
  const open = parts.filter((part) => (part.kind === "shipping" || part.kind === "tax") && part.tier === 0);
  if (open.some((part) => part.pending || (part.money === null && PENDING.test(fold(part.text))))) return "pending";
  return null;
}

type Best =
  | { readonly money: Money; readonly row: Row; readonly confidence: number; readonly kindRank: number }
  | { readonly conflict: Money; readonly text: string; readonly plain: boolean };

function pick(totals: readonly Row[], parts: readonly Row[]): Best | null {
  const of = (kind: Row["kind"]): Row[] => totals.filter((row) => row.kind === kind);
  const [due, grand, plain] = [of("due"), of("grand"), of("total")];
  const ranked = due.length > 0 ? due : grand.length > 0 ? grand : plain;
  const row = ranked[ranked.length - 1];
  if (row === undefined || row.money === null) return null;
  const money = row.money;
  const kindRank = due.length > 0 ? 3 : grand.length > 0 ? 2 : 1;
  const sums = checkSum(money, parts);
  const values = distinct(ranked.map((other) => other.money));
  if (values.length > 1) {
    const adding = values.filter((value) => checkSum(value, parts) === "adds_up");
    const only = adding[0];
    const largest = values.every((value) => only !== undefined && value.currency === only.currency && value.minor <= only.minor);
    if (kindRank === 1 && adding.length === 1 && only !== undefined && largest) return { money: only, row: ranked.find((r) => r.money !== null && same(r.money, only)) ?? row, confidence: 84, kindRank };
    // A sum, and the same with a fee that the page shows.
    const [more, less] = [...values].sort((a, b) => b.minor - a.minor) as [Money, Money];
    const whole = ranked.find((other) => other.money === more);
    if (values.length === 2 && whole !== undefined && more.currency === less.currency && subsetSums(parts.filter((part) => part.kind === "fee").map(amountOf)).has(BigInt(more.minor - less.minor))) return { money: more, row: whole, confidence: 84, kindRank };
    return { conflict: values[values.length - 1] ?? money, text: row.text, plain: kindRank === 1 };
  }
  // What is due may be less than the total by a gift card; a plain total beside a grand one is a part of it.
  const weaker = distinct([...(kindRank === 3 ? grand : []), ...(kindRank > 1 ? plain : [])].map((other) => other.money));
  for (const other of weaker) {
    if (same(other, money)) continue;
    if (other.currency !== money.currency && ranked.every((one) => one.charged)) continue;
    if (other.currency !== money.currency || (other.minor > money.minor && !explained(other, money, parts))) {
      return { conflict: money, text: row.text, plain: false };
    }
  }
  if (sums === "impossible" || (sums === "unknown" && kindRank < 3 && parts.some((part) => comesAfter(part, row, kindRank)))) return { conflict: money, text: row.text, plain: false };
  const loose = row.loose && ranked.every((other) => other.loose);
  if (loose && sums !== "adds_up") return kindRank === 1 ? { conflict: money, text: row.text, plain: true } : { money, row, confidence: 80, kindRank };
  return { money, row, confidence: sums === "adds_up" ? 96 : kindRank > 1 ? 90 : 85, kindRank };
}

/** A gift card below the total is taken off it, delivery right below a plain total is put on. */
function comesAfter(part: Row, row: Row, kindRank: number): boolean {
  if (part.money === null || part.money.minor === 0 || part.tier > 0 || part.line.index <= row.line.index) return false;
  if (part.kind === "gift") return /[-−–(] ?(\p{Sc}|\d+[.,]\d)/u.test(part.line.text + part.text);
  return part.kind === "shipping" && kindRank === 1 && part.line.index <= row.line.index + 2 && !INSIDE.test(part.line.folded);
}


/** Is the difference between total and what is due a gift card, a credit or a discount on the page? */
function explained(total: Money, due: Money, parts: readonly Row[]): boolean {
  if (total.currency !== due.currency || total.minor < due.minor) return false;
  const off = parts.filter(({ kind }) => kind === "gift" || kind === "discount" || kind === "previous").map(amountOf);
  return subsetSums(off).has(BigInt(total.minor) - BigInt(due.minor));
}

const amountOf = (row: Row): bigint => BigInt(row.money?.minor ?? 0);

function subsetSums(list: readonly bigint[]): Set<bigint> {
  let sums = new Set<bigint>([0n]);
  for (const amount of list.slice(0, 6)) sums = new Set([...sums, ...[...sums].map((sum) => sum + amount)]);
  return sums;
}

/** Subtotal + shipping + tax + fees - discounts, tax inside or on top. */
function checkSum(total: Money, parts: readonly Row[]): "adds_up" | "unknown" | "impossible" {
  const mine = parts.filter((part) => part.money !== null && part.money.currency === total.currency && part.tier === 0);
  const of = (kind: Row["kind"]): bigint[] => {
    const out: bigint[] = [];
    for (const part of mine) if (part.kind === kind && !out.includes(amountOf(part))) out.push(amountOf(part));
    return out;
  };
  const subs = [...of("sub"), ...of("pretax")];
  if (subs.length === 0) return "unknown";
  const goal = BigInt(total.minor);
  const more = subsetSums([...of("shipping"), ...of("tax"), ...of("fee")]);
  const less = subsetSums([...of("discount"), ...of("gift")]);
  for (const sub of subs) {
    for (const plus of more) for (const minus of less) if (sub + plus - minus === goal && (plus > 0n || minus > 0n)) return "adds_up";
  }
  const shipping = of("shipping").filter((amount) => amount > 0n);
  const reduced = less.size > 1 || parts.some((part) => part.kind === "discount" || part.kind === "gift");
  const smallest = subs.reduce((a, b) => (b < a ? b : a));
  if (goal < smallest && !reduced) return "impossible";
  // The subtotal again, although shipping is charged.
  return shipping.length > 0 && subs.includes(goal) && !reduced && subs.length === 1 ? "impossible" : "unknown";
}
