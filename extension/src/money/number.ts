/** A printed number: where it stands, its digit groups and separators, and what whole and fraction they make. */
import type { Unsure } from "../types/money.ts";
import { JOINS, UNSPACED } from "./tables.ts";

export interface PrintedNumber {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly string[];
  /** Between the groups, one each: `.` `,` `'` space, or `٫` that is always a decimal. */
  readonly separators: readonly string[];
  /** Decimals that stand apart: `.99` with nothing before, `267 . 49` over several elements. */
  readonly loose?: "leading" | "apart" | "half_apart";
  /** `5,-` and `5.—`: no decimals, said so. */
  readonly closed: boolean;
  /** Other digits touch it: `5:30`, `5/6`. */
  readonly touched: boolean;
  /** A letter touches it, `5k`, `3x`: right only if a currency begins there. */
  readonly lettered: boolean;
  /** Small raised digits right behind: cents, or a footnote. */
  readonly raised: string;
  /** Spaces between groups that may as well separate two numbers. */
  readonly plainSpaces: boolean;
}

/** How a language (or a currency's home) writes numbers. */
export interface Convention {
  readonly decimal: string;
  readonly group: string;
}

export interface Decimal {
  readonly whole: string;
  readonly fraction: string;
}

/** What decides between two readings of the same digits. */
export interface NumberHints {
  readonly digits: number;
  /** Of the page. */
  readonly page: Convention | undefined;
  /** Where the currency is at home; more than one when its homes differ. */
  readonly homes: readonly Convention[];
  /** Lakh and crore: groups of two. */
  readonly indian: boolean;
  /** A currency stands before the number, or nothing else does: no count can. */
  readonly prefixed: boolean;
  /** Nothing else stands in the text. */
  readonly alone: boolean;
  /** Nobody writes a decimal comma here: a page in English, its own country's currency. */
  readonly noComma: boolean;
  /** The colon that some write before the cents. */
  readonly colon: boolean;
  /** A last zero of the cents is left out by habit: `¥9.9`. */
  readonly short: boolean;
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const COLON_CENTS = /^:\d\d(?![\d.,:'])/u;
const isDigit = (char: string | undefined): boolean => char !== undefined && char >= "0" && char <= "9";
const LETTER = /[\p{L}\p{M}]/u;

function digitsFrom(text: string, at: number): number {
  let end = at;
  while (isDigit(text[end])) end++;
  return end;
}

/** The number that begins at `start`, a digit or a decimal separator before one. */
export function scanNumber(text: string, start: number, firm: ReadonlySet<number>): PrintedNumber {
  const groups: string[] = [];
  const separators: string[] = [];
  let loose: PrintedNumber["loose"];
  let at = start;
  if (!isDigit(text[at])) {
    loose = "leading";
    groups.push("");
    separators.push(text[at] ?? "");
    at++;
  }
  let end = digitsFrom(text, at);
  groups.push(text.slice(at, end));
  let plainSpaces = false;
  for (;;) {
    const separator = text[end];
    if (separator === undefined) break;
    if (".,'٫".includes(separator) && isDigit(text[end + 1])) {
      const next = digitsFrom(text, end + 1);
      separators.push(separator);
      groups.push(text.slice(end + 1, next));
      end = next;
    } else if (separator === ":" && COLON_CENTS.test(text.slice(end, end + 5))) {
      // `12:50 kr`, which is a time of day elsewhere.
      separators.push(":");
      groups.push(text.slice(end + 1, end + 3));
      end += 3;
      break;
    } else if (separator === " " && spaceGroups(text, end, groups, separators)) {
      separators.push(" ");
      groups.push(text.slice(end + 1, end + 4));
      plainSpaces ||= !firm.has(end);
      end += 4;
    } else break;
  }
  if (loose === undefined && separators.every((s) => s !== "٫")) {
    const apart = /^([ \n]?)[.,]([ \n]?)(\d+)(?!\d)/u.exec(text.slice(end, end + 12));
    if (apart !== null && apart[0].length - (apart[3]?.length ?? 0) > 1 && apart[3]?.length === 2) {
      loose = apart[1] !== "" && apart[2] !== "" ? "apart" : "half_apart";
      separators.push(apart[0].includes(",") ? "," : ".");
      groups.push(apart[3]);
      end += apart[0].length;
    }
  }
  const closing = loose === undefined ? /^(?:[.,:] ?[-–]{1,2}|,=|\/[-=])(?!\d)/u.exec(text.slice(end, end + 6)) : null;
  if (closing !== null) end += closing[0].length;
  let raised = "";
  while (end + raised.length < text.length && RAISED.includes(text[end + raised.length] ?? "x")) raised += RAISED.indexOf(text[end + raised.length] ?? "");
  end += raised.length;
  const behind = text[end] ?? "";
  const touched = behind === "\u0001" || JOINS.test(text.slice(end, end + 3)) || (separators.every((s) => s !== "." && s !== ",") && /^[.,][ \n]\d/u.test(text.slice(end, end + 3))) || text[start - 1] === "\u0001";
  return { start, end, groups, separators, closed: closing !== null, touched, lettered: LETTER.test(behind) && !UNSPACED.test(behind), raised, plainSpaces, ...(loose === undefined ? {} : { loose }) };
}

function spaceGroups(text: string, at: number, groups: readonly string[], separators: readonly string[]): boolean {
  if (separators.some((s) => s !== " ")) return false;
  const last = groups[groups.length - 1] ?? "";
  if (groups.length === 1 ? last.length > 3 || last.startsWith("0") : last.length !== 3) return false;
  return digitsFrom(text, at + 1) === at + 4;
}

/** Groups of three, or in the Indian way of two and a last one of three. */
function grouped(groups: readonly string[], indian: boolean): boolean {
  const [first = "", ...rest] = groups;
  if (first === "" || first.startsWith("0")) return false;
  if (first.length <= 3 && rest.every((g) => g.length === 3)) return true;
  return indian && first.length <= 2 && rest.length > 1 && rest.every((g, i) => g.length === (i === rest.length - 1 ? 3 : 2));
}

export function readNumber(number: PrintedNumber, hints: NumberHints): Decimal | { readonly unsure: Unsure } {
  const malformed = { unsure: "malformed" } as const;
  if (number.touched) return malformed;
  const { groups, separators } = number;
  const last = separators[separators.length - 1];
  const tail = groups[groups.length - 1] ?? "";
  const whole = groups.slice(0, -1);
  if (last === undefined) return finish(number, groups, "", hints);
  if (number.loose === "leading") return separators.length === 1 && tail.length === hints.digits && hints.digits > 0 ? finish(number, ["0"], tail, hints) : malformed;

  if (last === ":" && !hints.colon) return malformed;
  const before = separators.slice(0, -1);
  // One plain space may as well stand between a count and a price.
  const spaces = separators.filter((s) => s === " ").length;
  if (spaces === 1 && number.plainSpaces && !spacesAgree(hints) && !(hints.prefixed && last !== " ") && !(hints.alone && hints.page?.decimal === ",")) return { unsure: "ambiguous_number" };
  const sameBefore = before.every((s) => s === before[0]) && !before.includes("٫");
  // Spain writes `12'99` by hand; where an apostrophe groups, two digits are no group.
  const raisedComma = last === "'" && before.length === 0 && tail.length === 2 && hints.digits === 2 && hints.page?.decimal === ",";
  if (number.loose !== undefined || last === "٫" || last === ":" || raisedComma) {
    return sameBefore && (before.length === 0 || before[0] !== last) && (whole.length === 1 || grouped(whole, hints.indian)) ? finish(number, whole, tail, hints) : malformed;
  }
  if (before.length > 0 && before[0] !== last) {
    if (!sameBefore || last === "'" || last === " " || !grouped(whole, hints.indian)) return malformed;
    return finish(number, whole, tail, hints);
  }
  if (before.length > 0 || last === "'" || last === " ") {
    return sameBefore && grouped(groups, hints.indian) ? finish(number, groups, "", hints) : malformed;
  }
  if (tail.length !== 3 || !grouped(groups, false)) {
    // `$12,50` on an English page: a comma that nobody there writes so. The point is written everywhere, by programs.
    if (last === "," && hints.noComma && tail.length === hints.digits) return { unsure: "ambiguous_number" };
    return finish(number, whole, tail, hints);
  }
  const meaning = threeBehind(last, hints);
  if (meaning === undefined) return { unsure: "ambiguous_number" };
  return meaning === "group" ? finish(number, groups, "", hints) : finish(number, whole, tail, hints);
}

/** `1 299`: one number where numbers are written so; elsewhere it may be a count and a price. */
function spacesAgree(hints: NumberHints): boolean {
  if (hints.page?.group === " ") return true;
  return hints.homes.length > 0 && hints.homes.every((home) => home.group === " ");
}

/** `1.234` and `1,234`: a group or three decimals? */
function threeBehind(separator: string, { digits, page, homes }: NumberHints): "group" | "decimal" | undefined {
  if (digits === 0) return "group";
  const says = (c: Convention): "group" | "decimal" | undefined => (c.decimal === separator ? "decimal" : c.group === separator ? "group" : undefined);
  const home = new Set(homes.map(says));
  if (digits === 2) {
    // Nobody prints three decimals of a cent: only the page's own decimal sign speaks against a group.
    const here = page === undefined ? (homes.length > 0 && !home.has("decimal") ? "group" : undefined) : says(page);
    if (page === undefined) return here === "group" ? "group" : undefined;
    return here !== "decimal" || (home.size === 1 && home.has("group")) ? "group" : undefined;
  }
  // Three decimals are usual here: a group of three is too easily a sloppy decimal.
  return page !== undefined && says(page) === "decimal" ? "decimal" : undefined;
}

function finish(number: PrintedNumber, groups: readonly string[], fraction: string, { digits, short }: NumberHints): Decimal | { readonly unsure: Unsure } {
  const whole = groups.join("");
  if (whole.length > 1 && whole.startsWith("0")) return { unsure: "malformed" };
  if (number.raised !== "" && fraction === "") {
    return digits === 2 && number.raised.length === 2 && !number.closed ? { whole, fraction: number.raised } : { unsure: "malformed" };
  }
  if (number.closed && fraction !== "") return { unsure: "malformed" };
  // `19,9 €`: half a price, or one that a program cut short.
  if (digits === 2 && fraction.length === 1 && !short) return { unsure: "ambiguous_number" };
  if (fraction.length <= digits) return { whole, fraction: fraction.padEnd(digits, "0") };
  return digits === 0 && fraction === "00" ? { whole, fraction: "" } : { unsure: "malformed" };
}

export function minorOf({ whole, fraction }: Decimal): number | undefined {
  if (whole.length + fraction.length > 40) return undefined;
  const minor = BigInt(whole + fraction);
  return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(minor) : undefined;
}
