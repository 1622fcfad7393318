/** The background put together: what `main.ts` hands the browser's events to, and tests too. */
import type { FromFrame } from "../types/messages.ts";
import { refreshAccount } from "./account.ts";
import { answer } from "./answer.ts";
import { makeCore, once } from "./core.ts";
import type { Env, FramePort, PagePort } from "./env.ts";
import { WORDS } from "./words.ts";
import { frameSaid } from "./fill.ts";
import type { PageLine } from "./pages.ts";
import { drawPages, pageUp } from "./pages.ts";
import { anyBusy, resume } from "./purchases.ts";
import { refreshKeySet, refreshRates, refreshRecipes } from "./refresh.ts";
import type { Answer, Ask, PageRequest } from "./requests.ts";
import { watch } from "./watch.ts";

export type Alarm = "rates" | "trust" | "watch" | "live";

export interface Background {
  readonly pageUp: (port: PagePort) => Promise<PageLine>;
  readonly frameUp: (port: FramePort) => { readonly heard: (message: FromFrame) => void; readonly gone: () => void };
  readonly asked: (request: PageRequest) => Promise<Answer<Ask>>;
  readonly alarm: (name: Alarm) => Promise<void>;
  /** After each start of the worker: what was under way goes on. */
  readonly start: () => Promise<void>;
  /** Something is under way that should not wait for the next alarm. */
  readonly busy: () => Promise<boolean>;
}

export function makeBackground(env: Env): Background {
  const core = makeCore(env, drawPages);
  return {
    pageUp: async (port) => {
      const line = await pageUp(core, port);
      if (core.openOnUp.delete(port.tabId)) port.say({ say: "open" });
      core.draw();
      return line;
    },
    frameUp: (port) => {
      core.frames.add(port);
      // It says what it is once it can read itself; then it is offered what it waits for.
      port.say({ say: "words", words: WORDS });
      return { heard: (message) => frameSaid(core, port, message), gone: () => core.frames.delete(port) };
    },
    asked: (request) => answer(core, request),
    alarm: (name) =>
      once(core, `alarm ${name}`, async () => {
        switch (name) {
          case "rates":
            return refreshRates(core);
          case "trust":
            await refreshKeySet(core);
            return refreshRecipes(core);
          case "watch":
            await refreshAccount(core);
            await resume(core, true);
            return watch(core);
          case "live":
            return resume(core, false);
        }
      }),
    start: async () => {
      const { attention } = await core.store.get();
      await env.badge(attention.length === 0 ? "" : String(attention.length));
      await resume(core, true);
    },
    busy: () => anyBusy(core),
  };
}
