import { expect, it } from "vitest";
import type { Reader } from "../../src/content/reader.ts";
import { lateReader } from "../../src/content/reader.ts";

const made = (used: unknown[]): Reader => ({
  read: () => ({ checkout: true, store: "generic", total: null, confidence: 90, fields: {}, frames: [], saveCard: [], giftCardCode: [] }),
  find: () => null,
  useWords: (words) => void used.push(words),
  readMoney: () => ({ money: { minor: 2711, currency: "USD" } }),
});
const document = {} as Document;

it("is asked for once, reads nothing before it is here, and is given the words that came before it", () => {
  let loads = 0;
  let told = 0;
  const used: unknown[] = [];
  const late = lateReader(
    () => {
      loads += 1;
      return new Promise(() => {});
    },
    () => void (told += 1),
  );
  late.useWords("words");
  expect([late.ready(), late.ready(), loads]).toEqual([false, false, 1]);
  expect(late.read(document, "", []).checkout).toBe(false);
  expect(late.readMoney("$27.11", {})).toEqual({ unsure: "no_amount" });
  late.here(made(used));
  expect([used, told, late.ready()]).toEqual([["words"], 1, true]);
  expect(late.read(document, "", []).checkout).toBe(true);
  expect(late.readMoney("$27.11", {})).toEqual({ money: { minor: 2711, currency: "USD" } });
});

it("is asked for again when it could not be loaded", async () => {
  let loads = 0;
  const late = lateReader(
    () => {
      loads += 1;
      return Promise.reject(new Error("gone"));
    },
    () => {},
  );
  late.ready();
  await Promise.resolve();
  await Promise.resolve();
  late.ready();
  expect(loads).toBe(2);
});
