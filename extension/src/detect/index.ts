/** The reader with its words: for tools, tests and the background. A content script imports `read.ts` and is given the words. */

import type { Reading } from "../types/detect.ts";
import type { Recipe } from "../types/recipe.ts";
import { guess } from "./guess.ts";
import { useWords } from "./lexicon.ts";
import { packWords, type Packed } from "./pack.ts";
import * as plain from "./read.ts";
import * as words from "./words/index.ts";

/** Every word, as data that a message can carry. */
export const WORDS: Packed = packWords({ ...words });

useWords(WORDS);

/** As `read.ts` has it; without layout, hiding is guessed. */
export function read(document: Document, url: string, recipes: readonly Recipe[], context: plain.ReadContext = {}): Reading {
  return plain.read(document, url, recipes, context.visible === undefined ? { guess, ...context } : context);
}

export function readFrame(document: Document, look: plain.Look = {}): Pick<Reading, "fields" | "saveCard"> {
  return plain.readFrame(document, look.visible === undefined ? { guess, ...look } : look);
}

export { useWords } from "./lexicon.ts";
export type { Packed } from "./pack.ts";
export { checkRecipe, find, isCheckoutUrl, isProviderHost, parsesIn } from "./read.ts";
export type { Look, ReadContext } from "./read.ts";
