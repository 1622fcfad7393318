/** The recipes in `stores/`, read and checked; also `tsx tools/recipes.ts check`. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { JSDOM } from "jsdom";
import { checkRecipe, parsesIn } from "../src/detect/recipe.ts";
import type { Recipe } from "../src/types/recipe.ts";

const STORES_DIR = fileURLToPath(new URL("../stores/", import.meta.url));
const SCHEMA = "recipe.schema.json";

/** All built-in recipes, named stores before platforms; throws with every fault when one is not right. */
export function loadRecipes(dir: string = STORES_DIR): Recipe[] {
  const { recipes, faults } = checkAll(dir);
  if (faults.length > 0) throw new Error(`recipes: ${faults.join("; ")}`);
  return recipes;
}

export function checkAll(dir: string = STORES_DIR): { readonly recipes: Recipe[]; readonly faults: string[] } {
  const parses = parsesIn(new JSDOM("").window.document);
  const recipes: Recipe[] = [];
  const faults: string[] = [];
  for (const file of readdirSync(dir).sort()) {
    if (!file.endsWith(".json") || file === SCHEMA) continue;
    const value = parseJson(readFileSync(`${dir}/${file}`, "utf8"));
    const checked = checkRecipe(value, parses);
    if ("faults" in checked) faults.push(...checked.faults.map((fault) => `${file}: ${fault}`));
    else if (`${checked.recipe.id}.json` !== file) faults.push(`${file}: its id is ${checked.recipe.id}`);
    else recipes.push(checked.recipe);
  }
  return { recipes: recipes.sort((a, b) => Number(a.hosts.length === 0) - Number(b.hosts.length === 0)), faults };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function main(): void {
  const [command, dir] = process.argv.slice(2);
  if (command !== "check") {
    process.stderr.write("usage: recipes.ts check [DIRECTORY]\n\nChecks every recipe in stores/ (or DIRECTORY): members, lengths, addresses, selectors.\n");
    process.exit(command === "--help" ? 0 : 2);
  }
  const { recipes, faults } = checkAll(dir);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.stdout.write(`${recipes.length} recipes are right, ${faults.length} faults\n`);
  process.exit(faults.length === 0 ? 0 : 1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
