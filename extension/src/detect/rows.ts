/** Rows of an order summary: a label and its amount, however the page lays them out. */

import type { Money, Unsure } from "../types/money.ts";
import { type Found, found, moneyOf, type PageMoney, readOne, withoutAsides } from "./amounts.ts";
import type { Line, Tier } from "./lines.ts";
import { TORN } from "./lines.ts";
import { fold } from "./fold.ts";
import { parentOf, past } from "./past.ts";
import { CART_TOTAL, CHARGED, CODE_IN_LABEL, COLUMN_HEAD, CURRENCY_SIGN, DUE, FREE, GRAND, keeping, LABEL_ASIDES, NOT_FINAL, PENDING, PERHAPS, PIECE, ROWS, SPOILS, TOTAL } from "./lexicon.ts";
import type { RowKind } from "./words/totals.ts";

export type TotalKind = "due" | "grand" | "total";
/** `perhaps`: speaks of a total in words that we do not know; believed only where the sum adds up. */
export type LabelKind = TotalKind | "not_final" | "perhaps" | RowKind;

export interface Row {
  readonly kind: LabelKind;
  readonly line: Line;
  /** The element of the amount. */
  readonly element: Element;
  /** As printed, for the shopper. */
  readonly text: string;
  readonly money: Money | null;
  readonly unsure: Unsure | null;
  /** Something beside the amount makes it another thing: "+ tax", "per month". */
  readonly spoiled: boolean;
  /** The amount is still to come. */
  readonly pending: boolean;
  /** The label says that this is what the card pays. */
  readonly charged: boolean;
  /** Label and amount belong together by nearness only. */
  readonly loose: boolean;
  readonly tier: Tier;
}

export const isTotal = (kind: LabelKind): kind is TotalKind => kind === "due" || kind === "grand" || kind === "total";

const LABEL_LEN_MAX = 90;
const PERHAPS_LEN_MAX = 40;
const CLIMB_MAX = 6;

/** What a label names. The whole label has to be known: "total savings" is no total. */
export const labelKind = (label: string): LabelKind | null => (label.length > LABEL_LEN_MAX ? null : kindOfLabel(label));

const kindOfLabel = keeping((label: string): LabelKind | null => {
  let text = fold(withoutAsides(label));
  const plain = fold(label).replace(/[\s:：]+$/, "");
  for (const aside of LABEL_ASIDES) text = text.replace(aside, " ").trim();
  text = text.replace(/\s+/g, " ").trim();
  if (text === "") return null;
  const kind = wordKind(text);
  if (kind !== null) return ROWS[2]?.re.test(plain) === true ? "pretax" : kind;
  if (CART_TOTAL.has(text)) return "perhaps";
  if (NOT_FINAL.test(plain)) return "not_final";
  for (const row of ROWS) if (row.re.test(plain)) return row.kind;
  return plain.length <= PERHAPS_LEN_MAX && PERHAPS.test(plain) ? "perhaps" : null;
});

function wordKind(text: string): TotalKind | null {
  if (DUE.has(text)) return "due";
  if (GRAND.has(text)) return "grand";
  return TOTAL.has(text) ? "total" : null;
}

/** The rows that begin in this line. */
export function rowsAt(lines: readonly Line[], index: number, context: PageMoney): Row[] {
  const line = lines[index];
  if (line === undefined || line.text.length > 240) return [];
  const text = withoutAsides(line.text);
  const amounts = found(text, context);
  if (amounts.length === 0) {
    const bare = /^(.{2,60}?)[\s:]+(\d[\d.,'’\s]*)$/u.exec(text);
    const bareKind = bare === null ? null : labelKind(bare[1] ?? "");
    if (bare !== null && bareKind !== null) {
      return [makeRow(bareKind, line, line.element, bare[2] ?? "", bare[1] ?? "", contextOf(bare[1] ?? "", context), false)];
    }
    const kind = labelKind(line.text);
    if (kind !== null && (PENDING.test(line.folded) || /\s[-–—]{1,3}$/.test(line.text))) return [pendingRow(kind, line)];
    return kind === null ? [] : [rowAhead(lines, index, kind, contextOf(line.text, context))].filter((row) => row !== null);
  }
  const rows: Row[] = [];
  let start = 0;
  amounts.forEach((amount, i) => {
    const before = text.slice(start, amount.start);
    const kind = labelKind(before);
    if (kind === null) return;
    let last = i;
    while (last + 1 < amounts.length && labelKind(text.slice(amounts[last]?.end, amounts[last + 1]?.start)) === null) last++;
    const end = amounts[last + 1] === undefined ? text.length : (amounts[last]?.end ?? text.length);
    rows.push(makeRow(kind, line, line.element, text.slice(amount.start, end), before, contextOf(before, context), false));
    start = amounts[last]?.end ?? text.length;
  });
  return rows.length > 0 ? rows : labelBehind(line, text, amounts, context);
}

/** "$27.11 Total": the amount first. */
function labelBehind(line: Line, text: string, amounts: readonly Found[], context: PageMoney): Row[] {
  const [only] = amounts;
  if (only === undefined || amounts.length !== 1 || text.slice(0, only.start).trim() !== "") return [];
  const label = text.slice(only.end);
  const kind = labelKind(label);
  return kind === null || !isTotal(kind) ? [] : [makeRow(kind, line, line.element, only.text, label, contextOf(label, context), false)];
}

function pendingRow(kind: LabelKind, line: Line): Row {
  return { kind, line, element: line.element, text: line.text.slice(0, 80), money: null, unsure: "no_amount", spoiled: false, pending: true, charged: false, loose: false, tier: line.tier };
}

/** "Total (USD)": the label knows the currency. */
function contextOf(label: string, context: PageMoney): PageMoney {
  const code = CODE_IN_LABEL.exec(label)?.[1];
  return code === undefined ? context : { ...context, currency: code };
}

function makeRow(kind: LabelKind, line: Line, element: Element, amount: string, label: string, context: PageMoney, loose: boolean): Row {
  // What is taken off is printed below zero.
  const off = kind === "discount" || kind === "gift";
  const read = amount.includes(TORN) ? ({ unsure: "ambiguous_number" } as const) : readOne(off ? amount.replace(/[-−–()]/g, " ") : amount, context);
  const around = fold(`${label} ${amount}`);
  return {
    kind,
    line,
    element,
    text: amount.trim().slice(0, 80),
    money: moneyOf(read),
    unsure: "unsure" in read ? read.unsure : null,
    spoiled: SPOILS.test(around),
    pending: PENDING.test(fold(amount)),
    charged: kind === "due" && CHARGED.test(fold(label)),
    loose,
    tier: line.tier,
  };
}

/** The label stands alone: its amount follows, precedes it, or stands in the same place of a second column. */
function rowAhead(lines: readonly Line[], index: number, kind: LabelKind, context: PageMoney): Row | null {
  const line = lines[index] as Line;
  const heads = inColumnHeads(lines, index);
  const value = secondColumn(lines, index, context) ?? (heads ? null : (preceding(lines, index, context) ?? following(lines, index, context)));
  if (value === null) return null;
  const row = makeRow(kind, line, value.element, value.text, line.text, context, value.loose);
  return { ...row, tier: Math.max(line.tier, value.tier) as Tier };
}

interface Value {
  readonly text: string;
  readonly element: Element;
  readonly tier: Tier;
  readonly loose: boolean;
}

function following(lines: readonly Line[], index: number, context: PageMoney): Value | null {
  const label = lines[index] as Line;
  let asides = 0;
  let code = "";
  for (let j = index + 1; j < lines.length && j <= index + 6; j++) {
    const line = lines[j] as Line;
    const text = withoutAsides(line.text).trim();
    if (/^\(?\s*\)?$/.test(text)) continue;
    if (isValue(text, context)) {
      if (!together(label, line) || isTaken(lines, j, context)) return null;
      const value = valueFrom(lines, j, label, context);
      return { ...value, text: code === "" ? value.text : `${code} ${value.text}`, loose: asides > 0 };
    }
    if (PENDING.test(fold(text)) && together(label, line)) return { text, element: line.element, tier: line.tier, loose: false };
    if (/^[A-Z]{3}$/.test(text)) {
      code = text;
      continue;
    }
    // A short word of explanation; never another label.
    if (labelKind(line.text) !== null || ++asides > 2 || text.length > 60 || /\d/.test(text)) return null;
  }
  return null;
}

/** Little else than an amount, or a piece of one. */
function isValue(text: string, context: PageMoney): boolean {
  if (text.length > 80) return false;
  if (isPiece(text)) return /\d/.test(text) || /\p{Sc}/u.test(text);
  const amounts = found(text, context);
  if (amounts.length === 0) return false;
  let rest = text;
  for (const amount of [...amounts].reverse()) rest = rest.slice(0, amount.start) + rest.slice(amount.end);
  return labelKind(text.slice(0, amounts[0]?.start)) === null && (rest.match(/\p{L}/gu)?.length ?? 0) <= 24;
}

const isPiece = (text: string): boolean => PIECE.test(text) && !/^[A-Z]{3}$/.test(text);

/** Joins an amount that stands in several blocks ("$", "267", ".", "49"). */
function valueFrom(lines: readonly Line[], from: number, label: Line, context: PageMoney): Omit<Value, "loose"> {
  const first = lines[from] as Line;
  const whole = { text: withoutAsides(first.text), element: first.element, tier: first.tier };
  const complete = (text: string): boolean => CURRENCY_SIGN.test(text) && /\d/.test(text);
  if (!isPiece(first.text)) return whole;
  const next = lines[from + 1];
  const cells = past(first.element).closest("tr") !== null;
  // A number of pieces in a column before the amount.
  if (cells && next !== undefined && /^\d{1,3}$/.test(first.text) && complete(next.text) && isPiece(next.text) && together(label, next)) {
    return { text: next.text, element: next.element, tier: next.tier };
  }
  const pieces = [first];
  for (let j = from + 1; j < lines.length && j < from + 14; j++) {
    const line = lines[j] as Line;
    if (!isPiece(line.text) || !together(label, line) || past(line.element).parentNode === past(label.element).parentNode) break;
    pieces.push(line);
  }
  if (pieces.length === 1) return whole;
  const completes = pieces.filter((piece) => complete(piece.text));
  if (completes.length > 0) {
    // Several whole amounts: a conversion, or a price that was.
    if (completes.length > 1) return { ...whole, text: pieces.map((piece) => piece.text).join(" ; ") };
    if (found(first.text, context).length > 0 && pieces.slice(1).every((piece) => !/^[.,]?\d/.test(piece.text))) return whole;
  }
  const text = pieces.map((piece) => piece.text).join("");
  const torn = pieces.some((piece, i) => i > 0 && /^\d/.test(piece.text) && /\d$/.test(pieces[i - 1]?.text ?? ""));
  return { ...whole, text: torn && pieces.some((piece) => piece.text.length > 1 && /\d\d/.test(piece.text)) ? pieces.map((piece) => piece.text).join(TORN) : text };
}

/** Whether a row's label and amount stand near each other in the tree, by the rules of tables and lists. */
export function together(label: Line, value: Line, columns = false): boolean {
  if (label.scope !== value.scope) return false;
  const row = past(label.element).closest("tr");
  if (row !== null && !row.contains(value.element)) return false;
  const item = past(label.element).closest("li,dl");
  if (!columns && item !== null && !item.contains(value.element)) return false;
  let at: Element | null = label.element;
  for (let i = 0; at !== null && i <= CLIMB_MAX; i++, at = at.parentElement) {
    at = past(at);
    if (at.localName === "body" || at.localName === "html") return beside(at, label.element, value.element);
    if (at.contains(value.element)) return true;
  }
  return false;
}

/** Two boxes right below the body, one after the other: a page without a frame around its summary. */
const beside = (body: Element, label: Element, value: Element): boolean =>
  Array.from(body.children).some((box) => past(box).contains(label) && past(box).nextElementSibling?.contains(value) === true);

function inColumnHeads(lines: readonly Line[], index: number): boolean {
  const own = lines[index] as Line;
  if (past(own.element).closest("thead") !== null) return true;
  for (const j of [index - 1, index + 1, index - 2]) {
    const line = lines[j];
    if (line !== undefined && COLUMN_HEAD.test(line.folded.replace(/[:*]/g, "")) && near(own.element, line.element, 2)) return true;
  }
  return false;
}

function near(a: Element, b: Element, levels: number): boolean {
  let at: Element | null = a;
  for (let i = 0; at !== null && i <= levels; i++, at = at.parentElement) if ((at = past(at)).contains(b)) return true;
  return false;
}

/** Labels in one column, amounts in another: as many amounts as labels, in the same order. */
function secondColumn(lines: readonly Line[], index: number, context: PageMoney): Value | null {
  const own = lines[index] as Line;
  const isLabel = (line: Line | undefined): boolean => line !== undefined && labelKind(line.text) !== null && found(line.text, context).length === 0;
  const isAmount = (line: Line | undefined): boolean =>
    line !== undefined && (isValue(withoutAsides(line.text).trim(), context) || FREE.test(line.folded));
  let start = index;
  let end = index;
  while (index - start < 12 && isLabel(lines[start - 1])) start--;
  while (end - index < 12 && isLabel(lines[end + 1])) end++;
  const count = end - start + 1;
  if (count < 2) return null;
  for (let k = 1; k <= count; k++) if (!isAmount(lines[end + k])) return null;
  if (isAmount(lines[end + count + 1])) return null;
  const line = lines[end + 1 + index - start] as Line;
  return together(own, line, true) ? { text: withoutAsides(line.text), element: line.element, tier: line.tier, loose: false } : null;
}

/** An amount whose own label stands below it is not another label's. */
function isTaken(lines: readonly Line[], j: number, context: PageMoney): boolean {
  const below = lines[j + 1];
  return below !== undefined && labelKind(below.text) !== null && preceding(lines, j + 1, context) !== null;
}

/** The amount above its label, when the two are alone in their box. */
function preceding(lines: readonly Line[], index: number, context: PageMoney): Value | null {
  const own = lines[index] as Line;
  const line = lines[index - 1];
  if (line === undefined || !isValue(withoutAsides(line.text).trim(), context)) return null;
  let box: Element | null = past(own.element);
  for (let i = 0; box !== null && i < 3 && !box.contains(line.element); i++) box = parentOf(box);
  if (box === null || !box.contains(line.element) || box.localName === "body") return null;
  const alone = [lines[index - 2], lines[index + 1]].every((other) => other === undefined || !(box as Element).contains(other.element));
  return alone ? { text: withoutAsides(line.text), element: line.element, tier: line.tier, loose: false } : null;
}
