/**
 * The words in use. They are data, larger than the code that uses them, so a content script does not carry them: the
 * background hands them over with the recipes, and `useWords` puts them here. `index.ts` has them from the start.
 */

import { useMoney } from "../money/tables.ts";
import { type Packed, unpack } from "./pack.ts";
import type * as Words from "./words/index.ts";

export let ACCOUNT_HEADING: typeof Words.ACCOUNT_HEADING;
export let ACCOUNT_HOLDER: typeof Words.ACCOUNT_HOLDER;
export let ADDRESS_NAMES: typeof Words.ADDRESS_NAMES;
export let ADDS_TO_CART: typeof Words.ADDS_TO_CART;
export let AMAZON: typeof Words.AMAZON;
export let APPROX: typeof Words.APPROX;
export let ASIDES: typeof Words.ASIDES;
export let AUTOCOMPLETE: typeof Words.AUTOCOMPLETE;
export let BANK_FORM: typeof Words.BANK_FORM;
export let BILLING: typeof Words.BILLING;
export let CALLED_CARD: typeof Words.CALLED_CARD;
export let CARD_FRAME: typeof Words.CARD_FRAME;
export let CARD_LABEL: typeof Words.CARD_LABEL;
export let CARD_NAMES: typeof Words.CARD_NAMES;
export let CART_HEADING: typeof Words.CART_HEADING;
export let CART_TOTAL: typeof Words.CART_TOTAL;
export let CENTS_CLASS: typeof Words.CENTS_CLASS;
export let CHARGED: typeof Words.CHARGED;
export let CODE_IN_LABEL: typeof Words.CODE_IN_LABEL;
export let CODE_LABEL: typeof Words.CODE_LABEL;
export let CODE_NAMES: typeof Words.CODE_NAMES;
export let COLUMN_HEAD: typeof Words.COLUMN_HEAD;
export let COMMA_LANGUAGES: typeof Words.COMMA_LANGUAGES;
export let CONFIRMED: typeof Words.CONFIRMED;
export let CONTINUES: typeof Words.CONTINUES;
export let CURRENCY_BOX: typeof Words.CURRENCY_BOX;
export let CURRENCY_SIGN: typeof Words.CURRENCY_SIGN;
export let DD: typeof Words.DD;
export let DEPOSIT: typeof Words.DEPOSIT;
export let DUE: typeof Words.DUE;
export let EXPLICIT: typeof Words.EXPLICIT;
export let FAMILY: typeof Words.FAMILY;
export let FAMILY_LABEL: typeof Words.FAMILY_LABEL;
export let FAMILY_TOO: typeof Words.FAMILY_TOO;
export let FIELD_WORDS: typeof Words.FIELD_WORDS;
export let FOREIGN_PLACE: typeof Words.FOREIGN_PLACE;
export let FOUR_GROUPS: typeof Words.FOUR_GROUPS;
export let FREE: typeof Words.FREE;
export let GIFT_CARD: typeof Words.GIFT_CARD;
export let GIFT_CODE: typeof Words.GIFT_CODE;
export let GIVEN: typeof Words.GIVEN;
export let GIVEN_LABEL: typeof Words.GIVEN_LABEL;
export let GRAND: typeof Words.GRAND;
export let HONEYPOT: typeof Words.HONEYPOT;
export let INSIDE: typeof Words.INSIDE;
export let IN_PARTS: typeof Words.IN_PARTS;
export let JSON_CURRENCY: typeof Words.JSON_CURRENCY;
export let LABEL_ASIDES: typeof Words.LABEL_ASIDES;
export let LOGIN: typeof Words.LOGIN;
export let METHODS: typeof Words.METHODS;
export let METHOD_BUTTON: typeof Words.METHOD_BUTTON;
export let METHOD_NAMES: typeof Words.METHOD_NAMES;
export let MM: typeof Words.MM;
export let MONEY_SAID: typeof Words.MONEY_SAID;
export let MONTH: typeof Words.MONTH;
export let MONTH_AND_YEAR: typeof Words.MONTH_AND_YEAR;
export let MONTH_NAMES: typeof Words.MONTH_NAMES;
export let NAMES: typeof Words.NAMES;
export let NEVER_NAMES: typeof Words.NEVER_NAMES;
export let NOT_ALL: typeof Words.NOT_ALL;
export let NOT_CARD: typeof Words.NOT_CARD;
export let NOT_CARD_FRAME: typeof Words.NOT_CARD_FRAME;
export let NOT_CODE: typeof Words.NOT_CODE;
export let NOT_FINAL: typeof Words.NOT_FINAL;
export let NOT_GIFT_CODE: typeof Words.NOT_GIFT_CODE;
export let OFF_SCREEN: typeof Words.OFF_SCREEN;
export let OF_ADDRESS: typeof Words.OF_ADDRESS;
export let OF_CARD: typeof Words.OF_CARD;
export let OTHER_CARD: typeof Words.OTHER_CARD;
export let OTHER_COUNTRY: typeof Words.OTHER_COUNTRY;
export let OTHER_DOLLARS: typeof Words.OTHER_DOLLARS;
export let OTHER_DOLLAR_CODES: typeof Words.OTHER_DOLLAR_CODES;
export let OTHER_PAYS: typeof Words.OTHER_PAYS;
export let OTHER_TOKENS: typeof Words.OTHER_TOKENS;
export let PAYS: typeof Words.PAYS;
export let PENDING: typeof Words.PENDING;
export let PERHAPS: typeof Words.PERHAPS;
export let PIECE: typeof Words.PIECE;
export let PLAIN_NAME: typeof Words.PLAIN_NAME;
export let PREVIOUS_HEADING: typeof Words.PREVIOUS_HEADING;
export let PROVIDER_HOSTS: typeof Words.PROVIDER_HOSTS;
export let REVIEW: typeof Words.REVIEW;
export let ROWS: typeof Words.ROWS;
export let SAVED_CARD: typeof Words.SAVED_CARD;
export let SAVES: typeof Words.SAVES;
export let SAVE_CARD: typeof Words.SAVE_CARD;
export let SAYING: typeof Words.SAYING;
export let SAYING_TAGS: typeof Words.SAYING_TAGS;
export let SAYS_CARD: typeof Words.SAYS_CARD;
export let SAYS_NUMBER: typeof Words.SAYS_NUMBER;
export let SHARED: typeof Words.SHARED;
export let SHIPPING: typeof Words.SHIPPING;
export let SHIPPING_BOX: typeof Words.SHIPPING_BOX;
export let SHIPPING_NAMES: typeof Words.SHIPPING_NAMES;
export let SMALL_CART: typeof Words.SMALL_CART;
export let SPOILS: typeof Words.SPOILS;
export let STABLE: typeof Words.STABLE;
export let STARTS: typeof Words.STARTS;
export let STATED: typeof Words.STATED;
export let STREET: typeof Words.STREET;
export let STRONG_METHODS: typeof Words.STRONG_METHODS;
export let STRUCK: typeof Words.STRUCK;
export let TELLING: typeof Words.TELLING;
export let TOTAL: typeof Words.TOTAL;
export let TOTAL_TOKEN: typeof Words.TOTAL_TOKEN;
export let TO_CHECKOUT: typeof Words.TO_CHECKOUT;
export let URL_ACCOUNT: typeof Words.URL_ACCOUNT;
export let URL_CART: typeof Words.URL_CART;
export let URL_CHECKOUT: typeof Words.URL_CHECKOUT;
export let URL_DONE: typeof Words.URL_DONE;
export let URL_LOGIN: typeof Words.URL_LOGIN;
export let URL_STRONG: typeof Words.URL_STRONG;
export let US_BOX: typeof Words.US_BOX;
export let US_PAGE: typeof Words.US_PAGE;
export let US_PLACE: typeof Words.US_PLACE;
export let WEAK_PAYS: typeof Words.WEAK_PAYS;
export let WHOLE_NAME: typeof Words.WHOLE_NAME;
export let YEAR: typeof Words.YEAR;
export let YY: typeof Words.YY;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- types go by name, the list by order
type Ordered = any;

let ready = false;
const TEXTS_MAX = 2_000;
const caches: Map<string, unknown>[] = [];

/** Keeps what a text says as long as the words stay the same: within a page and from reading to reading most are the same texts. */
export function keeping<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  caches.push(known);
  return (text) => {
    let found = known.get(text);
    if (found === undefined && !known.has(text)) {
      found = work(text);
      if (known.size >= TEXTS_MAX) known.clear();
      known.set(text, found);
    }
    return found as T;
  };
}

/** Without words nothing can be read, and every page is "no checkout". */
export const hasWords = (): boolean => ready;

export function useWords(packed: Packed): void {
  let MONEY: typeof Words.MONEY;
  // In the order of their names, all of them: a test holds it to the words.
  [
    ACCOUNT_HEADING, ACCOUNT_HOLDER, ADDRESS_NAMES, ADDS_TO_CART, AMAZON, APPROX, ASIDES, AUTOCOMPLETE, BANK_FORM, BILLING, CALLED_CARD,
    CARD_FRAME, CARD_LABEL, CARD_NAMES, CART_HEADING, CART_TOTAL, CENTS_CLASS, CHARGED, CODE_IN_LABEL, CODE_LABEL, CODE_NAMES,
    COLUMN_HEAD, COMMA_LANGUAGES, CONFIRMED, CONTINUES, CURRENCY_BOX, CURRENCY_SIGN, DD, DEPOSIT, DUE, EXPLICIT, FAMILY, FAMILY_LABEL,
    FAMILY_TOO, FIELD_WORDS, FOREIGN_PLACE, FOUR_GROUPS, FREE, GIFT_CARD, GIFT_CODE, GIVEN, GIVEN_LABEL, GRAND, HONEYPOT, INSIDE,
    IN_PARTS, JSON_CURRENCY, LABEL_ASIDES, LOGIN, METHODS, METHOD_BUTTON, METHOD_NAMES, MM, MONEY, MONEY_SAID, MONTH, MONTH_AND_YEAR,
    MONTH_NAMES, NAMES, NEVER_NAMES, NOT_ALL, NOT_CARD, NOT_CARD_FRAME, NOT_CODE, NOT_FINAL, NOT_GIFT_CODE, OFF_SCREEN, OF_ADDRESS,
    OF_CARD, OTHER_CARD, OTHER_COUNTRY, OTHER_DOLLARS, OTHER_DOLLAR_CODES, OTHER_PAYS, OTHER_TOKENS, PAYS, PENDING, PERHAPS, PIECE,
    PLAIN_NAME, PREVIOUS_HEADING, PROVIDER_HOSTS, REVIEW, ROWS, SAVED_CARD, SAVES, SAVE_CARD, SAYING, SAYING_TAGS, SAYS_CARD, SAYS_NUMBER,
    SHARED, SHIPPING, SHIPPING_BOX, SHIPPING_NAMES, SMALL_CART, SPOILS, STABLE, STARTS, STATED, STREET, STRONG_METHODS, STRUCK, TELLING,
    TOTAL, TOTAL_TOKEN, TO_CHECKOUT, URL_ACCOUNT, URL_CART, URL_CHECKOUT, URL_DONE, URL_LOGIN, URL_STRONG, US_BOX, US_PAGE, US_PLACE,
    WEAK_PAYS, WHOLE_NAME, YEAR, YY,
  ] = unpack(packed) as Ordered;
  useMoney(MONEY);
  caches.forEach((known) => {
    known.clear();
  });
  ready = true;
}
