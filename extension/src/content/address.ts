/**
 * On every page of a named store: looks at the address, and at nothing else. A store that goes into its checkout without
 * loading a page anew would else have a checkout without a content script (docs/adr/0011-address-check.md).
 */

import { world } from "./world.ts";

/** As far as this reads the manifest. */
type Script = { readonly matches?: readonly string[]; readonly js?: readonly string[] };

const CONTENT = "content.js";
/** Where the browser does not tell of a changed address. */
const LOOK_MS = 1_000;

/** What a pattern's star stands for is any text, as in the manifest. */
export function fits(pattern: string, address: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...rest] = parts;
  if (!address.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest.slice(0, -1)) {
    const found = address.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const last = rest.at(-1);
  return last === undefined ? address.length === at : address.length - last.length >= at && address.endsWith(last);
}

export const isCheckout = (patterns: readonly string[], address: string): boolean => {
  const plain = address.replace(/#.*$/, "");
  return patterns.some((pattern) => fits(pattern, plain));
};

export interface AddressParts {
  readonly address: () => string;
  readonly patterns: readonly string[];
  readonly checkout: () => void;
}

/** The check itself: calls once for each time that the address becomes a checkout's. Where it was one when the page was loaded, the manifest has seen to it. */
export function addressCheck({ address, patterns, checkout }: AddressParts): () => void {
  let before = address();
  return () => {
    const now = address();
    if (now === before) return;
    before = now;
    if (isCheckout(patterns, now)) checkout();
  };
}

export function start(): void {
  const scripts = (chrome.runtime.getManifest().content_scripts ?? []) as readonly Script[];
  const patterns = scripts.filter(({ js }) => js?.includes(CONTENT) === true).flatMap(({ matches = [] }) => matches);
  const check = addressCheck({
    address: () => location.href,
    patterns,
    checkout: () => {
      if (world.anytill === undefined) import(chrome.runtime.getURL(CONTENT)).catch(() => undefined);
    },
  });
  const { navigation } = globalThis as { navigation?: EventTarget };
  if (navigation !== undefined) navigation.addEventListener("currententrychange", check);
  else setInterval(() => document.visibilityState === "visible" && check(), LOOK_MS);
}
