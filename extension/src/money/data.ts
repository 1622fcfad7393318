/** Everything the amounts are read by, as data: CLDR's tables and the words. A content script is handed it with the reader's words. */
import { OTHER_DECIMALS, TWO_DECIMALS } from "./generated/currencies.ts";
import { SEPARATORS, ZEROS } from "./generated/numbers.ts";
import { REGION_CURRENCIES } from "./generated/regions.ts";
import { LOCAL_SYMBOLS, SYMBOLS } from "./generated/symbols.ts";
import { SPELLINGS } from "./spellings.ts";
import * as words from "./words.ts";

export const BY_NAME = { ...words, TWO_DECIMALS, OTHER_DECIMALS, SEPARATORS, ZEROS, REGION_CURRENCIES, LOCAL_SYMBOLS, SYMBOLS, SPELLINGS };

/** In the order of their names: whoever is handed them knows these, and need not carry them. */
export const MONEY: readonly unknown[] = Object.entries(BY_NAME)
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([, data]) => data);
