/**
 * The corpus' labels: what a careful shopper reads on each page. They are written by people who look at the page, never
 * by running the reader, and this module only loads them; a label that is not understood is an error, never skipped.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../src/types/detect.ts";
import type { Money } from "../src/types/money.ts";
import type { FieldKind } from "../src/types/recipe.ts";

export const PAGES_DIR = fileURLToPath(new URL("./pages/", import.meta.url));

export const FIELD_KINDS: readonly FieldKind[] = [
  "number", "expiry", "expiryMonth", "expiryYear", "securityCode", "holder", "givenName", "familyName", "postalCode",
];

export type LabelledFields = { readonly [kind in FieldKind]?: readonly Place[] };

/** A part that is absent is not judged: nobody could say, or it does not matter on this page. */
export interface Expectation {
  readonly checkout?: boolean;
  /** Several where more than one name is right. */
  readonly store?: string | null | readonly string[];
  /** `null`: a careful person could not be sure, or there is none. */
  readonly total: Money | null;
  readonly fields?: LabelledFields;
  /** May be found, need not be. */
  readonly optional?: LabelledFields;
  /** Frames in which a payment provider holds card fields. */
  readonly frames?: readonly string[];
  readonly saveCard?: readonly { readonly css: Place; readonly checked: boolean }[];
  readonly giftCardCode?: readonly Place[];
}

export interface Label {
  readonly url: string;
  /** `measured` only where somebody saw this structure on a live or saved page; see the README. */
  readonly evidence: "measured" | "guess";
  readonly language: string;
  readonly traps: readonly string[];
  readonly expect: Expectation;
  readonly note: string;
}

export interface LabelledPage {
  /** `amazon/us-spc` */
  readonly name: string;
  readonly directory: string;
  readonly htmlPath: string;
  readonly html: string;
  readonly label: Label;
}

export function loadPages(dir: string = PAGES_DIR): LabelledPage[] {
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  const pages: LabelledPage[] = [];
  for (const file of files) {
    if (!file.endsWith(".html")) continue;
    const htmlPath = join(dir, file);
    const name = relative(dir, htmlPath).slice(0, -".html".length).split(sep).join("/");
    const text = readFileSync(htmlPath.replace(/\.html$/, ".json"), "utf8");
    pages.push({
      name,
      directory: name.split("/")[0] ?? "",
      htmlPath,
      html: readFileSync(htmlPath, "utf8"),
      label: parseLabel(text, name),
    });
  }
  const orphans = files.filter((file) => file.endsWith(".json") && !files.includes(file.replace(/\.json$/, ".html")));
  if (orphans.length > 0) throw new Error(`labels without a page: ${orphans.join(", ")}`);
  return pages;
}

/** Throws with the page's name and the reason. */
export function parseLabel(text: string, name: string): Label {
  const bad = (why: string): never => {
    throw new Error(`${name}: ${why}`);
  };
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return bad("the label is no object");
  onlyKeys(value, ["url", "evidence", "language", "traps", "expect", "note"], bad);
  if (typeof value["url"] !== "string" || !URL.canParse(value["url"])) bad("url");
  if (value["evidence"] !== "measured" && value["evidence"] !== "guess") bad("evidence");
  if (typeof value["language"] !== "string" || !/^[a-z]{2}(-[A-Z]{2})?$/.test(value["language"])) bad("language");
  if (!Array.isArray(value["traps"]) || !value["traps"].every((trap) => typeof trap === "string")) bad("traps");
  if (typeof value["note"] !== "string") bad("note");
  const expect: unknown = value["expect"];
  if (!isRecord(expect)) return bad("expect");
  onlyKeys(expect, ["checkout", "store", "total", "fields", "optional", "frames", "saveCard", "giftCardCode"], bad);
  checkTotal(expect["total"], bad);
  for (const part of ["fields", "optional"]) {
    const fields = expect[part];
    if (fields === undefined) continue;
    if (!isRecord(fields)) return bad(part);
    onlyKeys(fields, FIELD_KINDS, bad);
    for (const places of Object.values(fields)) if (!isPlaces(places)) bad(`${part}: places`);
  }
  if (expect["giftCardCode"] !== undefined && !isPlaces(expect["giftCardCode"])) bad("giftCardCode");
  // The checks above are the proof for this cast.
  return value as unknown as Label;
}

function checkTotal(total: unknown, bad: (why: string) => never): void {
  if (total === null) return;
  if (!isRecord(total)) return bad("total must be given, null where nobody could be sure");
  if (!Number.isSafeInteger(total["minor"]) || Number(total["minor"]) < 0) bad("total.minor");
  if (typeof total["currency"] !== "string" || !/^[A-Z]{3}$/.test(total["currency"])) bad("total.currency");
}

function onlyKeys(value: object, allowed: readonly string[], bad: (why: string) => never): void {
  for (const key of Object.keys(value)) if (!allowed.includes(key)) bad(`unknown key ${key}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlaces(value: unknown): value is Place[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPlace);
}

function isPlace(value: unknown): value is Place {
  if (typeof value === "string") return value !== "";
  if (!isRecord(value)) return false;
  const step = value["frame"] ?? value["host"];
  return typeof step === "string" && Object.keys(value).length === 2 && isPlace(value["css"]);
}
