/**
 * An album paid through the world's own wallet service, whose keys, seals and messages are rust-nostr's: two readings of
 * NIP-47 and NIP-44 that share no code understand each other.
 */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { balanceMsat, openPanel } from "./purchase.ts";
import { fill, PRICE_MSAT } from "./scenario.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";
import { stopWorker } from "./worker.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made), { args: ["--payer", "nwc"] });

it("buys an album, with the worker stopped while the hold is out", async () => {
  const settings = await browser.open("app.html#/wallet");
  await settings.getByLabel("Connection string").fill(lab.about.nwc ?? "");
  await settings.getByLabel("Budget in satoshi").fill("600000");
  await settings.getByRole("button", { name: "Connect" }).click();
  await settings.getByText("Anytill's simulated wallet").waitFor();
  const before = await balanceMsat(lab);
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  await page.goto(ebay.checkout);
  const panel = await openPanel(page);
  await panel.press("button", "Get the exact price");
  const [confirm] = await Promise.all([browser.context.waitForEvent("page"), panel.press("button", "Pay with my connected wallet")]);
  await confirm.getByRole("button", { name: "Pay 0.00496758 BTC" }).click();
  await confirm.getByText("Your bitcoin has arrived").waitFor();
  await confirm.close();
  await stopWorker(browser);
  await panel.says("Your card is ready");
  await fill({ panel });
  await ebay.placeOrder(page);
  await panel.says("Bought");
  expect(before - (await balanceMsat(lab))).toBe(PRICE_MSAT);
  // The preimage, which came after the claim, and the fees that the wallet told with it.
  await settings.bringToFront();
  await settings.getByText("paid", { exact: true }).waitFor();
  await settings.getByText("fees 0 sat").waitFor();
  await settings.getByText("103,242 sat").waitFor();
  await served.close();
});
