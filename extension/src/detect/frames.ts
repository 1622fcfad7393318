/** Payment providers' frames: by the host they are served from. Subdomains count. */

import type { Spot } from "./walk.ts";
import { AMAZON, CALLED_CARD, CARD_FRAME, NOT_CARD_FRAME, PROVIDER_HOSTS } from "./lexicon.ts";




export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.toLowerCase();
  } catch {
    return "";
  }
}

export function isProviderHost(host: string): boolean {
  return host !== "" && (AMAZON.test(host) || PROVIDER_HOSTS.some((known) => host === known || host.endsWith(`.${known}`)));
}

/** Whether a frame that we cannot look into may hold card fields, and whose it is. */
export function cardFrame(spot: Spot, base: string, extra: readonly string[]): { readonly host: string } | null {
  const { element } = spot;
  if (spot.tier !== 0) return null;
  let host = "";
  try {
    host = new URL(element.getAttribute("src") ?? "", base).hostname.toLowerCase();
  } catch {
    return null;
  }
  const said = `${element.getAttribute("title") ?? ""} ${element.getAttribute("name") ?? ""} ${element.getAttribute("id") ?? ""} ${element.getAttribute("class") ?? ""} ${element.getAttribute("aria-label") ?? ""} ${(element.getAttribute("src") ?? "").slice(0, 300)}`.toLowerCase();
  const named = extra.some((known) => host === known || (known.startsWith("*.") && host.endsWith(known.slice(1))) || host.endsWith(`.${known}`));
  // A provider that we do not know, by what the shop calls the frame.
  const called = CALLED_CARD.test(`${element.getAttribute("title") ?? ""} ${element.getAttribute("name") ?? ""} ${element.getAttribute("id") ?? ""}`.toLowerCase()) && host !== hostOf(base) && host !== "";
  if (!named && !called && !isProviderHost(host)) return null;
  if (element.getAttribute("aria-hidden") === "true" || (NOT_CARD_FRAME.test(said) && !/card|number|cvc|cvv|expir/.test(said))) return null;
  return named || called || CARD_FRAME.test(said) ? { host } : null;
}
