import { describe, expect, it } from "vitest";
import { fieldsOf, readHtml, type Made } from "./page.ts";

const options = (from: number, to: number, name: (n: number) => string = String): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `<option value="${from + i}">${name(from + i)}</option>`).join("");
const months = options(1, 12, (n) => String(n).padStart(2, "0"));
const years = options(2026, 2036);
const summary = `<div><span>Subtotal</span><span>$18.60</span></div><div><span>Total</span><span>$27.11</span></div><button>Place order</button>`;

type Case = readonly [name: string, form: string, wanted: string, made?: Made];

const CASES: readonly Case[] = [
  ["autocomplete", `<input id="a" autocomplete="cc-number"><input id="b" autocomplete="cc-exp"><input id="c" autocomplete="cc-csc"><input id="d" autocomplete="cc-name">`, "expiry=b holder=d number=a securityCode=c"],
  ["section and billing tokens", `<input id="a" autocomplete="section-pay billing cc-number"><input id="z" autocomplete="section-pay billing postal-code">`, "number=a postalCode=z"],
  ["camel case names", `<input name="creditCardNumber"><input name="expirationDate"><input name="cardSecurityCode"><input name="nameOnCard">`, "expiry=expirationDate holder=nameOnCard number=creditCardNumber securityCode=cardSecurityCode"],
  ["dotted names and selects", `<input name="creditCard.cardNumber"><select name="creditCard.expMonth">${months}</select><select name="creditCard.expYear">${years}</select><input name="creditCard.securityCode">`, "expiryMonth=creditCard.expMonth expiryYear=creditCard.expYear number=creditCard.cardNumber securityCode=creditCard.securityCode"],
  ["labels alone", `<label for="x1">Credit card number</label><input id="x1"><label for="x2">Valid thru (MM/YY)</label><input id="x2"><label for="x3">3-digit code on the back</label><input id="x3"><label for="x4">Name as it appears on card</label><input id="x4">`, "expiry=x2 holder=x4 number=x1 securityCode=x3"],
  ["aria-labelledby and aria-label", `<span id="l1">Card number</span><input id="a" aria-labelledby="l1"><input id="b" aria-label="Expiration date MM slash YY"><input id="c" aria-label="Security code">`, "expiry=b number=a securityCode=c"],
  ["text in front", `<p>Card number: <input name="f1"></p><p>Expires: <input name="f2" placeholder="MM/YY"></p><p>CVV: <input name="f3" maxlength="4"></p>`, "expiry=f2 number=f1 securityCode=f3"],
  ["table cells", `<table><tr><td>Name on card</td><td><input name="q1"></td></tr><tr><td>Card number</td><td><input name="q2"></td></tr><tr><td>Expiration date</td><td><select name="q3">${months}</select> / <select name="q4">${years}</select></td></tr><tr><td>CVV2</td><td><input name="q5"></td></tr></table>`, "expiryMonth=q3 expiryYear=q4 holder=q1 number=q2 securityCode=q5"],
  ["month names, two-digit years", `<input name="cardNumber"><label>Expiry<select name="m"><option>Month</option>${["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"].map((m, i) => `<option value="${i}">${m}</option>`).join("")}</select></label><select name="y" aria-label="Expiry year"><option>Year</option>${options(26, 36)}</select>`, "expiryMonth=m expiryYear=y number=cardNumber"],
  ["two boxes under one label", `<label>Card number <input name="num"></label><fieldset><legend>Expiry date</legend><input name="e1" maxlength="2" placeholder="MM"><input name="e2" maxlength="2" placeholder="YY"></fieldset><label>CVC <input name="code"></label>`, "expiryMonth=e1 expiryYear=e2 number=num securityCode=code"],
  ["four boxes", `<label>Card number</label><input name="cc1" maxlength="4"><input name="cc2" maxlength="4"><input name="cc3" maxlength="4"><input name="cc4" maxlength="4"><label>Expiry <input name="exp" placeholder="MM/YY"></label><label>CVV <input name="cvv" maxlength="4"></label>`, "expiry=exp number=cc1+cc2+cc3+cc4 securityCode=cvv"],
  ["holder in two fields", `<input name="cardHolderFirstName"><input name="cardHolderLastName"><input name="cardNumber"><input name="cardExpiryDate"><input name="securityCode">`, "expiry=cardExpiryDate familyName=cardHolderLastName givenName=cardHolderFirstName number=cardNumber securityCode=securityCode"],
  ["type=month", `<input name="cardnumber"><label>Expiry<input type="month" name="until"></label>`, "expiry=until number=cardnumber"],
  ["a bare name inside the card's box", `<div class="card"><input name="number" placeholder="1234 1234 1234 1234"><input name="expiry" placeholder="MM / YY"><input name="cvc" placeholder="CVC"><input name="name" placeholder="Full name"></div>`, "expiry=expiry holder=name number=number securityCode=cvc"],
  ["a name and postcode of the delivery", `<fieldset><legend>Shipping address</legend><label>Full name <input name="name"></label><label>Street <input name="street"></label><label>ZIP code <input name="zip"></label></fieldset><fieldset><legend>Card</legend><label>Card number <input name="n"></label><label>Expiry <input name="e" placeholder="MM/YY"></label></fieldset>`, "expiry=e number=n"],
  ["billing postcode beside delivery's", `<h3>Shipping address</h3><label>ZIP <input name="ship_zip"></label><h3>Card</h3><label>Card number <input name="n"></label><label>Expiry <input name="e"></label><h3>Billing address</h3><label>Street <input name="street"></label><label>ZIP code <input name="zip2"></label>`, "expiry=e number=n postalCode=zip2"],
  ["postcode in the card's box", `<div><label>Card number <input name="n"></label><label>Expiry <input name="e"></label><label>CVC <input name="c"></label><label>ZIP <input name="z"></label></div>`, "expiry=e number=n postalCode=z securityCode=c"],
  ["start date and issue number", `<label>Card number <input name="n"></label><label>Valid from <select name="sm">${months}</select></label><select name="sy" aria-label="Start year">${options(2015, 2025)}</select><label>Issue number <input name="issue_number" maxlength="2"></label><label>Expires <select name="em">${months}</select></label><select name="ey" aria-label="Expiry year">${years}</select>`, "expiryMonth=em expiryYear=ey number=n"],
  ["hidden fields of the same names", `<input type="hidden" name="cardNumber" id="h1"><div style="display:none"><input name="card_number" id="h2"></div><input id="real" name="card_no" aria-label="Card number"><label>Expiry<input id="exp"></label>`, "expiry=exp number=real"],
  ["honeypots", `<div style="position:absolute;left:-5000px"><input name="cardnumber" id="trap"></div><input name="cc_number" id="trap2" style="opacity:0"><label>Card number<input id="real"></label><label>Expiry<input id="exp"></label>`, "expiry=exp number=real"],
  ["disabled and read-only", `<input name="cardnumber" id="a" disabled><input name="card_number" id="b" readonly><label>Card number<input id="c"></label><label>Expiry<input id="d"></label>`, "expiry=d number=c"],
  ["gift card, coupon, loyalty, phone, search", `<label>Gift card number <input id="g"></label><label>Gift card PIN <input id="gp"></label><label>Promo code <input id="p"></label><label>Loyalty card number <input id="l"></label><label>Phone number <input id="t" type="tel"></label><input type="search" name="card-search"><label>Card number <input id="n"></label><label>Expiry <input id="e"></label><label>CVV <input id="v"></label>`, "expiry=e number=n securityCode=v"],
  ["gift card by its name alone", `<input name="giftCardNumber"><input name="loyaltyCardNumber"><label>Card number <input id="n"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n"],
  ["honeypot by its class", `<div class="honeypot-wrap"><input name="cc_number" id="trap"></div><label>Card number <input id="n"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n"],
  ["frequent flyer card and passport", `<label>Passport number <input id="p"></label><label>Passport expiry <input id="pe"></label><label>Frequent flyer card number <input id="ff"></label><label>Card number <input id="n"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n"],
  ["security code of a card on file", `<p>Visa ending in 1111</p><label>CVV <input id="c" maxlength="4"></label>`, "securityCode=c"],
  ["floating labels behind", `<div><input id="n"><label for="n">Card number</label></div><div><input id="e"><label for="e">MM/YY</label></div><div><input id="c"><label for="c">CVV</label></div>`, "expiry=e number=n securityCode=c"],
  ["month and year under one heading", `<div>Card number</div><div><input name="f1"></div><div>Expiration (month/year)</div><div><input name="f2" size="2" maxlength="2"> / <input name="f3" size="4" maxlength="4"></div><div>Security code</div><div><input name="f4" maxlength="4"></div>`, "expiryMonth=f2 expiryYear=f3 number=f1 securityCode=f4"],
  ["only a gift card", `<label>Gift card number <input id="g" name="giftCardNumber"></label><label>PIN <input name="pin"></label>`, ""],
  ["bank details", `<label>IBAN <input name="iban"></label><label>Account number <input name="accountNumber"></label><label>Sort code <input name="sort"></label>`, ""],
  ["date of birth", `<label>Card number <input id="n"></label><label>Expiry <input id="e"></label><label>Date of birth <select id="bm">${months}</select></label><select id="by" aria-label="Birth year">${options(1930, 2008)}</select>`, "expiry=e number=n"],
  ["password and one-time code", `<label>Password <input type="password" name="password"></label><label>Verification code sent to your phone <input name="otp"></label><label>Card number <input id="n"></label><label>CVC <input type="password" id="c" name="cvc"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n securityCode=c"],
  ["card type", `<select name="cardType"><option>Visa</option><option>Mastercard</option></select><label>Card number <input id="n"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n"],
  ["open shadow root", `<pay-form><template shadowrootmode="open"><label>Card number <input name="n"></label><label>Expiry <input name="e"></label></template></pay-form>`, "expiry=host:e number=host:n"],
  ["same-origin frame", `<iframe id="f" srcdoc="<label>Card number <input name=n></label><label>Expiry <input name=e></label>"></iframe>`, "expiry=frame:e number=frame:n"],
  ["certificate with an expiry of its own", `<label>Tax exempt certificate number <input id="t"></label><label>Certificate expiration date <input id="te"></label><label>Card number <input id="n"></label><label>Expiration date <input id="e"></label><label>CVV <input id="c"></label>`, "expiry=e number=n securityCode=c"],
  ["postcode of an address before the card's heading", `<label>PIN code <input id="pin"></label><h3>Card</h3><label>Card number <input id="n"></label><label>MM <input id="m"></label><label>YY <input id="y"></label><label>CVV <input id="c"></label>`, "expiryMonth=m expiryYear=y number=n securityCode=c"],
  ["birthday in three inputs", `<label>Card number <input id="n"></label><label>Expiry <input id="e"></label><label>CVV <input id="c"></label><h3>You</h3><label>Day <input id="d"></label><label>Month <input id="m"></label><label>Year <input id="y"></label>`, "expiry=e number=n securityCode=c"],
  ["birthday after a card without other dates", `<label>Card number <input id="n"></label><label>CVV <input id="c"></label><label>DD <input id="d"></label><label>MM <input id="m"></label><label>YYYY <input id="y"></label>`, "number=n securityCode=c"],
  ["month and year by their labels", `<label for="n">Número do cartão</label><input id="n"><label for="m">Mês</label><select id="m"><option>01</option></select><label for="y">Ano</label><select id="y"><option>2027</option></select><label for="c">Cód. segurança</label><input id="c"><label for="h">Nome (como está no cartão)</label><input id="h">`, "expiryMonth=m expiryYear=y holder=h number=n securityCode=c", { lang: "pt-BR" }],
  ["holder's name and family name", `<label>Nombre del titular <input id="g"></label><label>Apellidos del titular <input id="f"></label><label>Número de tarjeta <input id="n"></label><label>Caducidad <input id="e"></label>`, "expiry=e familyName=f givenName=g number=n", { lang: "es" }],
  ["autocomplete that is a member of every object", `<select autocomplete="constructor"></select><label>Card number <input id="n" autocomplete="toString"></label>`, "number=n"],
  ["autocomplete that means nothing", `<label>Card number <input id="n" autocomplete="new-password"></label><label>Expiry <input id="e" autocomplete="nope"></label><label>CVV <input id="c" autocomplete="one-time-code"></label>`, "expiry=e number=n securityCode=c"],
  ["one-time code is no security code", `<label>Card number <input id="n"></label><label>Expiry <input id="e"></label><label>Verification code <input id="o" autocomplete="one-time-code"></label>`, "expiry=e number=n"],
  ["account number by its name, card number by its label", `<label>Card number <input id="n" name="card_accountNumber"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n"],
  ["Dutch month and year", `<label>Kaartnummer <input id="n"></label><label>Maand <input id="m"></label><label>Jaar <input id="y"></label><label>CVC-code <input id="c"></label>`, "expiryMonth=m expiryYear=y number=n securityCode=c", { lang: "nl" }],
  ["Chinese of Taiwan", `<label>信用卡號 <input id="n"></label><label>有效期限 <input id="e"></label><label>背面末三碼 <input id="c" maxlength="3"></label>`, "expiry=e number=n securityCode=c", { lang: "zh-TW" }],
  ["railcard beside the card", `<fieldset><legend>Railcard</legend><label>Railcard number <input id="r"></label><label>Railcard expiry <input id="re"></label></fieldset><label>Long card number <input id="n"></label><label>Expiry date <input id="e"></label><label>Security code <input id="c"></label>`, "expiry=e number=n securityCode=c"],
  ["Turkish", `<label>Kart Numarası <input id="n"></label><label>Son Kullanma Tarihi <input id="e"></label><label>Kart Üzerindeki İsim <input id="h"></label>`, "expiry=e holder=h number=n", { lang: "tr" }],
  ["a full name under the address's heading", `<h2>Your details</h2><label>Full name <input id="fn"></label><label>ZIP code <input id="zi"></label><h2>Payment</h2><label>Card number <input id="n"></label><label>Expiry <input id="e"></label>`, "expiry=e number=n"],
  ["month and year of the delivery, under another heading", `<h2>Card</h2><label>Card number <input id="n"></label><label>CVV <input id="c"></label><h2>Ship in</h2><label>Month <select id="sm">${months}</select></label><label>Year <select id="sy">${years}</select></label>`, "number=n securityCode=c"],
  ["German", `<label>Kartennummer <input id="n"></label><label>Gültig bis <input id="e" placeholder="MM/JJ"></label><label>Prüfziffer <input id="c"></label><label>Karteninhaber <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "de" }],
  ["French", `<label>Numéro de carte <input id="n"></label><label>Date d’expiration <input id="e" placeholder="MM/AA"></label><label>Cryptogramme visuel <input id="c"></label><label>Titulaire de la carte <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "fr" }],
  ["Spanish", `<label>Número de tarjeta <input id="n"></label><label>Fecha de caducidad <input id="e" placeholder="MM/AA"></label><label>Código de seguridad <input id="c"></label><label>Titular de la tarjeta <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "es" }],
  ["Italian", `<label>Numero della carta <input id="n"></label><label>Scadenza <input id="e" placeholder="MM/AA"></label><label>Codice di sicurezza <input id="c"></label><label>Intestatario della carta <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "it" }],
  ["Portuguese", `<label>Número do cartão <input id="n"></label><label>Validade <input id="e" placeholder="MM/AA"></label><label>Código de segurança <input id="c"></label><label>Nome impresso no cartão <input id="h"></label><label>CPF <input id="cpf"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "pt-BR" }],
  ["Dutch", `<label>Kaartnummer <input id="n"></label><label>Vervaldatum <input id="e" placeholder="MM/JJ"></label><label>Beveiligingscode <input id="c"></label><label>Naam op de kaart <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "nl" }],
  ["Japanese", `<label>カード番号 <input id="n"></label><label>有効期限 <select id="m">${options(1, 12, (n) => `${n}月`)}</select><select id="y">${options(2026, 2036, (n) => `${n}年`)}</select></label><label>セキュリティコード <input id="c"></label><label>カード名義人 <input id="h"></label>`, "expiryMonth=m expiryYear=y holder=h number=n securityCode=c", { lang: "ja" }],
  ["Chinese", `<label>卡号 <input id="n"></label><label>有效期 <input id="e" placeholder="MM/YY"></label><label>安全码 <input id="c"></label><label>持卡人姓名 <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "zh" }],
  ["Polish", `<label>Numer karty <input id="n"></label><label>Data ważności <input id="e" placeholder="MM/RR"></label><label>Kod CVV <input id="c"></label><label>Imię i nazwisko na karcie <input id="h"></label>`, "expiry=e holder=h number=n securityCode=c", { lang: "pl" }],
];

describe("card fields", () => {
  for (const [name, form, wanted, made] of CASES) {
    it(name, () => {
      expect(fieldsOf(`<h1>Checkout</h1><form>${form}</form>${summary}`, made)).toBe(wanted);
    });
  }

  it("tells the boxes that would keep the card, and a gift card's box", () => {
    const { saveCard, giftCardCode } = readHtml(
      `<label>Card number <input name="n"></label><label>Expiry <input name="e"></label><label><input type="checkbox" id="keep" checked> Save this card for later</label><label><input type="checkbox" id="news"> Newsletter</label><label>Gift card code <input id="gc"></label>${summary}`,
    );
    expect(saveCard).toEqual([{ css: "#keep", checked: true }]);
    expect(giftCardCode).toEqual(["#gc"]);
  });

  it("knows a gift card's box by its group", () => {
    expect(readHtml(`<fieldset><legend>Gift certificate</legend><label>Redemption code <input id="g"></label></fieldset><label>Card number <input name="n"></label><label>Expiry <input name="e"></label>${summary}`).giftCardCode).toEqual(["#g"]);
  });
});
