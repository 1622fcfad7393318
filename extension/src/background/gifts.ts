/** Gift cards as a way to pay an order: which values there are, and what of each stays at the store. Pure. */
import type { GiftCardOffer, Rates, Served } from "../api/types.ts";
import type { Money } from "../types/money.ts";
import type { GiftBought, GiftValue } from "../types/panel.ts";
import type { LocalPurchase } from "./model.ts";
import { estimateGift } from "./price.ts";
import { totalNotServed } from "./served.ts";

/** Values that are shown; the least that pays the order is the first. */
const VALUES_MAX = 4;

/** Where a store stands to gift cards, as its recipe says: before the card, beside it, or not at all. */
export type GiftsAt = "first" | "beside" | "never";

/** What the server offers for a store: not asked for, on its way, or there (empty: none). */
export type Offers = "unasked" | "asking" | readonly GiftCardOffer[];

/** The values that pay the whole total, least first; of two alike the first offer's. */
export function valuesFor(offers: readonly GiftCardOffer[], total: Money, served: Served | null, rates: Rates | null, aheadMs = 0): readonly GiftValue[] {
  const found = new Map<number, GiftValue>();
  for (const offer of offers.filter(({ currency }) => currency === total.currency)) {
    for (const minor of paying(offer, total.minor)) {
      const value = { minor, currency: total.currency };
      if (found.has(minor) || (served !== null && totalNotServed(served, rates, value) !== null)) continue;
      const left = { minor: minor - total.minor, currency: total.currency };
      found.set(minor, { product: offer.product_id, value, left, estimate: estimateGift(value, served, rates, aheadMs) });
    }
  }
  return [...found.values()].sort((one, other) => one.value.minor - other.value.minor).slice(0, VALUES_MAX);
}

/** Values of an offer that are at least so much: the steps, or the first of a range. */
function paying(offer: GiftCardOffer, minor: number): readonly number[] {
  const { steps_minor: steps, min_minor: min, max_minor: max, increment_minor: step } = offer;
  const known = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
  if (steps.length > 0) return steps.filter((value) => known(value) && value >= minor);
  if (![min, max, step].every(known)) return [];
  if (minor <= min) return [min];
  const over = (minor - min) % step;
  const value = over === 0 ? minor : minor - over + step;
  return known(value) && value <= max ? [value] : [];
}

/** What is bought, and what the order leaves of it. */
export function boughtOf(purchase: LocalPurchase): GiftBought | null {
  const value = purchase.view?.quote?.total ?? purchase.total;
  if (value === null || (purchase.gift === undefined && purchase.view?.flow !== "gift_card")) return null;
  const total = purchase.gift?.orderTotal ?? value;
  return { value, total, left: { minor: Math.max(0, value.minor - total.minor), currency: value.currency } };
}
