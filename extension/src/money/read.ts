/**
 * Printed amounts to minor units. The rule over all others: never a wrong amount or currency; what can be read in two
 * ways, or stands in words that make it no price to pay, is `unsure`.
 */
import type { MoneyContext, MoneyRead, Unsure } from "../types/money.ts";
import { clean } from "./clean.ts";
import { isLocal, isWeak, minorDigits, resolve, surroundings } from "./currency.ts";
import { lex } from "./lex.ts";
import { homeConventions, pageConvention, writesLakh } from "./locale.ts";
import { minorOf, readNumber } from "./number.ts";
import { LEFT_GAP, PRICE_ENDS, TOTAL_BEFORE } from "./tables.ts";
import { negative, vetoed } from "./veto.ts";
import type { Surroundings } from "./currency.ts";
import type { Lexed, Mark } from "./lex.ts";
import type { Decimal, PrintedNumber } from "./number.ts";

export interface FoundAmount {
  /** Of the original text, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly read: MoneyRead;
}

interface Amount {
  readonly start: number;
  readonly end: number;
  readonly number: PrintedNumber;
  readonly marks: readonly Mark[];
  /** Decimals behind the currency: 12€50. */
  readonly cents?: PrintedNumber;
  readonly fault?: Unsure;
}

const unsure = (why: Unsure): MoneyRead => ({ unsure: why });
const RIGHT_GAP = /^(?:-?[ \n]*|[ \n]?\()$/u;

/** Every amount with a currency in the text, in order. */
export function amountsIn(text: string, context: MoneyContext): readonly FoundAmount[] {
  const cleaned = clean(text);
  const around = surroundings(context);
  return amountsOf(cleaned.text, lex(cleaned), around).map((amount) => ({
    start: cleaned.at[amount.start] ?? 0,
    end: cleaned.at[amount.end] ?? text.length,
    read: readAmount(cleaned.text, amount, around),
  }));
}

/** The one amount that the text says. */
export function readMoney(text: string, context: MoneyContext): MoneyRead {
  const cleaned = clean(text);
  if (cleaned.cut) return unsure("malformed");
  const around = surroundings(context);
  const lexed = lex(cleaned);
  const reads = amountsOf(cleaned.text, lexed, around).map((amount) => readAmount(cleaned.text, amount, around));
  const [first, ...rest] = reads;
  if (first === undefined) return readBare(cleaned.text, lexed, around);
  const same = rest.every((read) => JSON.stringify(read) === JSON.stringify(first));
  return same ? first : unsure("several_amounts");
}

/** Numbers with the currencies that belong to them. */
function amountsOf(text: string, { numbers, marks: all }: Lexed, around: Surroundings): Amount[] {
  const athome = (mark: Mark): boolean => mark.candidates.some((code) => code === around.hint || isLocal(code, around));
  const marks = all.filter((mark) => mark.doubtful !== true || athome(mark)).filter((mark) => mark.candidates.length !== 1 || !isWeak(mark.symbol) || resolve(mark.symbol, mark.candidates, around) !== undefined);
  const found: Amount[] = [];
  let next = 0;
  let spare: Mark[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i];
    if (number === undefined) continue;
    const left = spare;
    spare = [];
    while (next < marks.length && (marks[next]?.start ?? 0) < number.start) left.push(marks[next++] as Mark);
    const following = numbers[i + 1];
    const between: Mark[] = [];
    while (next < marks.length && (marks[next]?.start ?? 0) < (following?.start ?? Infinity)) between.push(marks[next++] as Mark);
    const prefix = chainLeft(text, left, number.start);
    const suffix = chainRight(text, between, number.end);
    const shared = following === undefined || suffix.length < between.length ? [] : chainLeft(text, between, following.start);
    const split = share(text, number, prefix, suffix, shared, following);
    spare = between.slice(split.mine);
    const own = [...prefix, ...suffix.slice(0, split.mine)];
    if (own.length === 0) {
      const ended = endedAs(text, number, around);
      if (ended !== undefined) found.push({ start: number.start, end: number.end, number, marks: [ended] });
      continue;
    }
    const start = Math.min(number.start, ...own.map((m) => m.start));
    const end = Math.max(number.end, ...own.map((m) => m.end));
    if (split.cents !== undefined) {
      i++;
      const rest = text.slice(split.cents.end);
      const another = marks[next] !== undefined && RIGHT_GAP.test(rest.slice(0, (marks[next]?.start ?? 0) - split.cents.end));
      found.push({ start, end: split.cents.end, number, marks: own, cents: split.cents, ...(another ? { fault: "malformed" as const } : {}) });
    } else found.push({ start, end, number, marks: own, ...(split.fault === undefined ? {} : { fault: split.fault }) });
  }
  return found;
}

/** `499:-` in Sweden: the way a price ends says whose money it is, at home. */
function endedAs(text: string, number: PrintedNumber, around: Surroundings): Mark | undefined {
  const sign = number.closed ? /[:,](?=[-–]$)/u.exec(text.slice(number.start, number.end)) : null;
  const code = PRICE_ENDS[sign?.[0] ?? ""]?.find((one) => isLocal(one, around));
  return code === undefined ? undefined : { start: number.end, end: number.end, symbol: code, candidates: [code] };
}

interface Share {
  /** How many of the marks between belong to the number before them. */
  readonly mine: number;
  readonly cents?: PrintedNumber;
  readonly fault?: Unsure;
}

/** A currency between two numbers: whose is it? */
function share(text: string, number: PrintedNumber, prefix: readonly Mark[], suffix: readonly Mark[], shared: readonly Mark[], following: PrintedNumber | undefined): Share {
  const first = suffix[0];
  const last = shared[shared.length - 1];
  if (first === undefined || last === undefined || following === undefined) return { mine: suffix.length };
  const left = first.start === number.end;
  const right = last.end === following.start;
  if (suffix.length > 1) return { mine: prefix.length > 0 && !left ? 0 : 1 };
  if (left && right) {
    const cents = number.separators.every((s) => s !== "." && s !== ",") && following.separators.length === 0 && /^\d{2}$/u.test(following.groups[0] ?? "") && prefix.length === 0;
    return cents && text.slice(first.start, first.end).length === 1 ? { mine: 1, cents: following } : { mine: 1, fault: "malformed" };
  }
  if (right) return { mine: 0 };
  if (left) return { mine: 1 };
  return prefix.length > 0 ? { mine: 0 } : { mine: 1, fault: "malformed" };
}

function chainLeft(text: string, marks: readonly Mark[], start: number): Mark[] {
  const chain: Mark[] = [];
  let edge = start;
  for (let i = marks.length - 1; i >= 0; i--) {
    const mark = marks[i];
    if (mark === undefined || mark.end > edge || !(edge === start ? LEFT_GAP : RIGHT_GAP).test(text.slice(mark.end, edge))) break;
    chain.unshift(mark);
    edge = mark.start;
  }
  return chain;
}

function chainRight(text: string, marks: readonly Mark[], end: number): Mark[] {
  const chain: Mark[] = [];
  let edge = end;
  for (const mark of marks) {
    if (!RIGHT_GAP.test(text.slice(edge, mark.start))) break;
    chain.push(mark);
    edge = mark.end;
  }
  return chain;
}

function readAmount(text: string, amount: Amount, around: Surroundings): MoneyRead {
  const { number, marks, cents } = amount;
  if (amount.fault !== undefined) return unsure(amount.fault);
  const prefixed = marks.some((mark) => mark.end <= number.start);
  // `$5.oo`: a decimal sign and no digit.
  if (/^[.,]\p{Script=Latin}/u.test(text.slice(number.end, number.end + 2)) && !number.closed && !marks.some((mark) => mark.start === number.end + 1)) return unsure("malformed");
  if (number.lettered && !marks.some((mark) => mark.start === number.end)) return unsure("malformed");
  if (marks.some((mark) => mark.other === true) || vetoed(text, amount.start, amount.end, prefixed)) return unsure("malformed");
  if (negative(text, amount.start, amount.end) || marks.some((mark) => mark.end <= number.start && /[-–]/u.test(text.slice(mark.end, number.start)))) return unsure("out_of_range");
  if (/^-(?!\d)/u.test(text.slice(number.end, number.end + 2)) && !number.closed) return unsure("out_of_range");
  if (number.loose === "half_apart" && !prefixed) return unsure("ambiguous_number");
  if (number.loose !== undefined && /^[ \n]*[\p{L}\d%]/u.test(text.slice(amount.end, amount.end + 4))) return unsure("malformed");
  if (/^[ \n]{1,2}\d/u.test(text.slice(amount.end, amount.end + 3))) return unsure("malformed");
  const currency = currencyOf(marks, around);
  if (currency === undefined) return unsure("ambiguous_currency");
  if (currency === "conflict") return unsure("malformed");
  // `¥12.00` is yuan more often than yen, and so on.
  if (minorDigits(currency) === 0 && /^\d\d$/u.test(number.groups[number.groups.length - 1] ?? "") && number.separators.length > 0 && marks.every((m) => m.candidates.length > 1) && around.hint !== currency && (currency === "JPY" || !isLocal(currency, around))) return unsure("ambiguous_currency");
  if (marks.some((mark) => mark.cents === true)) {
    // `99¢`, only where that money is at home.
    const count = /^[1-9]\d?(?=[¢p]$)/u.exec(text.slice(amount.start, amount.end))?.[0];
    return count !== undefined && isLocal(currency, around) && minorDigits(currency) === 2 ? moneyOf({ whole: "", fraction: count }, currency) : unsure("malformed");
  }
  if (cents !== undefined) {
    if (cents.touched || minorDigits(currency) !== 2) return unsure("malformed");
    return moneyOf({ whole: number.groups.join(""), fraction: cents.groups.join("") }, currency);
  }
  return numberAs(number, currency, around, prefixed, amount.start === 0 && amount.end === text.length);
}

function currencyOf(marks: readonly Mark[], around: Surroundings): string | undefined {
  const [first, ...rest] = marks;
  if (first === undefined) return undefined;
  const common = rest.reduce((left, mark) => left.filter((code) => mark.candidates.includes(code)), first.candidates);
  if (common.length === 0) return marks.some((mark) => mark.candidates.length === 0) ? undefined : "conflict";
  const symbol = marks.find((mark) => mark.candidates.length > 1)?.symbol ?? first.symbol;
  return common.length === 1 && marks.length > 1 ? common[0] : resolve(symbol, common, around);
}

function numberAs(number: PrintedNumber, currency: string, around: Surroundings, prefixed: boolean, alone: boolean): MoneyRead {
  const decimal = readNumber(number, {
    digits: minorDigits(currency),
    page: pageConvention(around),
    homes: homeConventions(currency),
    indian: writesLakh(currency, around),
    prefixed: prefixed || alone,
    alone,
    noComma: around.tag?.startsWith("en-") === true && isLocal(currency, around) && pageConvention(around)?.decimal === ".",
    colon: currency === "SEK" && isLocal(currency, around),
    short: currency === "CNY" && isLocal(currency, around),
  });
  return "unsure" in decimal ? decimal : moneyOf(decimal, currency);
}

function moneyOf(decimal: Decimal, currency: string): MoneyRead {
  const minor = minorOf(decimal);
  return minor === undefined ? unsure("out_of_range") : { money: { minor, currency } };
}

/** No currency in the text: read only when the caller knows it, and the text is a number and nothing else. */
function readBare(text: string, { numbers, marks }: Lexed, around: Surroundings): MoneyRead {
  const trimmed = text.replace(/^[ \n]+|[ \n]+$/gu, "");
  const [number, ...more] = numbers;
  if (number === undefined) return unsure("no_amount");
  if (/[%‰]/u.test(trimmed)) return unsure("malformed");
  const before = text.slice(0, number.start);
  const behind = text.slice(number.end);
  const alone = /^[ \n]*$/u.test(before);
  if (around.hint === undefined) return unsure(marks.length > 0 ? "malformed" : "no_currency");
  if (more.length > 0 || number.lettered) return unsure("malformed");
  if (/^[ \n(]*[-–]/u.test(before)) return unsure("out_of_range");
  if (!/^[ \n]*[.*]?[ \n]*$/u.test(behind) || marks.some((m) => m.other === true)) return unsure(/^-[ \n]*$/u.test(behind) ? "out_of_range" : "malformed");
  if (!alone && !(TOTAL_BEFORE.test(before) && (number.separators.length > 0 || number.closed))) return unsure("malformed");
  if (number.separators.length === 0 && (number.groups[0] ?? "").length > 8) return unsure("malformed");
  return numberAs(number, around.hint, around, false, false);
}
