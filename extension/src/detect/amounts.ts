/** Amounts in lines of text: where they stand, and what the money reader says of them. */

import { amountsIn, readMoney } from "../money/read.ts";
import type { Money, MoneyContext, MoneyRead } from "../types/money.ts";
import { fold } from "./fold.ts";
import { APPROX, ASIDES, keeping } from "./lexicon.ts";

/** What is known of the page's money. `spoken` goes through the page's text, so it is asked only when a symbol is open. */
export interface PageMoney extends MoneyContext {
  readonly spoken?: (() => string | undefined) | undefined;
}

const isOpen = (read: MoneyRead): boolean => "unsure" in read && (read.unsure === "ambiguous_currency" || read.unsure === "no_currency");

/** The same with what the page's text says of its currency; `null` when it says nothing, or no shared symbol is there. */
function spokenFor(text: string, context: PageMoney): MoneyContext | null {
  if (context.currency !== undefined || context.spoken === undefined || !/[\p{Sc}]|\bkr\b|元|円/u.test(text)) return null;
  const currency = context.spoken();
  return currency === undefined ? null : { ...context, currency };
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
  let amounts = amountsIn(text, context);
  const spoken = amounts.some(({ read }) => isOpen(read)) ? spokenFor(text, context) : null;
  if (spoken !== null) amounts = amountsIn(text, spoken);
  return amounts.map(({ start, end, read }) => ({ text: text.slice(start, end), start, end, read }));
}

/** One amount for a text: the charged one where another is only a conversion. */
export function readOne(text: string, context: PageMoney): MoneyRead {
  let read = readMoney(text, context);
  const spoken = isOpen(read) ? spokenFor(text, context) : null;
  if (spoken !== null) read = readMoney(text, spoken);
  if ("money" in read || read.unsure !== "several_amounts") return read;
  const amounts = found(text, context);
  const charged = amounts.filter((amount, i) => {
    const before = text.slice(amounts[i - 1]?.end ?? 0, amount.start);
    return !APPROX.test(fold(before)) && !/≈|~|≃|約|约/.test(before);
  });
  const first = charged[0];
  if (first === undefined) return read;
  const all = charged.map((amount) => moneyOf(amount.read));
  return all.every((money) => money !== null && same(money, moneyOf(first.read) ?? money)) ? first.read : read;
}
