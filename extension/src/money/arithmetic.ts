/** Sums, and what an amount costs in bitcoin: the same integers as on the server (`vectors/amounts.json`). */
import type { Money } from "../types/money.ts";
import { minorDigits } from "./currency.ts";

const SAT_PER_BTC = 100_000_000n;
const MSAT_PER_SAT = 1000n;
const MSAT_PER_BTC = SAT_PER_BTC * MSAT_PER_SAT;
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

/** What satoshis are worth at a rate, rounded up to a minor unit. */
export function worthCeil(sat: number, rateMicro: number, currency: string): Money | undefined {
  const minor = ceilDiv(BigInt(sat) * BigInt(rateMicro) * 10n ** BigInt(minorDigits(currency)), SAT_PER_BTC * MICRO);
  return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? { minor: Number(minor), currency } : undefined;
}

/** What each part adds to a price; they add up to its amount. Only slippage can be below zero. */
export interface PartsMsat {
  readonly orderMsat: bigint;
  readonly feeMsat: bigint;
  readonly slippageMsat: bigint;
  /** Millionths of the consolidated rate, rounded towards zero. */
  readonly slippagePpm: bigint;
  readonly spreadMsat: bigint;
  readonly roundingMsat: bigint;
}

/**
 * How an amount comes about: the order at the consolidated rate, the fee, what selling is dearer than that, the spread, up
 * to a whole satoshi. Each step is rounded down to the millisatoshi. `undefined` when the parts do not fit together.
 */
export function partsMsat(total: Money, fee: Money, rates: { readonly consolidated: bigint; readonly executable: bigint; readonly rate: bigint }, amountMsat: bigint): PartsMsat | undefined {
  const sum = addMoney(total, fee);
  const { consolidated, executable, rate } = rates;
  if (sum === undefined || consolidated <= 0n || executable <= 0n || rate <= 0n) return undefined;
  const microPerMinor = MICRO / 10n ** BigInt(minorDigits(sum.currency));
  const floor = (minor: number, at: bigint): bigint => (BigInt(minor) * microPerMinor * MSAT_PER_BTC) / at;
  const orderMsat = floor(total.minor, consolidated);
  const [market, sold, spread] = [floor(sum.minor, consolidated), floor(sum.minor, executable), floor(sum.minor, rate)];
  const parts = {
    orderMsat,
    feeMsat: market - orderMsat,
    slippageMsat: sold - market,
    slippagePpm: ((consolidated - executable) * WHOLE_PPM) / consolidated,
    spreadMsat: spread - sold,
    roundingMsat: amountMsat - spread,
  };
  return parts.spreadMsat < 0n || parts.roundingMsat < 0n || parts.roundingMsat > MSAT_PER_SAT ? undefined : parts;
}
