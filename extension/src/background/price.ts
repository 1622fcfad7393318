/**
 * What a total costs: estimated here from rates that are fetched on a timer of their own, so that no page is told of for
 * it, or as it was quoted. The same arithmetic as the server's, on whole numbers only.
 */
import type { Basis, QuoteView, RateView, Rates, Served } from "../api/types.ts";
import { costMsat, partsMsat, rateLessSpread } from "../money/index.ts";
import type { PartsMsat } from "../money/arithmetic.ts";
import type { Money } from "../types/money.ts";
import type { PriceMade, PriceParts, RateBasis } from "../types/panel.ts";

const BPS = 10_000n;

/** The operator's charge, rounded up to a minor unit; `null` when that is no exact number any more. */
export function feeOf(total: Money, feeBps: number): Money | null {
  const minor = (BigInt(total.minor) * BigInt(feeBps) + BPS - 1n) / BPS;
  return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? { minor: Number(minor), currency: total.currency } : null;
}

/** `null` when there is no rate for the currency. */
export function estimate(total: Money, served: Served | null, rates: Rates | null, aheadMs = 0): PriceParts | null {
  const row = rates?.rates.find(({ currency }) => currency === total.currency);
  const rate = row?.shopper_rate_micro ?? null;
  return served === null || row === undefined || rate === null ? null : priceAt(total, served, rate, served.spread_ppm, row, aheadMs);
}

/** Of a gift card of this value, which has a spread of its own. */
export function estimateGift(value: Money, served: Served | null, rates: Rates | null, aheadMs = 0): PriceParts | null {
  const row = rates?.rates.find(({ currency }) => currency === value.currency);
  const rate = row?.rate_micro ?? null;
  if (served === null || row === undefined || rate === null || !Number.isSafeInteger(rate) || !Number.isSafeInteger(served.gift_card_spread_ppm)) return null;
  const less = rateLessSpread(BigInt(rate), BigInt(served.gift_card_spread_ppm));
  return less === undefined ? null : priceAt(value, served, Number(less), served.gift_card_spread_ppm, row, aheadMs);
}

function priceAt(total: Money, served: Served, rate: number, spreadPpm: number, row: RateView, aheadMs: number): PriceParts | null {
  if (!Number.isSafeInteger(rate) || rate <= 0) return null;
  const fee = feeOf(total, served.fee_bps);
  const amount = fee === null ? undefined : costMsat(total, fee, BigInt(rate));
  if (fee === null || amount === undefined || amount > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const price = { total, fee, rateMicro: rate, spreadPpm, amountMsat: Number(amount) };
  const made = estimateMade(price, row, aheadMs);
  return made === null ? price : { ...price, made };
}

/** Without the exchange's book the median stands for what selling would bring. */
function estimateMade(price: PriceParts, row: RateView, aheadMs: number): PriceMade | null {
  const market = row.rate_micro ?? null;
  const basis = basisOf(row.basis ?? null);
  if (market === null || basis === null || !Number.isSafeInteger(market)) return null;
  const parts = partsOf(price, market, market);
  if (parts === null) return null;
  const { orderMsat, feeMsat, spreadMsat, roundingMsat } = parts;
  const observedAtMs = (row.observed_at_ms ?? 0) - aheadMs;
  return { consolidatedMicro: market, observedAtMs, venues: row.venues.length, outliers: row.outliers ?? [], basis, orderMsat, feeMsat, spreadMsat, roundingMsat };
}

type Parts = { readonly [K in keyof PartsMsat]: number };

function partsOf(price: PriceParts, consolidatedMicro: number, executableMicro: number): Parts | null {
  const rates = { consolidated: BigInt(consolidatedMicro), executable: BigInt(executableMicro), rate: BigInt(price.rateMicro) };
  const parts = partsMsat(price.total, price.fee, rates, BigInt(price.amountMsat));
  if (parts === undefined) return null;
  const { orderMsat, feeMsat, slippageMsat, slippagePpm, spreadMsat, roundingMsat } = parts;
  return {
    orderMsat: Number(orderMsat), feeMsat: Number(feeMsat), slippageMsat: Number(slippageMsat), slippagePpm: Number(slippagePpm), spreadMsat: Number(spreadMsat), roundingMsat: Number(roundingMsat),
  };
}

/** What is not known here is not called anything else. */
function basisOf(basis: Basis | null): RateBasis | null {
  if (basis?.kind === "venues") return { kind: "venues" };
  const { table, date, through } = basis ?? {};
  if (!table || !date) return null;
  if (basis?.kind === "venues_and_table") return { kind: "venues_and_table", table, date };
  return basis?.kind === "table" && through ? { kind: "table", table, date, through } : null;
}

/** A quote as it is shown. Its parts are worked out here; `partsHold` held the server's to them. */
export function priceOf(quote: QuoteView, aheadMs: number): PriceParts {
  const price = { total: quote.total, fee: quote.fee, rateMicro: quote.rate_micro, spreadPpm: quote.spread_ppm, amountMsat: quote.amount_msat };
  const told = quote.parts ?? null;
  const basis = basisOf(told?.basis ?? null);
  const parts = told === null ? null : partsOf(price, told.consolidated_rate_micro, quote.executable_rate_micro);
  if (told === null || basis === null || parts === null) return price;
  const { orderMsat, feeMsat, spreadMsat, roundingMsat, slippageMsat, slippagePpm } = parts;
  const sold = { rateMicro: quote.executable_rate_micro, slippagePpm, slippageMsat };
  const made = { consolidatedMicro: told.consolidated_rate_micro, observedAtMs: told.observed_at_ms - aheadMs, venues: told.venues, outliers: [], basis };
  return { ...price, made: { ...made, orderMsat, feeMsat, sold, spreadMsat, roundingMsat } };
}

/** Whether the parts that the server tells are those of the price. A quote that tells none has nothing to differ. */
export function partsHold(quote: QuoteView): boolean {
  const told = quote.parts ?? null;
  if (told === null) return true;
  const rates = [told.consolidated_rate_micro, quote.executable_rate_micro, quote.rate_micro, quote.spread_ppm, quote.amount_msat];
  if (!rates.every((rate) => Number.isSafeInteger(rate) && rate >= 0)) return false;
  const price = { total: quote.total, fee: quote.fee, rateMicro: quote.rate_micro, spreadPpm: quote.spread_ppm, amountMsat: quote.amount_msat };
  const parts = partsOf(price, told.consolidated_rate_micro, quote.executable_rate_micro);
  const same = parts !== null && parts.orderMsat === told.order_msat && parts.feeMsat === told.fee_msat && parts.slippageMsat === told.slippage_msat && parts.slippagePpm === told.slippage_ppm && parts.spreadMsat === told.spread_msat && parts.roundingMsat === told.rounding_msat;
  return same && rateLessSpread(BigInt(quote.executable_rate_micro), BigInt(quote.spread_ppm)) === BigInt(quote.rate_micro);
}
