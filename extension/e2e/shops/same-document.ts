/** Stores whose card form is in the checkout page itself. */

import { html, placing, pressed, type Shop } from "./shop.ts";

const ONE_EXPIRY = (number: string, expiry: string, code: string): string =>
  `({ number: v(${JSON.stringify(number)}), code: v(${JSON.stringify(code)}), month: v(${JSON.stringify(expiry)}).split("/")[0], year: v(${JSON.stringify(expiry)}).split("/")[1] })`;

export const ebay: Shop = {
  name: "eBay",
  checkout: "https://pay.ebay.com/rxo?action=view&sessionid=1",
  addresses: ["https://pay.ebay.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "EBAY O*12-34567",
  page: () =>
    html(
      "en-US",
      "Checkout | eBay",
      `<h1>Checkout</h1><form><fieldset><legend>Pay with card</legend>
      <label for="cardNumber">Card number</label><input id="cardNumber" name="cardNumber" autocomplete="cc-number" inputmode="numeric">
      <label for="cardExpiryDate">Expiration date</label><input id="cardExpiryDate" name="cardExpiryDate" placeholder="MM/YY" autocomplete="cc-exp">
      <label for="securityCode">Security code</label><input id="securityCode" name="securityCode" autocomplete="cc-csc">
      <label for="cardHolderFirstName">First name</label><input id="cardHolderFirstName" name="cardHolderFirstName" autocomplete="cc-given-name">
      <label for="cardHolderLastName">Last name</label><input id="cardHolderLastName" name="cardHolderLastName" autocomplete="cc-family-name">
      <label><input type="checkbox" name="rememberCard" checked> Remember this card for future orders</label></fieldset>
      <table><tr data-test-id="ITEM_TOTAL"><td>Item (1)</td><td class="amount"><span>US $18.60</span></td></tr>
      <tr data-test-id="SHIPPING"><td>Shipping</td><td class="amount"><span>US $5.99</span></td></tr>
      <tr data-test-id="TAX"><td>Tax</td><td class="amount"><span>US $2.52</span></td></tr>
      <tr data-test-id="TOTAL"><td>Order total</td><td class="amount"><span>US $27.11</span></td></tr></table>
      <button id="go" data-test-id="CONFIRM_AND_PAY_BUTTON">Confirm and pay</button></form>`,
      placing("#go", ONE_EXPIRY("#cardNumber", "#cardExpiryDate", "#securityCode")),
    ),
  placeOrder: (page) => pressed(page, "#go"),
};

export const target: Shop = {
  name: "Target",
  checkout: "https://www.target.com/checkout",
  addresses: ["https://www.target.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "TARGET.COM",
  page: () =>
    html(
      "en-US",
      "Checkout : Target",
      `<h1>Checkout</h1><section><h2>Payment</h2><label for="creditCardInput-cardNumber">Card number</label>
      <input id="creditCardInput-cardNumber" name="cardnumber" autocomplete="autocomplete-disabled">
      <label for="creditCardInput-expiration">Expiration</label><input id="creditCardInput-expiration" maxlength="5" placeholder="MM/YY" autocomplete="autocomplete-disabled">
      <label for="creditCardInput-cvv">CVV</label><input id="creditCardInput-cvv" maxlength="4" autocomplete="autocomplete-disabled">
      <label for="creditCardInput-cardName">Name on card</label><input id="creditCardInput-cardName" autocomplete="autocomplete-disabled"></section>
      <div class="rows"><div>Subtotal (1 item) $18.60</div><div>Shipping $5.99</div><div>Estimated taxes $2.52</div>
      <div data-test="cart-summary-total"><span>Total</span> <p>$27.11</p></div></div>
      <button data-test="placeOrderButton" id="go">Place your order</button>`,
      placing("#go", ONE_EXPIRY("#creditCardInput-cardNumber", "#creditCardInput-expiration", "#creditCardInput-cvv")),
    ),
  placeOrder: (page) => pressed(page, "#go"),
};

export const etsy: Shop = {
  name: "Etsy",
  checkout: "https://www.etsy.com/cart/1234567/checkout/payment",
  addresses: ["https://www.etsy.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "ETSY.COM - JAZZSHOP",
  page: () =>
    html(
      "en-US",
      "Etsy - Checkout",
      `<h1>Choose a way to pay</h1><form><label for="cc-name--paymentstep">Name on card</label><input id="cc-name--paymentstep" name="card[name]">
      <label for="cc-num--paymentstep">Card number</label><input id="cc-num--paymentstep" name="card[number]">
      <label for="m-83a">Expiration date</label><select id="m-83a" name="card[exp_mon]"><option value="">Month</option>${months()}</select>
      <select id="y-83a" name="card[exp_year]" aria-label="Expiration year"><option value="">Year</option>${years()}</select>
      <label for="cc-ccv--paymentstep">Security code</label><input id="cc-ccv--paymentstep" name="card[ccv]">
      <label for="zip-1f-input">Billing ZIP code</label><input id="zip-1f-input" name="zip"></form>
      <div class="multi-shop-cart-payment"><table summary="This is the order summary table"><tr><th>Item(s) total</th><td><span class="currency-symbol">$</span><span class="currency-value">18.60</span></td></tr>
      <tr><th>Shipping</th><td><span class="currency-symbol">$</span><span class="currency-value">5.99</span></td></tr>
      <tr><th>Sales tax</th><td><span class="currency-symbol">$</span><span class="currency-value">2.52</span></td></tr>
      <tr><th>Order total (1 item)</th><td><span class="currency-symbol">$</span><span class="currency-value">27.11</span></td></tr></table></div>
      <button id="go">Place your order</button>`,
      placing("#go", `({ number: v("#cc-num--paymentstep"), code: v("#cc-ccv--paymentstep"), month: v("#m-83a"), year: v("#y-83a"), postalCode: v("#zip-1f-input") })`),
    ),
  placeOrder: (page) => pressed(page, "#go"),
};

export const aliexpress: Shop = {
  name: "AliExpress",
  checkout: "https://www.aliexpress.com/p/trade/confirm.html?objectId=1",
  addresses: ["https://www.aliexpress.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "ALIEXPRESS.COM",
  page: () =>
    html(
      "en",
      "Order confirmation",
      `<h1>Checkout</h1><div class="placeorder-page-payment-container"><h2>Add a new card</h2><label for="cn">Card number</label><input id="cn" placeholder="Card number" autocomplete="cc-number">
      <label for="ch">Cardholder name</label><input id="ch" autocomplete="cc-name"><label for="ce">Expiry date</label><input id="ce" placeholder="MM/YY" autocomplete="cc-exp">
      <label for="cv">CVV</label><input id="cv" autocomplete="cc-csc"></div>
      <div><div class="pl-summary__item-pc">Subtotal ${chars("US $18.60")}</div><div class="pl-summary__item-pc">Shipping fee ${chars("US $5.99")}</div><div class="pl-summary__item-pc">Tax ${chars("US $2.52")}</div>
      <div class="pl-order-toal-container__item"><span>Total</span>${chars("US $27.11")}</div></div>
      <button class="place-order-primary-btn" id="go">Place order</button>`,
      placing("#go", ONE_EXPIRY("#cn", "#ce", "#cv")),
    ),
  placeOrder: (page) => pressed(page, "#go"),
};

export const dominos: Shop = {
  name: "Domino's",
  checkout: "https://www.dominos.com/en/pages/order/payment",
  addresses: ["https://www.dominos.com/**"],
  totalMinor: 2711,
  currency: "USD",
  merchant: "DOMINO'S 8421",
  page: () =>
    html(
      "en-US",
      "Domino's - Payment",
      `<h1>Payment</h1><form><label for="num">Card Number</label><input id="num" name="Credit_Card_Number">
      <label for="mon">Expiration Month</label><select id="mon" name="Expiration_Month"><option value="">Month</option>${months()}</select>
      <label for="yr">Expiration Year</label><select id="yr" name="Expiration_Year"><option value="">Year</option>${years()}</select>
      <label for="cvv">Security Code (CVV)</label><input id="cvv" name="CVV"><label for="bz">Billing ZIP Code</label><input id="bz" name="Billing_Zip"></form>
      <table><tr><td>Food &amp; Beverage</td><td>$18.60</td></tr><tr><td>Delivery Fee</td><td>$5.99</td></tr><tr><td>Tax</td><td>$2.52</td></tr>
      <tr><td>Total</td><td class="finalizedTotal js-total">$27.11</td></tr></table><button id="go">Place Your Order</button>`,
      placing("#go", `({ number: v("#num"), code: v("#cvv"), month: v("#mon"), year: v("#yr"), postalCode: v("#bz") })`),
    ),
  placeOrder: (page) => pressed(page, "#go"),
};

function months(): string {
  const names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  return names.map((name, at) => `<option value="${String(at + 1)}">${name}</option>`).join("");
}

function years(): string {
  return Array.from({ length: 15 }, (_, at) => 2026 + at).map((year) => `<option>${String(year)}</option>`).join("");
}

/** One element per character. */
function chars(text: string): string {
  return `<span>${text.slice(0, 4)}</span>${[...text.slice(4)].map((char) => `<span>${char}</span>`).join("")}`;
}
