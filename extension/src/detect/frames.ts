/** Payment providers' frames: by the host they are served from. Subdomains count. */

import type { Spot } from "./walk.ts";

/** Hosts that serve card fields. What they also serve (wallet buttons, fraud checks) is told apart by title and name. */
export const PROVIDER_HOSTS: readonly string[] = (
  "js.stripe.com|braintreegateway.com|adyen.com|checkout.shopifycs.com|checkout.pci.shopifyinc.com|squareup.com|squarecdn.com|authorize.net|cybersource.com|globalpay.com|globalpaymentsinc.com|js.checkout.com|cdn.checkout.com|frames.checkout.com|mollie.com|paypal.com|worldpay.com|bambora.com|mercadopago.com|recurly.com|chargebee.com|spreedly.com|bluesnap.com|verygoodvault.com|basistheory.com|tokenex.com|pay1.de|datatrans.com|datatrans.biz|unzer.com|heidelpay.com|saferpay.com|wirecard.com|computop-paygate.com|dibspayment.eu|nets.eu|quickpay.net|payu.com|payu.in|razorpay.com|klarna.com|apx-security.amazon.com|paymentsapi.io|payengine.de|payplug.com|stancer.com|hipay.com|lyra.com|payzen.eu|sips-services.com|monext.fr|redsys.es|nexi.it|gmopg.jp|gmo-pg.com|veritrans.co.jp|pay.jp|komoju.com|omise.co|omise.co|ebanx.com|pagseguro.uol.com.br|pagar.me|conekta.io|openpay.mx|culqi.com|payway.com.au|eway.io|pinpayments.com|windcave.com|paymentexpress.com|moneris.com|bambora.com|beanstream.com|helcim.com|cardconnect.com|payeezy.com|firstdata.com|heartlandportico.com|nmi.com|paytrace.com|payrix.com|finix.com|rapyd.net|airwallex.com|paddle.com|fastspring.com|2checkout.com|primer.io|evervault.com|przelewy24.pl|tpay.com|autopay.eu|payop.com|buckaroo.nl|multisafepay.com|icepay.com|cardgate.com|pay.nl|opayo.co.uk|elavon.com|sagepay.com|realexpayments.com|barclaycardsmartpay.com"
).split("|");

const AMAZON = /^apx-security\.amazon\.[a-z.]{2,6}$/;
/** Wallet buttons, fraud checks, help: nothing to type a card into. */
const NOT_CARD_FRAME =
  /express|apple ?pay|google ?pay|gpay|paypal.{0,8}button|button|wallet|messag|banner|logo|metrics|controller|hcaptcha|recaptcha|captcha|fingerprint|fraud|device|3ds|threeds|challenge|analytics|pixel|beacon|sdk|bridge|postmessage|link ?authentication|address|survey|chat|afterpay|smart\/buttons|__zoid|m-outer|hidden/;
const CARD_FRAME = /card|number|expir|cvv|cvc|cvn|security|holder|payment|secure|encrypted|hosted|field|konto|karte|carte|tarjeta|pan\b|apx|element|input/;

const CALLED_CARD = /\bcard|credit|karte\b|kartennummer|kreditkart|\bcarte\b|tarjeta|\bcarta\b|cartao|kaart|カード|cvv|cvc|\bpan\b|psp|payment ?(form|frame|field|detail)|secure ?payment|zahlung|paiement/;

export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.toLowerCase();
  } catch {
    return "";
  }
}

export function isProviderHost(host: string): boolean {
  return host !== "" && (AMAZON.test(host) || PROVIDER_HOSTS.some((known) => host === known || host.endsWith(`.${known}`)));
}

/** Whether a frame that we cannot look into may hold card fields, and whose it is. */
export function cardFrame(spot: Spot, base: string, extra: readonly string[]): { readonly host: string } | null {
  const { element } = spot;
  if (spot.tier !== 0) return null;
  let host = "";
  try {
    host = new URL(element.getAttribute("src") ?? "", base).hostname.toLowerCase();
  } catch {
    return null;
  }
  const said = `${element.getAttribute("title") ?? ""} ${element.getAttribute("name") ?? ""} ${element.getAttribute("id") ?? ""} ${element.getAttribute("class") ?? ""} ${element.getAttribute("aria-label") ?? ""} ${(element.getAttribute("src") ?? "").slice(0, 300)}`.toLowerCase();
  const named = extra.some((known) => host === known || (known.startsWith("*.") && host.endsWith(known.slice(1))) || host.endsWith(`.${known}`));
  // A provider that we do not know, by what the shop calls the frame.
  const called = CALLED_CARD.test(`${element.getAttribute("title") ?? ""} ${element.getAttribute("name") ?? ""} ${element.getAttribute("id") ?? ""}`.toLowerCase()) && host !== hostOf(base) && host !== "";
  if (!named && !called && !isProviderHost(host)) return null;
  if (element.getAttribute("aria-hidden") === "true" || (NOT_CARD_FRAME.test(said) && !/card|number|cvc|cvv|expir/.test(said))) return null;
  return named || called || CARD_FRAME.test(said) ? { host } : null;
}
