/** At each store, at its own address: read, quoted, paid over Lightning, filled, charged, done. */

import { describe, expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { balanceMsat, openPanel, pay, quote } from "./purchase.ts";
import { aliexpress, dominos, ebay, etsy, target } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made));

describe.each([ebay, target, etsy, aliexpress, dominos])("at $name", (shop) => {
  it("the order is bought", async () => {
    const served = await serve(browser.context, lab, shop);
    const before = await balanceMsat(lab);
    const page = await browser.context.newPage();
    await page.goto(shop.checkout);
    const panel = await openPanel(page);
    await panel.says("$27.11");
    await pay(lab, await quote(panel));
    await panel.press("button", "Fill in the card");
    await panel.says("The card is filled in");
    await shop.placeOrder(page);
    expect(await page.textContent("#outcome")).toBe("Thank you for your order");
    await panel.says("Bought");
    expect(served.orders.map((order) => order.approved)).toEqual([true]);
    expect(before - (await balanceMsat(lab))).toBe(496_758_000);
    await page.close();
    await served.close();
  });
});
