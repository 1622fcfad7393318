/**
 * Pages as nobody makes them, and what a reading of one promises. The same in a test without a browser (`soak.test.ts`) and
 * in a real one (`tools/soak.ts`).
 */
import fc from "fast-check";
import { find, read } from "../../src/detect/index.ts";
import type { Place } from "../../src/types/detect.ts";
import type { Recipe } from "../../src/types/recipe.ts";

/** Generous: many programs share a machine. A hang is seconds. */
export const PAGE_MS_MAX = 2_000;

export interface Parsed {
  readonly document: Document;
  readonly frameDocument: (frame: Element) => Document | null;
}

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
      fc.constantFrom("id", "name", "class", "style", "aria-label", "aria-hidden", "hidden", "autocomplete", "placeholder", "for", "type", "maxlength", "role", "title", "value", "lang", "data-testid", "aria-labelledby", "inert", "readonly", "onfocus", "itemprop", "data-currency", "src", "open", "slot", "is"),
      fc.oneof(text, fc.constantFrom("display:none", "position:absolute;left:-9999px", "true", "cc-number", "cc-exp", "hidden", "checkbox", "radio", "a", "b", "sr-only", "4", "grand totals", "card[exp_mon]", "]\"'\\", "constructor", "toString")),
    ),
    { maxLength: 3 },
  )
  .map((list) => list.map(([name, value]) => ` ${name}="${escape(value)}"`).join(""));
/** A field of such a name stands in front of the form's own member. */
const member = fc.constantFrom("constructor", "firstChild", "nextSibling", "parentElement", "parentNode", "getAttribute", "hasAttribute", "nodeType", "localName", "closest", "contains", "children", "childNodes", "querySelector", "querySelectorAll", "textContent", "shadowRoot", "matches", "checkVisibility", "getBoundingClientRect", "previousElementSibling", "ownerDocument");
const leaf = fc.oneof(
  member.map((name) => `<input name="${name}">`),
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
const usual = fc.array(tree(5), { maxLength: 8 }).map((parts) => parts.join("\n"));
/** Long lists of one thing, deep nests, and texts beyond all measure. */
const huge = fc.oneof(
  fc.tuple(tree(3), fc.integer({ min: 2, max: 300 })).map(([part, times]) => part.repeat(times)),
  fc.tuple(fc.constantFrom("div", "span", "table", "form", "ul", "b", "x-box", "label"), fc.integer({ min: 2, max: 600 }), tree(2)).map(([name, deep, inner]) => `${`<${name}>`.repeat(deep)}${inner}`),
  fc.tuple(fc.array(member, { minLength: 1, maxLength: 6 }), tree(3)).map(([names, inner]) => `<form>${names.map((name) => `<input name="${name}">`).join("")}${inner}</form>`),
  fc.tuple(text, fc.integer({ min: 2, max: 4_000 })).map(([part, times]) => `<p>${escape(part).repeat(times)}</p>`),
);
/** Cut off, or with something where it does not belong. */
const broken = fc
  .tuple(usual, fc.nat(2_000), fc.nat(200), fc.constantFrom("", "<", ">", "</div>", "</table>", "<td>", "<form>", "<!--", "<![CDATA[", "<svg><a><p>", "<math><mi>", "<select>", "<plaintext>", "<frameset>", "\u0000", '"', "&#x1F4A9", "<template>"))
  .map(([html, at, length, odd]) => html.slice(0, at) + odd + html.slice(at + length));
const page = fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: huge }, { weight: 4, arbitrary: broken });
const url = fc.constantFrom("https://shop.example/checkout", "https://www.amazon.com/checkout/p/p-1/spc", "https://www.aliexpress.com/p/trade/confirm.html", "https://pay.ebay.com/rxo?action=view", "https://a.example/cart", "", "about:blank", "javascript:1", "https://js.stripe.com/v3/x.html");
const lang = fc.constantFrom("en", "de-DE", "ja", "", "x-klingon", "zh-Hant-TW-u-nu-hanidec", "\u0000");

function hold(promise: boolean, what: string): void {
  if (!promise) throw new Error(`not kept: ${what}`);
}

/** Throws when a reading of such a page throws, takes long, or breaks what it promises. */
export function promises(parse: (html: string) => Parsed, recipes: readonly Recipe[], clock: () => number = () => performance.now()): fc.IProperty<[string, string, string]> {
  return fc.property(page, url, lang, (html, address, language) => {
    const { document, frameDocument } = parse(`<!doctype html><html lang="${escape(language)}"><body>${html}</body></html>`);
    const began = clock();
    const reading = read(document, address, recipes, { frameDocument });
    hold(clock() - began < PAGE_MS_MAX, "time");
    hold(Number.isInteger(reading.confidence) && reading.confidence >= 0 && reading.confidence <= 100, "confidence");
    if (!reading.checkout) hold(reading.store === null && reading.total === null && reading.candidate === undefined, "nothing where no checkout is");
    if (reading.total !== null) {
      hold(reading.confidence >= 80 && reading.candidate === undefined, "sure of a total");
      hold(Number.isSafeInteger(reading.total.minor) && reading.total.minor > 0, "a total that is an amount");
    }
    const places: Place[] = [...Object.values(reading.fields).flat(), ...reading.saveCard.map(({ css }) => css), ...reading.giftCardCode];
    const elements = places.map((place) => find(document, place, frameDocument));
    hold(!elements.includes(null), "every place found");
    const fields = Object.values(reading.fields).flat().length;
    hold(new Set(elements.slice(0, fields)).size === fields, "no field twice");
  });
}
