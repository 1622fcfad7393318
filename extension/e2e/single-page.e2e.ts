/** A store that goes from its cart into its checkout without loading a page anew. */

import { expect, it } from "vitest";
import type { Browser } from "./chromium.ts";
import type { Lab } from "./lab.ts";
import { openPanel } from "./purchase.ts";
import { target } from "./shops/same-document.ts";
import { html, serve, type Shop } from "./shops/shop.ts";
import { together } from "./together.ts";

let lab: Lab;
let browser: Browser;

together((made) => void ({ lab, browser } = made));

const CART = html(
  "en-US",
  "Cart : Target",
  `<h1>Cart</h1><div data-test="cart-summary-total"><p>$18.60</p></div><button id="co">Check out</button>`,
  `document.querySelector("#co").addEventListener("click", async () => { const text = await (await fetch("/checkout")).text();
  const made = new DOMParser().parseFromString(text, "text/html"); history.pushState({}, "", "/checkout"); document.body.innerHTML = made.body.innerHTML; document.title = made.title; });`,
);

it("has the pill there, and nothing of ours before", async () => {
  const shop: Shop = { ...target, page: (url) => (url.pathname === "/cart" ? CART : target.page(url)) };
  const served = await serve(browser.context, lab, shop);
  const page = await browser.context.newPage();
  await page.goto("https://www.target.com/cart");
  const ours = (): Promise<boolean> => page.evaluate(() => document.querySelector("anytill-panel") !== null);
  expect(await ours()).toBe(false);
  await page.click("#co");
  await page.waitForSelector("#creditCardInput-cardNumber");
  const panel = await openPanel(page);
  await panel.says("Get the exact price");
  expect(page.url()).toBe("https://www.target.com/checkout");
  await served.close();
});
