import { beforeAll, describe, expect, it } from "vitest";
import { expectedFailures, surprises } from "../../corpus/expected.ts";
import { loadPages } from "../../corpus/labels.ts";
import { report } from "../../corpus/report.ts";
import { runCorpus } from "../../corpus/run.ts";
import type { Outcome } from "../../corpus/score.ts";
import { builtReader } from "../../tools/build.ts";
import { loadRecipes } from "../../tools/recipes.ts";
import { differences, load } from "./built.ts";

const RUN_MS_MAX = 120_000;

describe("the reader on the corpus", () => {
  let outcomes: readonly Outcome[] = [];
  let pages = 0;
  const different: string[] = [];
  beforeAll(async () => {
    // One code for both browsers, as a rule; else each is tried.
    const codes = new Set([await builtReader("chromium"), await builtReader("firefox")]);
    const built = [...codes].map(load);
    const recipes = loadRecipes();
    outcomes = runCorpus(loadPages(), recipes, (page, saved, reading) => {
      pages += 1;
      for (const one of built) different.push(...differences(one, page.name, saved, page.label.url, recipes, reading));
    });
  }, RUN_MS_MAX);

  it("meets every label but those listed, and all that are listed fail", () => {
    expect(surprises(outcomes, expectedFailures())).toEqual([]);
    // Never wrong about money, whatever else may be listed.
    expect(outcomes.filter((outcome) => outcome.fact === "total" && outcome.wrong > 0).map((outcome) => outcome.page.name)).toEqual([]);
    const text = report(outcomes);
    expect(text).toContain("PAGES FROM MEASURED FACTS");
    expect(text).toContain("PAGES THAT ARE OUR OWN GUESS");
  });

  it("reads the same as it is built, with its names shortened, as it does from its source", () => {
    expect(different).toEqual([]);
    expect(pages).toBeGreaterThan(500);
  });

  it("would be seen to read otherwise if a name were shortened that leaves the reader", async () => {
    const built = load(await builtReader("chromium", /^(confidence|minor)$/));
    const recipes = loadRecipes();
    const found: string[] = [];
    runCorpus(loadPages().slice(0, 1), recipes, (page, saved, reading) => void found.push(...differences(built, page.name, saved, page.label.url, recipes, reading)));
    expect(found).not.toEqual([]);
  }, RUN_MS_MAX);
});
