/**
 * What the panel shows as a code is read off a picture of the browser by ZBar, and goes as it was read to a wallet that nobody
 * here wrote: LND's, and Electrum's, which reads it by its own modules. Runs where `ANYTILL_BITCOIND_URL` names a regtest chain
 * of Bitcoin Core (`cargo xtask test --only wallets`).
 */

import { describe, expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import { scan } from "./scan.ts";
import type { Lab } from "./lab.ts";
import { balanceMsat, openPanel, paidState } from "./purchase.ts";
import { fill, PRICE_MSAT, until } from "./scenario.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import { together } from "./together.ts";

const CHAIN = process.env["ANYTILL_BITCOIND_URL"];

describe.skipIf(CHAIN === undefined).each(["lnd", "electrum"])("a wallet on %s", (payer) => {
  let lab: Lab;
  let browser: Browser;

  together((made) => void ({ lab, browser } = made), { args: ["--payer", payer, "--bitcoind", CHAIN ?? ""] });

  /** From the store's page until the code was scanned and its HTLC is held. */
  async function held() {
    const served = await serve(browser.context, lab, ebay);
    const page = await browser.context.newPage();
    await page.goto(ebay.checkout);
    const panel = await openPanel(page);
    for (const word of ["Done", "Start over"]) if (await panel.has("button", word)) await panel.press("button", word);
    await panel.press("button", "Get the exact price");
    await panel.says("Pay with a Lightning wallet");
    const [code] = await scan(await page.screenshot());
    const { payment_hash: hash } = (await lab.post("/wallet/pay", { code })) as { payment_hash: string };
    await panel.says("Your card is ready");
    expect(await paidState(lab, hash)).toBe("held");
    const close = async () => {
      await page.close();
      await served.close();
    };
    return { page, panel, hash, close };
  }

  it("buys an album with what was scanned", async () => {
    const before = await balanceMsat(lab);
    const { page, panel, hash, close } = await held();
    await fill({ panel });
    await ebay.placeOrder(page);
    await panel.says("Bought");
    await until(async () => (await paidState(lab, hash)) === "succeeded", "the wallet has its receipt");
    expect(before - (await balanceMsat(lab))).toBe(PRICE_MSAT);
    await close();
  });

  it("has all of it back when the shopper cancels", async () => {
    const before = await balanceMsat(lab);
    const { panel, hash, close } = await held();
    await panel.press("button", "Cancel purchase");
    await panel.says("Nothing was taken from you");
    await until(async () => (await paidState(lab, hash)) === "failed", "the wallet says that it failed");
    expect(await balanceMsat(lab)).toBe(before);
    await close();
  });
});
