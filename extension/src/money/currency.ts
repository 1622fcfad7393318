/** Which currency a symbol stands for, and what is known of a currency. */
import type { MoneyContext } from "../types/money.ts";
import { decimals, homes, localMeaning, regionCurrency, SHARED_DEFAULT, STRONG, symbols, UNITED_STATES, WORLDWIDE } from "./tables.ts";

/** Letters that are a currency only beside a number, and only where that currency is at home: `K`, `DA`, `Le`. */
const WEAK = /^(?:[A-Za-z]{1,3}|[а-яА-Я])$/u;

export const isCurrency = (code: string): boolean => decimals.has(code);

/** ISO 4217 decimals of the minor unit; 2 for a currency that is not known. */
export const minorDigits = (currency: string): number => decimals.get(currency) ?? 2;

export const symbolCurrencies = (symbol: string): readonly string[] | undefined => symbols.get(symbol);
export const isWeak = (symbol: string): boolean => WEAK.test(symbol) && !STRONG.has(symbol) && !decimals.has(symbol);
export const homesOf = (currency: string): readonly string[] => homes.get(currency) ?? [];

export interface Surroundings {
  readonly hint: string | undefined;
  readonly hostRegion: string | undefined;
  /** The language tag as CLDR spells it, `undefined` when none or not well formed. */
  readonly tag: string | undefined;
  readonly localeRegion: string | undefined;
  /** Where the language is mostly spoken; not for English, which is everybody's. */
  readonly likelyRegion: string | undefined;
  /** eBay writes Canada's dollar `C $`; elsewhere that may be a letter and a dollar. */
  readonly ebay: boolean;
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

let known: { readonly key: string; readonly around: Surroundings } | undefined;

/** A page's texts come one after the other: the last surroundings are kept. */
export function surroundings(context: MoneyContext): Surroundings {
  const key = `${context.locale ?? ""}\n${context.host ?? ""}\n${context.currency ?? ""}`;
  if (known?.key !== key) known = { key, around: surroundingsOf(context) };
  return known.around;
}

function surroundingsOf(context: MoneyContext): Surroundings {
  const locale = localeOf(context.locale);
  const hint = context.currency?.trim().toUpperCase();
  const language = locale?.language;
  return {
    hint: hint !== undefined && isCurrency(hint) ? hint : undefined,
    hostRegion: regionOfHost(context.host),
    tag: locale?.baseName,
    localeRegion: locale?.region,
    ebay: /(?:^|\.)ebay\./u.test(context.host ?? ""),
    likelyRegion: language === undefined || language === "en" || language === "und" ? undefined : new Intl.Locale(locale?.script === undefined ? language : `${language}-${locale.script}`).maximize().region,
  };
}

/** What CLDR's data of this locale says a shared symbol means. */
function cldrMeaning(tag: string | undefined, symbol: string): string | undefined {
  for (let at = tag; at !== undefined; at = at.includes("-") ? at.slice(0, at.lastIndexOf("-")) : undefined) {
    const code = localMeaning.get(`${at} ${symbol}`);
    if (code !== undefined) return code === "" ? undefined : code;
  }
  return undefined;
}

/** Whether the page is of a country where the currency is in use, as far as is known. */
export function isLocal(currency: string, around: Surroundings): boolean {
  return [around.hostRegion, around.localeRegion, around.likelyRegion].some((region) => region !== undefined && regionCurrency.get(region) === currency);
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
  if (symbol === "C $") return around.ebay ? "CAD" : undefined;
  const said = cldrMeaning(around.tag, symbol);
  if (fits(said)) return said;
  const usual = SHARED_DEFAULT[symbol];
  return fits(usual) ? usual : undefined;
}
