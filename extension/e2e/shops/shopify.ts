/**
 * A Shopify store: the total in the page, each card field in a frame of its own at the provider's host. The provider's
 * side hands what was typed to the store's charge, which it does for real by a token.
 */

import { html, placing, pressed, type Shop } from "./shop.ts";

const FIELDS = ["number", "expiry", "verification_value", "name"] as const;
const LABELS: Readonly<Record<(typeof FIELDS)[number], string>> = {
  number: "Card number",
  expiry: "Expiration date (MM / YY)",
  verification_value: "Security code",
  name: "Name on card",
};
const AUTOCOMPLETE: Readonly<Record<(typeof FIELDS)[number], string>> = {
  number: "cc-number",
  expiry: "cc-exp",
  verification_value: "cc-csc",
  name: "cc-name",
};

export const shopify: Shop = {
  name: "Blue Note Records",
  checkout: "https://bluenote-records.example/checkouts/cn/Z2NwLXVzLWVhc3Qx",
  addresses: ["https://bluenote-records.example/**", "https://checkout.shopifycs.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "SP BLUENOTE",
  page: (url) => (url.host === "checkout.shopifycs.com" ? frame(url.pathname.slice(1)) : checkout()),
  placeOrder: (page) => pressed(page, "#go"),
};

function checkout(): string {
  const frames = FIELDS.map(
    (name) => `<iframe class="card-fields-iframe" title="Field container for: ${LABELS[name]}" src="https://checkout.shopifycs.com/${name}" height="110" width="420"></iframe>`,
  );
  const row = (label: string, amount: string, strong = false): string =>
    strong
      ? `<div role="row"><div role="rowheader"><strong>${label}</strong></div><div role="cell"><span>USD</span> <strong>${amount}</strong></div></div>`
      : `<div role="row"><div role="rowheader"><span>${label}</span></div><div role="cell"><span>${amount}</span></div></div>`;
  return html(
    "en-US",
    "Checkout - Blue Note Records",
    `<h1>Blue Note Records</h1><h2>Payment</h2>${frames.join("")}
    <section aria-label="Order summary"><h3 id="MoneyLine-Heading0">Cost summary</h3><div role="table" aria-labelledby="MoneyLine-Heading0">
    ${row("Subtotal", "$18.60")}${row("Shipping", "$5.99")}${row("Estimated taxes", "$2.52")}${row("Total", "$27.11", true)}</div></section>
    <button id="go">Pay now</button>`,
    `const had = {}; addEventListener("message", ({ data, origin }) => { if (origin === "https://checkout.shopifycs.com") Object.assign(had, data); });
    ${placing("#go", `({ number: had.number ?? "", code: had.verification_value ?? "", month: (had.expiry ?? "").split("/")[0].trim(), year: ((had.expiry ?? "").split("/")[1] ?? "").trim() })`)}`,
  );
}

function frame(name: string): string | null {
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) return null;
  return html(
    "en",
    LABELS[field],
    `<label for="${field}">${LABELS[field]}</label><input id="${field}" name="${field}" autocomplete="${AUTOCOMPLETE[field]}">`,
    `const input = document.querySelector("input"); input.addEventListener("input", () => parent.postMessage({ [input.name]: input.value }, "*"));`,
  );
}
