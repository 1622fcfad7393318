/** Notifications as the browser has them, while the shopper looks at the store and not at the panel. */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { openPanel, pay, quote } from "./purchase.ts";
import { fill, purchaseId, until } from "./scenario.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";
import { look } from "./watch.ts";

let lab: Lab;
let browser: Browser;
together((made) => void ({ lab, browser } = made), { browser: { notifies: true } });

const shown = async (): Promise<readonly string[]> => {
  const worker = await browser.worker();
  return Object.keys(await worker.evaluate(() => chrome.notifications.getAll()));
};

it("are shown once the shopper wants them: the bank's question, and a charge", async () => {
  const settings = await browser.open("app.html#/settings");
  const box = settings.locator("#notify");
  await box.check();
  await settings.getByText("Saved").waitFor();
  await settings.close();

  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  await page.goto(ebay.checkout);
  const panel = await openPanel(page);
  await pay(lab, await quote(panel));
  await panel.says("Your card is ready");
  await fill({ panel });
  const id = await purchaseId(browser);
  await look(browser, ({ watched }) => watched?.purchases[id] === "begun");
  expect(await shown()).toEqual([]);

  served.asks = true;
  await panel.press("button", "Close");
  await page.click("#go");
  await until(async () => (await shown()).some((name) => name.startsWith("challenge ")), "the question is notified");

  // A charge that is seen while the panel is open is not notified.
  let goOn = (): void => undefined;
  served.ready = new Promise((resolve) => (goOn = resolve));
  const again = await openPanel(page);
  await again.says("The store's bank asks: is it you?");
  await again.press("button", "Yes, it is me");
  await again.press("button", "Close");
  goOn();
  await page.waitForFunction(() => document.querySelector("#outcome")?.textContent === "Thank you for your order");
  await look(browser, ({ watched }) => watched?.purchases[id] === "charged");
  await until(async () => (await shown()).includes(`charged ${id}`), "the charge is notified");
  expect((await shown()).length).toBe(2);
  await served.close();
});
