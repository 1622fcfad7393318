/** The numbers and the currencies of a cleaned text. */
import { isCurrency, symbolCurrencies } from "./currency.ts";
import { scanNumber } from "./number.ts";
import { COINS, COUNTRY, DOLLARS_BEFORE, DOLLARS_BEHIND, LOOSE_CODE, NO_CURRENCY, SHOWN_DECIMALS, SPACED_BEFORE, SPACED_BEHIND, symbolLengthMax, symbolStarts, UNSPACED, WORDLIKE } from "./tables.ts";
import type { Clean } from "./clean.ts";
import type { PrintedNumber } from "./number.ts";

export interface Mark {
  readonly start: number;
  readonly end: number;
  /** As it is looked up: without spaces and full stop. */
  readonly symbol: string;
  readonly candidates: readonly string[];
  /** A code that is more often a word, `TOP 10`: counts only where it is at home. */
  readonly doubtful?: boolean;
  /** Coins and coin-like things that are no currency of ours: points, other coins. */
  readonly other?: boolean;
  /** The number in front counts hundredths: `99¢`, `99p`. */
  readonly cents?: boolean;
}

export interface Lexed {
  readonly numbers: readonly PrintedNumber[];
  readonly marks: readonly Mark[];
}

const LETTER = /[\p{L}\p{M}]/u;
const isLetter = (char: string | undefined): boolean => char !== undefined && LETTER.test(char) && !UNSPACED.test(char);
const isUpper = (char: string | undefined): boolean => char !== undefined && char !== char.toLowerCase();

const DOLLAR = /^[$£¥]$/u;

function plausibleCode(text: string, end: number, code: string): boolean {
  if (!WORDLIKE.has(code)) return true;
  // `TOP 10`, `ALL 3 items`, `PHP 8.1` are words; an amount behind such a code shows its decimals or groups.
  if (/\d[ \n]?$/u.test(text.slice(Math.max(0, end - 5), end - 3))) return true;
  return SHOWN_DECIMALS.test(text.slice(end, end + 24));
}

function codeAt(text: string, at: number): Mark | undefined {
  const word = text.slice(at, at + 3);
  if (!/^[A-Za-z]{3}$/u.test(word) || isLetter(text[at + 3]) || isLetter(text[at - 1])) return undefined;
  const code = word.toUpperCase();
  if (!isCurrency(code)) return undefined;
  const exact = word === code || (LOOSE_CODE.test(word.toLowerCase()) && (word === word.toLowerCase() || word.slice(1) === word.slice(1).toLowerCase()));
  if (!exact) return undefined;
  return { start: at, end: at + 3, symbol: code, candidates: [code], ...(word === code && !plausibleCode(text, at + 3, code) ? { doubtful: true } : {}) };
}

/** `TotalUS$5`: a label ends where capitals begin; `TOTALUS$5` does not say where it ends. */
function startsClean(text: string, at: number, symbol: string): boolean {
  const before = text[at - 1];
  if (!isLetter(symbol[0]) || !isLetter(before)) return true;
  return !isUpper(before) && isUpper(symbol[0]) && /[$£¥]/u.test(symbol);
}

function symbolAt(text: string, at: number): Mark | undefined {
  let best: Mark | undefined;
  let key = "";
  for (let end = at; end < text.length && key.length < symbolLengthMax; end++) {
    const char = text[end] ?? "";
    if (char === " ") {
      if (!spacedSymbol(text, at, end)) break;
      continue;
    }
    key += char;
    const candidates = symbolCurrencies(key);
    if (candidates === undefined || !startsClean(text, at, key) || (isLetter(char) && isLetter(text[end + 1]))) continue;
    best = { start: at, end: end + 1, symbol: text.startsWith("C $", at) ? "C $" : key, candidates };
  }
  if (best === undefined) return undefined;
  // A full stop belongs to an abbreviation: `kr.`, `Rs.`, `د.إ.`
  return text[best.end] === "." && LETTER.test(best.symbol) && !/\d/u.test(text[best.end + 1] ?? "") ? { ...best, end: best.end + 1 } : withStop(text, best);
}

/** `Rs.500`, `Kr.50`: the stop ends the abbreviation and is no decimal sign. */
function withStop(text: string, mark: Mark): Mark {
  return text[mark.end] === "." && LETTER.test(mark.symbol) && /^\.\d/u.test(text.slice(mark.end)) ? { ...mark, end: mark.end + 1 } : mark;
}

/** The few symbols that are printed with a space inside: `US $`, `$ CA`, `F CFA`. */
function spacedSymbol(text: string, at: number, space: number): boolean {
  const before = text.slice(at, space);
  const behind = text.slice(space + 1, space + 4);
  if (/^[$£]$/u.test(before)) return SPACED_BEHIND.test(behind);
  return before === "F" ? behind === "CFA" : SPACED_BEFORE.test(before) && behind.startsWith("$") && !isLetter(text[at - 1]);
}

/** Letters in front of a bare `$` that may be part of another dollar's sign. */
function withPrefix(text: string, mark: Mark): Mark {
  if (!DOLLAR.test(mark.symbol)) return mark;
  const run = /[A-Za-z]*$/u.exec(text.slice(Math.max(0, mark.start - 12), mark.start))?.[0] ?? "";
  // `us$5`, `Us$5`: the country's letters in another case.
  const loose = run.length <= 3 ? symbolCurrencies(run.toUpperCase() + mark.symbol) : undefined;
  if (run !== "" && loose !== undefined && run !== run.toUpperCase()) return { ...mark, symbol: run.toUpperCase() + mark.symbol, candidates: loose };
  const capitals = /[A-Z]*$/u.exec(run)?.[0] ?? "";
  const unknown = capitals.length > 0 && (capitals.length < run.length || capitals.length <= 3 || /(?:US|CA|AU|NZ|HK|NT|MX|RD)$/u.test(capitals));
  if (unknown && !isCurrency(capitals)) return { ...mark, symbol: `${capitals}?${mark.symbol}`, candidates: [] };
  if (DOLLARS_BEFORE.test(text.slice(Math.max(0, mark.start - 12), mark.start))) return { ...mark, symbol: `?${mark.symbol}`, candidates: [] };
  // `C $27.11`, `A $5`: a dollar of its own, or a letter and a dollar.
  if (run === "" && /(?<![\p{L}\d'])[A-Z] $/u.test(text.slice(Math.max(0, mark.start - 3), mark.start))) return { ...mark, symbol: `?${mark.symbol}`, candidates: [] };
  return mark;
}

export function lex({ text, firm }: Clean): Lexed {
  const numbers: PrintedNumber[] = [];
  const marks: Mark[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? "";
    if ((char >= "0" && char <= "9") || startsLeading(text, at)) {
      const number = scanNumber(text, at, firm);
      numbers.push(number);
      const named = dollarsOf(text, number.end, marks[marks.length - 1]);
      if (named !== undefined) marks.push(named);
      at = Math.max(number.end, at + 1);
      continue;
    }
    const mark = markAt(text, at);
    if (mark !== undefined) {
      marks.push(mark);
      at = mark.end;
      continue;
    }
    at++;
  }
  return { numbers, marks };
}

/** `$27.11 US`: whose dollars is said behind the number. A country's name that we do not weigh makes it unsure. */
function dollarsOf(text: string, end: number, before: Mark | undefined): Mark | undefined {
  if (before?.symbol !== "$") return undefined;
  const found = DOLLARS_BEHIND.exec(text.slice(end, end + 24));
  if (found === null) return undefined;
  const [whole, word = ""] = found;
  if (word.length <= 3 && word !== word.toUpperCase() && word !== "Cdn") return undefined;
  const code = COUNTRY[word.toUpperCase()];
  const start = end + whole.search(/\S/u);
  return { start, end: end + whole.length, symbol: `$${word}`, candidates: code === undefined ? [] : [code] };
}

function startsLeading(text: string, at: number): boolean {
  const char = text[at];
  if ((char !== "." && char !== ",") || !/\d/u.test(text[at + 1] ?? "")) return false;
  return !/[\d.,\p{L}]/u.test(text[at - 1] ?? "");
}

function markAt(text: string, at: number): Mark | undefined {
  const char = text[at] ?? "";
  const coin = /\d/u.test(text[at - 1] ?? "") ? COINS[char] : undefined;
  if (coin !== undefined && !/[\p{L}\d]/u.test(text[at + 1] ?? "")) return { start: at, end: at + 1, symbol: coin, candidates: symbolCurrencies(coin) ?? [], cents: true };
  if (!isLetter(text[at - 1])) {
    const other = NO_CURRENCY.exec(text.slice(at, at + 8));
    if (other !== null) return { start: at, end: at + other[0].length, symbol: other[0], candidates: [], other: true };
  }
  const code = codeAt(text, at);
  const symbol = symbolStarts.has(char) ? symbolAt(text, at) : undefined;
  const found = symbol !== undefined && (code === undefined || symbol.end > code.end) ? symbol : code;
  return found === undefined ? undefined : withPrefix(text, found);
}
