/**
 * Generated pages by the hundred thousand in a real Chromium: what `tests/detect/generated.ts` promises, for each of them.
 * `npm run soak -- [--pages N] [--seed N] [--from N] [--browser PATH]`: the same seed makes the same pages; `--from` goes
 * on where a run was stopped. Ends with 1 and the smallest page that breaks a promise.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium, type Page } from "playwright-core";
import { loadRecipes } from "./recipes.ts";

const BATCH = 250;
/** A batch takes less than a second on a free machine. Longer than this is a hang. */
const BATCH_MS_MAX = 180_000;
const SAY_MS = 5_000;

const IN_PAGE = `
import fc from "fast-check";
import { promises } from "./generated.ts";
const frames = new WeakMap();
const parse = (html) => ({ document: Document.parseHTMLUnsafe(html), frameDocument: (frame) => {
  const inner = frame.getAttribute("srcdoc");
  if (inner !== null && !frames.has(frame)) frames.set(frame, Document.parseHTMLUnsafe(inner));
  return frames.get(frame) ?? null;
} });
globalThis.batch = (recipes, seed, numRuns) => {
  const { failed, error, errorInstance, counterexample } = fc.check(promises(parse, recipes), { seed, numRuns });
  return failed ? JSON.stringify({ error: String(errorInstance?.stack ?? error), counterexample }, null, 2) : null;
};`;

async function openPage(executablePath: string): Promise<Page> {
  const bundle = await build({
    stdin: { contents: IN_PAGE, resolveDir: fileURLToPath(new URL("../tests/detect/", import.meta.url)), loader: "ts" },
    bundle: true, minify: false, format: "iife", write: false, logLevel: "silent", keepNames: false,
  });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? "" });
  return page;
}

/** What the batch found wrong, `null` when nothing. */
async function run(page: Page, seed: number, pages: number, recipes: unknown): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`no answer within ${BATCH_MS_MAX} ms`);
    }, BATCH_MS_MAX);
  });
  const found = page.evaluate(([r, s, n]) => (globalThis as unknown as { batch: (...args: unknown[]) => string | null }).batch(r, s, n), [recipes, seed, pages] as const);
  try {
    return await Promise.race([found, hang]);
  } finally {
    clearTimeout(timer);
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      pages: { type: "string", default: "100000" },
      seed: { type: "string", default: String(Date.now() % 2 ** 30) },
      from: { type: "string", default: "0" },
      browser: { type: "string", default: "/usr/bin/chromium" },
    },
  });
  const [pages, seed, from] = [values.pages, values.seed, values.from].map((text) => Number.parseInt(text, 10)) as [number, number, number];
  const began = performance.now();
  const recipes = loadRecipes();
  const page = await openPage(values.browser);
  let said = began;
  try {
    for (let done = from; done < pages; done += BATCH) {
      const wrong = await run(page, seed + done, Math.min(BATCH, pages - done), recipes);
      if (wrong !== null) {
        process.stderr.write(`seed ${seed}, after ${done} pages: ${wrong}\n`);
        return 1;
      }
      if (performance.now() - said < SAY_MS) continue;
      said = performance.now();
      const rate = ((done + BATCH - from) / (said - began)) * 1_000;
      process.stdout.write(`seed ${seed}: ${done + BATCH} of ${pages} pages, ${Math.round(rate)} a second\n`);
    }
    process.stdout.write(`seed ${seed}: ${pages - from} pages in ${Math.round((performance.now() - began) / 1_000)} s, all promises kept\n`);
    return 0;
  } finally {
    await page.context().browser()?.close();
  }
}

process.exitCode = await main();
