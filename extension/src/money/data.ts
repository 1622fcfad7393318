/** Everything the amounts are read by, as data: CLDR's tables and the words. A content script is handed it with the reader's words. */
import { OTHER_DECIMALS, TWO_DECIMALS } from "./generated/currencies.ts";
import { SEPARATORS, ZEROS } from "./generated/numbers.ts";
import { REGION_CURRENCIES } from "./generated/regions.ts";
import { LOCAL_SYMBOLS, SYMBOLS } from "./generated/symbols.ts";
import { SPELLINGS } from "./spellings.ts";
import * as words from "./words.ts";

export const MONEY = { ...words, TWO_DECIMALS, OTHER_DECIMALS, SEPARATORS, ZEROS, REGION_CURRENCIES, LOCAL_SYMBOLS, SYMBOLS, SPELLINGS };
