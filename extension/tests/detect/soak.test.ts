/**
 * Generated pages never make the reader throw or hang, and what it says of them keeps its promises. Here some of them and
 * the worst by hand; `npm run soak` puts 100,000 before a real browser.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { read } from "../../src/detect/index.ts";
import { parsePage } from "../../tools/page.ts";
import { promises } from "./generated.ts";
import { recipes } from "./page.ts";

const RUNS = 400;
const BATCH = 50;

describe("generated pages", () => {
  it(`${RUNS} of them neither throw nor hang, and every promise is kept`, { timeout: 300_000 }, async () => {
    // In batches, so that the runner hears of us in between.
    for (let done = 0; done < RUNS; done += BATCH) {
      fc.assert(promises((html) => parsePage(html, null), recipes), { numRuns: BATCH });
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it.each([
    ["a page 3,000 elements deep", `${"<div>".repeat(3_000)}<p>Total $27.11`],
    ["4,000 rows", "<tr><td>Total</td><td>$27.11</td></tr>".repeat(4_000)],
    ["2,000 inputs", '<label>Card number <input name="cardnumber"></label>'.repeat(2_000)],
    ["one line of 5,000 pieces", "<span>1</span>".repeat(5_000)],
    ["one word of a million letters", `<p>Total ${"a".repeat(1_000_000)}</p>`],
    ["a style sheet of 3,000 rules", `<style>${".a .b .c{display:none}".repeat(3_000)}</style><p>Total $27.11</p>`],
    ["200 frames in shadow roots", '<x-a><template shadowrootmode="open"><iframe srcdoc="<p>Total $1</p>"></iframe></template></x-a>'.repeat(200)],
  ])("%s", { timeout: 60_000 }, (_, html) => {
    const saved = parsePage(`<!doctype html><html lang="en"><body><table>${html}`, null);
    const began = performance.now();
    read(saved.document, "https://shop.example/checkout", recipes, { frameDocument: saved.frameDocument });
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
