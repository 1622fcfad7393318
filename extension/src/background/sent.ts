/** The list of what left the browser about a page: the shopper can look at it and empty it. */
import type { Money } from "../types/money.ts";
import type { Core } from "./core.ts";

const SENT_MAX = 500;

/** The panel was opened at this store, and gift cards are asked for. */
export async function addAsked(core: Core, store: string, country: string): Promise<void> {
  await core.store.change("sent", (sent, { pairing }) => {
    const item = { atMs: core.env.nowMs(), server: pairing?.server ?? "", store, totalMinor: null, currency: "", country };
    return [...sent, item].slice(-SENT_MAX);
  });
}

/** Written before the call that sends it. */
export async function addSent(core: Core, store: string, total: Money | null, currency: string): Promise<void> {
  await core.store.change("sent", (sent, { pairing }) => {
    const item = { atMs: core.env.nowMs(), server: pairing?.server ?? "", store, totalMinor: total?.minor ?? null, currency };
    return [...sent, item].slice(-SENT_MAX);
  });
}
