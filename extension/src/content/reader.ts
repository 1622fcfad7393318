/**
 * The reader's code: loaded when an address is a checkout's or the panel is opened, so that every other page costs an
 * address check and no more. Until it is here, nothing is read.
 */

import type { Packed } from "../detect/pack.ts";
import type { Place, Reading } from "../types/detect.ts";
import type { MoneyContext, MoneyRead } from "../types/money.ts";
import type { Recipe } from "../types/recipe.ts";

/** What is asked of each field before it is filled. */
export interface ToFill {
  readonly fillable: (element: Element) => boolean;
}

/** What `reader.js` hands over. */
export interface Reader {
  read(document: Document, url: string, recipes: readonly Recipe[], context?: ToFill): Reading;
  find(document: Document, place: Place): Element | null;
  useWords(words: Packed): void;
  readMoney(text: string, context: MoneyContext): MoneyRead;
}

export interface LateReader extends Reader {
  /** Asks for the code, once; `false` as long as it is not here. */
  ready(): boolean;
  /** The code has come. */
  here(reader: Reader): void;
}

const NOTHING: Reading = { checkout: false, store: null, total: null, confidence: 0, fields: {}, frames: [], saveCard: [], giftCardCode: [] };

/** `load` fetches the code, which calls `here`; `then` is called once it can be used. */
export function lateReader(load: () => Promise<unknown>, then: () => void): LateReader {
  let reader: Reader | null = null;
  let words: Packed | null = null;
  let asked = false;
  return {
    ready() {
      if (reader !== null) return true;
      if (!asked) {
        asked = true;
        // Not loaded, for whatever reason: the next look asks again.
        load().catch(() => {
          asked = false;
        });
      }
      return false;
    },
    here(made) {
      reader = made;
      if (words !== null) reader.useWords(words);
      then();
    },
    useWords(given) {
      words = given;
      reader?.useWords(given);
    },
    read: (document, url, recipes, context) => reader?.read(document, url, recipes, context) ?? NOTHING,
    find: (document, place) => reader?.find(document, place) ?? null,
    readMoney: (text, context) => reader?.readMoney(text, context) ?? { unsure: "no_amount" },
  };
}
