/** Whether a page may be filled with a card that was quoted for a total. */
import type { Reading } from "../types/detect.ts";
import type { Money } from "../types/money.ts";

/**
 * Pure: what the page says against the quoted total, or `null`. A page that shows none says nothing against it, since many
 * stores have the form and the total on two pages. What the shopper has `overruled` counts only while the page is not sure.
 */
export function contradiction(now: Reading, quoted: Money | null, overruled: Money | null): Money | null {
  if (quoted === null) return null;
  const unsure = now.candidate?.money ?? null;
  const shown = now.total ?? (unsure !== null && overruled !== null && same(unsure, overruled) ? null : unsure);
  return shown === null || same(shown, quoted) ? null : shown;
}

function same(one: Money, other: Money): boolean {
  return one.minor === other.minor && one.currency === other.currency;
}
