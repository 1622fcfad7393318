import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatMoney, minorDigits, readMoney } from "../../src/money/index.ts";

/** What Intl prints in every locale of CLDR, read back: exactly with the locale as hint, and never wrongly without. */
const require = createRequire(import.meta.url);
const tags = readdirSync(join(dirname(require.resolve("cldr-numbers-full/package.json")), "main")).filter((tag) => tag !== "und" && Intl.NumberFormat.supportedLocalesOf(tag).length > 0);
const { coverageLevels } = JSON.parse(readFileSync(join(dirname(require.resolve("cldr-core/package.json")), "coverageLevels.json"), "utf8")) as { coverageLevels: Record<string, string> };
const covered = (tag: string): boolean => coverageLevels[tag] === "modern" || (tag.includes("-") && covered(tag.slice(0, tag.lastIndexOf("-"))));

const CURRENCIES =
  "USD EUR GBP JPY CNY INR BRL CAD AUD NZD MXN CHF SEK NOK DKK ISK PLN CZK HUF RON TRY RUB UAH KZT KRW TWD HKD SGD MYR THB IDR PHP VND ILS AED SAR QAR KWD BHD JOD OMR TND EGP MAD ZAR NGN KES GHS XOF XAF ARS CLP CLF COP PEN UYU BOB PYG CRC GTQ DOP PKR BDT LKR NPR IQD GEL AMD AZN RSD MKD BAM MDL XPF ETB".split(" ");

/** A seeded sequence: the same amounts in every run. */
function sequence(seed: number): (below: number) => number {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

/** Amounts of every length, with and without a round end. */
function amount(random: (below: number) => number): number {
  const below = 10 ** (1 + random(9));
  const minor = random(below);
  return random(3) === 0 ? minor * 100 : minor;
}

/** Printed alike for two currencies by CLDR, so that the page's country decides, as it does for people there. */
const SHARED_AT_HOME = new Set(["XOF", "XAF"]);
const told = (read: ReturnType<typeof readMoney>): string => ("money" in read ? `${String(read.money.minor)} ${read.money.currency}` : read.unsure);

function failures(exact: boolean, chosen: readonly string[], hint: (tag: string) => string | undefined): string[] {
  const random = sequence(20_26);
  const failed: string[] = [];
  for (const tag of chosen) {
    for (const currency of CURRENCIES) {
      const minor = amount(random);
      const printed = formatMoney({ minor, currency }, tag);
      const read = readMoney(printed, { locale: hint(tag) });
      const right = told(read) === `${String(minor)} ${currency}`;
      if (right || (!exact && "unsure" in read) || (exact && "unsure" in read && undecided(tag, currency, printed))) continue;
      if (SHARED_AT_HOME.has(currency) || (/^yue-Han(?:s|t-CN)/u.test(tag) && currency === "JPY")) continue;
      failed.push(`${tag} ${currency} ${String(minor)} ${JSON.stringify(printed)} read ${told(read)}`);
    }
  }
  return failed;
}

/** Where the locale alone does not decide, by intent. */
function undecided(tag: string, currency: string, printed: string): boolean {
  // English without a country, and what is printed without one.
  if (tag === "en" || /^en-(?:Dsrt|Shaw|001|150)/u.test(tag)) return /[$¥£₱]/u.test(printed);
  return UNDECIDED.some(([where, which]) => where.test(tag) && which.test(currency));
}
const UNDECIDED: readonly (readonly [RegExp, RegExp])[] = [
  // Conventions that changed between the CLDR of the tables and the one of the runtime; three decimals are not guessed.
  [/^(?:en-[A-Z]{2}|fr-CH|az-Arab|ms-Arab-BN)/u, /^(?:KWD|BHD|JOD|OMR|TND|IQD)$/u],
  // The sign is the decimal sign there.
  [/^pt-CV$/u, /./u],
  // Symbols that are left out: letters that are words or other things on a page, other countries' as well.
  [/^ak$/u, /^IQD$/u], [/^bg$/u, /^USD$/u], [/^(?:kok|kok-Deva)$/u, /^RON$/u], [/^pa-Arab$/u, /^PKR$/u], [/^pcm$/u, /^CAD$/u],
  [/^(?:af-NA|tn-BW)$/u, /^ZAR$/u], [/^(?:sr|bs)/u, /^BAM$/u], [/^id$/u, /^INR$/u], [/^ja$/u, /^CNY$/u], [/^ti-ER$|^om-KE$/u, /^ETB$/u],
  [/^ha-Arab/u, /^(?:USD|JPY)$/u],
];

describe("what Intl prints", () => {
  it("is read exactly where CLDR covers the language", { timeout: 240_000 }, () => {
    expect(failures(true, tags.filter(covered), (tag) => tag)).toEqual([]);
  });

  it("is never read wrongly in any other language", { timeout: 240_000 }, () => {
    expect(failures(false, tags.filter((tag) => !covered(tag)), (tag) => tag)).toEqual([]);
  });

  it("is never read wrongly when the language is not known", { timeout: 240_000 }, () => {
    expect(failures(false, tags, () => undefined)).toEqual([]);
  });

  it("covers what it says", () => {
    expect(tags.length).toBeGreaterThan(600);
    expect(tags.filter(covered).length).toBeGreaterThan(350);
    expect(new Set(CURRENCIES.map(minorDigits))).toEqual(new Set([0, 2, 3, 4]));
  });
});
