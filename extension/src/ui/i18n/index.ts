/**
 * The words in the shopper's language. Every language has every key, which the type system checks; that the same
 * placeholders stand in each is checked by a test.
 */
import { formats, type Formats } from "../format.ts";
import { languageOf, type Catalogues, type Language } from "./language.ts";

export * from "./language.ts";

/** How languages call themselves. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch", es: "Español", "zh-CN": "简体中文" };

export type Fill = Readonly<Record<string, string>>;

export interface Words<Keys extends string> {
  readonly language: Language;
  readonly format: Formats;
  t(key: Keys, fill?: Fill): string;
  /** For keys put together from a code of somebody else's: undefined when there are no words for it. */
  maybe(key: string, fill?: Fill): string | undefined;
}

/** The locale for numbers and dates: the shopper's own where it speaks the language of the words. */
function formatLocale(locale: string, language: Language): string {
  try {
    const [canonical] = Intl.getCanonicalLocales(locale);
    return canonical !== undefined && languageOf(canonical) === language && canonical.toLowerCase().startsWith(language.slice(0, 2)) ? canonical : language;
  } catch {
    return language;
  }
}

export function fillIn(text: string, fill: Fill | undefined): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => fill?.[name] ?? whole);
}

export function words<Keys extends string>(catalogues: Catalogues<Keys>, locale: string): Words<Keys> {
  const language = languageOf(locale);
  const catalogue = catalogues[language];
  const find = (key: string): string | undefined =>
    Object.hasOwn(catalogue, key) ? (catalogue as Readonly<Record<string, string>>)[key] : undefined;
  return {
    language,
    format: formats(formatLocale(locale, language)),
    t: (key, fill) => fillIn(catalogue[key], fill),
    maybe: (key, fill) => {
      const text = find(key);
      return text === undefined ? undefined : fillIn(text, fill);
    },
  };
}
