/** The world's own demo store, a whole shop from album to order, at a public address instead of a port of this machine. */

import type { BrowserContext, Page } from "playwright-core";
import type { Lab } from "../lab.ts";

export const ADDRESS = "https://store.example";

export async function serveRecordStore(context: BrowserContext, lab: Lab): Promise<void> {
  await context.route(`${ADDRESS}/**`, async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const response = await route.fetch({ url: lab.about.store + url.pathname + url.search, maxRedirects: 0 });
    await route.fulfill({ response });
  });
}

/** From the album to the checkout, as a shopper goes. */
export async function toCheckout(page: Page): Promise<void> {
  await page.goto(`${ADDRESS}/`);
  await page.getByRole("button", { name: /add to (cart|bag|basket)/iu }).click();
  await page.getByRole("link", { name: /check ?out/iu }).first().click();
  await page.waitForURL("**/checkout");
}
