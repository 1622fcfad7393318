/**
 * Generated pages never make the reader throw or hang, and what it says of them keeps its promises. `ANYTILL_SOAK_RUNS`
 * sets how many (`npm run soak`: 100,000), `ANYTILL_SOAK_SEED` which.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { find, read } from "../../src/detect/index.ts";
import type { Place } from "../../src/types/detect.ts";
import { parsePage } from "../../tools/page.ts";
import { recipes } from "./page.ts";

const RUNS = Number.parseInt(process.env["ANYTILL_SOAK_RUNS"] ?? "1000", 10);
const BATCH = 100;
/** Generous: many helpers share a machine. A hang is seconds. */
const PAGE_MS_MAX = 2_000;

const word = fc.constantFrom(
  "Total", "Order total", "Subtotal", "Gesamtsumme", "Total TTC", "合計", "Shipping", "Card number", "Expiry", "CVC", "Pay now", "Place order", "Thank you for your order", "Zur Kasse", "incl. VAT", "(3 items)",
  "calculated at next step", "/mo", "Gift card", "Name on card", "ZIP", "Billing", "-", ":", "MM/YY", "%", "((", "\\", "\u202e", "\u200b", "😀",
);
const amount = fc.oneof(
  fc.constantFrom("$27.11", "27,11 €", "US $", "￥3,000", "1 234,56 €", "R$ 12,90", "1.234", "$", ".", "11", "0", "Kč 1 299", "$1,2,3", "-$5.00", "₹1,23,456.00", "٣٤"),
  fc.integer({ min: 0, max: 1e9 }).map((n) => `$${n}`),
  fc.string({ maxLength: 12 }),
);
const text = fc.oneof(word, amount, fc.tuple(word, amount).map(([a, b]) => `${a} ${b}`), fc.string({ unit: "grapheme", maxLength: 40 }));
const escape = (value: string): string => value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
const attributes = fc
  .array(
    fc.tuple(
      fc.constantFrom("id", "name", "class", "style", "aria-label", "aria-hidden", "hidden", "autocomplete", "placeholder", "for", "type", "maxlength", "role", "title", "value", "lang", "data-testid", "aria-labelledby"),
      fc.oneof(text, fc.constantFrom("display:none", "position:absolute;left:-9999px", "true", "cc-number", "cc-exp", "hidden", "checkbox", "radio", "a", "b", "sr-only", "4", "grand totals", "card[exp_mon]", "]\"'\\")),
    ),
    { maxLength: 3 },
  )
  .map((list) => list.map(([name, value]) => ` ${name}="${escape(value)}"`).join(""));
const leaf = fc.oneof(
  text.map(escape),
  attributes.map((a) => `<input${a}>`),
  fc.tuple(attributes, fc.array(text, { maxLength: 13 })).map(([a, list]) => `<select${a}>${list.map((one) => `<option>${escape(one)}</option>`).join("")}</select>`),
  fc.tuple(attributes, text).map(([a, t]) => `<button${a}>${escape(t)}</button>`),
  fc.tuple(attributes, text).map(([a, t]) => `<label${a}>${escape(t)}</label>`),
  text.map((t) => `<iframe srcdoc="${escape(`<p>${escape(t)}</p><input name=cardnumber>`)}"></iframe>`),
  text.map((t) => `<style>.x,${escape(t)}{display:none}}}{</style>`),
);
const tag = fc.constantFrom("div", "span", "p", "table", "tr", "td", "th", "dl", "dt", "dd", "ul", "li", "form", "fieldset", "legend", "label", "details", "summary", "h2", "s", "sup", "b", "template", "x-box", "section", "a");
const tree: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? leaf
    : fc.oneof(
        leaf,
        fc.tuple(tag, attributes, fc.array(tree(), { maxLength: 4 })).map(([name, a, inner]) => `<${name}${a}>${inner.join("")}</${name}>`),
        fc.array(tree(), { maxLength: 3 }).map((inner) => `<x-host><template shadowrootmode="open">${inner.join("")}</template></x-host>`),
      ),
);
const page = fc.array(tree(5), { maxLength: 8 }).map((parts) => parts.join("\n"));
const url = fc.constantFrom("https://shop.example/checkout", "https://www.amazon.com/checkout/p/p-1/spc", "https://www.aliexpress.com/p/trade/confirm.html", "https://a.example/cart", "", "about:blank", "javascript:1", "https://js.stripe.com/v3/x.html");
const lang = fc.constantFrom("en", "de-DE", "ja", "", "x-klingon", "zh-Hant-TW-u-nu-hanidec", "\u0000");

function check(html: string, address: string, language: string): void {
  const saved = parsePage(`<!doctype html><html lang="${escape(language)}"><body>${html}</body></html>`, null);
  const began = performance.now();
  const reading = read(saved.document, address, recipes, { frameDocument: saved.frameDocument });
  expect(performance.now() - began).toBeLessThan(PAGE_MS_MAX);
  expect(Number.isInteger(reading.confidence) && reading.confidence >= 0 && reading.confidence <= 100).toBe(true);
  if (!reading.checkout) expect([reading.store, reading.total, reading.candidate]).toEqual([null, null, undefined]);
  if (reading.total !== null) {
    expect(reading.confidence).toBeGreaterThanOrEqual(80);
    expect(Number.isSafeInteger(reading.total.minor) && reading.total.minor > 0).toBe(true);
    expect(reading.candidate).toBeUndefined();
  }
  const places: Place[] = [...Object.values(reading.fields).flat(), ...reading.saveCard.map(({ css }) => css), ...reading.giftCardCode];
  const elements = places.map((place) => find(saved.document, place, saved.frameDocument));
  expect(elements).not.toContain(null);
  const fields = Object.values(reading.fields).flat().length;
  expect(new Set(elements.slice(0, fields)).size).toBe(fields);
}

describe("generated pages", () => {
  it(`${RUNS} of them neither throw nor hang, and every promise is kept`, { timeout: 120_000 + RUNS * 200 }, async () => {
    const seed = Number.parseInt(process.env["ANYTILL_SOAK_SEED"] ?? String(Date.now() % 2 ** 31), 10);
    // In batches, so that the runner hears of us in between.
    for (let done = 0; done < RUNS; done += BATCH) {
      fc.assert(fc.property(page, url, lang, check), { numRuns: Math.min(BATCH, RUNS - done), seed: seed + done });
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it.each([
    ["a page 3,000 elements deep", `${"<div>".repeat(3_000)}<p>Total $27.11`],
    ["4,000 rows", "<tr><td>Total</td><td>$27.11</td></tr>".repeat(4_000)],
    ["2,000 inputs", '<label>Card number <input name="cardnumber"></label>'.repeat(2_000)],
    ["one line of 5,000 pieces", "<span>1</span>".repeat(5_000)],
    ["one word of a million letters", `<p>Total ${"a".repeat(1_000_000)}</p>`],
    ["a style sheet of 3,000 rules", `<style>${".a .b .c{display:none}".repeat(3_000)}</style><p>Total $27.11</p>`],
    ["200 frames in shadow roots", '<x-a><template shadowrootmode="open"><iframe srcdoc="<p>Total $1</p>"></iframe></template></x-a>'.repeat(200)],
  ])("%s", { timeout: 60_000 }, (_, html) => {
    const saved = parsePage(`<!doctype html><html lang="en"><body><table>${html}`, null);
    const began = performance.now();
    read(saved.document, "https://shop.example/checkout", recipes, { frameDocument: saved.frameDocument });
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
