import { readFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import { expect, it } from "vitest";

it("the types are those of docs/openapi.json (else run `npm run schema`)", async () => {
  const made = astToString(await openapiTS(new URL("../../../docs/openapi.json", import.meta.url)));
  const kept = readFileSync(new URL("../../src/api/schema.ts", import.meta.url), "utf8");
  // The command writes a comment above what the library makes.
  expect(kept.replace(/^\/\*\*[\s\S]*?\*\/\s*/, "").trim()).toBe(made.trim());
}, 30_000);
