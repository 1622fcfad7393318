/** Stores whose total is on one page and whose card form is on another: nothing is taken where nothing can be filled. */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { panelOf } from "./panel.ts";
import { openPanel, PANEL, paidState, pay, quote } from "./purchase.ts";
import { amazon } from "./shops/amazon.ts";
import { ebay } from "./shops/same-document.ts";
import { html, pressed, placing, serve, type Shop } from "./shops/shop.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made), { refunds: true });

const REVIEW = "https://www.amazon.com/checkout/p/p-106-1111111/spc?card=1111";

it("where the bitcoin is taken with the card: paid at the review page, filled at the form's", async () => {
  const served = await serve(browser.context, lab, amazon);
  const page = await browser.context.newPage();
  await page.goto(REVIEW);
  let panel = await openPanel(page);
  const hash = await pay(lab, await quote(panel));
  await panel.says("Your card is ready");
  await panel.press("button", "Fill in the card");
  await panel.says("There is no card form on this page");
  expect(await paidState(lab, hash)).not.toBe("succeeded");

  await page.goto(amazon.checkout);
  panel = await openPanel(page);
  await panel.says("This page shows no total. The card is for $27.11");
  await panel.press("button", "Fill in the card");
  await panel.says("The card is filled in");
  const number = page.frameLocator("iframe.apx-secure-iframe").locator("#pp-1");
  expect(await number.inputValue()).toMatch(/^\d{16}$/u);
  const taken = await panel.says("Your bitcoin was taken");
  expect(taken).toContain("Or copy the card yourself");
  await page.close();
  await served.close();
});

it("where the store's charge takes it: the total on the first page, the form on the second", async () => {
  const total = `<table><tr data-test-id="TOTAL"><td>Order total</td><td class="amount"><span>US $27.11</span></td></tr></table>`;
  const form = `<form><label for="cardNumber">Card number</label><input id="cardNumber" autocomplete="cc-number"><label for="e">Expiration date</label><input id="e" placeholder="MM/YY" autocomplete="cc-exp"><label for="c">Security code</label><input id="c" autocomplete="cc-csc"></form><button id="go">Confirm and pay</button>`;
  const script = placing("#go", `({ number: v("#cardNumber"), code: v("#c"), month: v("#e").split("/")[0], year: "20" + v("#e").split("/")[1].trim(), postalCode: "10001" })`);
  const shop: Shop = {
    ...ebay,
    page: (url) => (url.searchParams.get("action") === "pay" ? html("en-US", "Pay", `<h1>Pay</h1>${form}`, script) : html("en-US", "Review", `<h1>Review</h1>${total}<a id="p" href="/rxo?action=pay">Pay</a>`)),
    placeOrder: (page) => pressed(page, "#go"),
  };
  const served = await serve(browser.context, lab, shop);
  const page = await browser.context.newPage();
  await page.goto("https://pay.ebay.com/rxo?action=view");
  let panel = await openPanel(page);
  await pay(lab, await quote(panel));
  await panel.says("Your card is ready");
  await page.click("#p");
  await page.waitForSelector("#cardNumber");
  await openPanel(page);
  panel = await panelOf(page, PANEL);
  await panel.press("button", "Fill in the card");
  await panel.says("The card is filled in");
  await shop.placeOrder(page);
  expect(await page.textContent("#outcome")).toBe("Thank you for your order");
  await panel.says("Bought");
  await served.close();
});
