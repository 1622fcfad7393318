/**
 * Paid on the chain: what is promised before there is an address, the address and what is seen of it, the order, and what goes
 * back. What it costs is counted on the chain, to the satoshi.
 */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { openPanel, pay as payInvoice, quote } from "./purchase.ts";
import { fill, purchaseId, TEN_DOLLARS_MSAT, until } from "./scenario.ts";
import type { Panel } from "./panel.ts";
import { ebay } from "./shops/same-document.ts";
import { serve } from "./shops/shop.ts";
import type { Shopper } from "./shopper.ts";
import { together } from "./together.ts";

const PRICE_SAT = 496_758;

let lab: Lab;
let browser: Browser;
let shopper: Shopper;

together((made) => {
  ({ lab, browser, shopper } = made);
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

/** Of BIP 173: on the main network, where nothing of this world is. */
const ELSEWHERE = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

it("pays a refund to an address that is given later, less the chain's fee, which was said before", async () => {
  const served = await serve(browser.context, lab, ebay);
  const page = await browser.context.newPage();
  await page.goto(ebay.checkout);
  const panel = await openPanel(page);
  for (const word of ["Done", "Start over"]) if (await panel.has("button", word)) await panel.press("button", word);
  await panel.says("$27.11");
  await payInvoice(lab, await quote(panel));
  await panel.says("Your card is ready");
  await fill({ panel });
  await ebay.placeOrder(page);
  await panel.says("Bought");
  await lab.post(`/charges/${served.orders.at(-1)?.charge ?? ""}/refund`, { amount_minor: 1_000 });
  const { address, left_sat: before } = await payer();
  const receipt = await browser.open(`app.html#/receipt/${await purchaseId(browser)}`);
  await until(async () => {
    await receipt.reload();
    return receipt.getByText("Waits for a destination").waitFor({ timeout: 2_000 }).then(() => true, () => false);
  }, "the refund waits for a destination");
  const said = await receipt.getByText("the chain's fee comes off what you get, about").textContent();
  const feeSat = Number(/about (\d+) sat/u.exec(said ?? "")?.[1]);
  expect(feeSat).toBeGreaterThan(0);
  const give = async (to: string): Promise<void> => {
    await receipt.getByLabel("Where shall it go?").fill(to);
    await receipt.getByLabel("Password").first().fill(shopper.password);
    await receipt.getByRole("button", { name: "Send it there" }).click();
  };
  await give(ELSEWHERE);
  await receipt.getByText("of another Bitcoin network").waitFor();
  await give(`bitcoin:${address}`);
  await receipt.getByText(`To ${address}`).waitFor();
  await until(async () => {
    await lab.post("/chain/mine", { blocks: 1 });
    await receipt.reload();
    return receipt.getByText("The chain took").waitFor({ timeout: 2_000 }).then(() => true, () => false);
  }, "the refund is there");
  // As a rule; with another coin to send it is some vbytes more or less.
  const took = await receipt.getByText("The chain took").textContent();
  expect(Math.abs(Number(/took (\d+) sat/u.exec(took ?? "")?.[1]) - feeSat)).toBeLessThan(feeSat / 2);
  // The world counts without the chain's fees. Parts of a satoshi go up.
  await until(async () => (await payer()).left_sat === before + Math.ceil(TEN_DOLLARS_MSAT / 1_000), "ten dollars are back");
  await receipt.close();
  await page.close();
  await served.close();
});

it("says what the chain takes at the moment to who is new", async () => {
  const page = await browser.open("app.html#/new");
  await page.getByText("What the chain takes at the moment").waitFor();
  // The world's chain asks one satoshi a vbyte of everybody.
  for (const part of ["1 hour", "141 sat", "153 sat", "$0.01"]) await page.getByText(part, { exact: false }).first().waitFor();
  await page.getByText(/^Estimated .* by the source that your server asks/u).waitFor();
  await page.close();
});
