/** The reader as it is built for stores' pages, minified and with shortened names, beside its source. */
import { runInThisContext } from "node:vm";
import type { Packed } from "../../src/detect/index.ts";
import { guess } from "../../src/detect/guess.ts";
import { WORDS } from "../../src/detect/index.ts";
import { readMoney } from "../../src/money/index.ts";
import type { Reading } from "../../src/types/detect.ts";
import type { MoneyContext, MoneyRead } from "../../src/types/money.ts";
import type { Recipe } from "../../src/types/recipe.ts";
import type { SavedPage } from "../../tools/page.ts";

interface Built {
  read(document: Document, url: string, recipes: readonly Recipe[], context: { readonly guess: typeof guess; readonly frameDocument: SavedPage["frameDocument"] }): Reading;
  useWords(words: Packed): void;
  readMoney(text: string, context: MoneyContext): MoneyRead;
}

/** Runs its code, which hands itself over as it does in a page. */
export function load(code: string): Built {
  const world = globalThis as { anytill?: { reader(made: Built): void } };
  let made: Built | null = null;
  world.anytill = { reader: (reader) => void (made = reader) };
  try {
    runInThisContext(code);
  } finally {
    delete world.anytill;
  }
  if (made === null) throw new Error("the built reader did not hand itself over");
  // As they come to a page: through JSON.
  (made as Built).useWords(JSON.parse(JSON.stringify(WORDS)) as Packed);
  return made;
}

const TEXTS_MAX = 25;
const MONEY_LEN_MAX = 60;

/** Where the built reader reads otherwise than the source did: nothing, if all is well. */
export function differences(built: Built, name: string, saved: SavedPage, url: string, recipes: readonly Recipe[], reading: Reading): readonly string[] {
  const { document, frameDocument } = saved;
  const found: string[] = [];
  const same = (what: string, one: unknown, other: unknown): void => {
    const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
    if (a !== b) found.push(`${name}, ${what}: source ${a}, built ${b}`);
  };
  same("reading", reading, built.read(document, url, recipes, { guess, frameDocument }));
  const context = { host: new URL(url).hostname, locale: document.documentElement.lang };
  for (const text of amountsOf(document)) same(JSON.stringify(text), readMoney(text, context), built.readMoney(text, context));
  return found;
}

/** Short texts with a digit: what an amount could be read from. */
function amountsOf(document: Document): readonly string[] {
  const found = new Set<string>();
  const walker = document.createTreeWalker(document.body ?? document, 4);
  for (let node = walker.nextNode(); node !== null && found.size < TEXTS_MAX; node = walker.nextNode()) {
    const text = node.textContent?.trim() ?? "";
    if (text.length <= MONEY_LEN_MAX && /\p{Nd}/u.test(text)) found.add(text);
  }
  return [...found];
}
