/** What a server serves, as it said itself: asked before anything is paid, and before anything is sent. */
import type { Address, Rates, Served, StoreServed } from "../api/types.ts";
import type { Reading } from "../types/detect.ts";
import type { Money } from "../types/money.ts";
import type { ClaimOn, NotServed } from "../types/panel.ts";

const isBelow = (host: string, rule: string): boolean => host === rule || host.endsWith(`.${rule}`);

/** The rules of a store: those of the longest host that fits, else the ones for all others; `null`: not served. */
export function storeRule(served: Served, host: string): StoreServed | null {
  const fitting = served.stores.filter((store) => typeof store.host === "string" && isBelow(host, store.host));
  const longest = fitting.reduce<StoreServed | null>((best, store) => ((store.host?.length ?? 0) > (best?.host?.length ?? -1) ? store : best), null);
  return longest ?? served.other_stores ?? null;
}

export function claimOnOf(served: Served | null, host: string): ClaimOn | null {
  return served === null ? null : (storeRule(served, host)?.claim_on ?? null);
}

/** Why nothing can be bought at this store, whatever the total. */
export function storeNotServed(served: Served, host: string, address: Address | null, reading: Reading | null): NotServed | null {
  if (!served.accepts_purchases) return { why: "not_accepting" };
  if (served.blocked_stores.some((rule) => isBelow(host, rule))) return { why: "store_blocked" };
  if (storeRule(served, host) === null) return { why: "store_unknown" };
  if (address === null) return null;
  const allowed = served.countries.length === 0 || served.countries.includes(address.country);
  if (!allowed || served.blocked_countries.includes(address.country)) return { why: "country" };
  // The store asks for a postcode that the card could not answer.
  const asksPostcode = (reading?.fields.postalCode?.length ?? 0) > 0;
  return asksPostcode && !address.postal_code ? { why: "address_missing" } : null;
}

export function currencyNotServed(served: Served, currency: string): NotServed | null {
  if (served.currencies.some((row) => row.currency === currency)) return null;
  return { why: "currency", currency, served: served.currencies.map((row) => row.currency) };
}

/** Why this total cannot be bought. */
export function totalNotServed(served: Served, rates: Rates | null, total: Money): NotServed | null {
  const unserved = currencyNotServed(served, total.currency);
  const rule = served.currencies.find((row) => row.currency === total.currency);
  if (unserved !== null || rule === undefined) return unserved;
  const bound = (minor: number): Money => ({ minor, currency: total.currency });
  if (total.minor < rule.total_minor_min) return { why: "below_minimum", bound: bound(rule.total_minor_min) };
  if (total.minor > rule.total_minor_max) return { why: "above_maximum", bound: bound(rule.total_minor_max) };
  const rate = rates?.rates.find((row) => row.currency === total.currency);
  if (rates !== null && (rate?.shopper_rate_micro ?? null) === null) return { why: "no_rate", currency: total.currency };
  return null;
}

/** What a refused wish means to the shopper, where it means more than its words. */
export function refusedAs(code: string, total: Money | null, currency: string, served: Served | null): NotServed | null {
  const list = served?.currencies.map((row) => row.currency) ?? [];
  const rule = served?.currencies.find((row) => row.currency === currency);
  switch (code) {
    case "store_blocked":
    case "store_unknown":
      return { why: code };
    case "country_not_served":
      return { why: "country" };
    case "country_needed":
      return { why: "country_missing" };
    case "draining":
      return { why: "not_accepting" };
    case "currency_not_served":
    case "currency_unknown":
      return { why: "currency", currency, served: list };
    case "price_unavailable":
      return { why: "no_rate", currency };
    case "amount_below_minimum":
      return total === null || rule === undefined ? null : { why: "below_minimum", bound: { minor: rule.total_minor_min, currency } };
    case "amount_above_limit":
      return total === null || rule === undefined ? null : { why: "above_maximum", bound: { minor: rule.total_minor_max, currency } };
    default:
      return null;
  }
}
