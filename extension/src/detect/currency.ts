/** What a page says of its currency beside the amounts: only used where a symbol stands for several. */

import { isCurrency } from "../money/currency.ts";
import { past } from "./past.ts";
import type { Walked } from "./walk.ts";
import { hostOf } from "./frames.ts";
import { APPROX, CURRENCY_BOX, EXPLICIT, FOREIGN_PLACE, JSON_CURRENCY, MONEY_SAID, OTHER_COUNTRY, OTHER_DOLLAR_CODES, OTHER_DOLLARS, SAYING, SAYING_TAGS, STATED, US_BOX, US_PAGE, US_PLACE } from "./lexicon.ts";
import type { Line } from "./lines.ts";

const JSON_TYPE = /^application\/(ld\+)?json$/i;
const CURRENCY_ATTRIBUTES = ["data-currency", "data-currency-code"];
const SCRIPT_LEN_MAX = 100_000;
const ELEMENTS_MAX = 60;
const LINES_MAX = 3_000;

/** One currency that all the page's data agree on, or none. */
export function currencyHint(walked: Walked): string | undefined {
  const { document } = walked;
  const said = new Set<string>();
  let looked = 0;
  const add = (code: string | null | undefined): void => {
    const upper = (code ?? "").trim().toUpperCase();
    if (isCurrency(upper)) said.add(upper);
  };
  // By tag as far as they have one: those a browser finds without a look at the rest.
  for (const script of document.getElementsByTagName("script")) {
    if (!JSON_TYPE.test(script.getAttribute("type") ?? "")) continue;
    for (const match of (script.textContent ?? "").slice(0, SCRIPT_LEN_MAX).matchAll(JSON_CURRENCY)) add(match[1]);
  }
  const tagged = ["meta", "input"].flatMap((tag) => [...document.getElementsByTagName(tag)]).filter((element) => matches(element, SAYING_TAGS));
  for (const saying of [...tagged, ...SAYING.flatMap((css) => select(document, css))]) {
    const element = past(saying);
    add(element.getAttribute("content") ?? element.getAttribute("value"));
    for (const name of CURRENCY_ATTRIBUTES) add(element.getAttribute(name));
    if (element.getAttribute("itemprop") !== null) add(element.textContent);
    if (++looked > ELEMENTS_MAX) break;
  }
  if (said.size === 1) return [...said][0];
  return undefined;
}

/** What a page's words, beside its data, say of whose money a shared symbol is. */
export interface Spoken {
  /** Said of all amounts, or chosen in the page's currency box: more than the host and the language say. */
  readonly stated: string | undefined;
  /** The one currency that is spoken of at all, or whose a bare `$` is on a page in English without a country. */
  readonly said: string | undefined;
  /** Another country's dollar is as likely as the United States'. */
  readonly doubt: boolean;
}

/** Asked only where a symbol stands for several currencies. */
export function spokenOf(walked: Walked, url: string, language: string | null): Spoken {
  const stated = new Set<string>();
  const said = new Set<string>();
  for (const line of linesWith(walked, MONEY_SAID)) {
    const states = STATED.test(line.folded) && !APPROX.test(line.folded);
    for (const { pattern, code } of EXPLICIT) if (pattern.test(line.text)) (states ? stated.add(code) : said).add(code);
  }
  const boxes = walked.controls.map(({ element, before }) => boxText(element as HTMLSelectElement, before));
  for (const box of boxes) {
    const code = CURRENCY_BOX.exec(box)?.[1]?.toUpperCase() ?? "";
    if (isCurrency(code)) stated.add(code);
  }
  const all = new Set([...said, ...stated]);
  const [one] = all;
  const has = (words: RegExp): boolean => !linesWith(walked, words).next().done;
  const doubt = stated.size > 1 || OTHER_COUNTRY.test(url) || boxes.some((box) => OTHER_COUNTRY.test(box)) || (!all.has("USD") && [...all].some((code) => OTHER_DOLLAR_CODES.includes(code))) || has(FOREIGN_PLACE);
  // Without any sign of the United States a bare `$` on a page in English is nobody's.
  const us = (): boolean => !doubt && US_PAGE.test(`${language ?? ""} ${hostOf(url)}`) && !has(OTHER_DOLLARS) && (US_BOX.test(url) || boxes.some((box) => US_BOX.test(box)) || has(US_PLACE));
  return { stated: stated.size === 1 ? [...stated][0] : undefined, said: all.size === 1 ? one : all.size === 0 && us() ? "USD" : undefined, doubt };
}

/** What a control is called, and what a box with options stands at. What stands first in a list of countries may only be what nobody has chosen yet. */
function boxText(box: HTMLSelectElement, before: string): string {
  const names = ["name", "id", "class", "placeholder", "aria-label"].map((name) => box.getAttribute(name) ?? "").join(" ");
  const option = box.localName === "select" && (box.selectedIndex > 0 || /curr/i.test(names)) ? box.options[box.selectedIndex] : undefined;
  return `${names} ${before} =${option?.value ?? ""} ${option?.text ?? ""}`;
}

function* linesWith(walked: Walked, words: RegExp): Generator<Line> {
  for (const line of walked.said.having(words)) if (line.index < LINES_MAX && line.text.length <= 400) yield line;
}

function select(document: Document, css: string): Element[] {
  try {
    return Array.from(document.querySelectorAll(css));
  } catch {
    return [];
  }
}

function matches(element: Element, css: string): boolean {
  try {
    return element.matches(css);
  } catch {
    return false;
  }
}
