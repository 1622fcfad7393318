/**
 * What is fetched on timers of their own, whatever pages are open: rates and what is served, the key set, recipes.
 * Nothing here depends on a page, so the times of these calls tell nothing of one.
 */
import { acceptKeySet } from "../trust/key_set.ts";
import { acceptRecipes } from "../trust/recipes.ts";
import type { Core } from "./core.ts";
import { refreshLinked } from "./linked.ts";

export const RATES_EVERY_MIN = 5;
export const TRUST_EVERY_MIN = 6 * 60;

export async function refreshRates(core: Core): Promise<void> {
  if ((await core.store.get()).pairing === null) return;
  const [served, rates] = [await core.ask((client) => client.served()), await core.ask((client) => client.rates())];
  await core.store.change("cache", (cache) => ({
    ...cache,
    served: served.ok ? served.value : cache.served,
    rates: rates.ok ? rates.value : cache.rates,
    ratesAtMs: rates.ok ? core.env.nowMs() : cache.ratesAtMs,
  }));
  await refreshLinked(core);
}

/** `true` when the set that is pinned now is one that the server just showed. */
export async function refreshKeySet(core: Core): Promise<boolean> {
  const signed = await core.ask((client) => client.keySet());
  const before = (await core.store.get()).pairing;
  if (!signed.ok || before === null) return false;
  const accepted = acceptKeySet(signed.value, before.pinned);
  await core.store.change("pairing", (pairing) => {
    if (pairing === null || pairing.pinned.root !== before.pinned.root || pairing.pinned.version !== before.pinned.version) return pairing;
    if ("fault" in accepted) return pairing.distrusted === accepted.fault ? pairing : { ...pairing, distrusted: accepted.fault };
    const { set, pinned } = accepted;
    return { ...pairing, pinned, nodes: set.nodes, recipeKeys: set.recipeKeys, distrusted: null };
  });
  return !("fault" in accepted);
}

/** A bundle that is not to be believed, or none, leaves what was there. */
export async function refreshRecipes(core: Core): Promise<void> {
  const { pairing } = await core.store.get();
  if (pairing === null || pairing.distrusted !== null) return;
  const signed = await core.ask((client) => client.recipes());
  if (!signed.ok) return;
  await core.store.change("recipes", (kept) => {
    const accepted = acceptRecipes(signed.value, pairing.recipeKeys, kept.pinned);
    if ("fault" in accepted || accepted.pinned.textHash === kept.pinned?.textHash) return kept;
    return { pinned: accepted.pinned, recipes: accepted.recipes };
  });
}
