/** Exact amounts: read from what a page prints, added up, priced in bitcoin and printed again. No fraction anywhere. */
export { addMoney, costMsat, rateLessSpread } from "./arithmetic.ts";
export { isCurrency, minorDigits } from "./currency.ts";
export { formatMoney, moneyDecimal } from "./format.ts";
export { amountsIn, readMoney } from "./read.ts";
export type { FoundAmount } from "./read.ts";
