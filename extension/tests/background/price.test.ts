import { describe, expect, it } from "vitest";
import type { Rates, Served } from "../../src/api/types.ts";
import { hostCurrency } from "../../src/background/currency.ts";
import { estimate } from "../../src/background/price.ts";

describe("an estimate", () => {
  const served = { fee_bps: 50, spread_ppm: 7748 } as Served;
  const row = { currency: "USD", venues: [], shopper_rate_micro: 5_457_386_000 };
  const rates: Rates = { rates: [row, { currency: "EUR", venues: [], unavailable: "stale" }] };
  it("is the reference purchase's to the satoshi", () => {
    expect(estimate({ minor: 2711, currency: "USD" }, { ...served, fee_bps: 0 }, rates)?.amountMsat).toBe(496_758_000);
  });
  it("rounds fee and amount up", () => {
    // 27.11 USD and 0.5 % of it, 0.13555 rounded up to 0.14: 27.25 / 5457.386 = 0.004993233...
    expect(estimate({ minor: 2711, currency: "USD" }, served, rates)).toEqual({
      total: { minor: 2711, currency: "USD" },
      fee: { minor: 14, currency: "USD" },
      rateMicro: 5_457_386_000,
      spreadPpm: 7748,
      amountMsat: 499_324_000,
    });
  });
  it("is none without a rate", () => {
    expect(estimate({ minor: 1, currency: "EUR" }, served, rates)).toBeNull();
    expect(estimate({ minor: 1, currency: "GBP" }, served, rates)).toBeNull();
    expect(estimate({ minor: 1, currency: "USD" }, served, null)).toBeNull();
    expect(estimate({ minor: 1, currency: "USD" }, null, rates)).toBeNull();
    expect(estimate({ minor: 1, currency: "USD" }, served, { rates: [{ ...row, shopper_rate_micro: 0 }] })).toBeNull();
  });
  it("is none when it would not be exact as a number", () => {
    expect(estimate({ minor: Number.MAX_SAFE_INTEGER, currency: "USD" }, served, { rates: [{ ...row, shopper_rate_micro: 1 }] })).toBeNull();
  });
});

it.each([
  ["www.amazon.com", ["EUR", "USD"], "USD"],
  ["www.amazon.co.uk", ["GBP", "USD"], "GBP"],
  ["www.amazon.de", ["USD", "EUR"], "EUR"],
  ["www.amazon.co.jp", ["USD", "EUR"], null],
  ["shop.example", ["USD", "EUR"], null],
  ["shop.example", ["USD"], "USD"],
])("%s of %j charges in %s", (host, served, currency) => {
  expect(hostCurrency(host, served)).toBe(currency);
});
