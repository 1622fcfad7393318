export const LANGUAGES = ["en", "de", "es", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Every language has every key: the type system sees to it. */
export type Catalogue<Keys extends string> = { readonly [K in Keys]: string };
export type Catalogues<Keys extends string> = { readonly [L in Language]: Catalogue<Keys> };

/** The best language for a BCP 47 tag. Any Chinese reader is better served by Chinese than by English. */
export function languageOf(locale: string): Language {
  const first = locale.toLowerCase().split("-")[0] ?? "en";
  if (first === "zh") return "zh-CN";
  return LANGUAGES.find((language) => language === first) ?? "en";
}
