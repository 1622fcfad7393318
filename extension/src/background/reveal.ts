/**
 * The sealed answer of a purchase, asked for under a key of this one call and opened here.
 *
 * Invariant: what is opened is handed on and kept nowhere in this file.
 */
import type { Result } from "../api/client.ts";
import type { Revealed } from "../api/types.ts";
import { makeRevealKey } from "../trust/reveal.ts";
import type { Core } from "./core.ts";
import { ours } from "./core.ts";
import type { LocalPurchase } from "./model.ts";
import { look } from "./purchases.ts";

/** The claim under `claim_on: reveal` takes some seconds: `not_ready` means ask again. */
const REVEAL_TRIES_MAX = 6;
const REVEAL_RETRY_MS = 1_500;
/** Refusals after which nothing was shown and nothing was claimed. */
const NOT_REVEALED = new Set(["price_moved", "deadline_near", "password_needed", "wrong_password", "public_key_invalid", "too_late"]);

export type Opener<T> = (sealed: Pick<Revealed, "enc" | "ciphertext">, purchase: string, privateKey: CryptoKey) => Promise<T | null>;

/** One answer, asked for until it is ready; `null` when it cannot be read. */
export async function askReveal<T>(core: Core, id: string, password: string | undefined, opener: Opener<T>): Promise<Result<T | null>> {
  for (let tried = 1; ; tried++) {
    const key = await makeRevealKey();
    const result = await core.ask((client) => client.reveal(id, { public_key: key.publicKey, ...(password === undefined ? {} : { password }) }));
    if (result.ok) return { ok: true, value: await opener(result.value, id, key.privateKey) };
    if (result.problem.code !== "not_ready" || tried >= REVEAL_TRIES_MAX) return result;
    await core.env.wait(REVEAL_RETRY_MS);
  }
}

/** `null` when it was not given or cannot be read; the purchase then says why. */
export async function reveal<T>(core: Core, purchase: LocalPurchase, password: string | undefined, opener: Opener<T>, unreadable: string): Promise<T | null> {
  const { id, local } = purchase;
  if (id === null) return null;
  // Stored first: from the call on a store could charge a card, whether its answer comes here or not.
  await core.store.changePurchase(local, (one) => ({ ...one, revealed: true, problem: null }));
  const result = await askReveal(core, id, password, opener);
  if (result.ok) {
    if (result.value === null) await core.store.changePurchase(local, (one) => ({ ...one, problem: ours(unreadable) }));
    return result.value;
  }
  const { problem } = result;
  const shownBefore = purchase.revealed || (purchase.view?.card?.reveals ?? 0) > 0;
  await core.store.changePurchase(local, (one) => ({ ...one, problem, revealed: shownBefore || !NOT_REVEALED.has(problem.code) }));
  await look(core, local);
  return null;
}
