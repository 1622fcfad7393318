/** What a page says of its currency beside the amounts: only used where a symbol stands for several. */

import { isCurrency } from "../money/currency.ts";
import { past } from "./past.ts";
import type { Walked } from "./walk.ts";
import { EXPLICIT, JSON_CURRENCY, OTHER_DOLLARS, SAYING, SAYING_TAGS } from "./lexicon.ts";

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

/** What the text says of a currency, where a symbol stands for several; and whose a bare `$` is on a page in English that names no country: the United States', unless anything speaks of another. */
export function spokenOf(walked: Walked, host: string, language: string | null): string | undefined {
  const said = new Set<string>();
  for (const line of walked.lines.slice(0, LINES_MAX)) {
    if (line.text.length > 300 || !/[A-Z]{2}|\$|円|元|币/.test(line.text)) continue;
    for (const { pattern, code } of EXPLICIT) if (pattern.test(line.text)) said.add(code);
  }
  return said.size > 0 ? (said.size === 1 ? [...said][0] : undefined) : dollarOf(walked, host, language);
}

function dollarOf(walked: Walked, host: string, language: string | null): string | undefined {
  if (language !== null && !/^en([-_]us)?$/i.test(language.trim())) return undefined;
  if (/\.[a-z]{2}$/.test(host) && !/\.(us|io|co|ai|me|tv|so|to|gg)$/.test(host)) return undefined;
  for (const line of walked.said.having(OTHER_DOLLARS)) {
    if (line.index < LINES_MAX && line.text.length <= 400) return undefined;
  }
  for (const option of select(walked.document, 'select[name*="country" i] option[selected],select[id*="country" i] option[selected]')) {
    if (!/^(us|usa|united states)/i.test((option.getAttribute("value") ?? option.textContent ?? "").trim()) && !/united states/i.test(option.textContent ?? "")) return undefined;
  }
  return "USD";
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
