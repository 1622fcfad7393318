/** The reader with its words: for tools, tests and the background. A content script imports `read.ts` and is given the words. */

import { useWords } from "./lexicon.ts";
import { pack, type Packed } from "./pack.ts";
import * as words from "./words/index.ts";

/** Every word, as data that a message can carry. */
export const WORDS: Packed = pack({ ...words });

useWords(WORDS);

export { useWords } from "./lexicon.ts";
export type { Packed } from "./pack.ts";
export * from "./read.ts";
