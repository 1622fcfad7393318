/** The code in the panel is read off a picture of the browser by a decoder that is none of ours, and what it says is paid. */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { balanceMsat, openPanel, paidState, pay } from "./purchase.ts";
import { scan } from "./scan.ts";
import { purchaseId, until } from "./scenario.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made));

/** Of the server's own answer, past everything that the extension made of it. */
async function invoiceAtServer(id: string): Promise<string> {
  const worker = await browser.worker();
  const { session } = (await worker.evaluate(() => chrome.storage.local.get("session"))) as { session: { token: string } };
  const response = await fetch(`${lab.about.server}/v1/purchases/${id}`, { headers: { authorization: `Bearer ${session.token}` } });
  const { invoice } = (await response.json()) as { invoice: { bolt11: string } };
  return invoice.bolt11;
}

it.each(["light", "dark"] as const)("says, in upper case, what the server's API says, and is paid: %s", async (colorScheme) => {
  const before = await balanceMsat(lab);
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  await page.emulateMedia({ colorScheme });
  await page.goto(ebay.checkout);
  const panel = await openPanel(page);
  for (const word of ["Done", "Start over"]) if (await panel.has("button", word)) await panel.press("button", word);
  await panel.press("button", "Get the exact price");
  await panel.says("Pay with a Lightning wallet");
  const codes = await scan(await page.screenshot());
  const bolt11 = await invoiceAtServer(await purchaseId(browser));
  expect(bolt11).toMatch(/^lnbcrt/u);
  expect(codes).toEqual([`LIGHTNING:${bolt11.toUpperCase()}`]);
  const hash = await pay(lab, (codes[0] ?? "").slice("LIGHTNING:".length));
  await panel.says("Your card is ready");
  expect(await paidState(lab, hash)).toBe("held");
  await panel.press("button", "Cancel purchase");
  await panel.says("Nothing was taken from you");
  await until(async () => (await balanceMsat(lab)) === before, "all of it is back");
  await page.close();
  await served.close();
});
