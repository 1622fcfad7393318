/**
 * What a read costs in the page: a checkout of 10,000 elements in a real Chromium, as a ratio to one full walk over
 * `querySelectorAll("*")` in the same run. `npx tsx tools/bench-detect.ts [--browser PATH] [--runs N]`
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { WORDS } from "../src/detect/index.ts";
import { loadRecipes } from "./recipes.ts";

const ELEMENTS = 10_000;

const READER = `
import { read, useWords } from "./read.ts";
globalThis.bench = (words, recipes, url, runs) => {
  useWords(words);
  const visible = (element) => element.checkVisibility?.({ visibilityProperty: true, opacityProperty: true }) ?? true;
  const time = (work) => { const began = performance.now(); work(); return performance.now() - began; };
  const walk = () => { let n = 0; for (const element of document.querySelectorAll("*")) if (element.parentNode !== null) n++; return n; };
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  let reading;
  for (let i = 0; i < 5; i++) { walk(); read(document, url, recipes, { visible }); }
  const walks = [], reads = [];
  for (let i = 0; i < runs; i++) {
    walks.push(time(walk));
    reads.push(time(() => { reading = read(document, url, recipes, { visible }); }));
  }
  return { elements: walk(), walkMs: median(walks), readMs: median(reads), walkMinMs: Math.min(...walks), readMinMs: Math.min(...reads), reading };
};`;

function page(): string {
  const item = (i: number): string =>
    `<li class="item"><div><img alt=""><a href="#"><span>Record number ${i}</span></a><p><b>Qty</b> <span>1</span></p><div class="price"><span>$</span><span>${i % 90}</span><span>.</span><span>99</span></div></div></li>`;
  const items = Array.from({ length: Math.floor((ELEMENTS - 60) / 13) }, (_, i) => item(i)).join("");
  return `<!doctype html><html lang="en-US"><head><title>Checkout</title></head><body><h1>Checkout</h1><ul>${items}</ul>
    <form><label>Card number <input name="cardnumber"></label><label>Expiry <input name="exp" placeholder="MM/YY"></label><label>CVC <input name="cvc"></label><label>Name on card <input name="cardname"></label></form>
    <table><tr><td>Subtotal</td><td>$18.60</td></tr><tr><td>Shipping</td><td>$5.99</td></tr><tr><td>Tax</td><td>$2.52</td></tr><tr><td>Order total</td><td>$27.11</td></tr></table><button>Place order</button></body></html>`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { browser: { type: "string", default: "/usr/bin/chromium" }, runs: { type: "string", default: "60" } } });
  const bundle = await build({
    stdin: { contents: READER, resolveDir: fileURLToPath(new URL("../src/detect/", import.meta.url)), loader: "ts" },
    bundle: true, minify: true, format: "iife", write: false, logLevel: "silent",
  });
  const browser = await chromium.launch({ executablePath: values.browser, args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    await tab.setContent(page());
    await tab.addScriptTag({ content: bundle.outputFiles[0]?.text ?? "" });
    const result = await tab.evaluate(
      ([words, recipes, runs]) => (globalThis as unknown as { bench: (...args: unknown[]) => unknown }).bench(words, recipes, "https://www.target.com/checkout", runs),
      [WORDS, loadRecipes(), Number.parseInt(values.runs, 10)] as const,
    );
    const { reading, ...times } = result as { walkMs: number; readMs: number; walkMinMs: number; readMinMs: number; reading: { total: unknown } };
    // On a busy machine only the best times say something.
    const ratio = Math.round((times.readMinMs / times.walkMinMs) * 10) / 10;
    process.stdout.write(`${JSON.stringify({ ...times, ratio, total: reading.total })}\n`);
  } finally {
    await browser.close();
  }
}

await main();
