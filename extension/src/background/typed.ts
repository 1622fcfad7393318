/**
 * The total that the shopper typed or confirmed. It is of one order: it ends with the purchase, and with the page that it
 * was said of, so that the next order at the same store and in the same tab is not bought for it.
 */
import type { Reading } from "../types/detect.ts";
import type { Money } from "../types/money.ts";

export interface Typed {
  readonly total: Money;
  readonly address: string;
  /** What the page seemed to say meanwhile. */
  readonly candidate: string;
}

/** A fragment is no other page. */
export const addressOf = (url: string): string => url.replace(/#.*$/, "");

export const candidateOf = (reading: Reading | null): string => JSON.stringify(reading?.candidate?.money ?? reading?.candidate?.text ?? null);

export const stillOf = (typed: Typed, url: string, reading: Reading): boolean => typed.address === addressOf(url) && typed.candidate === candidateOf(reading);

/** As it was kept, for a worker that was killed; `null` when it is of another page. */
export function readTyped(value: unknown, url: string): Typed | null {
  if (typeof value !== "object" || value === null) return null;
  const { total, address, candidate } = value as Partial<Typed>;
  return address === addressOf(url) && typeof candidate === "string" && isMoney(total) ? { total, address, candidate } : null;
}

export function isMoney(value: unknown): value is Money {
  if (typeof value !== "object" || value === null) return false;
  const { minor, currency } = value as Partial<Money>;
  return Number.isSafeInteger(minor) && (minor ?? 0) > 0 && typeof currency === "string" && /^[A-Z]{3}$/.test(currency);
}
