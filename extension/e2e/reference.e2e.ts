/** The reference purchase, counted and timed: what a shopper presses, and how long from the first press to "Bought". */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { openPanel, pay, quote } from "./purchase.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made));

it("takes four presses, the store's own among them", async () => {
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  let clicks = 0;
  // Counted where they arrive: every real press in the page, whosever button it is on.
  await page.exposeFunction("pressed", () => {
    clicks += 1;
  });
  await page.addInitScript(() => {
    addEventListener("pointerdown", (event) => event.isTrusted && (globalThis as unknown as { pressed(): void }).pressed(), true);
  });
  await page.goto(ebay.checkout);
  const began = performance.now();
  const panel = await openPanel(page);
  await pay(lab, await quote(panel));
  await panel.press("button", "Fill in the card");
  await panel.says("The card is filled in");
  await ebay.placeOrder(page);
  await panel.says("Bought");
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`reference purchase: ${String(clicks)} clicks, ${seconds} s from the button to done\n`);
  expect(clicks).toBe(4);
  await served.close();
});
