/** Which currency a symbol stands for, and what is known of a currency. */
import type { MoneyContext } from "../types/money.ts";
import { OTHER_DECIMALS, TWO_DECIMALS } from "./generated/currencies.ts";
import { REGION_CURRENCIES } from "./generated/regions.ts";
import { LOCAL_SYMBOLS, SYMBOLS } from "./generated/symbols.ts";
import { SPELLINGS } from "./spellings.ts";

const decimals = new Map<string, number>();
for (const code of TWO_DECIMALS.match(/.{3}/gu) ?? []) decimals.set(code, 2);
for (const group of OTHER_DECIMALS.split("|")) {
  const [digits = "", codes = ""] = group.split(":");
  for (const code of codes.split(",")) decimals.set(code, Number.parseInt(digits, 10));
}

const regionCurrency = new Map<string, string>();
const homes = new Map<string, readonly string[]>();
for (const group of REGION_CURRENCIES.split("|")) {
  const [code = "", list = ""] = group.split(":");
  const regions = list.split(",");
  homes.set(code, regions);
  for (const region of regions) regionCurrency.set(region, code);
}

/** Symbol, without spaces and closing full stop -> what it may stand for. */
const symbols = new Map<string, readonly string[]>();
for (const line of `${SYMBOLS}\n${SPELLINGS}`.split("\n")) {
  const [symbol = "", codes = ""] = line.split("\t");
  symbols.set(symbol, [...new Set([...(symbols.get(symbol) ?? []), ...(codes.match(/.{3}/gu) ?? [])])]);
}

const localMeaning = new Map<string, string>();
for (const line of LOCAL_SYMBOLS.split("\n")) {
  const [symbol = "", code = "", tags = ""] = line.split("\t");
  for (const tag of tags.split(",")) localMeaning.set(`${tag} ${symbol}`, code);
}

/** Shared symbols that mean one currency wherever none of the others is at home. */
const SHARED_DEFAULT: Readonly<Record<string, string>> = { "£": "GBP", "₩": "KRW", "₱": "PHP", lei: "RON", "C$": "CAD", leu: "RON", руб: "RUB" };

/** Letters that are a currency only beside a number, and only where that currency is at home: `K`, `DA`, `Le`. */
const WEAK = /^[A-Za-zа-яА-Я]{1,3}$/u;
const STRONG = new Set(["kr", "Kr", "RM", "Rp", "TL", "Ft", "lei", "leu", "RMB", "NIS", "SFr", "sFr", "Fr", "Rs", "yen", "руб", "грн", "eur", "NTD", "zl", "лв", "дин", "ден", "Skr", "Dkr", "Nkr", "KSh", "USh", "TSh", "Ksh", "Rs", "Php", "PhP"]);

export const isCurrency = (code: string): boolean => decimals.has(code);

/** ISO 4217 decimals of the minor unit; 2 for a currency that is not known. */
export const minorDigits = (currency: string): number => decimals.get(currency) ?? 2;

export const symbolCurrencies = (symbol: string): readonly string[] | undefined => symbols.get(symbol);
export const isWeak = (symbol: string): boolean => WEAK.test(symbol) && !STRONG.has(symbol) && !decimals.has(symbol);
export const homesOf = (currency: string): readonly string[] => homes.get(currency) ?? [];

export const SYMBOL_LENGTH_MAX = Math.max(...[...symbols.keys()].map((s) => s.length));
/** First characters of all symbols: most characters of a page begin none. */
export const SYMBOL_STARTS: ReadonlySet<string> = new Set([...symbols.keys()].map((s) => s[0] ?? ""));

/** Country domains that are sold to the whole world say nothing of a country. */
const WORLDWIDE = new Set("ac ag ai am as bz cc cd cf cx fm ga gg gl gq gs im io is la li ly me ml ms mu nu pw sc sh so st tk to tv vc vg ws co".split(" "));
/** Shops for the United States under `.com`; the other countries have sites of their own. */
const UNITED_STATES = /(?:^|\.)(?:amazon|ebay|target|walmart|bestbuy|dominos|costco|homedepot|lowes|newegg|kohls|macys)\.com$/u;

export interface Surroundings {
  readonly hint: string | undefined;
  readonly hostRegion: string | undefined;
  /** The language tag as CLDR spells it, `undefined` when none or not well formed. */
  readonly tag: string | undefined;
  readonly localeRegion: string | undefined;
  /** Where the language is mostly spoken; not for English, which is everybody's. */
  readonly likelyRegion: string | undefined;
}

function localeOf(text: string | undefined): Intl.Locale | undefined {
  if (text === undefined || text.length > 40) return undefined;
  try {
    return new Intl.Locale(text.trim().replace(/_/gu, "-").replace(/\..*$/u, ""));
  } catch {
    return undefined;
  }
}

function regionOfHost(host: string | undefined): string | undefined {
  const name = (host ?? "").toLowerCase().replace(/:\d+$/u, "").replace(/\.$/u, "");
  if (UNITED_STATES.test(name)) return "US";
  const last = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
  if (last === "uk") return "GB";
  return last.length === 2 && !WORLDWIDE.has(last) && regionCurrency.has(last.toUpperCase()) ? last.toUpperCase() : undefined;
}

export function surroundings(context: MoneyContext): Surroundings {
  const locale = localeOf(context.locale);
  const hint = context.currency?.trim().toUpperCase();
  const language = locale?.language;
  return {
    hint: hint !== undefined && isCurrency(hint) ? hint : undefined,
    hostRegion: regionOfHost(context.host),
    tag: locale?.baseName,
    localeRegion: locale?.region,
    likelyRegion: language === undefined || language === "en" || language === "und" ? undefined : locale?.maximize().region,
  };
}

/** What CLDR's data of this locale says a shared symbol means. */
function cldrMeaning(tag: string | undefined, symbol: string): string | undefined {
  for (let at = tag; at !== undefined && at !== "" && at !== "en"; at = at.includes("-") ? at.slice(0, at.lastIndexOf("-")) : undefined) {
    const code = localMeaning.get(`${at} ${symbol}`);
    if (code !== undefined) return code === "" ? undefined : code;
  }
  return undefined;
}

/** One of the currencies that `symbol` may stand for, if the surroundings decide. */
export function resolve(symbol: string, candidates: readonly string[], around: Surroundings): string | undefined {
  const fits = (code: string | undefined): code is string => code !== undefined && candidates.includes(code);
  const local = (region: string | undefined): string | undefined => (region === undefined ? undefined : regionCurrency.get(region));
  if (fits(around.hint)) return around.hint;
  for (const region of [around.hostRegion, around.localeRegion, around.likelyRegion]) {
    const code = local(region);
    if (fits(code)) return code;
  }
  if (isWeak(symbol)) return undefined;
  if (candidates.length === 1) return candidates[0];
  const said = cldrMeaning(around.tag, symbol);
  if (fits(said)) return said;
  const usual = SHARED_DEFAULT[symbol];
  return fits(usual) ? usual : undefined;
}
