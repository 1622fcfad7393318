/**
 * Reads a checkout page: which store, the order total, the card fields. Pure functions of a document: nothing is written,
 * fetched or waited for, and with layout only where the caller hands it in.
 *
 * Invariant: sooner "not sure" than wrong. `total` is there only when everything on the page that speaks of a total agrees.
 */

import type { Reading } from "../types/detect.ts";
import type { FieldKind, Recipe } from "../types/recipe.ts";
import type { PageMoney } from "./amounts.ts";
import { isCheckout, readButtons, weigh } from "./checkout.ts";
import { currencyHint, spokenOf } from "./currency.ts";
import { findFields, placeOf, type Fields } from "./fields.ts";
import { cardFrame, hostOf, isProviderHost } from "./frames.ts";
import { recipeFor } from "./recipe.ts";
import { unclouded } from "./past.ts";
import { loneAmount, readTotal } from "./total.ts";
import { type Look, walk, type Walked } from "./walk.ts";

export { find } from "./places.ts";
export { checkRecipe, isCheckoutUrl, parsesIn } from "./recipe.ts";
export { isProviderHost } from "./frames.ts";
export { useWords } from "./lexicon.ts";
export type { Packed } from "./pack.ts";
export type { Look } from "./walk.ts";
import { hasLayout, seen } from "./layout.ts";
import { hasWords } from "./lexicon.ts";

export interface ReadContext extends Look {
  /** The currency that the shopper's account is known to use at this store, if it is known. */
  readonly currency?: string | undefined;
  /** Asked of each card field and frame when the page is to be filled now: a closer look than whether it is shown. */
  readonly fillable?: ((element: Element) => boolean) | undefined;
}

const NOTHING: Omit<Reading, "confidence"> = { checkout: false, store: null, total: null, fields: {}, frames: [], saveCard: [], giftCardCode: [] };
const FRAMES_MAX = 40;

export function read(page: Document, url: string, recipes: readonly Recipe[], given: ReadContext = {}): Reading {
  if (!hasWords()) return { ...NOTHING, confidence: 0 };
  const document = unclouded(page);
  const context = withLayout(document, given);
  const walked = walk(document, context);
  const shown = shownBy(context);
  const known = recipeFor(document, url, recipes);
  const recipe = known?.recipe ?? null;
  const path = known?.path ?? false;
  const buttons = readButtons(walked, shown);
  const money = moneyContext(walked, url, context);
  let total = readTotal(walked, money, recipe, buttons.paying, shown);
  const able = ableBy(shown, given.fillable);
  const frames = framesOf(walked, url, recipe, able);
  const provider = isProviderHost(hostOf(url));
  const fields = findFields(walked, recipe, able, { alone: provider, frames: frames.length > 0, rivals: given.fillable !== undefined });
  const has = (kind: FieldKind): boolean => fields.spots.has(kind);
  const dated = has("expiry") || has("expiryMonth");
  if (total.total === null && !total.amountsSeen && !total.rowSeen && !total.partsSeen && dated && has("number") && has("securityCode") && buttons.paying.some((button) => button.pays)) {
    const lone = loneAmount(walked, money, shown);
    if (lone !== null) total = { ...total, total: lone, confidence: 80 };
  }
  const signs = weigh(walked, url, total, fields, frames.length, buttons, path, shown);
  if (provider || !isCheckout(signs, path, known === null ? null : known.named ? "named" : "platform")) {
    const confidence = Math.max(50, Math.min(99, 90 - signs.score * 5));
    // A provider's frame, or a card form of something that is no order: the shopper may still want it filled.
    const form = provider || (signs.card && !signs.account && has("number") && (dated || has("securityCode") || frames.length > 0));
    return form ? { ...NOTHING, fields: fields.places, saveCard: fields.saveCard, confidence, ...fields.rival } : { ...NOTHING, confidence };
  }
  return {
    checkout: true,
    store: recipe?.id ?? "generic",
    total: total.total,
    ...(total.candidate === undefined ? {} : { candidate: total.candidate }),
    confidence: total.confidence,
    fields: fields.places,
    frames,
    saveCard: fields.saveCard,
    giftCardCode: fields.giftCardCode,
    ...fields.rival,
  };
}

/** What a payment provider's frame holds: for the extension's own script in there. */
export function readFrame(document: Document, given: ReadContext = {}): Pick<Reading, "fields" | "saveCard" | "rival"> {
  if (!hasWords()) return { fields: {}, saveCard: [] };
  const look = withLayout(unclouded(document), given);
  const walked = walk(document, look);
  const able = ableBy(shownBy(look), given.fillable);
  const fields: Fields = findFields(walked, null, able, { alone: true, frames: false, rivals: given.fillable !== undefined });
  return { fields: fields.places, saveCard: fields.saveCard, ...fields.rival };
}

/** In a browser the layout says what is seen, unless the caller knows better. */
function withLayout<L extends Look>(document: Document, look: L): L {
  return look.visible === undefined && look.guess === undefined && hasLayout(document) ? { ...look, visible: seen } : look;
}

function shownBy({ visible }: Look): (element: Element) => boolean {
  if (visible === undefined) return () => true;
  return (element) => {
    try {
      return visible(element);
    } catch {
      return true;
    }
  };
}

const ableBy = (shown: (element: Element) => boolean, fillable: ReadContext["fillable"]): ((element: Element) => boolean) =>
  fillable === undefined ? shown : (element) => shown(element) && fillable(element);

function moneyContext(walked: Walked, url: string, context: ReadContext): PageMoney {
  const language = walked.document.documentElement?.getAttribute("lang") ?? metaLanguage(walked.document);
  const hint = context.currency ?? currencyHint(walked);
  const host = hostOf(url);
  return {
    host,
    ...(language === null || language === "" ? {} : { locale: language }),
    // The shopper's own account knows better than the page.
    ...(context.currency === undefined ? { spoken: once(() => spokenOf(walked, url, language)) } : {}),
    ...(hint === undefined ? {} : { currency: hint }),
  };
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | null = null;
  return () => (done ??= { value: work() }).value;
}

function metaLanguage(document: Document): string | null {
  return document.querySelector('meta[http-equiv="content-language" i],meta[property="og:locale"]')?.getAttribute("content") ?? null;
}

function framesOf(walked: Walked, url: string, recipe: Recipe | null, shown: (element: Element) => boolean): Reading["frames"] {
  const out: { css: string; host: string; unknown?: true }[] = [];
  for (const spot of walked.frames) {
    const frame = cardFrame(spot, url, recipe?.frameHosts ?? []);
    if (frame === null || !shown(spot.element)) continue;
    const place = placeOf(spot);
    if (place === null) continue;
    // A frame inside a shadow root or another frame is told by its outermost selector.
    const css = typeof place === "string" ? place : "host" in place ? place.host : place.frame;
    if (out.length < FRAMES_MAX) out.push({ css, host: frame.host, ...(frame.known ? {} : { unknown: true }) });
  }
  // Anybody can call a frame a card's. Beside a provider's own it is nobody's that the card should go to.
  return out.some(({ unknown }) => unknown !== true) ? out.filter(({ unknown }) => unknown !== true) : out;
}
