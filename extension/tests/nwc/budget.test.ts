import { describe, expect, it } from "vitest";
import { feeBoundMsatUp, isBudget, leftMsat } from "../../src/nwc/budget.ts";

const DAY_MS = 86_400_000;
const NOW = 1_800_000_000_000;

describe("a budget", () => {
  it("is what is left of the last day, or the last thirty", () => {
    const counted = [{ atMs: NOW - DAY_MS - 1, msat: 400_000 }, { atMs: NOW - DAY_MS, msat: 300_000 }, { atMs: NOW - DAY_MS + 1, msat: 200_000 }, { atMs: NOW, msat: 100_000 }];
    expect(leftMsat({ amountSat: 1_000, per: "day" }, counted, NOW)).toBe(700_000);
    expect(leftMsat({ amountSat: 1_000, per: "month" }, counted, NOW)).toBe(0);
  });
  it("is not given back by a clock that was ahead", () => {
    expect(leftMsat({ amountSat: 1_000, per: "day" }, [{ atMs: NOW + 10 * DAY_MS, msat: 900_000 }], NOW)).toBe(100_000);
  });
  it("is never less than nothing", () => {
    expect(leftMsat({ amountSat: 1, per: "day" }, [{ atMs: NOW, msat: 5_000 }], NOW)).toBe(0);
  });
  it.each([0, -1, 1.5, Number.NaN, 2_100_000_001])("is not %d satoshi", (amountSat) => expect(isBudget({ amountSat, per: "day" })).toBe(false));
  it("is for a day or a month", () => {
    expect(isBudget({ amountSat: 1, per: "month" })).toBe(true);
    expect(isBudget({ amountSat: 1, per: "toString" as never })).toBe(false);
  });
});

it("sets a hundredth aside for fees, rounded up to a satoshi, and no less than ten satoshi", () => {
  expect([1, 1_000_000, 1_000_001, 496_758_000, 496_758_001].map(feeBoundMsatUp)).toEqual([10_000, 10_000, 11_000, 4_968_000, 4_968_000]);
});
