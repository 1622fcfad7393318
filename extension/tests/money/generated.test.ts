import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { generate } from "../../tools/currency-data.ts";

it("the tables are what CLDR and the server's list make of them", { timeout: 60_000 }, () => {
  for (const [name, text] of generate()) {
    const stored = readFileSync(new URL(`../../src/money/generated/${name}`, import.meta.url), "utf8");
    expect(stored === text, `src/money/generated/${name} is out of date: npm run gen-currency`).toBe(true);
  }
});
