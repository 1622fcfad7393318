import { describe, expect, it } from "vitest";
import type { Rates, Served } from "../../src/api/types.ts";
import { minorDigits } from "../../src/background/currency.ts";
import { amountMsat, estimate, lessSpread } from "../../src/background/price.ts";
import { vectors } from "../trust/vectors.ts";

interface Case {
  readonly amount_msat: string;
  readonly currency: string;
  readonly executable_micro: string;
  readonly fee_minor: string;
  readonly rate_micro: string;
  readonly spread_ppm: string;
  readonly total_minor: string;
}
const { quote } = vectors<{ quote: readonly Case[] }>("amounts");

describe("the arithmetic of a quote", () => {
  it.each(quote)("$total_minor $currency at $rate_micro", (c) => {
    const exponent = minorDigits(c.currency);
    const rate = lessSpread(BigInt(c.executable_micro), BigInt(c.spread_ppm));
    expect(rate.toString()).toBe(c.rate_micro);
    expect(amountMsat(BigInt(c.total_minor), BigInt(c.fee_minor), rate, exponent).toString()).toBe(c.amount_msat);
  });
});

describe("an estimate", () => {
  const served = { fee_bps: 50, spread_ppm: 7748 } as Served;
  const row = { currency: "USD", venues: [], shopper_rate_micro: 5_457_386_000 };
  const rates: Rates = { rates: [row, { currency: "EUR", venues: [], unavailable: "stale" }] };
  it("rounds fee and amount up", () => {
    // 27.11 USD and 0.5 % of it, 0.13555 rounded up to 0.14: 27.25 / 5457.386 = 0.004993233...
    expect(estimate({ minor: 2711, currency: "USD" }, served, rates, 2)).toEqual({
      total: { minor: 2711, currency: "USD" },
      fee: { minor: 14, currency: "USD" },
      rateMicro: 5_457_386_000,
      spreadPpm: 7748,
      amountMsat: 499_324_000,
    });
  });
  it("is none without a rate", () => {
    expect(estimate({ minor: 1, currency: "EUR" }, served, rates, 2)).toBeNull();
    expect(estimate({ minor: 1, currency: "GBP" }, served, rates, 2)).toBeNull();
    expect(estimate({ minor: 1, currency: "USD" }, served, null, 2)).toBeNull();
    expect(estimate({ minor: 1, currency: "USD" }, null, rates, 2)).toBeNull();
    expect(estimate({ minor: 1, currency: "USD" }, served, { rates: [{ ...row, shopper_rate_micro: 0 }] }, 2)).toBeNull();
  });
  it("is none when it would not be exact as a number", () => {
    expect(estimate({ minor: Number.MAX_SAFE_INTEGER, currency: "USD" }, served, { rates: [{ ...row, shopper_rate_micro: 1 }] }, 2)).toBeNull();
  });
});
