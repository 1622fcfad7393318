/**
 * Amounts, rates and times in the shopper's language. Amounts are put together from whole numbers as decimal text, which
 * `Intl.NumberFormat` formats digit by digit: no amount becomes a fraction on the way.
 */
import { formatMoney } from "../money/index.ts";
import type { Money } from "../types/money.ts";

type DecimalText = `${number}`;

/** `units` of which `10^digits` make one, as decimal text: (2711, 2) is "27.11". */
export function decimal(units: number | bigint, digits: number): DecimalText {
  const value = BigInt(units);
  const sign = value < 0n ? "-" : "";
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return `${sign}${whole}${digits > 0 ? `.${text.slice(text.length - digits)}` : ""}` as DecimalText;
}

export interface Formats {
  readonly locale: string;
  money(amount: Money): string;
  /** "0.00496758 BTC"; eleven digits only when there are parts of a satoshi. */
  btc(msat: number): string;
  /** "496,758 sat" */
  sat(msat: number): string;
  /** Always with three decimals, so that parts stand under one another: "4.481 sat". May be below zero. */
  msat(msat: number): string;
  /** Price of one bitcoin, "$5,457.386". */
  rate(micro: number, currency: string): string;
  /** Millionths as percent, "0.7748 %". */
  percent(ppm: number): string;
  /** With its sign: "+0.0009 %". */
  signedPercent(ppm: number): string;
  /** "4:09", hours only when there are some; never below zero. */
  clock(ms: number): string;
  /** "7 days", in the largest unit that says it without a rest. */
  span(ms: number): string;
  time(ms: number): string;
  /** "2026-01-31" as people write it; a day, in no time zone. */
  date(day: string): string;
  dateTime(ms: number): string;
  country(code: string): string;
  currencyName(code: string): string;
  list(items: readonly string[]): string;
}

function group(locale: string, digits: number): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function clockText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** Unknown codes are shown as they are: a name is a kindness, not a fact. */
function named(locale: string, type: "region" | "currency", code: string): string {
  try {
    return new Intl.DisplayNames([locale], { type }).of(code) ?? code;
  } catch {
    return code;
  }
}

export function formats(locale: string): Formats {
  const splitMsat = (msat: number): boolean => msat % 1000 !== 0;
  return {
    locale,
    money: (amount) => formatMoney(amount, locale),
    btc: (msat) => {
      const [units, digits] = splitMsat(msat) ? [BigInt(msat), 11] : [BigInt(msat) / 1000n, 8];
      return `${group(locale, digits).format(decimal(units, digits))} BTC`;
    },
    sat: (msat) => {
      const [units, digits] = splitMsat(msat) ? [BigInt(msat), 3] : [BigInt(msat) / 1000n, 0];
      return `${group(locale, digits).format(decimal(units, digits))} sat`;
    },
    msat: (msat) => `${group(locale, 3).format(decimal(msat, 3))}\u00a0sat`,
    rate: (micro, currency) =>
      new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: 6 }).format(
        decimal(micro, 6),
      ),
    percent: (ppm) =>
      new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 4 }).format(decimal(ppm, 6)),
    signedPercent: (ppm) =>
      new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 4, signDisplay: "exceptZero" }).format(decimal(ppm, 6)),
    clock: clockText,
    span: (ms) => {
      const minutes = Math.max(1, Math.round(ms / 60_000));
      const [count, unit] = minutes % 1440 === 0 ? [minutes / 1440, "day"] : minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
      return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
    },
    time: (ms) => new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(ms),
    date: (day) => {
      const ms = Date.parse(`${day}T00:00:00Z`);
      return Number.isNaN(ms) ? day : new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(ms);
    },
    dateTime: (ms) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(ms),
    country: (code) => named(locale, "region", code),
    currencyName: (code) => named(locale, "currency", code),
    list: (items) => new Intl.ListFormat(locale, { type: "conjunction" }).format(items),
  };
}
