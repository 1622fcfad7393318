import { read } from "../../src/detect/index.ts";
import type { Place, Reading } from "../../src/types/detect.ts";
import type { FieldKind } from "../../src/types/recipe.ts";
import { parsePage } from "../../tools/page.ts";
import { loadRecipes } from "../../tools/recipes.ts";

export const recipes = loadRecipes();

export interface Made {
  readonly url?: string;
  readonly lang?: string;
}

export function readHtml(html: string, { url = "https://shop.example/checkout", lang = "en-US" }: Made = {}): Reading {
  const page = parsePage(`<!doctype html><html lang="${lang}"><head><title>Shop</title></head><body>${html}</body></html>`, null);
  return read(page.document, url, recipes, { frameDocument: page.frameDocument });
}

/** A page that is a checkout beyond doubt, around the order summary under test. */
export const paying = (summary: string): string =>
  `<h1>Payment</h1><form><label>Card number <input name="cardnumber"></label><label>Expiry <input name="exp" placeholder="MM/YY"></label><label>CVC <input name="cvc"></label></form>${summary}<button>Place order</button>`;

export function totalOf(summary: string, made: Made = {}): string {
  const { total, candidate } = readHtml(paying(summary), made);
  return total !== null ? `${total.minor} ${total.currency}` : `? ${candidate?.why ?? "nothing"}`;
}

/** `number=#a expiry=#b`: fields by their ids or names. */
export function fieldsOf(html: string, made: Made = {}): string {
  const { fields } = readHtml(html, made);
  const name = (place: Place): string => (typeof place === "string" ? (/name="([^"]+)"/.exec(place)?.[1] ?? place.replace(/^#/, "")) : `${"frame" in place ? "frame" : "host"}:${name(place.css)}`);
  return (Object.entries(fields) as [FieldKind, readonly Place[]][]).map(([kind, places]) => `${kind}=${places.map(name).join("+")}`).sort().join(" ");
}
