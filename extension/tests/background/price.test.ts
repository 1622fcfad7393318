import { describe, expect, it } from "vitest";
import type { QuoteView, Rates, Served } from "../../src/api/types.ts";
import { hostCurrency } from "../../src/background/currency.ts";
import { estimate, partsHold, priceOf } from "../../src/background/price.ts";
import { pillView } from "../../src/background/view.ts";
import { NOW, QUOTE, input } from "./given.ts";

describe("an estimate", () => {
  const served = { fee_bps: 50, spread_ppm: 7748 } as Served;
  const row = { currency: "USD", venues: [], outliers: [], shopper_rate_micro: 5_457_386_000 };
  const rates: Rates = { rates: [row, { currency: "EUR", venues: [], outliers: [], unavailable: "stale" }] };
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

/** The middle of the market 5,500.05, sold at 5,500.00, a spread of 0.7748 %: as README's table has it. */
const PARTED: QuoteView = {
  ...QUOTE,
  executable_rate: "5500",
  executable_rate_micro: 5_500_000_000,
  parts: {
    consolidated_rate: "5500.05", consolidated_rate_micro: 5_500_050_000, observed_at_ms: NOW - 1_000, venues: 4, basis: { kind: "venues" },
    order_msat: 492_904_609, fee_msat: 0, slippage_msat: 4_481, slippage_ppm: 9, spread_msat: 3_848_881, rounding_msat: 29,
  },
};
const parted = (change: Partial<NonNullable<QuoteView["parts"]>>): QuoteView => ({ ...PARTED, parts: { ...(PARTED.parts as NonNullable<QuoteView["parts"]>), ...change } });

describe("the parts of a price", () => {
  it("are the reference purchase's, and add up to it", () => {
    const { made, ...price } = priceOf(PARTED, 5_000);
    expect(price.amountMsat).toBe(496_758_000);
    expect(made).toEqual({
      consolidatedMicro: 5_500_050_000, observedAtMs: NOW - 6_000, venues: 4, outliers: [], basis: { kind: "venues" },
      orderMsat: 492_904_609, feeMsat: 0, sold: { rateMicro: 5_500_000_000, slippagePpm: 9, slippageMsat: 4_481 }, spreadMsat: 3_848_881, roundingMsat: 29,
    });
    expect((made?.orderMsat ?? 0) + (made?.feeMsat ?? 0) + (made?.sold?.slippageMsat ?? 0) + (made?.spreadMsat ?? 0) + (made?.roundingMsat ?? 0)).toBe(496_758_000);
  });
  it("are not made up of a quote that tells none, or of a basis that nobody here knows", () => {
    expect(priceOf(QUOTE, 0)).not.toHaveProperty("made");
    expect(priceOf(parted({ basis: { kind: "oracle" as "venues" } }), 0)).not.toHaveProperty("made");
    expect(priceOf(parted({ basis: { kind: "venues_and_table" } }), 0)).not.toHaveProperty("made");
    expect(priceOf(parted({ basis: { kind: "venues_and_table", table: "ecb", date: "2026-01-30" } }), 0).made?.basis).toEqual({ kind: "venues_and_table", table: "ecb", date: "2026-01-30" });
  });
  it("are held to the arithmetic, each of them", () => {
    expect(partsHold(PARTED)).toBe(true);
    expect(partsHold(QUOTE)).toBe(true);
    for (const name of ["order_msat", "fee_msat", "slippage_msat", "slippage_ppm", "spread_msat", "rounding_msat"] as const) expect(partsHold(parted({ [name]: (PARTED.parts?.[name] ?? 0) + 1 })), name).toBe(false);
    expect(partsHold(parted({ consolidated_rate_micro: 5_600_000_000 }))).toBe(false);
    expect(partsHold(parted({ consolidated_rate_micro: -1 }))).toBe(false);
    expect(partsHold({ ...PARTED, spread_ppm: 7749 })).toBe(false);
    expect(partsHold({ ...PARTED, executable_rate_micro: 5_500_002_000 })).toBe(false);
  });
  const row = { currency: "USD", rate_micro: 5_500_050_000, shopper_rate_micro: 5_457_435_612, observed_at_ms: NOW - 2_000, age_ms: 2_000, venues: ["a", "b", "c"], outliers: ["d"] };
  const served = { fee_bps: 0, spread_ppm: 7748 } as Served;
  const usd = { minor: 2711, currency: "USD" };
  it("are told of an estimate too, without a walk of the book", () => {
    const price = estimate(usd, served, { rates: [{ ...row, basis: { kind: "venues" } }] }, 1_000);
    expect(price?.made).toEqual({
      consolidatedMicro: 5_500_050_000, observedAtMs: NOW - 3_000, venues: 3, outliers: ["d"], basis: { kind: "venues" },
      orderMsat: 492_904_609, feeMsat: 0, spreadMsat: 3_848_846, roundingMsat: 545,
    });
  });
  it("mark a rate that went through a daily table, in the panel and on the pill", () => {
    const basis = { kind: "table", table: "ecb", date: "2026-01-30", through: "EUR" } as const;
    expect(estimate(usd, served, { rates: [{ ...row, basis }] })?.made?.basis).toEqual(basis);
    const pill = (kind: "venues" | "venues_and_table"): unknown => pillView(input({ rates: { rates: [{ ...row, basis: { kind, table: "ecb", date: "2026-01-30" } }] } })).rough;
    expect([pill("venues"), pill("venues_and_table")]).toEqual([undefined, true]);
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
