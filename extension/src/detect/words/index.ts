/** All words of the reader, as they are written and kept. `pack.ts` makes plain data of them for a content script. */
export * from "./checkout.ts";
export * from "./fields.ts";
export * from "./places.ts";
export * from "./totals.ts";
export { MONEY } from "../../money/data.ts";
