/**
 * What a total would cost, computed here from rates that are fetched on a timer of their own: no page is told of for it.
 * The same arithmetic as a quote's, on whole numbers only.
 */
import type { Rates, Served } from "../api/types.ts";
import { costMsat, rateLessSpread } from "../money/index.ts";
import type { Money } from "../types/money.ts";
import type { PriceParts } from "../types/panel.ts";

const BPS = 10_000n;

/** The operator's charge, rounded up to a minor unit; `null` when that is no exact number any more. */
export function feeOf(total: Money, feeBps: number): Money | null {
  const minor = (BigInt(total.minor) * BigInt(feeBps) + BPS - 1n) / BPS;
  return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? { minor: Number(minor), currency: total.currency } : null;
}

/** `null` when there is no rate for the currency. */
export function estimate(total: Money, served: Served | null, rates: Rates | null): PriceParts | null {
  const rate = rates?.rates.find((row) => row.currency === total.currency)?.shopper_rate_micro ?? null;
  return served === null || rate === null ? null : priceAt(total, served, rate, served.spread_ppm);
}

/** Of a gift card of this value, which has a spread of its own. */
export function estimateGift(value: Money, served: Served | null, rates: Rates | null): PriceParts | null {
  const rate = rates?.rates.find((row) => row.currency === value.currency)?.rate_micro ?? null;
  if (served === null || rate === null || !Number.isSafeInteger(rate) || !Number.isSafeInteger(served.gift_card_spread_ppm)) return null;
  const less = rateLessSpread(BigInt(rate), BigInt(served.gift_card_spread_ppm));
  return less === undefined ? null : priceAt(value, served, Number(less), served.gift_card_spread_ppm);
}

function priceAt(total: Money, served: Served, rate: number, spreadPpm: number): PriceParts | null {
  if (!Number.isSafeInteger(rate) || rate <= 0) return null;
  const fee = feeOf(total, served.fee_bps);
  const amount = fee === null ? undefined : costMsat(total, fee, BigInt(rate));
  if (fee === null || amount === undefined || amount > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { total, fee, rateMicro: rate, spreadPpm, amountMsat: Number(amount) };
}
