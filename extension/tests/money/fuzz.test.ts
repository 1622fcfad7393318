import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountsIn, readMoney } from "../../src/money/index.ts";
import { SYMBOLS } from "../../src/money/generated/symbols.ts";
import { SPELLINGS } from "../../src/money/spellings.ts";

const symbols = [...new Set(`${SYMBOLS}\n${SPELLINGS}`.split(/[\s]+/u))].filter((s) => s !== "");
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..."0123456789") },
  { weight: 4, arbitrary: fc.constantFrom(..." .,'-/:()+%x×~–—\u00a0\u202f\u200f\u00ad\n\t٫٬’") },
  { weight: 3, arbitrary: fc.constantFrom(...symbols, "USD", "EUR", "US $", "$ CA", "&nbsp;", "&#36;", "Total", "from", "ab", "/kg", "12,34", "1.234", "٣", "５", "²") },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
);
const text = fc.array(piece, { maxLength: 24 }).map((parts) => parts.join(""));
const context = fc.record({
  locale: fc.constantFrom(undefined, "de-DE", "en-US", "en", "fr-FR", "ja", "ar-EG", "hi-IN", "de-CH", "zz", "not a tag", ""),
  host: fc.constantFrom(undefined, "www.amazon.com", "shop.ca", "x.co.jp", "localhost", "..", "a.b.com.au:8080"),
  currency: fc.constantFrom(undefined, "USD", "EUR", "JPY", "KWD", "XXX", "usd", ""),
});

describe("any text at all", () => {
  it("is read or not, and never throws; an amount is a safe integer of a known currency", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(text, context, (input, around) => {
        const read = readMoney(input, around);
        if ("money" in read) {
          expect(Number.isSafeInteger(read.money.minor) && read.money.minor >= 0).toBe(true);
          expect(read.money.currency).toMatch(/^[A-Z]{3}$/u);
        }
        let last = 0;
        for (const { start, end } of amountsIn(input, around)) {
          expect(start >= last && end > start && end <= input.length).toBe(true);
          last = start;
        }
      }),
      { numRuns: 100_000, seed: 4217 },
    );
  });

  it("means the same with marks that cannot be seen in between", () => {
    const invisible = fc.constantFrom("\u200b", "\u00ad", "\u200f", "\u200e", "\ufeff", "\u2060");
    fc.assert(
      fc.property(fc.constantFrom("US $1,334.99", "1.234,56 €", "￥1,500", "R$ 12,90", "CHF 1'234.50", "₹1,23,456.00"), fc.nat(30), invisible, (printed, at, mark) => {
        const cut = Math.min(at, printed.length);
        const around = { locale: "de-DE" };
        expect(readMoney(printed.slice(0, cut) + mark + printed.slice(cut), around)).toEqual(readMoney(printed, around));
      }),
      { numRuns: 2000, seed: 4217 },
    );
  });

  it("takes time in proportion to the text, whatever is in it", { timeout: 60_000 }, () => {
    const hostile = ["1", "1,", "1.", "1 ", "$", "$1", "$ ", "- ", "(", "1x", "a", "kr.", " ", "\n", "1 000", "&#36;", "$1 - ", "US $", "1/", "合计", "\ud800", "٣", "Total "];
    const took = (repeated: string, length: number): number => {
      const input = repeated.repeat(Math.ceil(length / repeated.length)).slice(0, length);
      const begin = process.cpuUsage();
      readMoney(input, { locale: "en-US", currency: "USD" });
      amountsIn(input, { locale: "en-US" });
      const { user, system } = process.cpuUsage(begin);
      return (user + system) / 1000;
    };
    for (const repeated of hostile) {
      took(repeated, 1000);
      // Time of this process alone, the best of several: other work on the machine does not count.
      const best = (length: number): number => Math.min(...Array.from({ length: 12 }, () => took(repeated, length)));
      const [short, long] = [best(1000), best(4000)];
      expect(long, `${JSON.stringify(repeated)}: ${short.toFixed(2)} ms, four times as long ${long.toFixed(2)} ms`).toBeLessThan(Math.max(10 * short, 20));
    }
  });
});
