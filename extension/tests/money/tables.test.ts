import { expect, it } from "vitest";
import { BY_NAME, MONEY } from "../../src/money/data.ts";
import * as tables from "../../src/money/tables.ts";

it("has each word under its own name after it was handed over as a list", () => {
  tables.useMoney(MONEY);
  const names = Object.keys(BY_NAME).filter((name) => name in tables);
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) expect([name, tables[name as keyof typeof tables]]).toEqual([name, BY_NAME[name as keyof typeof BY_NAME]]);
});
