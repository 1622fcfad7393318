/** What a page says of its currency beside the amounts: only used where a symbol stands for several. */

import { isCurrency } from "../money/currency.ts";
import { past } from "./past.ts";
import type { Walked } from "./walk.ts";
import { hostOf } from "./frames.ts";
import { APPROX, CURRENCY_BOX, EXPLICIT, FOREIGN_PLACE, JSON_CURRENCY, MONEY_SAID, OTHER_DOLLAR_CODES, OTHER_DOLLARS, SAYING, SAYING_TAGS, STATED, US_NAME, US_PLACE, US_ZIP } from "./lexicon.ts";

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
  const stated = new Set(chosen(walked));
  const said = new Set<string>();
  for (const line of walked.said.having(MONEY_SAID)) {
    if (line.index >= LINES_MAX) break;
    if (line.text.length > 300) continue;
    const codes = EXPLICIT.filter(({ pattern }) => pattern.test(line.text)).map(({ code }) => code);
    for (const code of codes) said.add(code);
    if (STATED.test(line.folded) && !APPROX.test(line.folded)) for (const code of codes) stated.add(code);
  }
  const [one] = said;
  const countries = countriesChosen(walked.document);
  const foreign = countries.some((country) => !US_NAME.test(country)) || otherPath(url) || stated.size > 1;
  const others = [...said].some((code) => OTHER_DOLLAR_CODES.includes(code)) && !said.has("USD");
  const doubt = foreign || others || spoken(walked, FOREIGN_PLACE);
  return { stated: stated.size === 1 ? [...stated][0] : undefined, said: said.size > 0 ? (said.size === 1 ? one : undefined) : dollarOf(walked, url, language, countries, doubt), doubt };
}

/** What the page's own currency box stands at. */
function* chosen({ controls }: Walked): Generator<string> {
  for (const { element, tier } of controls) {
    if (element.localName !== "select" || tier > 1) continue;
    if (!CURRENCY_BOX.test(["name", "id", "class", "aria-label"].map((name) => element.getAttribute(name) ?? "").join(" "))) continue;
    const option = (element as HTMLSelectElement).selectedOptions[0];
    const code = /(?<![A-Za-z])[A-Za-z]{3}(?![A-Za-z])/.exec(`${option?.getAttribute("value") ?? ""} ${option?.textContent ?? ""}`)?.[0].toUpperCase();
    if (code !== undefined && isCurrency(code)) yield code;
  }
}

/** `/en-au/checkout`: the address names a country that writes `$` and is not the United States. */
function otherPath(url: string): boolean {
  return /^https?:\/\/[^/]+\/(?:[^/]+\/)?[a-z]{2}[-_](ca|au|nz|sg|hk|mx|tw)(?=\/|$)/i.test(url);
}

function countriesChosen(document: Document): string[] {
  const out: string[] = [];
  for (const box of select(document, 'select[name*="country" i],select[id*="country" i]').slice(0, 20)) {
    if (/phone|tel|code|birth|issu|citizen|nation/i.test(`${box.getAttribute("name") ?? ""} ${box.getAttribute("id") ?? ""}`)) continue;
    // What stands first may only be what nobody has chosen yet.
    const { options, selectedIndex } = box as HTMLSelectElement;
    const option = selectedIndex > 0 ? options[selectedIndex] : box.querySelector("option[selected]");
    const text = option === null || option === undefined ? "" : `${option.getAttribute("value") ?? ""} ${option.textContent ?? ""}`.trim();
    if (text !== "" && !/select|choose|^[-–—. ]+$/i.test(text)) out.push(text);
  }
  return out;
}

function dollarOf(walked: Walked, url: string, language: string | null, countries: readonly string[], doubt: boolean): string | undefined {
  if (doubt || (language !== null && !/^en([-_]us)?$/i.test(language.trim()))) return undefined;
  const host = hostOf(url);
  if (/\.[a-z]{2}$/.test(host) && !/\.(us|io|co|ai|me|tv|so|to|gg)$/.test(host)) return undefined;
  if (spoken(walked, OTHER_DOLLARS)) return undefined;
  return countries.length > 0 || /\.us$/.test(host) || /^https?:\/\/[^/]+\/(en[-_])?us(\/|$)/i.test(url) || spoken(walked, US_PLACE) || asksZip(walked) ? "USD" : undefined;
}

function spoken(walked: Walked, words: RegExp): boolean {
  for (const line of walked.said.having(words)) if (line.index < LINES_MAX && line.text.length <= 400) return true;
  return false;
}

/** Nobody but the United States has a ZIP code or a billing field of that name. */
const asksZip = ({ controls }: Walked): boolean =>
  controls.some(({ element, before }) => US_ZIP.test(`${["name", "id", "placeholder", "aria-label"].map((name) => element.getAttribute(name) ?? "").join(" ")} ${before}`));

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
