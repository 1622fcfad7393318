/** What happens to a browser on an ordinary day, at every stage of a purchase: it goes on. */

import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { type Browser, openChromium } from "./chromium.ts";
import { keepPictures } from "./failed.ts";
import type { Lab } from "./lab.ts";
import type { Panel } from "./panel.ts";
import { invoice, openPanel, paidState, pay, quote } from "./purchase.ts";
import { ebay, target } from "./shops/same-document.ts";
import { serve, type Served } from "./shops/shop.ts";
import { setUp } from "./shopper.ts";
import { stopWorker } from "./worker.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;
keepPictures(() => browser?.context);

together((made) => void ({ lab, browser } = made));

/** Starting again after a kill, and the longest pause between two tries of the extension's. */
const BACK_MS = 60_000;
/** As long as the issuer takes for a card, so that one is waited for while the worker is stopped. */
const SLOW_MS = 3_000;

/** What the world's server grants. */
const QUOTE_S = 300;
const HOLD_S = 600;
/** The server's clock is known by its answers' dates, in whole seconds, and a difference of less than three is not noted. */
const CLOCK_S = 4;
/** A busy machine may come to the reading late. */
const LATE_S = 60;

function expectLeft(said: string, words: string, whole: number): void {
  expect(left(said, words)).toBeLessThanOrEqual(whole + CLOCK_S);
  expect(left(said, words)).toBeGreaterThan(whole - LATE_S);
}

/** The seconds of the count-down below these words. */
function left(said: string, words: string): number {
  const [, minutes = "", seconds = ""] = new RegExp(`${words}\\n(\\d+):(\\d\\d)`, "u").exec(said) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

async function atCheckout(shop: typeof ebay): Promise<{ page: Page; panel: Panel; served: Served; close(): Promise<void> }> {
  const served = await serve(browser.context, lab, shop);
  const page = await browser.context.newPage();
  await page.goto(shop.checkout);
  const panel = await openPanel(page);
  await panel.says("$27.11");
  const close = async (): Promise<void> => {
    // Put away, else the store's next checkout shows it once more.
    await panel.press("button", "Done");
    await page.close();
    await served.close();
  };
  return { page, panel, served, close };
}

async function again(page: Page): Promise<Panel> {
  await page.reload();
  return openPanel(page);
}

/** From a card that can be filled in to the end. */
async function finish(page: Page, panel: Panel, shop = ebay): Promise<void> {
  await panel.press("button", /Fill in (the card|again)/u);
  await panel.says("The card is filled in");
  await placeAndDone(page, panel, shop);
}

async function placeAndDone(page: Page, panel: Panel, shop = ebay): Promise<void> {
  await shop.placeOrder(page);
  expect(await page.textContent("#outcome")).toBe("Thank you for your order");
  await panel.says("Bought");
}

describe("a purchase goes on", () => {
  afterEach(async () => {
    await lab.clearFaults();
  });

  it("through a reload at each stage", async () => {
    const { page, panel, served, close } = await atCheckout(ebay);
    const bolt11 = await quote(panel);
    const paying = await again(page);
    expect(await invoice(paying)).toBe(bolt11);
    const hash = await pay(lab, bolt11);
    await paying.says("Your card is ready");
    const ready = await again(page);
    await ready.says("Your card is ready");
    await ready.press("button", /Fill in (the card|again)/u);
    await ready.says("The card is filled in");
    const emptied = await again(page);
    // What was filled in went with the old page, so it is offered again.
    await finish(page, emptied);
    await (await again(page)).says("Bought");
    expect(served.orders.map((order) => order.approved)).toEqual([true]);
    await expect.poll(() => paidState(lab, hash), { timeout: BACK_MS }).toBe("succeeded");
    await close();
  });

  it("through a page that draws itself anew and leads away and back", async () => {
    const { page, panel, close } = await atCheckout(target);
    const bolt11 = await quote(panel);
    await awayAndBack(page);
    await panel.says("Pay with a Lightning wallet");
    await pay(lab, bolt11);
    await panel.says("Your card is ready");
    await awayAndBack(page);
    await panel.press("button", /Fill in (the card|again)/u);
    await panel.says("The card is filled in");
    await awayAndBack(page);
    await finish(page, panel, target);
    await close();
  });

  it("when its worker is stopped at each stage", async () => {
    const { page, panel, served, close } = await atCheckout(ebay);
    served.capture = false;
    await stopWorker(browser);
    const bolt11 = await quote(panel);
    await lab.post("/faults", { fault: "issuer-slow", ms: SLOW_MS });
    await stopWorker(browser);
    await pay(lab, bolt11);
    await panel.says("Your bitcoin has arrived");
    await stopWorker(browser);
    await panel.says("Your card is ready");
    await lab.clearFaults();
    await stopWorker(browser);
    await panel.press("button", /Fill in (the card|again)/u);
    await panel.says("The card is filled in");
    await stopWorker(browser);
    await ebay.placeOrder(page);
    await panel.says("The store has charged the card");
    await stopWorker(browser);
    await lab.post(`/charges/${served.orders[0]?.charge ?? ""}/capture`, { amount_minor: 2_711 });
    await panel.says("Bought");
    await close();
  });

  it("when the server is away, of which the panel tells", async () => {
    const { page, panel, close } = await atCheckout(ebay);
    const bolt11 = await quote(panel);
    await lab.post("/server/kill");
    await panel.says(/does not answer/u, BACK_MS);
    expect(await invoice(panel)).toBe(bolt11);
    await lab.post("/server/start");
    await panel.says(/^(?![\s\S]*does not answer)[\s\S]*Pay with a Lightning wallet/u, BACK_MS);
    await pay(lab, bolt11);
    await panel.says("Your card is ready", BACK_MS);
    await lab.post("/server/kill");
    await panel.says(/does not answer/u, BACK_MS);
    await panel.says("Your card is ready");
    await lab.post("/server/start");
    await panel.says(/^(?![\s\S]*does not answer)[\s\S]*Your card is ready/u, BACK_MS);
    await finish(page, panel);
    await close();
  });

  it("in one tab while a second one has to wait", async () => {
    const first = await atCheckout(ebay);
    const bolt11 = await quote(first.panel);
    const second = await atCheckout(target);
    await second.panel.press("button", "Get the exact price");
    await second.panel.says(/Another purchase of yours waits to be paid/u);
    await first.page.bringToFront();
    await pay(lab, bolt11);
    await first.panel.says("Your card is ready");
    await finish(first.page, first.panel);
    await second.page.bringToFront();
    await pay(lab, await quote(second.panel));
    await second.panel.says("Your card is ready");
    await finish(second.page, second.panel, target);
    await first.close();
    await second.close();
  });

  it("after the browser was closed, at each stage", async () => {
    const { panel, served } = await atCheckout(ebay);
    const bolt11 = await quote(panel);
    const paying = await afterRestart();
    expect(await invoice(paying.panel)).toBe(bolt11);
    await pay(lab, bolt11);
    await paying.panel.says("Your card is ready");
    const ready = await afterRestart();
    await finish(ready.page, ready.panel);
    expect(served.orders).toHaveLength(0);
    expect(ready.served.orders.map((order) => order.approved)).toEqual([true]);
    await ready.panel.press("button", "Done");
    await ready.page.close();
    await ready.served.close();
  });
});

/** What a store in one document does: throws away everything below the root, and puts its form back empty. */
async function awayAndBack(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { body } = document;
    const other = document.createElement("body");
    other.innerHTML = "<h1>Your cart</h1><p>Item (1) $18.60</p>";
    history.pushState({}, "", "/cart");
    document.documentElement.replaceChildren(document.head, other);
    addEventListener(
      "popstate",
      () => {
        for (const input of body.querySelectorAll("input")) input.value = "";
        document.documentElement.replaceChildren(document.head, body);
      },
      { once: true },
    );
  });
  await page.getByText("Your cart").waitFor();
  // Two frames later everything that watches the page has heard of it.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.evaluate(() => history.back());
  await page.getByText("Checkout").first().waitFor();
}

async function afterRestart(): Promise<{ page: Page; panel: Panel; served: Served }> {
  const { profile } = browser;
  await browser.close();
  browser = await openChromium({ profile });
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  await page.goto(ebay.checkout);
  return { page, panel: await openPanel(page), served };
}

describe.each([
  ["an hour late", -3_600_000],
  ["an hour early", 3_600_000],
])("on a machine whose clock is %s", (_, clockOffMs) => {
  it("the count-downs are right all the same", async () => {
    const off = await openChromium({ clockOffMs });
    try {
      await setUp(off, lab);
      const served = await serve(off.context, lab, ebay);
      const page = await off.context.newPage();
      await page.goto(ebay.checkout);
      const worker = await off.worker();
      expect(Math.abs((await worker.evaluate(() => Date.now())) - Date.now())).toBeGreaterThan(59 * 60_000);
      const panel = await openPanel(page);
      const bolt11 = await quote(panel);
      await panel.says(/clock is wrong/u);
      expectLeft(await panel.says(/Price fixed for\n/u), "Price fixed for", QUOTE_S);
      await pay(lab, bolt11);
      await panel.says("Your card is ready");
      expectLeft(await panel.says(/Goes back by itself in\n/u), "Goes back by itself in", HOLD_S);
      await finish(page, panel);
      await served.close();
    } finally {
      await off.remove();
    }
  });
});
