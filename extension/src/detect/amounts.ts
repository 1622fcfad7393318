/** Amounts in lines of text: where they stand, and what the money reader says of them. */

import { amountsIn, readMoney } from "../money/read.ts";
import type { Money, MoneyContext, MoneyRead } from "../types/money.ts";
import type { Spoken } from "./currency.ts";
import { fold } from "./fold.ts";
import { APPROX, ASIDES, keeping, SHARED } from "./lexicon.ts";

/** What is known of the page's money. `spoken` goes through the page's text, so it is asked only where a symbol is shared. */
export interface PageMoney extends MoneyContext {
  readonly spoken?: (() => Spoken) | undefined;
}

const AMBIGUOUS: MoneyRead = { unsure: "ambiguous_currency" };

/** Reads with what the page's text says of its currency: before the language and the host when it says so of all amounts, after them when it only speaks of one. */
function readWith(text: string, context: PageMoney, read: (context: MoneyContext) => MoneyRead): MoneyRead {
  // Letters beside the sign, or a code, say whose it is.
  const spoken = SHARED.test(text) ? context.spoken?.() : undefined;
  if (spoken === undefined) return read(context);
  const { stated, said, doubt } = spoken;
  const known = context.currency;
  if (known !== undefined) return stated === undefined || stated === known ? read(context) : AMBIGUOUS;
  const done = read(stated === undefined ? context : { ...context, currency: stated });
  if ("unsure" in done) return stated === undefined && said !== undefined && /currency/.test(done.unsure) ? read({ ...context, currency: said }) : done;
  // A bare `$` that only the page's language made the United States'.
  return stated === undefined && doubt && done.money.currency === "USD" && !/\p{L}/u.test(text) ? AMBIGUOUS : done;
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
  return amountsIn(text, context).map(({ start, end, read }) => {
    const printed = text.slice(start, end);
    // Read in its place: what stands around an amount counts.
    return { text: printed, start, end, read: readWith(printed, context, (known) => (known === context ? read : (amountsIn(text, known).find((other) => other.start === start)?.read ?? read))) };
  });
}

/** One amount for a text: the charged one where another is only a conversion. */
export function readOne(text: string, context: PageMoney): MoneyRead {
  const amounts = found(text, context);
  const first = amounts[0];
  if (first === undefined) return readMoney(text, context);
  const of = (list: readonly Found[]): MoneyRead => {
    const [one] = list;
    return one !== undefined && list.every(({ read }) => JSON.stringify(read) === JSON.stringify(one.read)) ? one.read : { unsure: "several_amounts" };
  };
  const read = of(amounts);
  if ("money" in read || read.unsure !== "several_amounts") return read;
  const charged = amounts.filter((amount, i) => {
    const before = text.slice(amounts[i - 1]?.end ?? 0, amount.start);
    return !APPROX.test(fold(before)) && !/≈|~|≃|約|约/.test(before);
  });
  const settled = of(charged);
  return "money" in settled ? settled : read;
}
