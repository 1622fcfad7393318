/**
 * In a window on a screen: stores that the extension has no right to enter until the shopper presses its button in the
 * toolbar, and a payment provider's frames that it may enter only after the browser has asked the shopper.
 */

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Browser, openChromium } from "./chromium.ts";
import { type Lab, startLab } from "./lab.ts";
import { panelOf, type Panel } from "./panel.ts";
import { balanceMsat, PANEL, pay, quote } from "./purchase.ts";
import { openScreen, type Screen } from "./screen.ts";
import { serveRecordStore, toCheckout } from "./shops/record-store.ts";
import { serve } from "./shops/shop.ts";
import { shopify } from "./shops/shopify.ts";
import { setUp } from "./shopper.ts";
import { answer, keep, payHere } from "./toolbar.ts";

let lab: Lab;
let screen: Screen;
let browser: Browser;

beforeAll(async () => {
  lab = await startLab();
  screen = await openScreen();
  browser = await openChromium({ window: true, display: screen.display });
  await setUp(browser, lab);
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await keep(screen, task.name);
});
afterAll(async () => {
  await browser?.remove();
  await screen?.close();
  await lab?.stop();
});

async function openHere(page: Page): Promise<Panel> {
  await page.bringToFront();
  await payHere(screen, browser);
  return panelOf(page, PANEL);
}

describe("at a store that nobody has heard of", () => {
  it("an album is bought from its page to the order's", async () => {
    await serveRecordStore(browser.context, lab);
    const before = await balanceMsat(lab);
    const page = await browser.context.newPage();
    await toCheckout(page);
    const panel = await openHere(page);
    await panel.says("$27.11");
    await pay(lab, await quote(panel));
    await panel.press("button", "Fill in the card");
    await panel.says("The card is filled in");
    await page.getByLabel("Email").fill("ella@example.org");
    await page.getByRole("button", { name: "Place order" }).click();
    await page.getByText(/Thank you\. Your order/u).waitFor();
    expect(await page.getByRole("status").textContent()).toContain("on its way");
    // A new page of the store's: the extension is on it only when it is asked for again.
    const after = await openHere(page);
    await after.says("Bought");
    expect(before - (await balanceMsat(lab))).toBe(496_758_000);
    await page.close();
  });
});

// First, since a browser asks no more for what it was once allowed.
describe("when the browser's question is denied", () => {
  it("each value is copied with one press", async () => {
    const served = await serve(browser.context, lab, shopify);
    const page = await browser.context.newPage();
    await page.goto(shopify.checkout);
    const panel = await openHere(page);
    await pay(lab, await quote(panel));
    await panel.press("button", "Fill in the card");
    await panel.says("checkout.shopifycs.com");
    await allow(panel, page, "deny");
    await panel.says("Copy the card into the form");
    const fields = { "Card number": "number", "Expiry date": "expiry", "Security code": "verification_value", "Name on card": "name" } as const;
    const copied: Record<string, string> = {};
    for (const [said, name] of Object.entries(fields)) {
      await panel.press("button", `Copy ${said}`);
      await panel.says(`${said} copied`);
      const input = page.frameLocator(`iframe[src$="/${name}"]`).locator("input");
      await input.click();
      await page.keyboard.press("Control+V");
      copied[name] = await input.inputValue();
    }
    expect(copied).toEqual({
      number: expect.stringMatching(/^\d{16}$/u) as string,
      expiry: expect.stringMatching(/^\d{2}\/\d{2}$/u) as string,
      verification_value: expect.stringMatching(/^\d{3}$/u) as string,
      name: "Ella Example",
    });
    await shopify.placeOrder(page);
    expect(served.orders.map((order) => order.approved)).toEqual([true]);
    await panel.says("Bought");
    await panel.press("button", "Done");
    await panel.says("Get the exact price");
    await page.close();
    await served.close();
  });
});

describe("at a store whose card form is a provider's", () => {
  it("the card goes into its frames once the browser's question is allowed", async () => {
    const served = await serve(browser.context, lab, shopify);
    const page = await browser.context.newPage();
    await page.goto(shopify.checkout);
    const panel = await openHere(page);
    await panel.says("$27.11");
    await pay(lab, await quote(panel));
    await panel.press("button", "Fill in the card");
    await panel.says("checkout.shopifycs.com");
    await allow(panel, page, "allow");
    await panel.says("The card is filled in");
    await panel.says("Name on card");
    for (const [name, value] of Object.entries({ number: /^\d{16}$/u, expiry: /^\d{2} ?\/ ?\d{2}$/u, verification_value: /^\d{3}$/u, name: /^Ella Example$/u })) {
      const input = page.frameLocator(`iframe[src$="/${name}"]`).locator("input");
      await expect.poll(() => input.inputValue(), { message: name }).toMatch(value);
    }
    await shopify.placeOrder(page);
    expect(await page.textContent("#outcome")).toBe("Thank you for your order");
    await panel.says("Bought");
    expect(served.orders.map((order) => order.approved)).toEqual([true]);
    await page.close();
    await served.close();
  });
});

/** Presses "Allow and fill in", then "Allow" on the extension's own page, then what the browser asks. */
async function allow(panel: Panel, page: Page, wanted: "allow" | "deny"): Promise<void> {
  const opened = browser.context.waitForEvent("page");
  await panel.press("button", "Allow and fill in");
  const asking = await opened;
  await asking.getByRole("button", { name: "Allow", exact: true }).click();
  await answer(screen, wanted);
  await asking.getByText(wanted === "allow" ? "Allowed. Go back" : "Not allowed. Go back").waitFor();
  await asking.close();
  await page.bringToFront();
}
