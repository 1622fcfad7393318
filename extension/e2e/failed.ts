/** What was on the screen when a test failed: a picture under `e2e/failed/`, which is kept out of the repository. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { afterEach } from "vitest";

const FOLDER = new URL("./failed", import.meta.url).pathname;

/** To be called once in a file: every page that is open at a failure is kept, with the name of the test. */
export function keepPictures(context: () => BrowserContext | undefined): void {
  afterEach(async ({ task }) => {
    const open = context()?.pages() ?? [];
    if (task.result?.state === "fail") {
      await mkdir(FOLDER, { recursive: true });
      for (const [at, page] of open.entries()) {
        await page.screenshot({ path: join(FOLDER, `${task.name.replace(/[^\w-]+/gu, "_")}-${String(at)}.png`), timeout: 5_000 }).catch(() => undefined);
      }
    }
    // A test's pages end with it: the next one begins with none that another left.
    for (const page of open.slice(1)) await page.close();
  });
}
