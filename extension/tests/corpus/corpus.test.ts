import { describe, expect, it } from "vitest";
import { expectedFailures, surprises } from "../../corpus/expected.ts";
import { loadPages } from "../../corpus/labels.ts";
import { report } from "../../corpus/report.ts";
import { runCorpus } from "../../corpus/run.ts";
import { loadRecipes } from "../../tools/recipes.ts";

const RUN_MS_MAX = 120_000;

describe("the reader on the corpus", () => {
  it("meets every label but those listed, and all that are listed fail", () => {
    const outcomes = runCorpus(loadPages(), loadRecipes());
    expect(surprises(outcomes, expectedFailures())).toEqual([]);
    // Never wrong about money, whatever else may be listed.
    expect(outcomes.filter((outcome) => outcome.fact === "total" && outcome.wrong > 0).map((outcome) => outcome.page.name)).toEqual([]);
    const text = report(outcomes);
    expect(text).toContain("PAGES FROM MEASURED FACTS");
    expect(text).toContain("PAGES THAT ARE OUR OWN GUESS");
  }, RUN_MS_MAX);
});
