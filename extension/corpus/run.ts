/**
 * Runs the reader over the corpus and prints the report.
 *
 * `npx tsx corpus/run.ts [BEGINNING OF A PAGE'S NAME]...` ends with 1 when the outcome and `expected-failures.json` differ.
 */

import { fileURLToPath } from "node:url";
import { read } from "../src/detect/index.ts";
import type { Reading } from "../src/types/detect.ts";
import type { Recipe } from "../src/types/recipe.ts";
import { parsePage, type SavedPage } from "../tools/page.ts";
import { loadRecipes } from "../tools/recipes.ts";
import { expectedFailures, surprises } from "./expected.ts";
import { type LabelledPage, loadPages } from "./labels.ts";
import { report } from "./report.ts";
import { type Outcome, scorePage } from "./score.ts";

/** `also` sees each page with what was read of it: parsing costs more than reading. */
export function runCorpus(pages: readonly LabelledPage[], recipes: readonly Recipe[], also?: (page: LabelledPage, saved: SavedPage, reading: Reading) => void): Outcome[] {
  return pages.flatMap((page) => {
    const saved = parsePage(page.html, page.htmlPath);
    const reading = read(saved.document, page.label.url, recipes, { frameDocument: saved.frameDocument });
    also?.(page, saved, reading);
    return scorePage(page, reading, saved);
  });
}

function main(beginnings: readonly string[]): number {
  const chosen = (name: string): boolean => beginnings.length === 0 || beginnings.some((beginning) => name.startsWith(beginning));
  const pages = loadPages().filter((page) => chosen(page.name));
  const outcomes = runCorpus(pages, loadRecipes());
  const listed = Object.fromEntries(Object.entries(expectedFailures()).filter(([name]) => chosen(name)));
  const differences = surprises(outcomes, listed);
  console.log(report(outcomes));
  console.log(differences.length === 0 ? "\nAs expected." : `\nNOT AS EXPECTED\n\n${differences.join("\n")}`);
  return differences.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
