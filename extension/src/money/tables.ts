/**
 * The currencies and words in use. They are data, and a content script does not carry them: they come with the reader's
 * words, and `useMoney` puts them here. `index.ts` has them from the start; without them no text has an amount.
 */
import type { BY_NAME } from "./data.ts";
import type { Convention } from "./number.ts";

type MoneyData = typeof BY_NAME;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- types go by name, the list by order
type Ordered = any;

/** Decimals of the minor unit, of every currency there is. */
export let decimals: ReadonlyMap<string, number> = new Map();
export let regionCurrency: ReadonlyMap<string, string> = new Map();
/** Currency -> the regions where it is in use. */
export let homes: ReadonlyMap<string, readonly string[]> = new Map();
/** Symbol, without spaces and closing full stop -> what it may stand for. */
export let symbols: ReadonlyMap<string, readonly string[]> = new Map();
export let symbolLengthMax = 0;
/** First characters of all symbols: most characters of a page begin none. */
export let symbolStarts: ReadonlySet<string> = new Set();
/** Language tag, space, symbol -> what it means there. */
export let localMeaning: ReadonlyMap<string, string> = new Map();
export let conventions: ReadonlyMap<string, Convention> = new Map();
/** Code points of the zeros of all decimal digits, rising. */
export let zeros: readonly number[] = [];

/** Signs -> the one that is read for them. */
export let folds: ReadonlyMap<string, string> = new Map();

export let BEFORE: MoneyData["BEFORE"];
export let BEHIND: MoneyData["BEHIND"];
export let COINS: MoneyData["COINS"];
export let COUNTRY: MoneyData["COUNTRY"];
export let DOLLARS_BEFORE: MoneyData["DOLLARS_BEFORE"];
export let DOLLARS_BEHIND: MoneyData["DOLLARS_BEHIND"];
export let ENTITIES: MoneyData["ENTITIES"];
export let INSTALMENT: MoneyData["INSTALMENT"];
export let INVISIBLE: MoneyData["INVISIBLE"];
export let JOINS: MoneyData["JOINS"];
export let LEFT_GAP: MoneyData["LEFT_GAP"];
export let LOOSE_CODE: MoneyData["LOOSE_CODE"];
export let NO_CURRENCY: MoneyData["NO_CURRENCY"];
export let NUMBER_BEFORE: MoneyData["NUMBER_BEFORE"];
export let PRICE_ENDS: MoneyData["PRICE_ENDS"];
export let SHARED_DEFAULT: MoneyData["SHARED_DEFAULT"];
export let SHOWN_DECIMALS: MoneyData["SHOWN_DECIMALS"];
export let SPACED_BEFORE: MoneyData["SPACED_BEFORE"];
export let SPACED_BEHIND: MoneyData["SPACED_BEHIND"];
export let STRONG: MoneyData["STRONG"];
export let TOTAL_BEFORE: MoneyData["TOTAL_BEFORE"];
export let TOTAL_DASH: MoneyData["TOTAL_DASH"];
export let UNITED_STATES: MoneyData["UNITED_STATES"];
export let UNSPACED: MoneyData["UNSPACED"];
export let WORDLIKE: MoneyData["WORDLIKE"];
export let WORLDWIDE: MoneyData["WORLDWIDE"];

/** The data in the order of their names, all of them: a test holds it to `data.ts`. */
export function useMoney(data: readonly unknown[]): void {
  let TWO_DECIMALS: MoneyData["TWO_DECIMALS"];
  let OTHER_DECIMALS: MoneyData["OTHER_DECIMALS"];
  let SEPARATORS: MoneyData["SEPARATORS"];
  let ZEROS: MoneyData["ZEROS"];
  let REGION_CURRENCIES: MoneyData["REGION_CURRENCIES"];
  let LOCAL_SYMBOLS: MoneyData["LOCAL_SYMBOLS"];
  let SYMBOLS: MoneyData["SYMBOLS"];
  let SPELLINGS: MoneyData["SPELLINGS"];
  let FOLDED: MoneyData["FOLDED"];
  [
    BEFORE, BEHIND, COINS, COUNTRY, DOLLARS_BEFORE, DOLLARS_BEHIND, ENTITIES, FOLDED, INSTALMENT, INVISIBLE, JOINS, LEFT_GAP, LOCAL_SYMBOLS,
    LOOSE_CODE, NO_CURRENCY, NUMBER_BEFORE, OTHER_DECIMALS, PRICE_ENDS, REGION_CURRENCIES, SEPARATORS, SHARED_DEFAULT, SHOWN_DECIMALS, SPACED_BEFORE,
    SPACED_BEHIND, SPELLINGS, STRONG, SYMBOLS, TOTAL_BEFORE, TOTAL_DASH, TWO_DECIMALS, UNITED_STATES, UNSPACED, WORDLIKE, WORLDWIDE, ZEROS,
  ] = data as Ordered;
  useCurrencies(TWO_DECIMALS, OTHER_DECIMALS, REGION_CURRENCIES);
  useSymbols(SYMBOLS, SPELLINGS, LOCAL_SYMBOLS);
  folds = new Map(FOLDED.flatMap(([many, one]) => [...many].map((sign) => [sign, one] as const)));
  zeros = ZEROS.split(" ").map((hex) => Number.parseInt(hex, 16));
  const written = new Map<string, Convention>();
  for (const group of SEPARATORS.split("|")) {
    const colon = group.indexOf(":");
    for (const tag of group.slice(colon + 1).split(",")) written.set(tag, { decimal: group[0] ?? ".", group: group[1] ?? "," });
  }
  conventions = written;
}

const triples = (text: string): readonly string[] => text.match(/.{3}/gu) ?? [];

function useCurrencies(two: string, other: string, inUse: string): void {
  const digitsOf = new Map<string, number>(triples(two).map((code) => [code, 2]));
  const currencyOf = new Map<string, string>();
  const regionsOf = new Map<string, readonly string[]>();
  for (const group of inUse.split("|")) {
    const [code = "", list = ""] = group.split(":");
    const regions = list.split(",");
    digitsOf.set(code, 2);
    regionsOf.set(code, regions);
    for (const region of regions) currencyOf.set(region, code);
  }
  for (const group of other.split("|")) {
    const [digits = "", codes = ""] = group.split(":");
    for (const code of codes.split(",")) digitsOf.set(code, Number.parseInt(digits, 10));
  }
  decimals = digitsOf;
  regionCurrency = currencyOf;
  homes = regionsOf;
}

function useSymbols(ofCldr: string, spelt: string, meant: string): void {
  const meanings = new Map<string, readonly string[]>();
  for (const line of `${ofCldr}\n${spelt}`.split("\n")) {
    const [codes = "", ...list] = line.split(" ");
    for (const symbol of list) meanings.set(symbol, [...new Set([...(meanings.get(symbol) ?? []), ...triples(codes)])]);
  }
  // `US$`, `$CA`, `GB£`: a country's letters beside its sign.
  for (const [region, code] of regionCurrency) {
    for (const sign of ["$", "£"]) {
      if (meanings.get(sign)?.includes(code) !== true) continue;
      for (const symbol of [region + sign, sign + region]) if (!meanings.has(symbol)) meanings.set(symbol, [code]);
    }
  }
  symbols = meanings;
  symbolLengthMax = Math.max(...[...meanings.keys()].map((symbol) => symbol.length));
  symbolStarts = new Set([...meanings.keys()].map((symbol) => symbol[0] ?? ""));
  const local = new Map<string, string>();
  for (const line of meant.split("\n")) {
    const [symbol = "", code = "", tags = ""] = line.split("\t");
    for (const tag of tags.split(",")) local.set(`${tag} ${symbol}`, code);
  }
  localMeaning = local;
}
