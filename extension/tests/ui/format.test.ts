import { describe, expect, it } from "vitest";
import { decimal, formats } from "../../src/ui/format.ts";

const en = formats("en-US");
const de = formats("de-DE");
const zh = formats("zh-CN");
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

describe("amounts", () => {
  it.each([
    [2711, "USD", "$27.11", "27,11 $"],
    [3000, "JPY", "¥3,000", "3.000 ¥"],
    [12345, "KWD", "KWD 12.345", "12,345 KWD"],
    [Number.MAX_SAFE_INTEGER, "EUR", "€90,071,992,547,409.91", "90.071.992.547.409,91 €"],
    // ISO 4217 gives the dinar three decimals, whatever a browser usually shows.
    [27_110, "IQD", "IQD 27.110", "27,110 IQD"],
    [5, "GBP", "£0.05", "0,05 £"],
  ])("%i %s", (minor, currency, american, german) => {
    expect(plain(en.money({ minor, currency }))).toBe(american);
    expect(plain(de.money({ minor, currency }))).toBe(german);
  });

  it("shows bitcoin to the satoshi, and beyond it only where there is more", () => {
    expect(en.btc(496_758_000)).toBe("0.00496758 BTC");
    expect(de.btc(496_758_000)).toBe("0,00496758 BTC");
    expect(en.btc(3_853_391)).toBe("0.00003853391 BTC");
    expect(en.btc(2_100_000_000_000_000_000 / 1000)).toBe("21,000.00000000 BTC");
    expect(en.sat(496_758_000)).toBe("496,758 sat");
    expect(zh.sat(3_853_391)).toBe("3,853.391 sat");
  });

  it("shows rates and spreads with all their digits", () => {
    expect(en.rate(5_457_386_000, "USD")).toBe("$5,457.386");
    expect(en.rate(5_457_000_001, "USD")).toBe("$5,457.000001");
    expect(en.percent(7748)).toBe("0.7748%");
    expect(plain(de.percent(12_000))).toBe("1,2 %");
  });

  it("shows parts under one another, with their sign", () => {
    expect(en.msat(492_904_609)).toBe("492,904.609\u00a0sat");
    expect(en.msat(29)).toBe("0.029\u00a0sat");
    expect(de.msat(-42_401)).toBe("-42,401\u00a0sat");
    expect([en.signedPercent(9), en.signedPercent(-2_124), en.signedPercent(0)]).toEqual(["+0.0009%", "-0.2124%", "0%"]);
  });

  it("shows a day as a day, wherever it is read, and what is none as it is", () => {
    expect(en.date("2026-03-13")).toBe("Mar 13, 2026");
    expect(de.date("2026-03-13")).toBe("13.03.2026");
    expect(en.date("lately")).toBe("lately");
  });

  it("makes decimal text without a fraction on the way", () => {
    expect(decimal(-5n, 2)).toBe("-0.05");
    expect(decimal(0, 3)).toBe("0.000");
    expect(decimal(7, 0)).toBe("7");
  });
});

describe("times", () => {
  it.each([
    [0, "0:00"],
    [-5000, "0:00"],
    [1, "0:01"],
    [272_000, "4:32"],
    [3_600_000, "1:00:00"],
  ])("%i ms left is %s", (ms, text) => expect(en.clock(ms)).toBe(text));

  it("does not fail on a code that is none", () => {
    expect(en.currencyName("USD")).toBe("US Dollar");
    expect(en.currencyName("nonsense")).toBe("nonsense");
    expect(en.country("DE")).toBe("Germany");
  });
});
