/**
 * At a shop that nobody here wrote (Cartridge, from PyPI), unchanged: from its product's page to its order's, with the card
 * that the extension typed. It is in no recipe, so it is read and filled by what any shop's page has.
 */

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ADDRESS, type Cartridge, serveCartridge, startCartridge } from "./cartridge/cartridge.ts";
import { type Browser, openChromium } from "./chromium.ts";
import { type Lab, startLab } from "./lab.ts";
import { panelOf, type Panel } from "./panel.ts";
import { PANEL, pay, quote } from "./purchase.ts";
import { openScreen, type Screen } from "./screen.ts";
import { setUp } from "./shopper.ts";
import { keep, payHere } from "./toolbar.ts";

let lab: Lab;
let shop: Cartridge;
let screen: Screen;
let browser: Browser;

/** The first time, the shop is installed. */
const READY_MS_MAX = 15 * 60_000;

beforeAll(async () => {
  lab = await startLab();
  shop = await startCartridge(lab);
  screen = await openScreen();
  browser = await openChromium({ window: true, display: screen.display });
  await setUp(browser, lab);
  await serveCartridge(browser.context, shop);
}, READY_MS_MAX);
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await keep(screen, task.name);
});
afterAll(async () => {
  await browser?.remove();
  await screen?.close();
  await shop?.stop();
  await lab?.stop();
});

it("a pony is bought", async () => {
  const page = await browser.context.newPage();
  await toTheCardForm(page);
  const panel = await openHere(page);
  expect(await page.locator(".order-totals .total").textContent()).toBe("Total: $15.00");
  await confirmed(panel);
  await pay(lab, await quote(panel));
  await panel.press("button", "Fill in the card");
  await panel.says("The card is filled in");
  expect(await page.getByLabel("Cardholder name").inputValue()).toBe("Ella Example");
  const number = await page.getByLabel("Card number").inputValue();
  expect(number).toMatch(/^\d{16}$/u);
  await page.getByLabel("Visa").check();
  await next(page);
  await page.getByRole("heading", { name: "Step 3 of 3" }).waitFor();
  await next(page);
  await page.getByRole("heading", { name: "Order Complete" }).waitFor();
  const after = await openHere(page);
  await after.says("Bought");
  await after.says("was paid $15.00");
  await after.press("button", "Done");
  expect(await charges()).toEqual([{ lastFour: number.slice(-4), capturedMinor: 1500 }]);
  await page.close();
});

it("a declined card can be filled in again", async () => {
  const page = await browser.context.newPage();
  await toTheCardForm(page);
  const panel = await openHere(page);
  await confirmed(panel);
  await pay(lab, await quote(panel));
  await panel.press("button", "Fill in the card");
  await panel.says("The card is filled in");
  const code = page.getByLabel("CCV");
  const right = await code.inputValue();
  await code.fill(right === "111" ? "222" : "111");
  await page.getByLabel("Visa").check();
  await next(page);
  await page.getByRole("heading", { name: "Step 3 of 3" }).waitFor();
  await next(page);
  await page.getByText("The card was declined").waitFor();
  const again = await openHere(page);
  await again.says("The store's charge was declined");
  await again.press("button", "Fill in again");
  await expect.poll(() => code.inputValue()).toBe(right);
  await page.getByLabel("Visa").check();
  await next(page);
  await page.getByRole("heading", { name: "Step 3 of 3" }).waitFor();
  await next(page);
  await page.getByRole("heading", { name: "Order Complete" }).waitFor();
  const after = await openHere(page);
  await after.says("Bought");
});

async function toTheCardForm(page: Page): Promise<void> {
  await page.goto(`${ADDRESS}/shop/product/django-pony/`);
  await page.getByRole("button", { name: "Buy" }).click();
  await page.getByRole("link", { name: "Go to Checkout" }).or(page.getByRole("button", { name: "Go to Checkout" })).first().click();
  await page.getByRole("heading", { name: "Step 1 of 3" }).waitFor();
  const typed = {
    first_name: "Ella",
    last_name: "Example",
    street: "1 Swing Street",
    city: "New York",
    state: "NY",
    postcode: "10001",
    country: "USA",
    phone: "2125550100",
    email: "ella@example.org",
  };
  for (const [name, value] of Object.entries(typed)) await page.locator(`[name=billing_detail_${name}]`).fill(value);
  await next(page);
  await page.getByRole("heading", { name: "Step 2 of 3" }).waitFor();
}

async function next(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Next" }).click();
}

/** The shop's pages say `$` in English and nothing of a country: whose dollars they are, the shopper says. */
async function confirmed(panel: Panel): Promise<void> {
  await panel.says("The page says: $15.00");
  await panel.type(/^Order total/u, "US $15.00");
  await panel.press("button", "Use this total");
  await panel.says("$15.00");
}

async function openHere(page: Page): Promise<Panel> {
  await page.bringToFront();
  await payHere(screen, browser);
  return panelOf(page, PANEL);
}

async function charges(): Promise<unknown> {
  const { cards } = (await lab.get("/cards")) as { cards: readonly { last_four: string; charges: readonly { captured_minor: number }[] }[] };
  return cards.flatMap((card) => card.charges.map((charge) => ({ lastFour: card.last_four, capturedMinor: charge.captured_minor })));
}
