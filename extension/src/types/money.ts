/**
 * An exact amount in ISO 4217 minor units: 27.11 USD is `{ minor: 2711, currency: "USD" }`, 3000 JPY is
 * `{ minor: 3000, currency: "JPY" }`.
 *
 * Invariant: `minor` is a safe integer (at most 2^53 - 1), so that it survives JSON and messages exactly. Arithmetic on
 * amounts is done on `bigint`; no amount ever passes through a fraction.
 */
export interface Money {
  readonly minor: number;
  /** ISO 4217, three capital letters. */
  readonly currency: string;
}

/** Why a printed amount was not read. Each leads to another word to the shopper. */
export type Unsure =
  /** There is no amount in the text. */
  | "no_amount"
  /** No currency in the text, and none is known from its surroundings. */
  | "no_currency"
  /** The symbol stands for several currencies and nothing decides between them: `$`, `kr`, `¥`. */
  | "ambiguous_currency"
  /** The digits can be read in two ways: `1.234` without a hint of the language. */
  | "ambiguous_number"
  /** Several different amounts stand in the text. */
  | "several_amounts"
  /** Not a price as it is written anywhere: wrong grouping, too many decimals, a percent, a range, an open sum. */
  | "malformed"
  /** Below zero, or above what fits. */
  | "out_of_range";

export type MoneyRead = { readonly money: Money } | { readonly unsure: Unsure };

/** What is known of a text's surroundings; everything that is missing makes the reader more careful. */
export interface MoneyContext {
  /** BCP 47, of the element or the page: `de-DE`, `en`. */
  readonly locale?: string | undefined;
  /** The page's host: `www.amazon.co.jp` decides between yen and yuan. */
  readonly host?: string | undefined;
  /** ISO 4217, said by structured data or the recipe. A text that says another currency wins. */
  readonly currency?: string | undefined;
}
