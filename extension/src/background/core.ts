/** What the flows of the background share: kept state, what is in this worker's memory only, and one way to ask the server. */
import type { Client, Problem, Result } from "../api/client.ts";
import { makeClient, random128 } from "../api/client.ts";
import type { Reading } from "../types/detect.ts";
import type { CardToFill } from "../types/messages.ts";
import type { Trouble } from "../types/panel.ts";
import type { Recipe } from "../types/recipe.ts";
import type { OpenedCode } from "../trust/reveal.ts";
import type { Env, FramePort, PagePort } from "./env.ts";
import type { Kept, LocalPurchase } from "./model.ts";
import type { OffersKept } from "./offers.ts";
import type { Store } from "./store.ts";
import { makeStore } from "./store.ts";
import type { Typed } from "./typed.ts";
import { isLoggedOut } from "./view.ts";
import type { Doing } from "./view_purchase.ts";

export interface PageState {
  readonly port: PagePort;
  readonly host: string;
  /** Without its fragment; a page may change it without being loaded anew. */
  address: string;
  reading: Reading | null;
  /** Its card form is there and empty. */
  blank: boolean;
  open: boolean;
  typed: Typed | null;
  /** Told of the next reading that was asked for before filling, once. */
  waiting: ((reading: Reading) => void)[];
}

export interface Core {
  readonly env: Env;
  readonly store: Store;
  /** By tab. */
  readonly pages: Map<number, PageState>;
  readonly frames: Set<FramePort>;
  /** By local name: what is being done, what went wrong on the way, and the card on its way into a form. */
  readonly doing: Map<string, Doing>;
  readonly pageTrouble: Map<string, Trouble>;
  readonly cards: Map<string, CardToFill>;
  /** By local name: a gift card's code on its way into a box. */
  readonly codes: Map<string, OpenedCode>;
  /** By host: the gift cards that were asked for. */
  readonly offers: Map<string, OffersKept>;
  readonly follows: Map<string, AbortController>;
  /** By request: what is being heard of the connected wallet. */
  readonly talks: Map<string, AbortController>;
  /** Tabs whose panel the shopper opened by the toolbar before the page's script was there. */
  readonly openOnUp: Set<number>;
  /** Names of work that must not run twice at a time. */
  readonly running: Set<string>;
  /** Of this run of the browser: tab numbers mean something only within it. */
  readonly run: () => Promise<string>;
  /** One call to the paired server. Notes whether it answers, and a token that is over. */
  readonly ask: <T>(call: (client: Client) => Promise<Result<T>>) => Promise<Result<T>>;
  /** Shows every open panel and pill what is so now. */
  readonly draw: () => void;
}

/** An answer's `Date` has whole seconds; smaller steps are not worth a write. */
const CLOCK_STEP_MS = 3_000;
const AWAY = new Set(["unreachable", "timed_out_here"]);

export function makeCore(env: Env, draw: (core: Core) => Promise<void>): Core {
  let drawing = false;
  let again = false;
  let run: Promise<string> | null = null;
  const drawSoon = (): void => {
    again = true;
    if (drawing) return;
    drawing = true;
    void (async () => {
      // Ends in the same turn in which it sees that nothing is left, so that no wish to draw falls in between.
      while (again) {
        again = false;
        await draw(core).catch(() => {});
      }
      drawing = false;
    })();
  };
  const store = makeStore(env, () => {
    drawSoon();
    env.changed();
  });
  const core: Core = {
    env,
    store,
    pages: new Map(),
    frames: new Set(),
    doing: new Map(),
    pageTrouble: new Map(),
    cards: new Map(),
    codes: new Map(),
    offers: new Map(),
    follows: new Map(),
    talks: new Map(),
    openOnUp: new Set(),
    running: new Set(),
    run: () => (run ??= browserRun(env)),
    ask: async (call) => {
      const kept = await store.get();
      if (kept.pairing === null) return { ok: false, problem: ours("not_paired") };
      const result = await call(makeClient(outsideOf(core), kept.pairing.server, kept.session?.token ?? null));
      await note(core, result.ok ? null : result.problem, kept.session?.token ?? null);
      return result;
    },
    draw: drawSoon,
  };
  return core;
}

async function browserRun(env: Env): Promise<string> {
  const kept = await env.session.get("run");
  if (typeof kept === "string") return kept;
  const made = random128();
  await env.session.set("run", made);
  return made;
}

export const ours = (code: string): Problem => ({ code, status: 0, detail: null, retryAfterMs: null });

/** The environment's outside, with the server's clock noted. */
export function outsideOf(core: Core): Env {
  return {
    ...core.env,
    clockAhead: (aheadMs) => {
      void core.store.change("cache", (cache) => (Math.abs(cache.aheadMs - aheadMs) < CLOCK_STEP_MS ? cache : { ...cache, aheadMs }));
    },
  };
}

/** Whether the server answers, and whether the token it was asked with is still good. */
export async function note(core: Core, problem: Problem | null, token: string | null): Promise<void> {
  const away = problem !== null && AWAY.has(problem.code);
  await core.store.change("cache", (cache) => {
    if (away) return cache.unreachableSinceMs === null ? { ...cache, unreachableSinceMs: core.env.nowMs() } : cache;
    return cache.unreachableSinceMs === null ? cache : { ...cache, unreachableSinceMs: null };
  });
  if (problem !== null && isLoggedOut(problem.code) && token !== null) {
    await core.store.change("session", (session) => (session?.token === token ? null : session));
  }
}

/** One at a time by name; a second call while the first runs does nothing. */
export async function once(core: Core, name: string, work: () => Promise<void>): Promise<void> {
  if (core.running.has(name)) return;
  core.running.add(name);
  try {
    await work();
  } finally {
    core.running.delete(name);
  }
}

/** Built-in recipes, and signed ones where they are newer. */
export function recipesOf(env: Env, kept: Kept): readonly Recipe[] {
  const byId = new Map(env.builtInRecipes.map((recipe) => [recipe.id, recipe]));
  for (const recipe of kept.recipes.recipes) {
    if (recipe.version > (byId.get(recipe.id)?.version ?? 0)) byId.set(recipe.id, recipe);
  }
  return [...byId.values()];
}

export function recipeFor(recipes: readonly Recipe[], host: string, reading: Reading | null): Recipe | null {
  const byHost = recipes.find((recipe) =>
    recipe.hosts.some((rule) => (rule.startsWith("*.") ? host.endsWith(rule.slice(1)) : host === rule)),
  );
  return byHost ?? recipes.find((recipe) => recipe.id === reading?.store) ?? null;
}

/** The purchase that a tab shows: begun in it, at the store that it shows. The card of one store is never offered at another. */
export function purchaseOf(kept: Kept, tabId: number, host: string, run: string): LocalPurchase | null {
  return kept.purchases.findLast((one) => one.store === host && !one.dismissed && one.tabId === tabId && one.run === run) ?? null;
}
