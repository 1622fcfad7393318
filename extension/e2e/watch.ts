/** What the extension notices when no store's page is open. */

import type { Browser } from "./chromium.ts";
import { until } from "./scenario.ts";

export interface Looked {
  readonly watched?: { readonly purchases: Readonly<Record<string, string>> };
  readonly attention: readonly { readonly kind: string; readonly id: string }[];
}

/** The timer that looks for what happens when no store's page is open, brought forward until it has seen it. */
export async function look(browser: Browser, seen: (looked: Looked) => boolean): Promise<Looked> {
  const worker = await browser.worker();
  let last: Looked = { attention: [] };
  await until(async () => {
    last = await worker.evaluate(async () => {
      const due = (await chrome.alarms.get("watch"))?.scheduledTime ?? Infinity;
      if (due > Date.now() + 60_000) await chrome.alarms.create("watch", { when: Date.now(), periodInMinutes: 15 });
      const kept = (await chrome.storage.local.get(["watched", "attention"])) as Partial<Looked>;
      return { ...kept, attention: kept.attention ?? [] };
    });
    return seen(last);
  }, "the watcher has seen it");
  return last;
}
