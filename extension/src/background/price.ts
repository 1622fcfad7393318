/**
 * What a total would cost, computed here from rates that are fetched on a timer of their own: no page is told of for it.
 * The same arithmetic as a quote's (`vectors/amounts.json`), on whole numbers only.
 */
import type { Rates, Served } from "../api/types.ts";
import type { Money } from "../types/money.ts";
import type { PriceParts } from "../types/panel.ts";

const SAT_PER_BTC = 100_000_000n;
const MICRO = 1_000_000n;

const divCeil = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** `amount = ceil((total + fee) / rate)` in whole satoshi, as millisatoshi. `rateMicro`: millionths of the major unit per bitcoin. */
export function amountMsat(totalMinor: bigint, feeMinor: bigint, rateMicro: bigint, exponent: number): bigint {
  const microPerMinor = MICRO / 10n ** BigInt(Math.min(exponent, 6));
  return divCeil((totalMinor + feeMinor) * microPerMinor * SAT_PER_BTC, rateMicro) * 1_000n;
}

/** The shopper's rate: the executable one less the spread, rounded down. */
export function lessSpread(rateMicro: bigint, spreadPpm: bigint): bigint {
  return (rateMicro * (MICRO - spreadPpm)) / MICRO;
}

export function feeMinor(totalMinor: bigint, feeBps: bigint): bigint {
  return divCeil(totalMinor * feeBps, 10_000n);
}

const safe = (n: bigint): number | null => (n <= BigInt(Number.MAX_SAFE_INTEGER) && n >= 0n ? Number(n) : null);

/** `null` when there is no rate for the currency, or none that is fresh enough to show. */
export function estimate(total: Money, served: Served | null, rates: Rates | null, exponent: number): PriceParts | null {
  const rate = rates?.rates.find((row) => row.currency === total.currency)?.shopper_rate_micro ?? null;
  if (served === null || rate === null || !Number.isSafeInteger(rate) || rate <= 0) return null;
  const fee = feeMinor(BigInt(total.minor), BigInt(served.fee_bps));
  const [feeNumber, amount] = [safe(fee), safe(amountMsat(BigInt(total.minor), fee, BigInt(rate), exponent))];
  if (feeNumber === null || amount === null) return null;
  return { total, fee: { minor: feeNumber, currency: total.currency }, rateMicro: rate, spreadPpm: served.spread_ppm, amountMsat: amount };
}
