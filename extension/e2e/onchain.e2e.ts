/**
 * Paid on the chain: what is promised before there is an address, the address and what is seen of it, the order, and what goes
 * back. What it costs is counted on the chain, to the satoshi.
 */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { openPanel } from "./purchase.ts";
import { fill, until } from "./scenario.ts";
import type { Panel } from "./panel.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";

const PRICE_SAT = 496_758;

let lab: Lab;
let browser: Browser;

together((made) => {
  ({ lab, browser } = made);
  return Promise.resolve();
}, { args: ["--onchain"] });

const payer = async (): Promise<{ address: string; left_sat: number }> => (await lab.get("/onchain")) as { address: string; left_sat: number };
const pay = (address: string, sat: number): Promise<unknown> => lab.post("/onchain/pay", { address, sat });

/** The address that the panel shows. */
async function shown(panel: Panel): Promise<string> {
  const address = /bcrt1[0-9a-z]+/u.exec(await panel.says("Send exactly this amount"))?.[0];
  if (address === undefined) throw new Error("no address is shown");
  return address;
}

it("says what cannot be held before there is an address, counts the blocks, buys, and pays back what was too much", async () => {
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  try {
    const before = await payer();
    await page.goto(ebay.checkout);
    const panel = await openPanel(page);
    await panel.says("$27.11");
    await panel.press("radio", /^On-chain wallet/u);
    await panel.says("Paid first: this cannot be held");
    await panel.type(/^Address for what goes back/u, before.address);
    await panel.press("button", "Get the exact price");
    const said = await panel.says("Show the address");
    for (const part of ["cannot be held", "2 blocks deep", "goes back to your address, less what the chain takes", "carries no signature", "it goes back by itself"]) expect(said).toContain(part);
    expect(said).not.toMatch(/still yours|bcrt1/iu);
    await panel.press("button", "Show the address");
    const address = await shown(panel);

    // A part, then more than the rest.
    await pay(address, 400_000);
    await panel.says("0.00096758 BTC is missing");
    await pay(address, 150_000);
    await panel.says("0.00550000 BTC seen: 0 of 2 blocks");
    await lab.post("/chain/mine", { blocks: 2 });
    await panel.says("Your card is ready");
    await fill({ panel });
    await ebay.placeOrder(page);
    expect(await page.textContent("#outcome")).toBe("Thank you for your order");
    expect(await panel.says("Bought")).toContain("0.00496758");
    await until(async () => {
      await lab.post("/chain/mine", { blocks: 1 });
      return (await payer()).left_sat === before.left_sat - PRICE_SAT;
    }, "what was too much is back");
  } finally {
    await page.close();
    await served.close();
  }
});
