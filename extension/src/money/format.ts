/** Amounts as people read them, exactly: the decimal text is made from the integer and only its digits are localized. */
import type { Money } from "../types/money.ts";
import { minorDigits } from "./currency.ts";

/** Plain decimal of the major unit: `27.11`, `3000`. */
export function moneyDecimal({ minor, currency }: Money): string {
  const digits = minorDigits(currency);
  const text = String(minor).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** In the words of a language: `27,11 €`. */
export function formatMoney(money: Money, locale: string): string {
  const digits = minorDigits(money.currency);
  const [whole = "0", fraction = ""] = moneyDecimal(money).split(".");
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: money.currency, minimumFractionDigits: digits, maximumFractionDigits: digits });
  const numeral = (digit: string): string => localDigit(format, digit);
  return format
    .formatToParts(BigInt(whole))
    .map((part) => (part.type === "fraction" ? [...fraction].map(numeral).join("") : part.value))
    .join("");
}

function localDigit(format: Intl.NumberFormat, digit: string): string {
  return format.formatToParts(BigInt(digit)).find((part) => part.type === "integer")?.value ?? digit;
}
