/** What the corpus says of itself, checked without the reader: every fault is one line of plain text. */

import { readFileSync } from "node:fs";
import type { Place } from "../src/types/detect.ts";
import { type LabelledPage } from "./labels.ts";
import { parsePage } from "../tools/page.ts";
import { placeAll } from "./places.ts";

export interface Requirements {
  readonly pagesMin: number;
  readonly stores: readonly string[];
  readonly languages: readonly string[];
  /** Every trap with what it is; all must occur, and no page may name another. */
  readonly traps: Readonly<Record<string, string>>;
}

export function requirements(): Requirements {
  return JSON.parse(readFileSync(new URL("./requirements.json", import.meta.url), "utf8")) as Requirements;
}

export function faultsOf(pages: readonly LabelledPage[], required: Requirements): string[] {
  const faults: string[] = [];
  if (pages.length < required.pagesMin) faults.push(`only ${pages.length} pages of ${required.pagesMin}`);
  const has = (test: (page: LabelledPage) => boolean): boolean => pages.some(test);
  for (const store of required.stores) if (!has((page) => page.directory === store)) faults.push(`no page of ${store}`);
  for (const language of required.languages) {
    if (!has((page) => page.label.language === language)) faults.push(`no page in ${language}`);
  }
  for (const trap of Object.keys(required.traps)) {
    if (!has((page) => page.label.traps.includes(trap))) faults.push(`the trap ${trap} occurs nowhere`);
  }
  const seen = new Map<string, string>();
  for (const page of pages) {
    faults.push(...faultsOfPage(page, required).map((fault) => `${page.name}: ${fault}`));
    const twin = seen.get(page.html);
    if (twin !== undefined) faults.push(`${page.name}: the same page as ${twin}`);
    seen.set(page.html, page.name);
  }
  return faults;
}

function faultsOfPage(page: LabelledPage, required: Requirements): string[] {
  const faults: string[] = [];
  const { expect, traps } = page.label;
  for (const trap of traps) if (!Object.hasOwn(required.traps, trap)) faults.push(`unknown trap ${trap}`);
  if (expect.checkout === false && expect.total !== null) faults.push("a total on a page that is no checkout");
  if (expect.checkout === false && expect.store !== null) faults.push("a store on a page that is no checkout");
  if (/https?:\/\/(?!(?:[\w-]+\.)*example[:/])[^"'\s<>]+\.(?:js|css|png|jpe?g|gif|woff2?)\b/.test(page.html)) {
    faults.push("asks the network for a script, style or picture");
  }
  const loaded = parsePage(page.html, page.htmlPath);
  const places: [string, Place][] = [];
  for (const part of [expect.fields, expect.optional]) {
    for (const [kind, list] of Object.entries(part ?? {})) for (const place of list ?? []) places.push([kind, place]);
  }
  for (const place of expect.frames ?? []) places.push(["frames", place]);
  for (const { css } of expect.saveCard ?? []) places.push(["saveCard", css]);
  for (const place of expect.giftCardCode ?? []) places.push(["giftCardCode", place]);
  const taken = new Map<Element, string>();
  for (const [kind, place] of places) {
    const found = placeAll(loaded, place);
    if (found.length !== 1) faults.push(`${kind}: ${JSON.stringify(place)} finds ${found.length} elements`);
    const element = found[0];
    if (element === undefined) continue;
    const wanted = kind === "frames" ? /^iframe$/ : /^(input|select|textarea)$/;
    if (!wanted.test(element.localName)) faults.push(`${kind}: ${JSON.stringify(place)} is a ${element.localName}`);
    const before = taken.get(element);
    if (before !== undefined) faults.push(`${kind}: the same element as ${before}`);
    taken.set(element, kind);
  }
  return faults;
}
