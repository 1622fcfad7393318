import { describe, expect, it } from "vitest";
import { languageOf, LANGUAGES, words } from "../../src/ui/i18n/index.ts";
import { panelWords } from "../../src/ui/i18n/panel.ts";
import { pillWords } from "../../src/ui/i18n/pill.ts";

const CATALOGUES = { panel: panelWords, pill: pillWords };

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

describe.each(Object.entries(CATALOGUES))("the %s's words", (_, catalogues) => {
  const all = catalogues as Record<string, Record<string, string>>;
  const english = all["en"] ?? {};

  it.each(LANGUAGES)("are all there in %s, with the same placeholders", (language) => {
    const own = all[language] ?? {};
    expect(Object.keys(own).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(own)) {
      expect(text.trim(), key).not.toBe("");
      expect(placeholders(text), key).toEqual(placeholders(english[key] ?? ""));
    }
  });

  it.each(LANGUAGES.filter((language) => language !== "en"))("are translated into %s", (language) => {
    // Names and short words may be the same in two languages; sentences may not.
    const same = Object.entries(all[language] ?? {}).filter(([key, text]) => text.length > 14 && text === english[key]);
    expect(same).toEqual([]);
  });
});

describe("the language", () => {
  it.each([
    ["en-GB", "en"],
    ["de-AT", "de"],
    ["es-419", "es"],
    ["zh-Hans-SG", "zh-CN"],
    ["zh-TW", "zh-CN"],
    ["fr", "en"],
    ["not a locale", "en"],
  ])("for %s is %s", (locale, language) => expect(languageOf(locale)).toBe(language));

  it("keeps the shopper's own numbers where the words are theirs", () => {
    expect(words(panelWords, "de-CH").format.money({ minor: 123456, currency: "CHF" })).toMatch(/^CHF.1[’']234\.56$/u);
    expect(words(panelWords, "fr-FR").format.locale).toBe("en");
    expect(words(panelWords, "not a locale").format.locale).toBe("en");
  });

  it("has no words for a code that nobody knows", () => {
    const say = words(panelWords, "en");
    expect(say.maybe("problem_no_room")).toContain("cannot receive");
    expect(say.maybe("problem_toString")).toBeUndefined();
    expect(say.maybe("constructor")).toBeUndefined();
  });
});
