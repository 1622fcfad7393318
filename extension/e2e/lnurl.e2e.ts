/**
 * A wallet scans what is shown besides an invoice: an address to pay at, one to collect a refund from, a log-in. Codes are read
 * off pictures of the browser by a decoder that is none of ours; the wallet's side is the world's, written from the LUDs.
 */

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { type Browser, openChromium } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { balanceMsat, paidState } from "./purchase.ts";
import { scan } from "./scan.ts";
import { BOUGHT, fill, place, PRICE_MSAT, purchaseId, run, type Scene, TAKEN_NEVER, TEN_DOLLARS_MSAT, until } from "./scenario.ts";
import type { Shopper } from "./shopper.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;
let shopper: Shopper;

together((made) => void ({ lab, browser, shopper } = made));

interface Scanned {
  readonly did: "pay" | "collect" | "log_in";
  readonly amount_msat: number;
  readonly payment_hash: string;
  readonly description: string;
  readonly bolt11: string;
  readonly key: string;
}

const walletScans = async (code: string, person = ""): Promise<Scanned> => (await lab.post("/wallet/scan", { code, person })) as Scanned;

/** The one address for wallets that is on it. */
async function lnurlOn(png: Buffer): Promise<string> {
  const found = (await scan(png)).filter((code) => /^LNURL1/u.test(code));
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

/** The code that a page of the extension shows on demand. */
async function shownOn(page: Page): Promise<string> {
  const box = page.locator(".qrbox");
  await box.waitFor();
  return lnurlOn(await box.screenshot());
}

/** As the panel shows it to those who ask for another way. */
async function payLink({ page, panel }: Scene): Promise<string> {
  await panel.press("button", "Get the exact price");
  await panel.says("Pay with a Lightning wallet");
  await panel.press("DisclosureTriangle", "Other ways to pay");
  await panel.says("This browser cannot check that invoice");
  await panel.says("Whether the bitcoin is held is then your server's word alone.");
  const window = page.viewportSize() ?? { width: 1280, height: 900 };
  await page.setViewportSize({ width: window.width, height: 3_000 });
  const code = await lnurlOn(await page.screenshot());
  await page.setViewportSize(window);
  return code;
}

async function payByLink(at: Scene): Promise<void> {
  const shown = await at.panel.says("$27.11");
  expect(shown).not.toContain("cannot check");
  const scanned = await walletScans(await payLink(at));
  expect(scanned).toMatchObject({ did: "pay", amount_msat: PRICE_MSAT });
  expect(scanned.description).toContain("27.11 USD");
  await at.panel.says("Your card is ready");
  expect(await paidState(lab, scanned.payment_hash)).toBe("held");
  await fill(at);
  await place(at, "Thank you for your order");
}

/** Ten dollars that a store gives back to a shopper who has not said where refunds go: they wait. */
async function owed(at: Scene): Promise<void> {
  await payByLink(at);
  await at.panel.says("Bought");
  const charge = at.served.orders.at(-1)?.charge;
  await lab.post(`/charges/${charge ?? ""}/refund`, { amount_minor: 1_000 });
}

describe("an address that a wallet pays at", () => {
  it("says which promise does not hold, is paid, and the purchase completes", () =>
    run(lab, browser, { name: "lnurl", changeMsat: -PRICE_MSAT, state: "completed", says: BOUGHT, never: TAKEN_NEVER, play: payByLink }));
});

describe("a link that a wallet collects a refund by", () => {
  it("is read, the refund arrives, and the link is good once", async () => {
    await run(lab, browser, { name: "refund", changeMsat: -PRICE_MSAT, state: "completed", says: BOUGHT, never: TAKEN_NEVER, play: owed });
    const before = await balanceMsat(lab);
    const page = await browser.open(`app.html#/receipt/${await purchaseId(browser)}`);
    // The store's news may still be on its way when the receipt is opened.
    await until(async () => {
      await page.reload();
      return page.getByText("Waits for a destination").waitFor({ timeout: 2_000 }).then(() => true, () => false);
    }, "the refund waits for a destination");
    await page.getByText("Let a wallet collect it").click();
    await page.getByLabel("Password").last().fill(shopper.password);
    await page.getByRole("button", { name: "Show the code" }).click();
    const code = await shownOn(page);
    const scanned = await walletScans(code);
    expect(scanned.did).toBe("collect");
    expect(scanned.amount_msat).toBe(TEN_DOLLARS_MSAT);
    await until(async () => (await balanceMsat(lab)) === before + scanned.amount_msat, "the refund has arrived");
    await expect(walletScans(code)).rejects.toThrow(/409/u);
    await page.reload();
    await page.getByText("Paid", { exact: false }).first().waitFor();
    await page.close();
  });
});

describe("a log-in by a wallet", () => {
  async function open(fresh: Browser, route: "register" | "login", fold: string): Promise<Page> {
    const page = await fresh.open(`app.html#/${route}`);
    await page.getByText(fold).click();
    if (route === "register" && lab.about.invitation !== null) await page.getByLabel("Invitation").last().fill(lab.about.invitation);
    await page.getByRole("button", { name: "Show the code" }).click();
    return page;
  }
  const loginOf = async (fresh: Browser): Promise<string | undefined> =>
    (await (await fresh.worker()).evaluate(() => chrome.storage.local.get("session")) as { session: { login: string } | null }).session?.login;

  it("registers whoever scans, logs the same wallet in again, and no other one", async () => {
    const fresh = await openChromium();
    try {
      const pair = await fresh.open("app.html#/pair");
      await pair.getByLabel("Pairing code").fill(lab.about.pairing);
      await pair.getByRole("button", { name: "Pair", exact: true }).click();
      await pair.getByText("Paired with").waitFor();
      await pair.close();

      const registering = await open(fresh, "register", "Register with a wallet");
      expect(await walletScans(await shownOn(registering), "ella")).toMatchObject({ did: "log_in" });
      await registering.getByText("Your recovery code").waitFor();
      const login = await loginOf(fresh);
      expect(login).toMatch(/^wallet-/u);
      await registering.close();

      const out = await fresh.open("app.html#/login");
      await out.getByRole("button", { name: "Log out" }).click();
      await until(async () => (await loginOf(fresh)) === undefined, "logged out");
      await out.close();

      const other = await open(fresh, "login", "Log in with a wallet");
      await walletScans(await shownOn(other), "mallory");
      await other.getByRole("alert").waitFor();
      expect(await loginOf(fresh)).toBeUndefined();
      await other.close();

      const again = await open(fresh, "login", "Log in with a wallet");
      await walletScans(await shownOn(again), "ella");
      await until(async () => (await loginOf(fresh)) === login, "logged in as before");
      await again.close();
    } finally {
      await fresh.remove();
    }
  });
});
