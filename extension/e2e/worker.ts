/** Stops the extension's worker as the browser does when it wants the memory back. */

import type { Browser } from "./chromium.ts";

interface Versions {
  readonly versions: readonly { readonly scriptURL: string; readonly runningStatus: string }[];
}

export async function stopWorker(browser: Browser): Promise<void> {
  // A file of the extension's without a script: it wakes nobody.
  const page = await browser.open("icons/16.png");
  const session = await page.context().newCDPSession(page);
  let ran = false;
  const stopped = new Promise<void>((resolve) => {
    session.on("ServiceWorker.workerVersionUpdated", ({ versions }: Versions) => {
      const status = versions.find(({ scriptURL }) => scriptURL.endsWith("/background.js"))?.runningStatus;
      if (status === "running" || status === "stopping") ran = true;
      if (status === "stopped" && ran) resolve();
    });
  });
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await stopped;
  await page.close();
}
