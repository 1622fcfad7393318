/**
 * A gift card instead of a card, at the world's own record store: chosen in the panel, paid over Lightning, its code filled
 * into the store's box, redeemed and ordered by the shopper's own presses.
 */

import { mkdir } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Browser, openChromium } from "./chromium.ts";
import { type Lab, startLab } from "./lab.ts";
import { panelOf, type Panel } from "./panel.ts";
import { balanceMsat, invoice, openPanel, PANEL, paidState, pay } from "./purchase.ts";
import { openScreen, type Screen } from "./screen.ts";
import { amazon } from "./shops/amazon.ts";
import { serveRecordStore, toCheckout } from "./shops/record-store.ts";
import { serve } from "./shops/shop.ts";
import { setUp } from "./shopper.ts";
import { keep, payHere } from "./toolbar.ts";

/** The record store's: one of any value, and one of fixed values with a PIN. */
const PRODUCTS = ["rare_groove_records-usa", "rare_groove_records_fixed-usa"];
const sold = (product: string): string => `{ host = "store.example", country = "US", product = "${product}" }`;

let lab: Lab;
let screen: Screen;
let browser: Browser;

beforeAll(async () => {
  lab = await startLab(["--gift-cards"], { ANYTILL_GIFT_CARDS__PRODUCTS: `[${PRODUCTS.map(sold).join(", ")}]` });
  screen = await openScreen();
  browser = await openChromium({ window: true, display: screen.display });
  await setUp(browser, lab, { refunds: true });
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await keep(screen, task.name);
});
afterAll(async () => {
  await browser?.remove();
  await screen?.close();
  await lab?.stop();
});

/** For whoever looks: `PICTURES=dir` keeps what a shopper saw on the way. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["PICTURES"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}

async function openHere(page: Page): Promise<Panel> {
  await page.bringToFront();
  await payHere(screen, browser);
  return panelOf(page, PANEL);
}

/** What the extension's list of what was sent has. */
async function sent(): Promise<readonly { store: string; totalMinor: number | null; country?: string }[]> {
  const worker = await browser.worker();
  return ((await worker.evaluate(() => chrome.storage.local.get("sent"))) as { sent?: { store: string; totalMinor: number | null; country?: string }[] }).sent ?? [];
}

/** Everything that the extension has stored, as text. */
async function stored(): Promise<string> {
  const worker = await browser.worker();
  return JSON.stringify([await worker.evaluate(() => chrome.storage.local.get(null)), await worker.evaluate(() => chrome.storage.session.get(null))]);
}

it("an album is bought with a gift card of exactly its total", async () => {
  await serveRecordStore(browser.context, lab);
  const before = await balanceMsat(lab);
  const page = await browser.context.newPage();
  await toCheckout(page);
  expect(await sent()).toEqual([]);

  const panel = await openHere(page);
  await panel.says("$27.11");
  await panel.says("How the store is paid");
  expect(await sent()).toMatchObject([{ store: "store.example", totalMinor: null, country: "US" }]);
  await panel.press("radio", /^Gift card/u);
  await panel.says("Exactly the order total");
  const offered = await panel.says("The gift card is bought whole or not at all.");
  expect(offered).not.toMatch(/held, not taken|it is not paid back/u);
  await picture(page, "1-offer");
  await panel.press("button", "Get the exact price");
  const bolt11 = await invoice(panel);
  const asked = await panel.says("for a gift card of $27.11");
  expect(asked).not.toMatch(/still yours|yours until/iu);
  await picture(page, "2-pay");

  const hash = await pay(lab, bolt11);
  const ready = await panel.says("Your gift card's code is ready", 60_000);
  expect(ready).not.toMatch(/still yours|nothing was taken|not taken/iu);
  expect(before - (await balanceMsat(lab))).toBe(496_758_000);
  expect(await paidState(lab, hash)).toBe("succeeded");
  await picture(page, "3-ready");

  await page.getByLabel("Email").fill("ella@example.org");
  await panel.press("button", "Fill in the code");
  await panel.says("The code is filled in");
  const code = await page.getByLabel("Gift card code").inputValue();
  expect(code).not.toBe("");
  // Nothing was pressed, and nothing kept.
  expect(new URL(page.url()).pathname).toBe("/checkout");
  expect(await page.getByText("Gift card applied").count()).toBe(0);
  expect(await stored()).not.toContain(code);
  await picture(page, "4-filled");

  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Gift card applied: $27.11").waitFor();
  await page.getByText("You are charged $0.00").waitFor();
  const there = await openHere(page);
  await there.says("The code is filled in");
  await picture(page, "5-redeemed");
  // It stands over the store's own button.
  await there.press("button", "Close");
  await page.getByLabel("Email").fill("ella@example.org");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText(/Thank you\. Your order/u).waitFor();

  const after = await openHere(page);
  await after.press("button", "I have placed the order");
  await after.says("Bought");
  const end = await after.says("A gift card of $27.11 was bought");
  expect(end).toContain("0.00496758");
  await picture(page, "6-done");
  expect(before - (await balanceMsat(lab))).toBe(496_758_000);
  const { orders } = (await lab.get("/store/orders")) as { orders: readonly Record<string, unknown>[] };
  expect(orders).toHaveLength(1);
  // No card was charged for it.
  expect(orders[0]).toMatchObject({ state: "taken", charges: [], captured_minor: 0 });
  expect((await sent()).map(({ totalMinor }) => totalMinor)).toEqual([null, 2711]);
  await after.press("button", "Done");
  await page.close();
});

it("where only more than the total is sold, what stays at the store is said all along", async () => {
  const before = await balanceMsat(lab);
  const page = await browser.context.newPage();
  await toCheckout(page);
  const panel = await openHere(page);
  await panel.says("How the store is paid");
  await panel.press("radio", /^Gift card/u);
  await panel.press("radio", /^\$50\.00/u);
  await panel.says("$22.89 stays on your account at store.example");
  await picture(page, "7-steps");
  await panel.press("button", "Get the exact price");
  const bolt11 = await invoice(panel);
  await panel.says("$22.89 stays on your account at store.example");
  await pay(lab, bolt11);
  await panel.says("Your gift card's code is ready", 60_000);
  await panel.press("button", "Fill in the code");
  await panel.says("The code is filled in");
  await panel.says("$22.89 stays on your account at store.example");
  for (const label of ["Gift card code", /^PIN/u]) expect(await page.getByLabel(label).inputValue()).not.toBe("");
  await picture(page, "8-code-and-pin");
  // 50.00 at 5,457.386 is 0.009161895..., rounded up to a satoshi.
  expect(before - (await balanceMsat(lab))).toBe(916_190_000);
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Gift card applied: $27.11").waitFor();
  await page.getByText("You are charged $0.00").waitFor();
  await page.getByLabel("Email").fill("ella@example.org");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText(/Thank you\. Your order/u).waitFor();
  const after = await openHere(page);
  await after.press("button", "I have placed the order");
  await after.says("Bought");
  await after.says("$22.89 stays on your account at store.example");
  // It does: the next checkout has it.
  await toCheckout(page);
  await page.getByText("Gift card applied: $22.89").waitFor();
  await page.close();
});

it("at Amazon, which charges when it ships, the gift card comes first, in whole dollars", async () => {
  const served = await serve(browser.context, lab, amazon);
  const before = await balanceMsat(lab);
  const page = await browser.context.newPage();
  await page.goto(amazon.checkout);
  const panel = await openPanel(page);
  await panel.says("This store wants a card first");
  await panel.says("Or with a gift card");
  await panel.type(/^Order total/u, "$27.11");
  await panel.press("button", "Use this total");
  // Chosen by nobody: it is the first.
  await panel.says("for a gift card of $28.00");
  await panel.says("$0.89 stays on your account at Amazon");
  await picture(page, "9-amazon");
  await panel.press("button", "Get the exact price");
  await pay(lab, await invoice(panel));
  await panel.says("Your gift card's code is ready", 60_000);
  await panel.press("button", "Fill in the code");
  await panel.says("The code is filled in");
  expect(await page.getByLabel("Enter code").inputValue()).not.toBe("");
  // 28.00 at 5,457.386 is 0.005130661..., rounded up to a satoshi. No card was made.
  expect(before - (await balanceMsat(lab))).toBe(513_067_000);
  expect(await lab.get("/cards")).toMatchObject({ cards: [] });
  await served.close();
  await page.close();
});
