/** What a page says of its currency beside the amounts: only used where a symbol stands for several. */

import { isCurrency } from "../money/index.ts";
import type { Walked } from "./walk.ts";
import { fold } from "./fold.ts";
import { EXPLICIT, OTHER_DOLLARS } from "./lexicon.ts";

const CURRENCY_ATTRIBUTES = ["data-currency", "data-currency-code", "data-currencycode", "data-cart-currency", "data-order-currency"];
const LINES_MAX = 3_000;

/** One currency that everything agrees on, or none. */
export function currencyHint(walked: Walked): string | undefined {
  const { document } = walked;
  const said = new Set<string>();
  const add = (code: string | null | undefined): void => {
    const upper = (code ?? "").trim().toUpperCase();
    if (isCurrency(upper)) said.add(upper);
  };
  for (const meta of select(document, 'meta[property$="price:currency"],meta[itemprop="priceCurrency"],[itemprop="priceCurrency"]')) {
    add(meta.getAttribute("content") ?? meta.textContent);
  }
  for (const name of CURRENCY_ATTRIBUTES) for (const element of select(document, `[${name}]`).slice(0, 20)) add(element.getAttribute(name));
  for (const input of select(document, 'input[name="currency" i],input[name="currency_code" i],input[name="currencyCode" i]').slice(0, 5)) add(input.getAttribute("value"));
  for (const script of select(document, 'script[type="application/ld+json"],script[type="application/json"]').slice(0, 20)) {
    const text = (script.textContent ?? "").slice(0, 100_000);
    for (const match of text.matchAll(/"(?:priceCurrency|currency|currencyCode|currency_code|presentmentCurrency)"\s*:\s*"([A-Za-z]{3})"/g)) add(match[1]);
  }
  if (said.size === 1) return [...said][0];
  if (said.size > 1) return undefined;
  for (const line of walked.lines.slice(0, LINES_MAX)) {
    if (line.text.length > 300 || !/[A-Z]{2}|\$|円|元|币/.test(line.text)) continue;
    for (const [pattern, code] of EXPLICIT) if (pattern.test(line.text)) said.add(code);
  }
  return said.size === 1 ? [...said][0] : undefined;
}


/** Whose a bare `$` is on a page in English that names no country: the United States', unless anything speaks of another. */
export function dollarOf(walked: Walked, host: string, language: string | null): string | undefined {
  if (language !== null && !/^en([-_]us)?$/i.test(language.trim())) return undefined;
  if (/\.[a-z]{2}$/.test(host) && !/\.(us|io|co|ai|me|tv|so|to|gg)$/.test(host)) return undefined;
  for (const line of walked.lines.slice(0, LINES_MAX)) {
    if (line.text.length <= 400 && OTHER_DOLLARS.test(fold(line.text))) return undefined;
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
