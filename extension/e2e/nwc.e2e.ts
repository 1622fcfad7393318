/**
 * An album paid from the shopper's own wallet by NIP-47: a relay and a wallet service of this test's, behind which the
 * world's payer really pays. What the relay and the wallet are is simulated; what moves is not.
 */

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSocket } from "../tests/nwc/open-socket.ts";
import { serveRelay, type ServedRelay } from "../tests/nwc/test-relay.ts";
import { startWallet, type Said, type TestWallet } from "../tests/nwc/test-wallet.ts";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { panelOf, type Panel } from "./panel.ts";
import { balanceMsat, openPanel, PANEL, pay, paidState } from "./purchase.ts";
import { fill, PRICE_MSAT, until } from "./scenario.ts";
import { ebay } from "./shops/same-document.ts";
import { serve, type Served } from "./shops/shop.ts";
import { together } from "./together.ts";
import { stopWorker } from "./worker.ts";

let lab: Lab;
let browser: Browser;
let relay: ServedRelay;
let wallet: TestWallet;
let served: Served;
let page: Page;
let panel: Panel;

together((made) => void ({ lab, browser } = made));

/** The payer's wallet, as a wallet service has it: pays, and answers with the preimage once the hold is claimed. */
async function fromPayer(bolt11: string): Promise<Said> {
  const hash = await pay(lab, bolt11);
  return (await outcome(hash)) ?? { error: "PAYMENT_FAILED" };
}

async function outcome(hash: string): Promise<Said | null> {
  for (;;) {
    const paid = (await lab.get(`/wallet/paid/${hash}`)) as { state: string; preimage?: string; fee_msat?: number };
    if (paid.state === "succeeded") return { result: { preimage: paid.preimage, fees_paid: paid.fee_msat } };
    if (paid.state === "failed") return null;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function connect(): Promise<void> {
  const settings = await browser.open("app.html#/wallet");
  await settings.getByLabel("Connection string").fill(wallet.connection);
  await settings.getByLabel("Budget in satoshi").fill("600000");
  await settings.getByRole("button", { name: "Connect" }).click();
  await settings.getByText("600,000 sat in any 24 hours").waitFor();
  await settings.getByRole("button", { name: "Test it" }).click();
  await settings.getByText("Your wallet answers.").waitFor();
  // What was typed is nowhere on the page any more.
  expect(await settings.content()).not.toContain(/secret=([0-9a-f]{64})/u.exec(wallet.connection)?.[1]);
  await settings.close();
}

async function revoke(): Promise<void> {
  const settings = await browser.open("app.html#/wallet");
  await settings.getByText("Disconnect", { exact: true }).click();
  await settings.getByRole("button", { name: "Delete the secret here" }).click();
  await settings.getByText("Deleted here. Now delete the connection in your wallet too.").waitFor({ state: "attached" });
  await settings.close();
}

/** From the offer to the extension's own page, where nothing is paid yet. */
async function toConfirm(): Promise<Page> {
  await panel.press("button", "Get the exact price");
  const [confirm] = await Promise.all([browser.context.waitForEvent("page"), panel.press("button", "Pay with my connected wallet")]);
  await confirm.getByText("Left of your budget").waitFor();
  return confirm;
}

beforeAll(async () => {
  relay = await serveRelay();
});
afterAll(async () => {
  await relay.close();
});
beforeEach(async () => {
  wallet = await startWallet(openSocket, relay.url);
  wallet.pay = fromPayer;
  await connect();
  served = await serve(browser.context, lab, ebay);
  page = await browser.context.newPage();
  await page.goto(ebay.checkout);
  panel = await openPanel(page);
  for (const word of ["Done", "Start over"]) if (await panel.has("button", word)) await panel.press("button", word);
  await panel.says("$27.11");
});
afterEach(async () => {
  await page.close();
  await served.close();
  await revoke();
  wallet.close();
});

describe("an album from the connected wallet", () => {
  it("is paid by one press on the extension's page, held, and bought", async () => {
    const before = await balanceMsat(lab);
    const confirm = await toConfirm();
    const shown = (await confirm.textContent("main")) ?? "";
    for (const part of ["eBay", "$27.11", "0.00496758 BTC", "496,758 sat", "4,968 sat", "600,000 sat", "Test wallet", "Held, not taken"]) expect(shown).toContain(part);
    expect(wallet.count("pay_invoice")).toBe(0);
    await confirm.getByRole("button", { name: "Pay 0.00496758 BTC" }).click();
    await confirm.getByText("Your bitcoin has arrived").waitFor();
    await confirm.getByRole("button", { name: "Back to the store's page" }).click();
    await panel.says("Your card is ready");
    await panel.says("Your money is still yours");
    await fill({ panel });
    await ebay.placeOrder(page);
    expect(await page.textContent("#outcome")).toBe("Thank you for your order");
    await panel.says("Bought");
    expect(before - (await balanceMsat(lab))).toBe(PRICE_MSAT);
    expect(wallet.count("pay_invoice")).toBe(1);
    await confirm.goto(confirm.url().replace(/#.*$/u, "#/wallet"));
    // Proven by the preimage that the payer learned, with what it says that the way cost.
    await confirm.getByText("paid", { exact: true }).waitFor();
    await confirm.getByText("103,242 sat").waitFor();
    await confirm.close();
  });

  it("goes on when the worker is stopped while the wallet pays, and is paid once", async () => {
    const before = await balanceMsat(lab);
    let go: () => void = () => {};
    const stopped = new Promise<void>((resolve) => (go = resolve));
    wallet.pay = async (bolt11) => {
      await stopped;
      return fromPayer(bolt11);
    };
    const confirm = await toConfirm();
    await confirm.getByRole("button", { name: "Pay 0.00496758 BTC" }).click();
    await until(async () => wallet.count("pay_invoice") === 1, "the wallet is asked");
    await confirm.close();
    await stopWorker(browser);
    go();
    await panel.says("Your card is ready", 60_000);
    await stopWorker(browser);
    await fill({ panel });
    await ebay.placeOrder(page);
    await panel.says("Bought");
    expect(before - (await balanceMsat(lab))).toBe(PRICE_MSAT);
    expect(wallet.count("pay_invoice")).toBe(1);
  });

  it("that a wallet stalls on is unknown, is not offered to another wallet, and what arrives after a cancel goes back", async () => {
    const before = await balanceMsat(lab);
    let invoice = "";
    wallet.stalls.add("pay_invoice");
    const confirm = await toConfirm();
    await confirm.getByRole("button", { name: "Pay 0.00496758 BTC" }).click();
    await confirm.getByText("Your wallet was asked").waitFor();
    await panel.says("Your wallet was asked to pay");
    expect(await panel.has("link", "Open in wallet")).toBe(false);
    await panel.says("Your wallet has not said yet whether it pays", 90_000);
    await confirm.getByText("Your wallet has not said yet whether it pays").waitFor();
    await confirm.close();
    invoice = String(wallet.asked.find(({ method }) => method === "pay_invoice")?.params["invoice"]);
    await panel.press("button", "Cancel purchase");
    await panel.says("Nothing was taken from you");
    // The wallet wakes up after all.
    const hash = await pay(lab, invoice);
    await until(async () => (await paidState(lab, hash)) === "failed", "it goes back");
    expect(await balanceMsat(lab)).toBe(before);
    expect(wallet.count("pay_invoice")).toBe(1);
  });

  it("that the wallet refuses, or that is beyond the budget, leaves the code to be scanned", async () => {
    wallet.pay = async () => ({ error: "INSUFFICIENT_BALANCE" });
    const confirm = await toConfirm();
    await confirm.getByRole("button", { name: "Pay 0.00496758 BTC" }).click();
    await confirm.getByText("There is not enough in it.").waitFor();
    await panel.says("Your wallet did not pay");
    expect(await panel.has("link", "Open in wallet")).toBe(true);
    const settings = await browser.open("app.html#/wallet");
    await settings.getByText("Change the budget").click();
    await settings.getByLabel("Budget in satoshi").fill("1000");
    await settings.getByRole("button", { name: "Save the budget" }).click();
    await settings.getByText("1,000 sat in any 24 hours").waitFor();
    await settings.close();
    await confirm.getByText("That is more than is left of your budget.").waitFor();
    expect(await confirm.getByRole("button", { name: "Pay 0.00496758 BTC" }).count()).toBe(0);
    await confirm.close();
    await panel.press("button", "Cancel");
    await panel.says("Nothing was taken from you");
    expect(wallet.count("pay_invoice")).toBe(1);
  });
});

it("is offered no more once it is disconnected", async () => {
  await revoke();
  await panel.press("button", "Get the exact price");
  await panel.says("Pay with a Lightning wallet");
  expect(await panel.has("button", "Pay with my connected wallet")).toBe(false);
  await panel.press("button", "Cancel");
  await connect();
  expect(await panelOf(page, PANEL)).toBeDefined();
});
