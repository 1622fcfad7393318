/** The reader's words, as they are handed to content scripts with the recipes. */
import type { Packed } from "../detect/pack.ts";
import { packWords } from "../detect/pack.ts";
import * as words from "../detect/words/index.ts";

export const WORDS: Packed = packWords({ ...words });
