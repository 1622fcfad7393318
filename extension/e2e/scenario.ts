/** One way a purchase can go, driven and watched as its shopper sees it: what is said, where it ends, what it cost to the millisatoshi. */

import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import type { Panel } from "./panel.ts";
import { balanceMsat, openPanel, pay, paidState, quote } from "./purchase.ts";
import { ebay } from "./shops/same-document.ts";
import { serve, type Served, type Shop } from "./shops/shop.ts";

export const PRICE_MSAT = 496_758_000;
/** At the middle of the market, as a refund is. */
export const TEN_DOLLARS_MSAT = 181_816_528;

export interface Scenario {
  readonly name: string;
  /** What the shopper's balance changes by; the table in README.md has the same. */
  readonly changeMsat: number;
  readonly state: "completed" | "returned" | "expired";
  /** All of it is in the panel at the end; none of `never` is. */
  readonly says: readonly (string | RegExp)[];
  readonly never?: RegExp;
  /** What was taken and not used is owed at the end, and has still to come. */
  readonly paidBack?: true;
  readonly shop?: Shop;
  /** What the panel says when it is opened, if the store shows no total there. */
  readonly opensWith?: string;
  play(at: Scene): Promise<void>;
}

export interface Scene {
  readonly lab: Lab;
  readonly browser: Browser;
  readonly page: Page;
  readonly panel: Panel;
  readonly served: Served;
  readonly shop: Shop;
}

/** Said only when nothing of the shopper's is anywhere but with them. */
export const NOTHING = ["Nothing was taken from you", /back in it|goes back by itself/u] as const;
export const BOUGHT = ["Bought", "Taken from you", "0.00496758"] as const;
/** Nothing of this may stand in the panel once the bitcoin is claimed. */
export const TAKEN_NEVER = /still yours|nothing was taken|not taken/iu;

export async function run(lab: Lab, browser: Browser, scenario: Scenario): Promise<void> {
  const shop = scenario.shop ?? ebay;
  const served = await serve(browser.context, lab, shop);
  try {
    const before = await balanceMsat(lab);
    const page = await browser.context.newPage();
    await page.goto(shop.checkout);
    const panel = await openPanel(page);
    // What ended before follows its store into a new tab until the shopper has put it away.
    for (const word of ["Done", "Start over"]) if (await panel.has("button", word)) await panel.press("button", word);
    await panel.says(scenario.opensWith ?? "$27.11");
    await scenario.play({ lab, browser, page, panel, served, shop });
    let said = "";
    for (const what of scenario.says) said = await panel.says(what, END_MS_MAX);
    if (scenario.never !== undefined) expect(said).not.toMatch(scenario.never);
    const change = async (): Promise<number> => (await balanceMsat(lab)) - before;
    // What is owed comes back by itself, a little after the end.
    if (scenario.paidBack === true) await until(async () => (await change()) === scenario.changeMsat, `a change of ${scenario.changeMsat} msat`);
    expect(await change()).toBe(scenario.changeMsat);
    expect(await lastState(browser)).toBe(scenario.state);
  } finally {
    await lab.clearFaults();
    await served.close();
  }
}

/** A window's end and all that the server does then. */
const END_MS_MAX = 60_000;

/** The state that this browser has last heard of the server. */
async function lastState(browser: Browser): Promise<string> {
  return (await kept(browser)).state;
}

export async function purchaseId(browser: Browser): Promise<string> {
  return (await kept(browser)).id;
}

async function kept(browser: Browser): Promise<{ id: string; state: string }> {
  const worker = await browser.worker();
  const { purchases } = (await worker.evaluate(() => chrome.storage.local.get("purchases"))) as { purchases: { id: string; view: { state: string } }[] };
  const last = purchases.at(-1);
  if (last === undefined) throw new Error("nothing was begun");
  return { id: last.id, state: last.view.state };
}

/** To the paid invoice. Gives its hash. */
export async function paid({ lab, panel }: Scene): Promise<string> {
  return pay(lab, await quote(panel));
}

/** To the card that can be used, with the money still the shopper's. */
export async function toCard(at: Scene): Promise<string> {
  const hash = await paid(at);
  await at.panel.says("Your card is ready");
  await at.panel.says("Your money is still yours");
  expect(await paidState(at.lab, hash)).toBe("held");
  return hash;
}

export async function toForm(at: Scene): Promise<string> {
  const hash = await toCard(at);
  await fill(at);
  return hash;
}

export async function fill({ panel }: Pick<Scene, "panel">, then = "Check the form, then place the order at the store yourself."): Promise<void> {
  await panel.press("button", "Fill in the card");
  await panel.says(then);
}

export async function place({ shop, page }: Scene, outcome: "Thank you for your order" | "Your card was declined"): Promise<void> {
  await shop.placeOrder(page);
  expect(await page.textContent("#outcome")).toBe(outcome);
}

export async function cancel({ panel }: Scene, word: "Cancel purchase" | "I no longer need the card" = "Cancel purchase"): Promise<void> {
  await panel.press("button", word);
}

export async function until(look: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + END_MS_MAX;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`not within ${END_MS_MAX} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
