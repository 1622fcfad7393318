/** What a connection may spend: whole millisatoshi, counted over a rolling time, so that no midnight doubles it. */

export type Per = "day" | "month";

export interface Budget {
  readonly amountSat: number;
  readonly per: Per;
}

/** Something that was set aside, or spent. */
export interface Counted {
  readonly atMs: number;
  readonly msat: number;
}

const DAY_MS = 86_400_000;
export const PER_MS: Readonly<Record<Per, number>> = { day: DAY_MS, month: 30 * DAY_MS };
const MSAT_PER_SAT = 1_000;
/** Every satoshi that there will be is more than a budget needs. */
const BUDGET_SAT_MAX = 2_100_000_000;
/** Of an amount, one in so many parts, and no less than some satoshi: nobody finds a route for nothing. */
const FEE_PART = 100;
const FEE_MSAT_MIN = 10_000;

export const isBudget = ({ amountSat, per }: Budget): boolean =>
  Number.isSafeInteger(amountSat) && amountSat > 0 && amountSat <= BUDGET_SAT_MAX && Object.hasOwn(PER_MS, per);

/** What is set aside for the wallet's routing fee, rounded up to a whole satoshi. NIP-47 has no way to tell the wallet of a bound. */
export const feeBoundMsatUp = (amountMsat: number): number => Math.max(FEE_MSAT_MIN, Math.ceil(amountMsat / (FEE_PART * MSAT_PER_SAT)) * MSAT_PER_SAT);

/** Never below zero: a wallet may have paid more fees than were set aside. */
export function leftMsat(budget: Budget, counted: readonly Counted[], nowMs: number): number {
  const since = nowMs - PER_MS[budget.per];
  // What is dated ahead, by a clock that was wrong, counts as well.
  const used = counted.reduce((sum, { atMs, msat }) => (atMs > since ? sum + msat : sum), 0);
  return Math.max(0, budget.amountSat * MSAT_PER_SAT - used);
}
