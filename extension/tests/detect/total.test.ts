import { describe, expect, it } from "vitest";
import { paying, readHtml, totalOf, type Made } from "./page.ts";

const US = { lang: "en-US", url: "https://shop.example/checkout" };
const DE = { lang: "de-DE", url: "https://laden.example.de/kasse" };
const FR = { lang: "fr-FR", url: "https://boutique.example.fr/paiement" };
const ES = { lang: "es-ES", url: "https://tienda.example.es/pago" };

const rows = (...pairs: readonly string[]): string => pairs.map((pair) => { const [a, b] = pair.split("|"); return `<tr><td>${a}</td><td>${b}</td></tr>`; }).join("");
const table = (...pairs: readonly string[]): string => `<table>${rows(...pairs)}</table>`;
const divs = (...pairs: readonly string[]): string => `<div class="sum">${pairs.map((pair) => { const [a, b] = pair.split("|"); return `<div class="row"><span>${a}</span><span>${b}</span></div>`; }).join("")}</div>`;

type Case = readonly [name: string, html: string, wanted: string, made?: Made];

const SURE: readonly Case[] = [
  ["table", table("Subtotal|$18.60", "Shipping|$5.99", "Tax|$2.52", "Order total|$27.11"), "2711 USD"],
  ["rows of spans", divs("Subtotal|$18.60", "Shipping|$5.99", "Tax|$2.52", "Total|$27.11"), "2711 USD"],
  ["flat grid", `<div class="grid"><span>Subtotal</span><span>$18.60</span><span>Total</span><span>$27.11</span></div>`, "2711 USD"],
  ["flat grid of divs", `<div class="grid"><div>Subtotal</div><div>$18.60</div><div>Total</div><div>$27.11</div></div>`, "2711 USD"],
  ["definition list", `<dl><dt>Items</dt><dd>$18.60</dd><dt>Shipping</dt><dd>$8.51</dd><dt>Grand total</dt><dd>$27.11</dd></dl>`, "2711 USD"],
  ["two columns", `<div style="display:flex"><div><p>Subtotal</p><p>Shipping</p><p>Total</p></div><div><p>$20.00</p><p>$7.11</p><p>$27.11</p></div></div>`, "2711 USD"],
  ["amount above its label", `<div><div class="stat"><b>$27.11</b><small>Total</small></div></div>`, "2711 USD"],
  ["one line", `<p>Your order total is $27.11.</p>`, "2711 USD"],
  ["line breaks", `<p>Subtotal: $18.60<br>Shipping: $8.51<br><b>Total: $27.11</b></p>`, "2711 USD"],
  ["cents raised", `<div>Total <span class="price">$27<sup>11</sup></span></div>`, "2711 USD"],
  ["cents in a span of their own", `<div>Total <span>$</span><span class="whole">27</span><span class="fraction">11</span></div>`, "2711 USD"],
  ["pieces with spaces", `<div>Total <span>$</span> <span>267</span> <span>.</span> <span>49</span></div>`, "26749 USD"],
  ["one span a character", `<div><span>Total</span><span>US $</span><span>1</span><span>,</span><span>2</span><span>3</span><span>4</span><span>.</span><span>9</span><span>9</span></div>`, "123499 USD"],
  ["said twice for screen readers", `<div><span>Order total:</span> <span class="a-price"><span class="a-offscreen">$27.11</span><span aria-hidden="true"><span>$</span><span>27<span>.</span></span><span>11</span></span></span></div>`, "2711 USD"],
  ["price that was", divs("Subtotal|$30.00", "Total|<s>$35.00</s> $27.11", "You save|$7.89"), "2711 USD"],
  ["tax inside", `<div><b>Total</b> <small>incl. VAT</small> <b>£27.11</b></div>`, "2711 GBP", { lang: "en-GB", url: "https://shop.example.co.uk/checkout" }],
  ["tax inside, told", `<table><tr class="x"><th>Total</th><td><strong>$27.11</strong> <small>(includes $2.52 VAT)</small></td></tr></table>`, "2711 USD"],
  ["currency code in front", divs("Subtotal|$18.60", "Total|<abbr>USD</abbr> $27.11"), "2711 USD"],
  ["currency in the label", divs("Total (CAD)|$27.11"), "2711 CAD", { lang: "en" }],
  ["number of items", divs("Total (3 items)|$27.11"), "2711 USD"],
  ["same total twice", divs("Total|$27.11") + `<aside>${divs("Total|$27.11")}</aside>`, "2711 USD"],
  ["plain total of goods and order total", divs("Total|$18.60", "Shipping|$8.51", "Order total|$27.11"), "2711 USD"],
  ["due after a gift card", divs("Order total|$27.11", "Gift card|-$20.00", "Amount due|$7.11"), "711 USD"],
  ["fee behind the total", divs("Total|$27.11", "Card fee|$0.50", "To pay|$27.61"), "2761 USD"],
  ["conversion beside", divs("Total|$27.11 (approx. €25.00)"), "2711 USD"],
  ["what is charged in another currency", `${divs("Total|€25.00")}<p>You will be charged $27.11</p>`, "2711 USD"],
  ["only on the button", `<button>Pay $27.11</button>`, "2711 USD"],
  ["heading that says total", `<h2>Order total</h2><div>Subtotal $18.60</div><div>Shipping $8.51</div><div>Total $27.11</div>`, "2711 USD"],
  ["hidden total of another step", `<div style="display:none">${divs("Total|$99.00")}</div>${divs("Total|$27.11")}`, "2711 USD"],
  ["hidden by a style sheet", `<style>.step{display:none}.step.on{display:block}</style><div class="step">${divs("Total|$99.00")}</div><div class="step on">${divs("Total|$27.11")}</div>`, "2711 USD"],
  ["hidden attribute, template, noscript", `<div hidden>${divs("Total|$99.00")}</div><template>${divs("Total|$98.00")}</template><noscript>${divs("Total|$97.00")}</noscript>${divs("Total|$27.11")}`, "2711 USD"],
  ["previous order", `${divs("Total|$27.11")}<h3>Your previous orders</h3>${divs("Total|$99.00")}`, "2711 USD"],
  ["instalments beside", divs("Total|$27.11", "4 payments of|$6.78", "Monthly payment|$2.30"), "2711 USD"],
  ["loyalty points beside", divs("Total|$27.11", "Total points earned|271", "Total savings|$4.00"), "2711 USD"],
  ["line items with a total column", `<table><tr><th>Product</th><th>Qty</th><th>Total</th></tr><tr><td>Album</td><td>1</td><td>$18.60</td></tr></table>${table("Subtotal|$18.60", "Shipping|$8.51", "Total|$27.11")}`, "2711 USD"],
  ["total in a field that cannot be typed in", `<table><tr><td>Order Total</td><td><input readonly value="$27.11"></td></tr></table>`, "2711 USD"],
  ["a column of numbers before the amount", `<table><tr><td>Album</td><td>3</td><td>$27.11</td></tr><tr><td>Total</td><td>3</td><td>$27.11</td></tr></table>`, "2711 USD"],
  ["stated in another country's dollars", `<p>All amounts are in Canadian dollars (CAD).</p>${divs("Total|$27.11")}`, "2711 CAD"],
  ["stated against the host", `<p>Prices in USD.</p>${divs("Total|$27.11")}`, "2711 USD", { lang: "en-AU", url: "https://shop.example.com.au/checkout" }],
  ["chosen in the currency box", `<select name="currency"><option>USD</option><option selected>AUD</option></select>${divs("Total|$27.11")}`, "2711 AUD"],
  ["a list of countries says nothing", `${divs("Total|$27.11")}<ul><li>Australia</li><li>Canada</li></ul>`, "2711 USD"],
  ["in words for screen readers", `<p>Total <span aria-hidden="true">$27.11</span> <span class="sr-only">27 dollars and 11 cents</span></p>`, "2711 USD"],
  ["white on white", `<p style="color:#fff;background:#ffffff">Amount due $99.00</p>${divs("Total|$27.11")}`, "2711 USD"],
  ["folded, and said by its head", `<details><summary>Order summary $27.11</summary>${divs("Total|$27.11")}</details>`, "2711 USD"],
  ["instalments in the same line", `<div><span>Total</span> <span>$27.11</span> <span>or 4 payments of $6.78</span></div>`, "2711 USD"],
  ["savings in the same line", `<p>Total: $27.11 (you save $7.89)</p>`, "2711 USD"],
  ["dollars and cents in blocks", `<div class="t"><div>Total</div><div class="p"><div>$</div><div>267</div><div>.</div><div>49</div></div></div>`, "26749 USD"],
  ["code behind", divs("Total|27.11 USD"), "2711 USD", { lang: "en" }],
  ["code in front", divs("Total|EUR 27.11"), "2711 EUR", { lang: "en" }],
  ["code in a column of its own", `<table><tr><td>Total</td><td>USD</td><td>27.11</td></tr></table>`, "2711 USD"],
  ["tooltip in between", `<div><span>Order total</span><span role="tooltip">What is in this?</span><span>$27.11</span></div>`, "2711 USD"],
  ["footer of a table", `<table><thead><tr><th>Item</th><th>Price</th></tr></thead><tbody><tr><td>Album</td><td>$18.60</td></tr></tbody><tfoot><tr><th>Shipping</th><td>$8.51</td></tr><tr><th>Total</th><td>$27.11</td></tr></tfoot></table>`, "2711 USD"],
  ["totals of two parcels and of the order", divs("Parcel 1 total|$10.00", "Parcel 2 total|$17.11", "Grand total|$27.11"), "2711 USD"],
  ["an unknown word for it that adds up", divs("Subtotal|$20.00", "Shipping|$7.11", "Trip and extras total|$27.11"), "2711 USD"],
  ["modal that is shut", `<div class="modal fade"><div>Total $99.00</div></div>${divs("Total|$27.11")}`, "2711 USD"],
  ["tab that is not open", `<div class="tab-pane">${divs("Total|$99.00")}</div><div class="tab-pane active">${divs("Total|$27.11")}</div>`, "2711 USD"],
  ["aria label of a row", `<div role="row"><span>Total</span><span aria-label="$27.11"><i>$27</i><sup>11</sup></span></div>`, "2711 USD"],
  ["no-break and thin spaces", divs("Total|1\u202f234,56\u00a0€"), "123456 EUR", FR],
  ["amounts above their labels, under a heading that says total", `<fieldset><legend>Your total</legend><div><div>$18.60</div><div>Sub-total:</div></div><div><div>$8.51</div><div>Ground shipping:</div></div><div><div>$27.11</div><div>Total:</div></div></fieldset>`, "2711 USD"],
  ["totals of sellers and of their orders", `<p>Total for Kiln: $10.00</p><p>Total for Loom: $17.11</p><p>Total for 2 orders: <b>$27.11</b></p>`, "2711 USD"],
  ["total for three nights", divs("Room|$20.00", "Total for 3 nights|$27.11"), "2711 USD"],
  ["a small cart in the head beside the order's total", `<header><div class="mini-cart">Total: $18.60</div></header>${divs("Shipping|$8.51", "Total|$27.11")}`, "2711 USD"],
  ["cart total that adds up", divs("Subtotal|$18.60", "Shipping|$8.51", "Cart total|$27.11"), "2711 USD"],
  ["words on returns below", `${divs("Total|$27.11")}<p>Plus 27 reward points. Excluding gift cards, all items can be returned.</p>`, "2711 USD"],
  ["Portuguese, tax inside", divs("Subtotal|22,00 €", "Envio|5,11 €", "Total (com IVA)|27,11 €"), "2711 EUR", { lang: "pt", url: "https://loja.example.pt/checkout" }],
  ["duties are the customs office's", `${divs("Total|$27.11")}<small>Import duties and VAT are not included and are collected on delivery.</small>`, "2711 USD"],
  ["French, all of it to be paid", `<p>Montant total à régler : <strong>27,11 €</strong></p>`, "2711 EUR", FR],
  ["Finnish, tax inside", divs("Välisumma|22,00 €", "Toimitus|5,11 €", "Yhteensä (sis. alv)|27,11 €"), "2711 EUR", { lang: "fi" }],
  ["Norwegian", divs("Delsum|220,00 kr", "Frakt|51,10 kr", "Totalt å betale|271,10 kr"), "27110 NOK", { lang: "nb-NO", url: "https://butikk.example.no/kasse" }],
  ["what remains after a gift card below the total", `<p>Order total $77.11</p><p>Gift card −$50.00</p><p>Remaining balance $27.11</p>`, "2711 USD"],
  ["charged to the card, after a total of the goods", `<p>Total $20.00</p><p>Shipping $7.11</p><p>Amount charged to card $27.11</p>`, "2711 USD"],
  ["deposit on bottles", divs("Subtotal|$26.61", "Bottle deposit|$0.50", "Total|$27.11"), "2711 USD"],
  ["gift wrap and tip", divs("Subtotal|$20.00", "Gift wrap|$3.00", "Tip|$4.11", "Total|$27.11"), "2711 USD"],
  ["mobile summary that repeats it", `<button>Show order summary $27.11</button>${divs("Subtotal|$18.60", "Total|$27.11")}`, "2711 USD"],
  ["German", divs("Zwischensumme|1.200,00 €", "Versand|34,56 €", "Gesamtsumme inkl. MwSt.|1.234,56 €"), "123456 EUR", DE],
  ["German, tax in brackets", divs("Summe|27,11 €", "Gesamtbetrag (inkl. MwSt. 4,33 €)|27,11 €"), "2711 EUR", DE],
  ["German, net beside", divs("Gesamtsumme|27,11 €", "Gesamtnettosumme|22,78 €", "zzgl. 19 % MwSt.|4,33 €"), "2711 EUR", DE],
  ["German button", `<button>Jetzt 27,11 € bezahlen</button>`, "2711 EUR", DE],
  ["French", divs("Sous-total|22,00 €", "Livraison|5,11 €", "Total TTC|27,11 €"), "2711 EUR", FR],
  ["French before tax beside", divs("Total HT|22,59 €", "TVA|4,52 €", "Total à payer|27,11 €"), "2711 EUR", FR],
  ["Spanish", divs("Subtotal|22,00 €", "Gastos de envío|5,11 €", "Total (IVA incluido)|27,11 €"), "2711 EUR", ES],
  ["Italian", divs("Subtotale|22,00 €", "Spedizione|5,11 €", "Totale ordine|27,11 €"), "2711 EUR", { lang: "it" }],
  ["Portuguese", divs("Subtotal|R$ 22,00", "Frete|R$ 5,11", "Total a pagar|R$ 27,11"), "2711 BRL", { lang: "pt-BR" }],
  ["Dutch", divs("Subtotaal|€ 22,00", "Verzendkosten|€ 5,11", "Te betalen|€ 27,11"), "2711 EUR", { lang: "nl" }],
  ["Japanese", divs("小計|￥2,500", "送料|￥500", "ご請求額|￥3,000"), "3000 JPY", { lang: "ja", url: "https://mise.example.jp/checkout" }],
  ["Japanese, tax inside", divs("商品合計|2,500円", "送料|500円", "合計（税込）|3,000円"), "3000 JPY", { lang: "ja" }],
  ["Chinese", divs("商品总额|¥250.00", "运费|¥20.00", "应付总额|¥270.00"), "27000 CNY", { lang: "zh-CN", url: "https://dian.example.cn/checkout" }],
  ["Polish", divs("Suma częściowa|22,00 zł", "Dostawa|5,11 zł", "Do zapłaty|27,11 zł"), "2711 PLN", { lang: "pl" }],
  ["Swedish", divs("Delsumma|220,00 kr", "Frakt|51,10 kr", "Att betala|271,10 kr"), "27110 SEK", { lang: "sv-SE" }],
];

const UNSURE: readonly Case[] = [
  ["nothing to pay", divs("Total|$0.00"), "?"],
  ["nothing to pay, said by the button", "<button>Pay now $0.00</button>", "?"],
  ["subtotal only", divs("Subtotal|$18.60", "Shipping|$8.51"), "?"],
  ["two totals by shipping", divs("Total|$27.11", "Total|$35.00"), "?"],
  ["totals in the choice of shipping", `<label><input type="radio" name="s">Standard: total $27.11</label><label><input type="radio" name="s">Express: total $35.00</label>`, "?"],
  ["plus sales tax", divs("Total|$27.11 + sales tax"), "?"],
  ["plus shipping", divs("Total|$27.11 plus shipping"), "?"],
  ["shipping still to come", divs("Subtotal|$18.60", "Shipping|Calculated at next step", "Total|$18.60"), "?"],
  ["shipping asks for the address", divs("Subtotal|$18.60", "Shipping|Enter shipping address", "Total|$18.60"), "?"],
  ["tax still to come", divs("Subtotal|$18.60", "Shipping|$5.00", "Tax|To be calculated", "Total|$23.60"), "?"],
  ["total before tax", divs("Total before tax|$24.59", "Estimated tax|$2.52"), "?"],
  ["estimated total", divs("Subtotal|$18.60", "Estimated total|$27.11"), "?"],
  ["button says another", `${divs("Total|$27.11")}<button>Pay $35.00</button>`, "?"],
  ["total is the subtotal although shipping is charged", divs("Subtotal|$18.60", "Shipping|$8.51", "Total|$18.60"), "?"],
  ["below the subtotal without a discount", divs("Subtotal|$18.60", "Total|$8.60"), "?"],
  ["deposit today", divs("Order total|$100.00", "Due today|$25.00"), "?"],
  ["two charged currencies", divs("Total|$27.11 / €25.00"), "?"],
  ["nothing to pay", divs("Subtotal|$5.00", "Gift card|-$5.00", "Total|$0.00"), "?"],
  ["dollar of many countries", `<p>We ship to Canada and Australia.</p>${divs("Total|$27.11")}`, "?", { lang: "en" }],
  ["torn digits", `<div>Total <span>$267</span><span>49</span></div>`, "?"],
  ["an unknown word for it that adds nothing up", divs("Trip and extras total|$27.11"), "?"],
  ["total of a month's bill to come", divs("Total|$27.11 per month"), "?"],
  ["from a price", divs("Total|from $27.11"), "?"],
  ["two seats of different total", divs("Order total|$27.11", "Order total|$28.11"), "?"],
  ["not including tax", divs("Total|$27.11 (not including tax)"), "?"],
  ["German plus shipping", divs("Summe|27,11 € zzgl. Versand"), "?", DE],
  ["German net", divs("Nettosumme|27,11 €"), "?", DE],
  ["French before tax alone", divs("Total HT|27,11 €"), "?", FR],
  ["savings alone", divs("Total savings|$27.11"), "?"],
  ["balance of a gift card", divs("Gift card balance|$27.11"), "?"],
  ["per month", divs("Total|$27.11/mo"), "?"],
  ["total of a small cart alone", `<header><div class="mini-cart"><p>Total: $27.11</p></div></header>`, "?"],
  ["cart total alone", divs("Cart total|$27.11"), "?"],
  ["shipping billed later, a line below", `<p>Order total: $27.11</p><p>Plus shipping, billed when the package is weighed.</p>`, "?"],
  ["tax when it ships", `<p>Order total*: $27.11</p><p>* Sales tax will be added when your order ships.</p>`, "?"],
  ["may vary by weight", `${divs("Total|$27.11")}<p>The final amount may vary with the weight of fresh products.</p>`, "?"],
  ["German, freight a line below", `${divs("Gesamtsumme|27,11 €")}<p>Versandkosten werden separat berechnet</p><p>Frachtkosten nicht enthalten</p>`, "?", DE],
  ["Spanish, may vary", `${divs("Total|27,11 €")}<p>El importe final puede variar según el peso.</p>`, "?", ES],
  ["Japanese, postage apart", `${divs("合計|3,000円")}<p>送料は別途ご連絡します。別途送料がかかります</p>`, "?", { lang: "ja" }],
  ["gift card below the total", `<p>Order total $77.11</p><p>Gift card −$50.00</p>`, "?"],
  ["payments received below the total", divs("Invoice total|$77.11", "Payments received|-$50.00", "Balance|$27.11"), "?"],
  ["delivery right below a plain total", `<p>Total $20.00</p><p>Shipping $7.11</p>`, "?"],
  ["deposit beside", `<p>Total TTC : 3 200,00 €</p><p>Acompte (30 %) : 960,00 €</p>`, "?", FR],
  ["the button pays a deposit", `<p>Total: $100.00</p><button>Pay deposit</button>`, "?"],
  ["off the screen only", `<div style="position:absolute;left:-9999px">${divs("Total|$27.11")}</div>`, "?"],
  ["kept from screen readers only", `<div aria-hidden="true">${divs("Total|$27.11")}</div>`, "?"],
];

describe("the order total", () => {
  for (const [name, html, wanted, made] of SURE) {
    it(`is read: ${name}`, () => {
      expect(totalOf(html, made ?? US)).toBe(wanted);
    });
  }

  for (const [name, html, _wanted, made] of UNSURE) {
    it(`is not sure: ${name}`, () => {
      expect(totalOf(html, made ?? US)).toMatch(/^\?/);
    });
  }

  it("shows what it saw when it is not sure, and why", () => {
    const { total, candidate, confidence } = readHtml(paying(divs("Total|$27.11", "Total|$35.00")));
    expect(total).toBeNull();
    expect(candidate).toMatchObject({ money: { minor: 3500, currency: "USD" }, why: "two_totals" });
    expect(confidence).toBeLessThan(80);
  });
});
