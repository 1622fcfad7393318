/** Amazon: a card on file first, at limit zero; the total afterwards; the bitcoin taken when the card can be used. */

import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import type { Panel } from "./panel.ts";
import { balanceMsat, openPanel, paidState, pay, quote } from "./purchase.ts";
import { addCard, amazon } from "./shops/amazon.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made), { refunds: true });

/** The panel of the page that the shopper is on now, opened by the pill. */
async function panelHere(page: Page): Promise<Panel> {
  await page.waitForLoadState();
  return openPanel(page);
}

it("the order is bought with a card that was put on file before its total was known", async () => {
  const served = await serve(browser.context, lab, amazon);
  const before = await balanceMsat(lab);
  const page = await browser.context.newPage();
  await page.goto(amazon.checkout);
  let panel = await openPanel(page);
  await panel.says("This store wants a card first");
  await panel.says("It is taken as soon as the card can be used; what is not used is paid back to you.");
  await panel.press("button", "Prepare a card");
  await panel.says("Its limit is zero");
  await panel.press("button", "Fill in the card");
  // Into the frame, whose host is the store's own: nothing is asked.
  await panel.says("Now save the card at the store and go on to the review page.");
  served.checks = [0];
  await page.frameLocator("iframe.apx-secure-iframe").getByRole("button", { name: "Add your card" }).click();
  await panel.says("The store has checked the card, as expected. Nothing was taken.");
  await addCard(page);
  served.checks = [];

  panel = await panelHere(page);
  await panel.says("$27.11");
  await page.goBack();
  panel = await panelHere(page);
  await panel.says("Now go to the review page");
  await page.goForward();
  panel = await panelHere(page);
  await panel.says("$27.11");
  const hash = await pay(lab, await quote(panel));
  const ready = await panel.says("Your bitcoin was taken");
  expect(ready).toContain("What the store does not charge is paid back to you.");
  expect(ready).not.toMatch(/still yours|not taken|goes back by itself/iu);
  // The wallet hears of it a moment after the server: it is asked once nothing is on its way any more.
  expect(before - (await balanceMsat(lab))).toBe(496_758_000);
  expect(await paidState(lab, hash)).toBe("succeeded");

  await amazon.placeOrder(page);
  expect(await page.textContent("#outcome")).toBe("Thank you for your order");
  const end = await panel.says("Bought");
  expect(end).toContain("$27.11");
  expect(served.orders.map((order) => order.approved)).toEqual([true]);
  expect(before - (await balanceMsat(lab))).toBe(496_758_000);
  await served.close();
});

