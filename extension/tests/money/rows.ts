/**
 * Rows of tables: `text => minor CUR` or `text => reason`, one a line, under a page's surroundings. Escapes as in
 * JavaScript, so that what cannot be seen can be written.
 */
import { expect } from "vitest";
import { readMoney } from "../../src/money/index.ts";
import type { MoneyContext } from "../../src/types/money.ts";

export function rows(context: MoneyContext, table: string): void {
  const wrong: string[] = [];
  for (const line of table.split("\n")) {
    if (line.trim() === "") continue;
    const cut = line.lastIndexOf(" => ");
    const text = unescape(line.slice(0, cut).trimStart());
    const read = readMoney(text, context);
    const got = "money" in read ? `${String(read.money.minor)} ${read.money.currency}` : read.unsure;
    const wanted = line.slice(cut + 4).trim();
    if (got !== wanted) wrong.push(`${line.trim()}   but got ${got}`);
  }
  expect(wrong).toEqual([]);
}

function unescape(text: string): string {
  const point = (hex: string): string => String.fromCodePoint(Number.parseInt(hex, 16));
  return text
    .replace(/\\u\{([\da-f]+)\}/giu, (_, hex: string) => point(hex))
    .replace(/\\u([\da-f]{4})/giu, (_, hex: string) => point(hex))
    .replace(/\\n/gu, "\n")
    .replace(/\\t/gu, "\t");
}
