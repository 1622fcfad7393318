/**
 * Is this the page on which an order is paid: the payment or the review step? Not the cart before it, nor the confirmation
 * after it, nor an account page on which a card is kept. Signs are weighed; each is named where it is counted.
 */

import { past } from "./past.ts";
import type { Fields } from "./fields.ts";
import type { Line } from "./lines.ts";
import type { PayButton, TotalRead } from "./total.ts";
import type { Spot, Walked } from "./walk.ts";
import { fold } from "./fold.ts";
import { ACCOUNT_HEADING, ADDRESS_NAMES, ADDS_TO_CART, CART_HEADING, CODE_NAMES, CONFIRMED, CONTINUES, keeping, LOGIN, METHODS, METHOD_BUTTON, METHOD_NAMES, OTHER_PAYS, PAYS, REVIEW, SAVES, SHIPPING_BOX, SHIPPING_NAMES, STRONG_METHODS, TO_CHECKOUT, URL_ACCOUNT, URL_CART, URL_CHECKOUT, URL_DONE, URL_LOGIN, URL_STRONG, WEAK_PAYS } from "./lexicon.ts";

export interface Signs {
  readonly pays: boolean;
  readonly weakPays: boolean;
  readonly card: boolean;
  readonly frames: boolean;
  /** Ways to pay are spoken of; `chosen`: they can be chosen here. */
  readonly methods: boolean;
  readonly chosen: boolean;
  readonly continues: boolean;
  readonly total: boolean;
  readonly confirmed: boolean;
  /** An earlier step of the same checkout: address or delivery, with a button that goes on. */
  readonly step: boolean;
  readonly account: boolean;
  readonly score: number;
}

const BUTTONS_MAX = 400;

export interface ButtonRead extends PayButton {
  readonly weak: boolean;
  readonly toCheckout: boolean;
  readonly spot: Spot;
}

/** What a button says, and the least hidden of those that say it: a shop's shelves repeat theirs. */
export interface SaidButton {
  readonly said: string;
  readonly tier: number;
}

export interface Buttons {
  readonly paying: readonly ButtonRead[];
  /** Each text once. */
  readonly said: readonly SaidButton[];
}

export function readButtons(walked: Walked, shown: (element: Element) => boolean): Buttons {
  const paying: ButtonRead[] = [];
  const told = new Map<string, Omit<ButtonRead, "spot">>();
  const said = new Map<string, SaidButton>();
  walked.buttons.forEach((spot, i) => {
    const text = buttonText(past(spot.element));
    const whole = i < BUTTONS_MAX ? said.get(text) : null;
    if (whole !== null && (whole === undefined || whole.tier > spot.tier)) said.set(text, { said: whole?.said ?? fold(text), tier: spot.tier });
    if (spot.tier > 1 || paying.length >= BUTTONS_MAX || text === "" || text.length > 120) return;
    let button = told.get(text);
    if (button === undefined) told.set(text, (button = judge(text)));
    if ((button.pays || button.toCheckout) && shown(spot.element)) paying.push({ ...button, spot });
  });
  return { paying, said: [...said.values()] };
}

function judge(text: string): Omit<ButtonRead, "spot"> {
  const said = fold(text).replace(/[\s>›→»]+$/u, "");
  const words = said.replace(/[\p{Sc}\d.,]+/gu, " ").replace(/\s+/g, " ").trim();
  const toCheckout = TO_CHECKOUT.test(words);
  const pays = !toCheckout && (PAYS.test(said) || PAYS.test(words)) && !ADDS_TO_CART.test(said) && !OTHER_PAYS.test(said);
  return { text, pays, weak: WEAK_PAYS.test(words), toCheckout };
}

function buttonText(element: Element): string {
  const value = element.localName === "input" ? (element.getAttribute("value") ?? element.getAttribute("alt") ?? "") : (element.textContent ?? "");
  const text = (/\s\s|[^\S ]/.test(value) ? value.replace(/\s+/g, " ") : value).trim();
  return text === "" || text.length > 120 ? (element.getAttribute("aria-label") ?? element.getAttribute("title") ?? "").trim() : text;
}

export function weigh(walked: Walked, url: string, total: TotalRead, fields: Fields, frames: number, { paying: buttons, said }: Buttons, pathIsCheckout: boolean, shown: (element: Element) => boolean): Signs {
  const path = pathOf(url);
  const lines = walked.lines;
  const headings = headingsOf(walked);
  const has = (kind: "number" | "securityCode" | "expiry" | "expiryMonth"): boolean => fields.spots.has(kind);
  const card = has("number") || (has("securityCode") && (has("expiry") || has("expiryMonth") || total.rowSeen));
  const pays = buttons.some((button) => button.pays && !button.weak);
  const weakPays = buttons.some((button) => button.pays);
  const chosen = methodRadios(walked) || said.some((one) => one.tier === 0 && METHOD_BUTTON.test(one.said));
  const methods = chosen || methodsSaid(walked);
  let score = 0;
  if (card) score += 3;
  else if (frames > 0) score += 2;
  if (pays) score += 3;
  else if (weakPays) score += 2;
  if (methods) score += 2;
  if (total.rowSeen) score += 2;
  else if (total.total !== null) score += 1;
  if (pathIsCheckout) score += 2;
  else if (URL_STRONG.test(path)) score += 2;
  else if (URL_CHECKOUT.test(path)) score += 1;
  if (headings.some((heading) => REVIEW.test(heading))) score += 1;

  const confirmed = isConfirmed(lines.slice(0, 400), headings, shown);
  if (confirmed && !card) score -= pays ? 2 : 6;
  if (URL_DONE.test(path) && !card) score -= pays ? 1 : 4;
  const addsToCart = said.some((one) => ADDS_TO_CART.test(one.said));
  if (addsToCart && !pays && !card) score -= 4;
  else if (addsToCart && !card) score -= 2;
  const toCheckout = buttons.some((button) => button.toCheckout);
  if (toCheckout && !card && frames === 0) score -= pays ? 2 : 5;
  if (URL_CART.test(path) && !URL_STRONG.test(path) && !card) score -= pays ? 1 : 3;
  if (headings.some((heading) => CART_HEADING.test(heading)) && !card && !pays) score -= 2;
  const summary = total.rowSeen || total.partsSeen;
  const continues = said.some((one) => one.tier < 2 && CONTINUES.test(one.said));
  if (card && total.partsSeen && !total.rowSeen) score += 1;
  if (card && continues) score += 1;
  if (has("number") && (has("expiry") || has("expiryMonth")) && total.amountsSeen && !total.rowSeen) score += 2;
  const atAccount = URL_ACCOUNT.test(path) && !URL_STRONG.test(path) && !pathIsCheckout;
  const ofAccount = headings.slice(0, 6).some((heading) => ACCOUNT_HEADING.test(heading)) && !pays && !pathIsCheckout;
  if (atAccount) score -= 3;
  if (ofAccount) score -= 3;
  const step = (pathIsCheckout || URL_STRONG.test(path)) && (summary || continues) && hasStep(walked, headings);
  if (isLogin(walked, said, path) && !card && !pays && !methods) score -= 4;
  if (!pays && said.some((one) => one.tier === 0 && SAVES.test(one.said)) && !total.rowSeen) score -= 2;
  return { step, account: atAccount || ofAccount, pays, weakPays, card, frames: frames > 0, methods, chosen, continues, total: total.rowSeen || total.total !== null, confirmed, score };
}

function pathOf(url: string): string {
  try {
    const { pathname, search, hash } = new URL(url);
    return `${pathname}${search.slice(0, 200)}${hash.slice(0, 80)}`.toLowerCase();
  } catch {
    return "";
  }
}

function headingsOf(walked: Walked): string[] {
  const out: string[] = [];
  let last = "";
  const title = fold((walked.document.title ?? "").slice(0, 200));
  if (title !== "") out.push(title);
  for (const line of walked.lines) {
    if (line.heading === last || line.heading === "") continue;
    last = line.heading;
    out.push(fold(last));
    if (out.length > 60) break;
  }
  return out;
}

function isConfirmed(lines: readonly Line[], headings: readonly string[], shown: (element: Element) => boolean): boolean {
  if (headings.slice(0, 8).some((heading) => CONFIRMED.test(heading))) return true;
  return lines.some((line) => line.tier === 0 && line.text.length <= 160 && confirms(line.text) && shown(line.element));
}

const confirms = keeping((text: string): boolean => CONFIRMED.test(fold(text)));

/** An address to type or a delivery to choose. */
function hasStep(walked: Walked, headings: readonly string[]): boolean {
  const choices = walked.choices && walked.lines.some((line) => line.tier === 0 && past(line.element).closest("[role=radio]") !== null);
  if (choices && headings.some((heading) => SHIPPING_NAMES.test(heading))) return true;
  return walked.controls.some((spot) => {
    if (spot.tier !== 0) return false;
    const { element } = spot;
    const said = `${element.getAttribute("name") ?? ""} ${element.getAttribute("id") ?? ""} ${element.getAttribute("autocomplete") ?? ""}`;
    return element.getAttribute("type")?.toLowerCase() === "radio" ? SHIPPING_NAMES.test(`${said} ${spot.heading}`) || element.closest(SHIPPING_BOX) !== null : ADDRESS_NAMES.test(said) && !/e-?mail|search|newsletter/i.test(said);
  });
}

/** Ways to pay to choose from. */
function methodRadios(walked: Walked): boolean {
  for (const spot of walked.controls) {
    if (spot.tier !== 0 || spot.element.getAttribute("type")?.toLowerCase() !== "radio") continue;
    const said = fold(`${spot.element.getAttribute("name") ?? ""} ${spot.element.getAttribute("id") ?? ""} ${spot.element.getAttribute("value") ?? ""}`.slice(0, 200));
    if (METHOD_NAMES.test(said)) return true;
  }
  return false;
}

function methodsSaid(walked: Walked): boolean {
  let last = "";
  for (const line of walked.lines) {
    if (line.heading !== last) {
      last = line.heading;
      if (METHODS.test(fold(last))) return true;
    }
  }
  return walked.said.hasLine(STRONG_METHODS, 60);
}

function isLogin(walked: Walked, said: readonly SaidButton[], path: string): boolean {
  const password = walked.controls.some((spot) => spot.tier === 0 && spot.element.getAttribute("type")?.toLowerCase() === "password" && !CODE_NAMES.test(`${spot.element.getAttribute("name") ?? ""}${spot.element.getAttribute("id") ?? ""}${spot.element.getAttribute("autocomplete") ?? ""}`));
  return URL_LOGIN.test(path) || (password && said.some((one) => LOGIN.test(one.said)));
}

/** `known`: whether the page is a named store's, a platform's, or anybody's. */
export function isCheckout(signs: Signs, pathIsCheckout: boolean, known: "named" | "platform" | null): boolean {
  const named = known === "named";
  const ofPlatform = known === "platform";
  if (signs.confirmed && !signs.card && !signs.pays && !signs.frames) return false;
  if (signs.step && !signs.account && !signs.confirmed && signs.score >= 2) return true;
  if (ofPlatform && pathIsCheckout && signs.weakPays && signs.total) return signs.score >= 5;
  const paysHere = signs.card || signs.frames || signs.methods || signs.pays;
  if (named && pathIsCheckout) return signs.score >= 4 && (paysHere || signs.total || signs.weakPays);
  if (!(paysHere || (signs.weakPays && signs.total))) return false;
  // Words about paying are on confirmations too: something to press or to fill in has to be there.
  if (!(signs.card || signs.frames || signs.chosen || signs.weakPays || signs.continues)) return false;
  if (!signs.pays && !signs.card && !signs.frames && !signs.chosen && signs.score < 7) return false;
  if (signs.card && !signs.account) return signs.score >= 5;
  return (signs.total || signs.pays) && signs.score >= 6;
}
