/**
 * Amazon as a shopper meets it: first a card is put on file, in a frame of another host of Amazon's; only then the review
 * page shows the total. The card is checked with nothing when it is added, and charged when the order ships.
 */

import type { Page } from "playwright-core";
import { html, placing, pressed, type Shop } from "./shop.ts";

const FRAME = "https://apx-security.amazon.com/cpe/pm/register";

export const amazon: Shop = {
  name: "Amazon",
  checkout: "https://www.amazon.com/checkout/p/p-106-1111111/pay?pipelineType=Chewbacca",
  addresses: ["https://www.amazon.com/**", "https://apx-security.amazon.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "AMZN Mktp US*2K4",
  page(url) {
    if (url.host === "apx-security.amazon.com") return frame();
    if (url.pathname.endsWith("/pay")) return pay();
    return url.pathname.endsWith("/spc") ? review(url.searchParams.get("card") ?? "") : null;
  },
  placeOrder: (page) => pressed(page, "#submitOrderButtonId"),
};

/** Presses "Add your card" in the frame and goes on to the review page, as the shopper does. */
export async function addCard(page: Page): Promise<void> {
  await page.frameLocator("iframe.apx-secure-iframe").getByRole("button", { name: "Add your card" }).click();
  await page.getByRole("link", { name: "Use this payment method" }).click();
}

function pay(): string {
  return html(
    "en-US",
    "Amazon.com Checkout",
    `<h1>Select a payment method</h1><p>Your credit and debit cards</p>
    <iframe class="apx-secure-iframe pmts-portal-component" name="ApxSecureIframe-pp-1" src="${FRAME}" width="420" height="420" title="Add a credit or debit card"></iframe>
    <p><a id="next" hidden href="#">Use this payment method</a></p>
    <form><label for="gc">Enter code</label><input id="gc" name="ppw-claimCode"><button type="button">Apply</button></form>
    <div id="subtotals-marketplace-table"><ul><li><input type="hidden" name="subtotalLineType" value="ITEMS_TAX_EXCLUSIVE"><span>Items:</span> <span>$18.60</span></li></ul></div>`,
    `addEventListener("message", ({ data, origin }) => { if (origin !== "https://apx-security.amazon.com" || !data.last4) return;
      const next = document.querySelector("#next"); next.href = "/checkout/p/p-106-1111111/spc?card=" + data.last4; next.hidden = false; });`,
  );
}

function frame(): string {
  return html(
    "en-US",
    "Add a card",
    `<form><label for="pp-1">Card number</label><input id="pp-1" name="addCreditCardNumber" inputmode="numeric">
    <label for="pp-2">Name on card</label><input id="pp-2" name="ppw-accountHolderName">
    <label for="pp-3">Expiration date</label><select id="pp-3" name="ppw-expirationDate_month">${numbers(1, 12, 2)}</select>
    <select name="ppw-expirationDate_year" aria-label="Expiration year">${numbers(2026, 2045, 4)}</select>
    <label for="pp-4">Security code (CVV)</label><input id="pp-4" name="addCreditCardVerificationNumber">
    <button type="button" id="add">Add your card</button></form>`,
    `document.querySelector("#add").addEventListener("click", async () => { const v = (n) => document.querySelector("[name='" + n + "']").value;
      const answer = await fetch("/_add-card", { method: "POST", body: JSON.stringify({ number: v("addCreditCardNumber"), code: v("addCreditCardVerificationNumber"), month: v("ppw-expirationDate_month"), year: v("ppw-expirationDate_year") }) });
      const { last4 } = await answer.json(); document.querySelector("#outcome").textContent = answer.ok ? "Added" : "This card cannot be used";
      if (answer.ok) parent.postMessage({ last4 }, "https://www.amazon.com"); });`,
  );
}

function review(last4: string): string {
  return html(
    "en-US",
    "Place Your Order - Amazon Checkout",
    `<h1>Review your order</h1><p>Paying with a card ending in ${last4.replace(/\D/gu, "")}</p>
    <div id="subtotals-marketplace-table"><ul><li><input type="hidden" name="subtotalLineType" value="ITEMS_TAX_EXCLUSIVE"><span>Items:</span> <span data-shimmer-target="ordertotals-amount">$18.60</span></li>
    <li><input type="hidden" name="subtotalLineType" value="SHIPPING_TAX_EXCLUSIVE"><span>Shipping &amp; handling:</span> <span data-shimmer-target="ordertotals-amount">$5.99</span></li>
    <li><input type="hidden" name="subtotalLineType" value="TAX"><span>Estimated tax to be collected:</span> <span data-shimmer-target="ordertotals-amount">$2.52</span></li>
    <li class="grand-total-cell"><span>Order total:</span> <span class="grand-total-price" data-shimmer-target="ordertotals-amount">$27.11</span></li></ul></div>
    <form><input type="submit" id="submitOrderButtonId" name="placeYourOrder1" value="Place your order"></form>`,
    placing("#submitOrderButtonId", `({ number: ${JSON.stringify(last4.replace(/\D/gu, ""))}, code: "", month: "1", year: "2030" })`),
  );
}

function numbers(from: number, to: number, width: number): string {
  return Array.from({ length: to - from + 1 }, (_, at) => `<option>${String(from + at).padStart(width, "0")}</option>`).join("");
}
