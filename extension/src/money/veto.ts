/** What stands around an amount and makes it something else than a price to pay: a rate, a range, a unit price, a sum left open. */

import { BEFORE, BEHIND, INSTALMENT, NUMBER_BEFORE, TOTAL_DASH } from "./tables.ts";

const WINDOW = 40;

export function vetoed(text: string, start: number, end: number, prefixed: boolean): boolean {
  const before = text.slice(Math.max(0, start - WINDOW), start);
  const behind = text.slice(end, end + WINDOW);
  if (!prefixed && NUMBER_BEFORE.test(before)) return true;
  // `12 €50` may be twelve and a half.
  if (prefixed && /\d $/u.test(before) && /^[€£$]\d\d$/u.test(text.slice(start, end))) return true;
  return BEHIND.test(behind) || BEFORE.test(before) || INSTALMENT.test(before);
}

/** Below zero: a sign at the amount, accountants' brackets, or a minus behind the number. */
export function negative(text: string, start: number, end: number): boolean {
  if (TOTAL_DASH.test(text.slice(Math.max(0, start - 12), start))) return false;
  const before = text.slice(Math.max(0, start - 4), start);
  const behind = text.slice(end, end + 2);
  if (/[▲△▼▽]$/u.test(before)) return true;
  if (/-[ \n]?$/u.test(before) || /(?:^|[\s(:])–[ \n]?$/u.test(before)) return true;
  if (/^-(?!\d)/u.test(behind)) return true;
  return /\([ \n]?$/u.test(before) && /^[ \n]?\)/u.test(behind);
}
