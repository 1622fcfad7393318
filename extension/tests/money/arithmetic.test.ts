import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { addMoney, costMsat, formatMoney, isCurrency, minorDigits, moneyDecimal, partsMsat, rateLessSpread, readMoney, worthCeil } from "../../src/money/index.ts";

const vectors = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../vectors/${name}`, import.meta.url), "utf8"));

interface Amounts {
  readonly format: readonly { currency: string; minor: string; decimal: string }[];
  readonly parse: readonly { currency: string; text: string; minor?: string; fault?: string }[];
  readonly quote: readonly {
    currency: string;
    total_minor: string;
    fee_minor: string;
    consolidated_micro: string;
    executable_micro: string;
    spread_ppm: string;
    rate_micro: string;
    amount_msat: string;
    order_msat: string;
    fee_msat: string;
    slippage_msat: string;
    slippage_ppm: string;
    spread_msat: string;
    rounding_msat: string;
  }[];
}
const amounts = vectors("amounts.json") as Amounts;
const minorOf = (text: string): number => Number(BigInt(text));

describe("the server's vectors", () => {
  it.each(amounts.quote)("prices $total_minor $currency as the server does", (q) => {
    const rate = rateLessSpread(BigInt(q.executable_micro), BigInt(q.spread_ppm));
    expect(rate).toBe(BigInt(q.rate_micro));
    const total = { minor: minorOf(q.total_minor), currency: q.currency };
    const fee = { minor: minorOf(q.fee_minor), currency: q.currency };
    expect(costMsat(total, fee, rate ?? 0n)).toBe(BigInt(q.amount_msat));
    const rates = { consolidated: BigInt(q.consolidated_micro), executable: BigInt(q.executable_micro), rate: BigInt(q.rate_micro) };
    const parts = partsMsat(total, fee, rates, BigInt(q.amount_msat));
    expect(parts).toEqual({
      orderMsat: BigInt(q.order_msat), feeMsat: BigInt(q.fee_msat), slippageMsat: BigInt(q.slippage_msat), slippagePpm: BigInt(q.slippage_ppm), spreadMsat: BigInt(q.spread_msat), roundingMsat: BigInt(q.rounding_msat),
    });
    const sum = parts && parts.orderMsat + parts.feeMsat + parts.slippageMsat + parts.spreadMsat + parts.roundingMsat;
    expect(sum).toBe(BigInt(q.amount_msat));
  });

  it("knows no parts of what does not fit together", () => {
    const [total, fee] = [{ minor: 2711, currency: "USD" }, { minor: 0, currency: "USD" }];
    const rates = { consolidated: 5_500_050_000n, executable: 5_500_000_000n, rate: 5_457_386_000n };
    expect(partsMsat(total, fee, rates, 496_758_000n)?.roundingMsat).toBe(29n);
    for (const amount of [496_757_000n, 496_759_000n]) expect(partsMsat(total, fee, rates, amount)).toBeUndefined();
    for (const change of [{ consolidated: 0n }, { executable: 0n }, { rate: 0n }, { rate: 5_500_000_001n }]) expect(partsMsat(total, fee, { ...rates, ...change }, 496_758_000n)).toBeUndefined();
    expect(partsMsat(total, { minor: 0, currency: "EUR" }, rates, 496_758_000n)).toBeUndefined();
  });

  it.each(amounts.format)("prints $minor $currency as $decimal", (f) => {
    expect(moneyDecimal({ minor: minorOf(f.minor), currency: f.currency })).toBe(f.decimal);
  });

  it("never reads a plain decimal as anything else than the server does", () => {
    for (const row of amounts.parse) {
      const read = readMoney(row.text, { locale: "en-US", currency: row.currency });
      if ("money" in read) expect([row.text, String(read.money.minor)]).toEqual([row.text, row.minor ?? readElsewhere[row.text]]);
    }
    expect(readMoney("27.11", { locale: "en-US", currency: "USD" })).toEqual({ money: { minor: 2711, currency: "USD" } });
  });

  it("knows the server's currencies and their decimals, and no others", () => {
    const { decimals } = vectors("currencies.json") as { decimals: Record<string, string> };
    for (const [code, digits] of Object.entries(decimals)) expect([code, isCurrency(code), minorDigits(code)]).toEqual([code, true, Number.parseInt(digits, 10)]);
    for (const code of ["XAU", "XTS", "XXX", "DEM", "BTC", "", "usd"]) expect(isCurrency(code)).toBe(false);
  });
});

/** What is no plain decimal for the server and still an amount on a page. */
const readElsewhere: Readonly<Record<string, string>> = {
  "1,234.56": "123456", "1.234,56": "123456", "1,5": "150", "5.": "500", " 1": "100", "1 ": "100", $1: "100", "٣": "300", "１": "1", ".5": "never",
};

describe("sums", () => {
  it("adds the same currency and nothing else", () => {
    expect(addMoney({ minor: 2711, currency: "USD" }, { minor: 50, currency: "USD" })).toEqual({ minor: 2761, currency: "USD" });
    expect(addMoney({ minor: 1, currency: "USD" }, { minor: 1, currency: "EUR" })).toBeUndefined();
    expect(addMoney({ minor: Number.MAX_SAFE_INTEGER, currency: "USD" }, { minor: 1, currency: "USD" })).toBeUndefined();
  });

  it("has no price without a rate, and none beyond all bitcoin", () => {
    const total = { minor: 100, currency: "USD" };
    expect(costMsat(total, { minor: 0, currency: "USD" }, 0n)).toBeUndefined();
    expect(costMsat(total, { minor: 0, currency: "EUR" }, 1n)).toBeUndefined();
    expect(costMsat({ minor: Number.MAX_SAFE_INTEGER, currency: "USD" }, { minor: 0, currency: "USD" }, 1n)).toBeUndefined();
    expect(rateLessSpread(1_000_000n, 1_000_000n)).toBeUndefined();
    expect(rateLessSpread(1_000_000n, 1_000_001n)).toBeUndefined();
  });
});

describe("printing", () => {
  it.each([
    [2711, "EUR", "de-DE", "27,11 €"],
    [123456, "USD", "en-US", "$1,234.56"],
    [3000, "JPY", "ja-JP", "￥3,000"],
    [12345, "KWD", "en-US", "KWD 12.345"],
    [1299000, "HUF", "hu-HU", "12 990,00 Ft"],
    [5, "CHF", "de-CH", "CHF 0.05"],
    [12345600, "INR", "en-IN", "₹1,23,456.00"],
    [1234, "EGP", "ar-EG", "١٢٫٣٤ ج.م."],
    // Beyond what a double of major units holds exactly.
    [9007199254740991, "USD", "en-US", "$90,071,992,547,409.91"],
  ])("%i %s in %s", (minor, currency, locale, printed) => {
    expect(formatMoney({ minor, currency }, locale).replace(/[\u200e\u200f]/gu, "").replace(/\s/gu, " ")).toBe(printed);
  });
});

describe("what satoshis are worth", () => {
  it.each<[number, number, string, number]>([
    [141, 55_000_000_000, "USD", 8], [1, 1, "USD", 1], [0, 55_000_000_000, "USD", 0], [100_000_000, 55_000_000_000, "USD", 5_500_000], [1_741, 8_000_000_000_000, "JPY", 140], [1_741, 16_000_000_000, "KWD", 279],
  ])("%i sat at %i millionths of %s are %i minor units, rounded up", (sat, rate, currency, minor) => expect(worthCeil(sat, rate, currency)).toEqual({ minor, currency }));
  it("are none beyond exact numbers", () => expect(worthCeil(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, "USD")).toBeUndefined());
});
