/** Sums, and what an amount costs in bitcoin: the same integers as on the server (`vectors/amounts.json`). */
import type { Money } from "../types/money.ts";
import { minorDigits } from "./currency.ts";

const SAT_PER_BTC = 100_000_000n;
const MSAT_PER_SAT = 1000n;
const WHOLE_PPM = 1_000_000n;
const MICRO = 1_000_000n;
const SAT_MAX = 21_000_000n * SAT_PER_BTC;

/** `undefined` when the currencies differ or the sum does not fit. */
export function addMoney(a: Money, b: Money): Money | undefined {
  const minor = BigInt(a.minor) + BigInt(b.minor);
  return a.currency === b.currency && minor <= BigInt(Number.MAX_SAFE_INTEGER) ? { minor: Number(minor), currency: a.currency } : undefined;
}

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** The rate less the spread (millionths), rounded down; both rates millionths of the major unit for one bitcoin. */
export function rateLessSpread(rateMicro: bigint, spreadPpm: bigint): bigint | undefined {
  if (rateMicro <= 0n || spreadPpm < 0n || spreadPpm > WHOLE_PPM) return undefined;
  const rate = (rateMicro * (WHOLE_PPM - spreadPpm)) / WHOLE_PPM;
  return rate > 0n ? rate : undefined;
}

/**
 * What total and fee cost at a rate from which the spread is already taken, in millisatoshi, rounded up to a whole
 * satoshi. `undefined` when the currencies differ, the rate is not above zero or there is not that much bitcoin.
 */
export function costMsat(total: Money, fee: Money, rateMicro: bigint): bigint | undefined {
  const sum = addMoney(total, fee);
  if (sum === undefined || rateMicro <= 0n) return undefined;
  const microPerMinor = MICRO / 10n ** BigInt(minorDigits(sum.currency));
  const sat = ceilDiv(BigInt(sum.minor) * microPerMinor * SAT_PER_BTC, rateMicro);
  return sat <= SAT_MAX ? sat * MSAT_PER_SAT : undefined;
}
