/** Amounts in lines of text: where they stand, and what the money reader says of them. */

import { amountsIn, readMoney } from "../money/read.ts";
import type { Money, MoneyContext, MoneyRead } from "../types/money.ts";
import type { Spoken } from "./currency.ts";
import { fold } from "./fold.ts";
import { APPROX, ASIDES, keeping } from "./lexicon.ts";

/** What is known of the page's money. `spoken` goes through the page's text, so it is asked only where a symbol is shared. */
export interface PageMoney extends MoneyContext {
  readonly spoken?: (() => Spoken) | undefined;
}

const isOpen = (read: MoneyRead): boolean => "unsure" in read && (read.unsure === "ambiguous_currency" || read.unsure === "no_currency");
/** A sign of several countries without any letters of one beside it. */
const SHARED = /(?<!\p{L} ?)[$¥]|\bkr\b|元|円/u;
const BARE_DOLLAR = /^[^\p{L}]*\$[^\p{L}]*$/u;
const AMBIGUOUS: MoneyRead = { unsure: "ambiguous_currency" };

/** Reads with what the page's text says of its currency: before the language and the host when it says so of all amounts, after them when it only speaks of one. */
function readWith<T>(text: string, context: PageMoney, read: (context: MoneyContext) => T, open: (done: T) => boolean): T {
  const spoken = context.spoken !== undefined && (SHARED.test(text) || /\p{Sc}/u.test(text)) ? context.spoken() : undefined;
  if (spoken === undefined) return read(context);
  const { stated, said } = spoken;
  if (stated !== undefined && context.currency === undefined) return read({ ...context, currency: stated });
  const done = read(context);
  return context.currency === undefined && said !== undefined && open(done) ? read({ ...context, currency: said }) : done;
}

/** A bare `$` that only the page's language made the United States', against what the page says. */
function settled(printed: string, read: MoneyRead, context: PageMoney): MoneyRead {
  if (!("money" in read) || context.spoken === undefined || !SHARED.test(printed)) return read;
  const { stated, doubt } = context.spoken();
  if (context.currency !== undefined) return stated !== undefined && stated !== context.currency && read.money.currency === context.currency ? AMBIGUOUS : read;
  return stated === undefined && doubt && read.money.currency === "USD" && BARE_DOLLAR.test(printed) ? AMBIGUOUS : read;
}

export interface Found {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly read: MoneyRead;
}

export const moneyOf = (read: MoneyRead): Money | null => ("money" in read ? read.money : null);
export const same = (a: Money, b: Money): boolean => a.minor === b.minor && a.currency === b.currency;

/** Taxes included, number of items: what stands beside a total and is not part of it. */
export const withoutAsides = keeping((text: string): string => {
  let out = text;
  for (const aside of ASIDES) out = out.replace(aside, " ");
  return out;
});

/** A digit is needed for an amount; most lines of a page have none. */
export function found(text: string, context: PageMoney): readonly Found[] {
  if (!/\p{Nd}/u.test(text)) return [];
  const amounts = readWith(text, context, (known) => amountsIn(text, known), (done) => done.some(({ read }) => isOpen(read)));
  return amounts.map(({ start, end, read }) => ({ text: text.slice(start, end), start, end, read: settled(text.slice(start, end), read, context) }));
}

/** One amount for a text: the charged one where another is only a conversion. */
export function readOne(text: string, context: PageMoney): MoneyRead {
  const read = readWith(text, context, (known) => readMoney(text, known), isOpen);
  const amounts = "money" in read || read.unsure === "several_amounts" ? found(text, context) : [];
  if ("money" in read) return amounts[0] === undefined || moneyOf(amounts[0].read) !== null ? read : amounts[0].read;
  if (read.unsure !== "several_amounts") return read;
  const charged = amounts.filter((amount, i) => {
    const before = text.slice(amounts[i - 1]?.end ?? 0, amount.start);
    return !APPROX.test(fold(before)) && !/≈|~|≃|約|约/.test(before);
  });
  const first = charged[0];
  if (first === undefined) return read;
  const all = charged.map((amount) => moneyOf(amount.read));
  return all.every((money) => money !== null && same(money, moneyOf(first.read) ?? money)) ? first.read : read;
}
