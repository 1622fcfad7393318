/** Which currency is meant where nobody says it: of a host, and of the shopper. */
import type { Rates } from "../api/types.ts";
import { homesOf, surroundings } from "../money/index.ts";

/** What a host's shops mostly charge in, as far as its name tells, of the currencies that are served; else nothing. */
export function hostCurrency(host: string, served: readonly string[]): string | null {
  const region = surroundings({ host }).hostRegion;
  if (region !== undefined) return served.find((currency) => homesOf(currency).includes(region)) ?? null;
  return served.length === 1 ? (served[0] ?? null) : null;
}

export interface PricedIn {
  readonly currency: string;
  /** The middle of the market. */
  readonly rateMicro: number;
}

/** In what the shopper reckons: the currency of their country, or of that of their language; dollars where neither has a rate. */
export function shopperRate(country: string | null, language: string, rates: Rates | null): PricedIn | null {
  const priced = (rates?.rates ?? []).flatMap(({ currency, rate_micro: rateMicro }) =>
    typeof rateMicro === "number" && Number.isSafeInteger(rateMicro) && rateMicro > 0 ? [{ currency, rateMicro }] : [],
  );
  const at = (region: string | null | undefined): PricedIn | undefined => (region ? priced.find(({ currency }) => homesOf(currency).includes(region)) : undefined);
  return at(country) ?? at(regionOf(language)) ?? priced.find(({ currency }) => currency === "USD") ?? null;
}

function regionOf(language: string): string | undefined {
  try {
    return new Intl.Locale(language).region;
  } catch {
    return undefined;
  }
}
