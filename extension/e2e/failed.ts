/** A picture of what a person would have seen, kept for each open page when a test fails. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { onTestFailed } from "vitest";

const FOLDER = new URL("failed/", import.meta.url).pathname;

/** Called at the beginning of a test. `context` is asked for when it fails: a test may start its browser itself. */
export function pictureWhenFailed(context: () => BrowserContext | undefined): void {
  onTestFailed(async ({ task }) => {
    await mkdir(FOLDER, { recursive: true });
    const pages = context()?.pages() ?? [];
    const name = `${task.suite?.name ?? ""} ${task.name}`.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 80);
    for (const [at, page] of pages.entries()) await page.screenshot({ path: join(FOLDER, `${name}-${String(at)}.png`) }).catch(() => undefined);
  });
}
