/** How numbers are written in a language, and where a currency is at home. */
import { homesOf } from "./currency.ts";
import { conventions } from "./tables.ts";
import type { Surroundings } from "./currency.ts";
import type { Convention } from "./number.ts";

const POINT: Convention = { decimal: ".", group: "," };

function conventionOf(tag: string): Convention {
  // CLDR keeps both written forms of Norwegian under their common tag.
  for (let at = tag.replace(/^n[bn](?=-|$)/u, "no"); at !== ""; at = at.includes("-") ? at.slice(0, at.lastIndexOf("-")) : "") {
    const found = conventions.get(at);
    if (found !== undefined) return found;
  }
  return POINT;
}

const languages = new Map<string, string>();

/** `und-CZ` -> `cs-CZ`: the language most spoken in a region. */
function languageOf(region: string): string {
  let tag = languages.get(region);
  if (tag === undefined) {
    const locale = new Intl.Locale(`und-${region}`).maximize();
    tag = `${locale.language}-${region}`;
    languages.set(region, tag);
  }
  return tag;
}

/** South Africa's shops write both `R1,234.56` and `R 1 234,56`: neither sign means one thing. */
const BOTH: Convention = { decimal: "", group: " " };

export function pageConvention(around: Surroundings): Convention | undefined {
  if (around.tag === "en-ZA") return BOTH;
  if (around.tag !== undefined) return conventionOf(around.tag);
  return around.hostRegion === undefined ? undefined : conventionOf(languageOf(around.hostRegion));
}

const home = new Map<string, readonly Convention[]>();

/** The conventions of the regions where a currency is in use, each once. */
export function homeConventions(currency: string): readonly Convention[] {
  let found = home.get(currency);
  if (found === undefined) {
    const all = new Map(homesOf(currency).map((region) => conventionOf(languageOf(region))).map((c) => [c.decimal + c.group, c]));
    found = [...all.values()];
    home.set(currency, found);
  }
  return found;
}

const INDIAN_REGIONS = new Set(["IN", "PK", "BD", "NP", "LK", "BT"]);

/** Whether groups of two are expected: ₹1,23,456. */
export function writesLakh(currency: string, around: Surroundings): boolean {
  return [around.hostRegion, around.localeRegion, around.likelyRegion].some((r) => r !== undefined && INDIAN_REGIONS.has(r)) || homesOf(currency).some((r) => INDIAN_REGIONS.has(r));
}
