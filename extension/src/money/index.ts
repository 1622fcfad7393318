/**
 * Exact amounts: read from what a page prints, added up, priced in bitcoin and printed again. No fraction anywhere. With
 * the tables; what runs in a store's page imports the parts, and is given the tables.
 */
import { MONEY } from "./data.ts";
import { useMoney } from "./tables.ts";

useMoney(MONEY);

export { addMoney, costMsat, partsMsat, rateLessSpread, worthCeil } from "./arithmetic.ts";
export { homesOf, isCurrency, minorDigits, surroundings } from "./currency.ts";
export { formatMoney, moneyDecimal } from "./format.ts";
export { amountsIn, readMoney } from "./read.ts";
export type { FoundAmount } from "./read.ts";
