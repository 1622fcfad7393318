/**
 * Makes the tables of `src/money/generated/` out of CLDR and of the server's list of currencies. The tables are packed
 * into strings, because they travel with every checkout page.
 */
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cldrCore = dirname(require.resolve("cldr-core/package.json"));
const cldrMain = join(dirname(require.resolve("cldr-numbers-full/package.json")), "main");

interface Symbols {
  readonly decimal: string;
  readonly group: string;
}
interface CldrCurrency {
  readonly symbol?: string;
  readonly "symbol-alt-narrow"?: string;
  readonly "symbol-alt-variant"?: string;
}
interface CldrLocale {
  readonly tag: string;
  readonly separators: string;
  readonly currencies: Readonly<Record<string, CldrCurrency>>;
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** The server's word on which currencies there are: ISO 4217's decimals, not CLDR's habits of printing. */
export function serverDecimals(): Map<string, number> {
  const file = json(join(root, "..", "vectors", "currencies.json")) as { decimals: Record<string, string> };
  return new Map(Object.entries(file.decimals).map(([code, text]) => [code, Number.parseInt(text, 10)]));
}

function cldrLocale(tag: string): CldrLocale {
  const read = (file: string): Record<string, unknown> =>
    (json(join(cldrMain, tag, file)) as { main: Record<string, { numbers: Record<string, unknown> }> }).main[tag]?.numbers ?? {};
  const numbers = read("numbers.json");
  const of = (system: string): Symbols | undefined => numbers[`symbols-numberSystem-${system}`] as Symbols | undefined;
  const own = of(String(numbers["defaultNumberingSystem"]));
  const latin = of("latn") ?? own;
  if (latin === undefined) throw new Error(`no number symbols for ${tag}`);
  return { tag, separators: separatorsOf(latin), currencies: read("currencies.json")["currencies"] as CldrLocale["currencies"] };
}

/** Decimal and group as the reader sees them, after its own folding of spaces and apostrophes. */
function separatorsOf(symbols: Symbols): string {
  return fold(symbols.decimal) + fold(symbols.group);
}

function fold(text: string): string {
  return text.replace(/[\u200e\u200f\u061c\u200b]/gu, "").replace(/[\s\u00a0\u202f]/gu, " ").replace(/[’‘']/gu, "'").replace("٫", ",").replace("٬", ".");
}

/** The reader cuts a tag from behind until it finds something: what inherits otherwise is written out. */
function parentOf(tag: string): string | undefined {
  return tag.includes("-") ? tag.slice(0, tag.lastIndexOf("-")) : undefined;
}

/** Region -> currency in use there now. */
function regionCurrencies(known: ReadonlySet<string>): Map<string, string> {
  type Use = Record<string, { _from?: string; _to?: string; _tender?: string }>;
  const data = json(join(cldrCore, "supplemental", "currencyData.json")) as {
    supplemental: { currencyData: { region: Record<string, Use[]> } };
  };
  const found = new Map<string, string>();
  for (const [region, uses] of Object.entries(data.supplemental.currencyData.region)) {
    const now = uses.flatMap((use) => Object.entries(use)).filter(([code, u]) => u._to === undefined && u._tender !== "false" && known.has(code));
    // CLDR lists the preferred one first.
    if (now[0] !== undefined && /^[A-Z]{2}$/u.test(region)) found.set(region, now[0][0]);
  }
  return found;
}

/** In CLDR, but on a page more often something else; or what one minor locale alone writes. */
const UNFIT = new Set(["$C", "$T", "ANG", "AAS", "BBG", "DBB", "DBM", "DBZ", "STD", "HKS", "KA$", "FR", "LT", "LS", "D", "E", "S", "M", "p", "r", "ر", "[₾]", "GHC", "Kg", "ley", "lej", "Irakdinaa", "ЛСЛ", "ТМТ", "ಲೀ", "रॉन", "लेई", "सिෆ්එ", "සිෆ්එ", "ລາຣີ", "ლ", "ឡូទី", "レイ", "щ.д", "UP", "₩ KPW", "£ SYP", "S$ SBD"]);

/** Shared symbols with one meaning nearly everywhere; `SHARED_DEFAULT` of the reader says which. */
const DEFAULTED = new Set(["£", "₩", "₱"]);

/** `US$`, `$CA`, `GB£`: the country's letters beside its sign need no table. */
function derived(symbol: string, code: string, regions: ReadonlyMap<string, string>): boolean {
  const country = /^(?:([A-Z]{2})[$£]|[$£]([A-Z]{2}))$/u.exec(symbol);
  return country !== null && regions.get(country[1] ?? country[2] ?? "") === code;
}

/** Every way CLDR's well covered locales write a currency. */
function symbolTable(locales: readonly CldrLocale[], known: ReadonlySet<string>): Map<string, Set<string>> {
  const table = new Map<string, Set<string>>();
  for (const { currencies } of locales) {
    for (const [code, names] of Object.entries(currencies)) {
      if (!known.has(code)) continue;
      for (const raw of [names.symbol, names["symbol-alt-narrow"], names["symbol-alt-variant"]]) {
        const symbol = raw === undefined ? "" : symbolKey(raw);
        if (symbol === "" || known.has(symbol) || UNFIT.has(symbol) || UNFIT.has(`${symbol} ${code}`)) continue;
        let set = table.get(symbol);
        if (set === undefined) table.set(symbol, (set = new Set()));
        set.add(code);
      }
    }
  }
  return table;
}

/** Symbols are looked up without marks, spaces or a closing full stop. */
export function symbolKey(symbol: string): string {
  return fold(symbol).replace(/ /gu, "").replace("￥", "¥").replace("￦", "₩").replace(/\.$/u, "");
}

/** Currency of the region where a locale is mostly spoken. */
function localCurrency(tag: string, regions: ReadonlyMap<string, string>): string | undefined {
  return regions.get(new Intl.Locale(tag).maximize().region ?? "");
}

/** What a shared symbol stands for where a locale's own data says so and its country does not, inheritance taken out. */
function localMeanings(locales: readonly CldrLocale[], table: ReadonlyMap<string, ReadonlySet<string>>, regions: ReadonlyMap<string, string>): Map<string, string[]> {
  const meaning = new Map<string, string>();
  const out = new Map<string, string[]>();
  const shared = [...table].filter(([symbol, codes]) => codes.size > 1 && !DEFAULTED.has(symbol) && !/^[A-Za-z]{1,4}$/u.test(symbol));
  // Shorter tags first: what is inherited is known by then.
  for (const { tag, currencies } of [...locales].sort((a, b) => a.tag.length - b.tag.length)) {
    for (const [symbol, codes] of shared) {
      const users = [...codes].filter((code) => currencies[code]?.symbol !== undefined && symbolKey(currencies[code].symbol) === symbol);
      // English without a country is everybody's: its symbols mean nothing.
      const own = tag !== "en" && users.length === 1 && users[0] !== undefined ? users[0] : "";
      const inherited = inheritedMeaning(meaning, tag, symbol);
      if (own === inherited || own === localCurrency(tag, regions) || (own === "" && inherited === undefined)) continue;
      meaning.set(`${tag} ${symbol}`, own);
      const key = `${symbol}=${own}`;
      out.set(key, [...(out.get(key) ?? []), tag]);
    }
  }
  return out;
}

function inheritedMeaning(meaning: ReadonlyMap<string, string>, tag: string, symbol: string): string | undefined {
  for (let at = parentOf(tag); at !== undefined; at = parentOf(at)) {
    const found = meaning.get(`${at} ${symbol}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function grouped<K, V>(pairs: Iterable<readonly [K, V]>): Map<V, K[]> {
  const out = new Map<V, K[]>();
  for (const [key, value] of pairs) out.set(value, [...(out.get(value) ?? []), key]);
  return out;
}

const sorted = <T>(items: Iterable<T>): T[] => [...items].sort();
const literal = (text: string): string => JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u061c\u00a0\u202f]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** File name -> text. */
export function generate(): Map<string, string> {
  const decimals = serverDecimals();
  const known = new Set(decimals.keys());
  const coverage = (json(join(cldrCore, "coverageLevels.json")) as { coverageLevels: Record<string, string> }).coverageLevels;
  const systems = (json(join(cldrCore, "supplemental", "numberingSystems.json")) as {
    supplemental: { numberingSystems: Record<string, { _digits?: string; _type: string }> };
  }).supplemental.numberingSystems;

  const all = readdirSync(cldrMain).sort().filter((tag) => tag !== "und").map(cldrLocale);
  const covered = (tag: string): boolean => coverage[tag] === "modern" || (tag.includes("-") && covered(tag.slice(0, tag.lastIndexOf("-"))));
  const modern = all.filter(({ tag }) => covered(tag));

  const separators = new Map(all.filter(({ tag }) => covered(tag) || coverage[tag] === "moderate").map(({ tag, separators: s }) => [tag, s]));
  const ownSeparators = [...separators].filter(([tag, s]) => {
    const parent = parentOf(tag);
    return s !== (parent === undefined ? ".," : (separators.get(parent) ?? ".,"));
  });
  const table = symbolTable(modern, known);
  const regions = regionCurrencies(known);
  const zeros = sorted(
    Object.values(systems).filter((s) => s._type === "numeric" && s._digits !== undefined && !s._digits.startsWith("〇")).map((s) => s._digits?.codePointAt(0) ?? 0),
  ).sort((a, b) => a - b);

  const pack = (groups: Map<string, string[]>): string =>
    sorted([...groups].map(([key, members]) => `${key}:${sorted(members).join(",")}`)).join("|");
  const unusual = grouped([...decimals].filter(([, d]) => d !== 2).map(([code, d]) => [code, String(d)] as const));
  const used = new Set(regions.values());
  const ordinary = sorted([...decimals].filter(([code, d]) => d === 2 && !used.has(code)).map(([code]) => code)).join("");
  const byCurrency = new Map<string, string[]>();
  for (const [symbol, codes] of table) for (const code of codes) byCurrency.set(code, [...(byCurrency.get(code) ?? []), symbol]);
  const symbols = sorted([...byCurrency].map(([code, list]) => `${code} ${sorted(list.filter((symbol) => !derived(symbol, code, regions))).join(" ")}`).filter((line) => line.length > 4)).join("\n");
  const local = sorted([...localMeanings(modern, table, regions)].map(([key, tags]) => `${key.replace("=", "\t")}\t${sorted(tags).join(",")}`)).join("\n");

  const head = "// Made by `npm run gen-currency` from CLDR and vectors/currencies.json. Not edited by hand.\n";
  return new Map([
    ["currencies.ts", `${head}\n/** Currencies with two decimals that no region uses as its first; those of the regions have two as well, if not below. */\nexport const TWO_DECIMALS =\n  ${literal(ordinary)};\n\n/** Decimals to the currencies that have them. */\nexport const OTHER_DECIMALS = ${literal(pack(new Map([...unusual].map(([d, codes]) => [d, codes]))))};\n`],
    ["regions.ts", `${head}\n/** Currency to the regions where it is in use. */\nexport const REGION_CURRENCIES =\n  ${literal(pack(grouped(regions)))};\n`],
    ["symbols.ts", `${head}\n/** Currency and the symbols it is written with, a line each. */\nexport const SYMBOLS =\n  ${literal(symbols)};\n\n/** A shared symbol, tab, what it means (nothing: it decides nothing), tab, in these locales and what inherits from them. */\nexport const LOCAL_SYMBOLS =\n  ${literal(local)};\n`],
    ["numbers.ts", `${head}\n/** Decimal and group separator to the locales that write them; what inherits is left out, unnamed ones write \`.,\`. */\nexport const SEPARATORS =\n  ${literal(pack(grouped(ownSeparators)))};\n\n/** Code points of the zeros of all decimal digits, hexadecimal. */\nexport const ZEROS = ${literal(zeros.map((z) => z.toString(16)).join(" "))};\n`],
  ]);
}
