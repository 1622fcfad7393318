/**
 * A linked account at the simulated Coinbase: linked on its provider's own page, paid from first, and paid back to. What
 * it costs is counted at the provider, to the satoshi.
 */

import { describe, expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { openPanel } from "./purchase.ts";
import { fill, purchaseId, until } from "./scenario.ts";
import type { Panel } from "./panel.ts";
import { ebay } from "./shops/same-document.ts";
import { serve, type Served } from "./shops/shop.ts";
import { together } from "./together.ts";

const EMAIL = "ella@panel.example";
const BALANCE_SAT = 2_000_000;
const PRICE_SAT = 496_758;

let lab: Lab;
let browser: Browser;
let user: string;

together(async (made) => {
  ({ lab, browser } = made);
  ({ user } = (await lab.post("/linked/users", { email: EMAIL, balance_sat: BALANCE_SAT, second_factor: "123456" })) as { user: string });
}, { args: ["--linked"] });

const has = async (): Promise<number> => ((await lab.get(`/linked/users/${user}`)) as { balance_sat: number }).balance_sat;

it("is linked on the provider's page, and its balance is shown after the return", async () => {
  const page = await browser.open("app.html#/linked");
  await page.getByText("No account is linked.").waitFor();
  const [provider] = await Promise.all([browser.context.waitForEvent("page"), page.getByRole("button", { name: "Link a Coinbase account" }).click()]);
  await page.getByText("Go on at Coinbase").waitFor();
  await provider.locator("input[name=email]").fill(EMAIL);
  await provider.getByRole("button", { name: "Authorize" }).click();
  await provider.getByText("Your account is linked").waitFor();
  await provider.close();
  await page.bringToFront();
  await page.getByText("0.02000000 BTC").waitFor();
  await page.getByText("Coinbase, Ella Example").waitFor();
  await page.close();
});

interface At {
  readonly panel: Panel;
  readonly served: Served;
  readonly place: (outcome: string) => Promise<void>;
}

/** A purchase from the account, from the choice to where nothing is sent yet. */
async function toConfirm(play: (at: At) => Promise<void>): Promise<void> {
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  try {
    const before = await has();
    await page.goto(ebay.checkout);
    const panel = await openPanel(page);
    for (const word of ["Done", "Start over"]) if (await panel.has("button", word)) await panel.press("button", word);
    await panel.says("$27.11");
    await panel.press("radio", /^Coinbase account \(paid first\)/u);
    await panel.says("Paid first: this cannot be held");
    await panel.press("button", "Get the exact price");
    const said = await panel.says("Send it from Coinbase");
    // The whole guarantee, before anything is sent.
    for (const part of ["cannot be held", "is paid back, in bitcoin, to your Coinbase account", "it goes back by itself", "at the rate of that day"]) expect(said).toContain(part);
    expect(said).not.toMatch(/still yours/iu);
    expect(await has()).toBe(before);
    const place = async (outcome: string): Promise<void> => {
      await ebay.placeOrder(page);
      expect(await page.textContent("#outcome")).toBe(outcome);
    };
    await play({ panel, served, place });
  } finally {
    await lab.post("/linked/sends", { sends: "instant" });
    await served.close();
  }
}

async function giveCode(panel: Panel, code: string): Promise<void> {
  await panel.says("Coinbase asks for a code");
  await panel.type("Code", code);
  await panel.press("button", "Confirm with this code");
}

describe("a purchase from the account", () => {
  it("wants the provider's code, refuses a wrong one, and buys", async () => {
    await toConfirm(async ({ panel, place }) => {
      const before = await has();
      await panel.press("button", "Send it from Coinbase");
      await giveCode(panel, "000000");
      await panel.says("That code was wrong.");
      await panel.says("4 codes can still be tried.");
      expect(await has()).toBe(before);
      await giveCode(panel, "123456");
      const ready = await panel.says("Your card is ready");
      expect(ready).toContain("Your bitcoin was taken");
      expect(ready).not.toMatch(/still yours/iu);
      expect(before - (await has())).toBe(PRICE_SAT);
      await fill({ panel });
      await place("Thank you for your order");
      const done = await panel.says("Bought");
      expect(done).toContain("0.00496758");
    });
    expect(BALANCE_SAT - (await has())).toBe(PRICE_SAT);
  });

  it("that is cancelled before it is confirmed sends nothing, and says so", async () => {
    const before = await has();
    await toConfirm(async ({ panel }) => {
      await panel.press("button", "Cancel");
      const said = await panel.says("Nothing was taken from you");
      expect(said).toContain("Your Coinbase account has sent nothing.");
      expect(said).not.toContain("your wallet had sent");
    });
    expect(await has()).toBe(before);
  });

  it("that is cancelled under way says what comes back and where, and it does", async () => {
    const before = await has();
    await toConfirm(async ({ panel }) => {
      await lab.post("/linked/sends", { sends: "pending" });
      await panel.press("button", "Send it from Coinbase");
      await giveCode(panel, "123456");
      await panel.says(/Your bitcoin is (on its way|nearly here)/u);
      expect(before - (await has())).toBe(PRICE_SAT);
      await panel.press("button", "Cancel purchase");
      const said = await panel.says("Something is still on its way");
      expect(said).toContain("goes back to your Coinbase account");
      expect(said).not.toMatch(/nothing was taken|still yours/iu);
      // What comes back is sent at once from now on.
      await lab.post("/linked/sends", { sends: "instant" });
      await lab.post("/linked/sends/finish");
      await panel.says("your Coinbase account", 60_000);
      await until(async () => (await has()) === before, "all of it is back at the provider");
    });
    expect(await purchaseId(browser)).toMatch(/^[0-9a-f]{32}$/u);
  });
});

it("is unlinked by its owner, and offered no more", async () => {
  const page = await browser.open("app.html#/linked");
  await page.getByText("Unlink", { exact: true }).click();
  await page.getByRole("button", { name: "Unlink this account" }).click();
  await page.getByText("No account is linked.").waitFor();
  await page.close();
});
