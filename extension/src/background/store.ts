/**
 * The kept state: read once per life of the worker, changed by one writer, written before a change is acted upon.
 *
 * Invariant: `change` resolves only when the browser has the new state; a call to the server that depends on it comes after.
 */
import type { Env } from "./env.ts";
import type { Kept, LocalPurchase } from "./model.ts";
import { EMPTY } from "./model.ts";

export interface Store {
  readonly get: () => Promise<Kept>;
  readonly change: <K extends keyof Kept>(key: K, make: (before: Kept[K], all: Kept) => Kept[K]) => Promise<Kept>;
  /** One purchase, by its local name; nothing happens when it is gone. */
  readonly changePurchase: (local: string, make: (before: LocalPurchase) => LocalPurchase) => Promise<LocalPurchase | null>;
}

export function makeStore(env: Env, onChange: () => void): Store {
  let state: Promise<Kept> | null = null;
  let queue: Promise<unknown> = Promise.resolve();
  const get = (): Promise<Kept> => (state ??= env.load().then((kept) => ({ ...EMPTY, ...kept })));
  const change: Store["change"] = (key, make) => {
    const work = async (): Promise<Kept> => {
      const before = await get();
      const value = make(before[key], before);
      if (value === before[key]) return before;
      const after = { ...before, [key]: value };
      await env.save({ [key]: value });
      state = Promise.resolve(after);
      onChange();
      return after;
    };
    const done = queue.then(work, work);
    queue = done.catch(() => {});
    return done;
  };
  const changePurchase: Store["changePurchase"] = async (local, make) => {
    const after = await change("purchases", (all) => {
      const next = all.map((one) => (one.local === local ? make(one) : one));
      return next.every((one, i) => one === all[i]) ? all : next;
    });
    return after.purchases.find((one) => one.local === local) ?? null;
  };
  return { get, change, changePurchase };
}
