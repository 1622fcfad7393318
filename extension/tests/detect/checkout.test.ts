import { describe, expect, it } from "vitest";
import { isCheckoutUrl } from "../../src/detect/index.ts";
import { readHtml, recipes } from "./page.ts";

const sum = (label = "Total"): string => `<table><tr><td>Subtotal</td><td>$18.60</td></tr><tr><td>Shipping</td><td>$8.51</td></tr><tr><td>${label}</td><td>$27.11</td></tr></table>`;
const card = `<label>Card number <input name="n"></label><label>Expiry <input name="e"></label><label>CVC <input name="c"></label>`;
const item = `<h2>Blue Train (LP)</h2><p class="price">$18.60</p>`;

type Case = readonly [name: string, html: string, url: string, lang?: string];

const CHECKOUTS: readonly Case[] = [
  ["card form and total", `${card}${sum()}<button>Place order</button>`, "https://a.example/checkout"],
  ["card form, odd address", `<h1>Payment</h1>${card}${sum()}<input type="submit" value="Pay now">`, "https://a.example/x7/q?id=3"],
  ["review step without a form", `<h1>Review your order</h1><p>Visa ending in 1111 <a>Change</a></p>${sum("Order total")}<button>Place your order</button>`, "https://a.example/checkout/review"],
  ["provider's frames", `<h1>Checkout</h1><iframe title="Secure card number input frame" src="https://js.stripe.com/v3/elements-inner-card.html"></iframe>${sum()}<button>Pay $27.11</button>`, "https://a.example/checkout"],
  ["ways to pay", `<h2>Payment method</h2><label><input type="radio" name="payment_method" value="paypal">PayPal</label><label><input type="radio" name="payment_method" value="invoice">Invoice</label>${sum()}<button>Place order</button>`, "https://a.example/checkout"],
  ["with upsell and express buttons", `<button>Add to cart</button><button>Checkout with PayPal</button>${card}${sum()}<button>Complete order</button>`, "https://a.example/checkout"],
  ["login folded away", `<details><summary>Log in</summary><input type="password" name="password"><button>Sign in</button></details>${card}${sum()}<button>Pay now</button>`, "https://a.example/checkout"],
  ["one page with the cart", `<h1>Your cart</h1><p>Blue Train × 1</p>${sum()}<h2>Payment</h2>${card}<button>Pay now</button>`, "https://a.example/cart"],
  ["German", `<h1>Kasse</h1><h2>Zahlungsart</h2><label><input type="radio" name="zahlart">Kreditkarte</label>${sum("Gesamtsumme")}<button>Zahlungspflichtig bestellen</button>`, "https://a.example/kasse", "de"],
  ["French", `<h1>Paiement</h1>${card}${sum("Total TTC")}<button>Payer</button>`, "https://a.example/paiement", "fr"],
  ["Spanish", `<h1>Finalizar compra</h1><h2>Método de pago</h2><label><input type="radio" name="pago">Tarjeta</label>${sum("Total")}<button>Realizar pedido</button>`, "https://a.example/finalizar-compra", "es"],
  ["Japanese", `<h1>ご注文内容の確認</h1><h2>お支払い方法</h2><p>クレジットカード</p><dl><dt>合計</dt><dd>3,000円</dd></dl><button>注文を確定する</button>`, "https://a.example/order/confirm", "ja"],
  ["address step", `<h1>Shipping address</h1><input name="address1"><input name="zip"><p>Subtotal $18.60</p><button>Continue to payment</button>`, "https://a.example/checkout/address"],
];

const OTHERS: readonly Case[] = [
  ["cart", `<h1>Your cart</h1>${item}${sum()}<button>Proceed to checkout</button>`, "https://a.example/cart"],
  ["cart at an odd address", `<h1>Shopping bag</h1>${item}<button>Remove</button>${sum()}<a class="btn">Checkout</a>`, "https://a.example/b/12"],
  ["cart with express pay", `<h1>Cart</h1>${item}${sum()}<button>Check out</button><iframe title="PayPal" src="https://www.paypal.com/smart/buttons"></iframe><button aria-label="Buy with Apple Pay"></button>`, "https://a.example/cart"],
  ["cart with coupon and gift card", `<h1>Warenkorb</h1>${sum("Gesamtsumme")}<input name="coupon"><button>Zur Kasse</button>`, "https://a.example/warenkorb", "de"],
  ["French cart", `<h1>Mon panier</h1>${sum("Total TTC")}<button>Valider mon panier</button>`, "https://a.example/panier", "fr"],
  ["Spanish cart", `<h1>Carrito</h1>${sum()}<button>Tramitar pedido</button>`, "https://a.example/carrito", "es"],
  ["product", `${item}<button>Add to cart</button><button>Buy now</button><p>Total price: $18.60</p>`, "https://a.example/products/blue-train"],
  ["product with instalments", `${item}<p>or 4 payments of $4.65</p><button>Add to bag</button><p>Free shipping over $50</p>`, "https://a.example/p/1"],
  ["German product", `${item}<button>In den Warenkorb</button><button>Jetzt kaufen</button>`, "https://a.example/artikel/1", "de"],
  ["confirmation", `<h1>Thank you for your order!</h1><p>Order number 1234</p>${sum("Order total")}<p>Payment method: Visa ending in 1111</p>`, "https://a.example/checkout/thank-you"],
  ["confirmation at the checkout's address", `<h1>Order confirmed</h1><p>Your order #A-12 has been placed.</p>${sum()}<h3>Payment</h3><p>Visa</p><a class="button">Continue shopping</a>`, "https://a.example/checkout"],
  ["German confirmation", `<h1>Vielen Dank für Ihre Bestellung</h1>${sum("Gesamtsumme")}<p>Zahlungsart: Kreditkarte</p>`, "https://a.example/checkout/finish", "de"],
  ["French confirmation", `<h1>Merci pour votre commande</h1>${sum("Total TTC")}<p>Mode de paiement : carte</p>`, "https://a.example/confirmation", "fr"],
  ["confirmation in words we do not know", `<h1>You're all set!</h1>${sum()}<h3>Payment method</h3><p>Visa ending in 1111</p><a class="btn">Track parcel</a>`, "https://a.example/checkout/ok"],
  ["cart that says which cards are taken", `<h1>Cart</h1>${sum()}<h4>Payment methods</h4><p>Visa, PayPal</p><button>Checkout securely</button>`, "https://a.example/cart"],
  ["cart whose button orders", `<h1>My cart</h1>${item}${sum()}<button>Place order</button>`, "https://a.example/viewcart"],
  ["product that can be bought at once", `${item}<p>Total price $18.60</p><h4>Payment options</h4><p>Visa</p><button>Buy now</button>`, "https://a.example/item/9"],
  ["unpaid invoices", `<h1>Invoices</h1><div>March Total $27.11 <button>Pay now</button></div><div>April Total $18.60 <button>Pay now</button></div>`, "https://a.example/account/invoices"],
  ["gift card balance", `<h1>Check your gift card balance</h1><label>Gift card number <input name="gc"></label><label>PIN <input name="pin"></label><button>Check balance</button>`, "https://a.example/gift-cards/balance"],
  ["wishlist", `<h1>Wishlist</h1>${item}<button>Add to cart</button><button>Buy now</button>`, "https://a.example/wishlist"],
  ["newsletter and contact", `<h1>Contact us</h1><label>Name <input name="name"></label><label>Phone <input name="phone"></label><button>Send</button>`, "https://a.example/contact"],
  ["login", `<h1>Sign in</h1><input type="email" name="email"><input type="password" name="password"><button>Sign in</button>`, "https://a.example/login"],
  ["login before checkout", `<h1>Sign in to check out</h1><input name="email_address"><input type="password" name="password"><button>Sign in</button><button>Continue as guest</button>`, "https://a.example/checkout/login"],
  ["saved cards", `<h1>My wallet</h1><p>Visa ending in 1111</p><h2>Add a card</h2>${card}<button>Save card</button>`, "https://a.example/account/wallet"],
  ["add a card", `<h1>Add a payment method</h1>${card}<button>Add card</button>`, "https://a.example/settings/payment-methods"],
  ["order history", `<h1>Your orders</h1><div>Order #1 Total $27.11 <a>View order</a></div><div>Order #2 Total $18.60</div>`, "https://a.example/account/orders"],
  ["order details", `<h1>Order details</h1><p>Placed on 3 March</p>${sum("Order total")}<p>Payment method: Visa</p><button>Reorder</button>`, "https://a.example/account/orders/12"],
  ["invoice", `<h1>Invoice 12</h1>${sum("Total")}<p>Paid with Visa</p><button>Download</button>`, "https://a.example/account/invoices/12"],
  ["home page", `<h1>Records</h1><input type="search" name="q"><a>Sale</a>${item}<button>Add to cart</button><form><input name="email"><button>Subscribe</button></form>`, "https://a.example/"],
  ["article on checkouts", `<h1>How to pay at checkout</h1><p>Enter your card number and press Place order. The order total is shown.</p>`, "https://a.example/help/payment-methods"],
  ["empty", ``, "https://a.example/checkout"],
];

describe("what a checkout is", () => {
  for (const [name, html, url, lang] of CHECKOUTS) {
    it(name, () => {
      const reading = readHtml(html, { url, lang: lang ?? "en-US" });
      expect(reading.checkout).toBe(true);
      expect(reading.store).toBe("generic");
    });
  }

  for (const [name, html, url, lang] of OTHERS) {
    it(`not: ${name}`, () => {
      const reading = readHtml(html, { url, lang: lang ?? "en-US" });
      expect(reading).toMatchObject({ checkout: false, store: null, total: null, fields: {} });
      expect(reading.candidate).toBeUndefined();
    });
  }
});

describe("the address alone", () => {
  it.each([
    ["https://www.amazon.com/checkout/p/p-106-1/spc", true],
    ["https://www.amazon.co.jp/gp/buy/spc/handlers/display.html?x=1", true],
    ["https://www.amazon.de/gp/buy/thankyou/handlers/display.html", false],
    ["https://www.amazon.de/gp/cart/view.html", false],
    ["https://www.amazon.com.evil.example/checkout/p/p-1/spc", false],
    ["https://pay.ebay.co.uk/rgxo?sessionid=1", true],
    ["https://cart.ebay.com/", false],
    ["https://www.target.com/co-review?precheckout=true", true],
    ["https://www.target.com/cart", false],
    ["https://www.etsy.com/cart/123/checkout/payment", true],
    ["https://www.aliexpress.us/p/trade/confirm.html?objectId=1", true],
    ["https://www.dominos.com/checkout", true],
    ["https://shop.app/checkout/1/cn/abc", true],
    ["https://records.example/checkout", false],
    ["not an address", false],
  ])("%s: %s", (url, wanted) => {
    expect(isCheckoutUrl(url, recipes)).toBe(wanted);
  });
});
