/** Payment providers' hosts and frames, and words that tell whose money a page means. */

/** Hosts that serve card fields. What they also serve (wallet buttons, fraud checks) is told apart by title and name. */
export const PROVIDER_HOSTS: readonly string[] = (
  "js.stripe.com|braintreegateway.com|adyen.com|checkout.shopifycs.com|checkout.pci.shopifyinc.com|squareup.com|squarecdn.com|authorize.net|cybersource.com|globalpay.com|globalpaymentsinc.com|js.checkout.com|cdn.checkout.com|frames.checkout.com|mollie.com|paypal.com|worldpay.com|bambora.com|mercadopago.com|recurly.com|chargebee.com|spreedly.com|bluesnap.com|verygoodvault.com|basistheory.com|tokenex.com|pay1.de|datatrans.com|datatrans.biz|unzer.com|heidelpay.com|saferpay.com|wirecard.com|computop-paygate.com|dibspayment.eu|nets.eu|quickpay.net|payu.com|payu.in|razorpay.com|klarna.com|apx-security.amazon.com|paymentsapi.io|payengine.de|payplug.com|stancer.com|hipay.com|lyra.com|payzen.eu|sips-services.com|monext.fr|redsys.es|nexi.it|gmopg.jp|gmo-pg.com|veritrans.co.jp|pay.jp|komoju.com|omise.co|omise.co|ebanx.com|pagseguro.uol.com.br|pagar.me|conekta.io|openpay.mx|culqi.com|payway.com.au|eway.io|pinpayments.com|windcave.com|paymentexpress.com|moneris.com|bambora.com|beanstream.com|helcim.com|cardconnect.com|payeezy.com|firstdata.com|heartlandportico.com|nmi.com|paytrace.com|payrix.com|finix.com|rapyd.net|airwallex.com|paddle.com|fastspring.com|2checkout.com|primer.io|evervault.com|przelewy24.pl|tpay.com|autopay.eu|payop.com|buckaroo.nl|multisafepay.com|icepay.com|cardgate.com|pay.nl|opayo.co.uk|elavon.com|sagepay.com|realexpayments.com|barclaycardsmartpay.com"
).split("|");

/** Wallet buttons, fraud checks, help: nothing to type a card into. */
export const NOT_CARD_FRAME =
  /express|apple ?pay|google ?pay|gpay|paypal.{0,8}button|button|wallet|messag|banner|logo|metrics|controller|hcaptcha|recaptcha|captcha|fingerprint|fraud|device|3ds|threeds|challenge|analytics|pixel|beacon|sdk|bridge|postmessage|link ?authentication|address|survey|chat|afterpay|smart\/buttons|__zoid|m-outer|hidden/;
export const CARD_FRAME = /card|number|expir|cvv|cvc|cvn|security|holder|payment|secure|encrypted|hosted|field|konto|karte|carte|tarjeta|pan\b|apx|element|input/;
/** What a shop calls the frame of a provider that we do not know. */
export const CALLED_CARD = /\bcard|credit|karte\b|kartennummer|kreditkart|\bcarte\b|tarjeta|\bcarta\b|cartao|kaart|カード|cvv|cvc|\bpan\b|psp|payment ?(form|frame|field|detail)|secure ?payment|zahlung|paiement/;

/** Words of the other countries that write `$`; any of them, and a bare `$` stays open. */
export const OTHER_DOLLARS =
  /\bcanad|\bontario\b|\bquebec\b|\balberta\b|british columbia|\bmanitoba\b|nova scotia|\b[ghp]st\b|australia|\bnsw\b|queensland|\bvictoria\b|tasmania|new zealand|aotearoa|singapore|hong kong|taiwan|mexic|chile\b|colombia|argentin|caribbean|bermuda|bahamas|jamaica|barbados|trinidad|namibia|liberia|\b(cad|aud|nzd|sgd|hkd|twd|mxn|clp|cop|ars)\b|\bprovince\b|\bsuburb\b|\b(ca|au|nz|hk|mx|nt) ?\$|\b[acsr]\$/;

/** Places and taxes of those countries, so plain that they count on a page whose language is the United States' too. */
export const FOREIGN_PLACE =
  /\b[hgpq]st\b|\btp[sq]\b.{0,4}\d|\b[abceghj-nprstvxy]\d[abceghj-nprstv-z] ?\d[abceghj-nprstv-z]\d\b|\b(nsw|vic|qld|tas|act|wa|sa|nt),? \d{4}\b|\babn:? ?\d{2}|\b(ontario|quebec|alberta|british columbia|nova scotia|new south wales|queensland|auckland|singapore)\b.{0,20}\d/;
/** And of the United States, where alone a row says no more than "Tax": without any of them a bare `$` on a page in English is nobody's. */
export const US_PLACE =
  /\busa\b|\bu\.s\.|\bunited states\b|\bsales tax\b|\bzip( ?code)?\b|\b(a[klrz]|c[aot]|d[ce]|fl|ga|hi|i[adln]|k[sy]|la|m[adeinost]|n[cdehjmvy]|o[hkr]|pa|ri|s[cd]|t[nx]|ut|v[at]|w[aivy]),? \d{5}\b|^(estimated |est\. )?tax:?( \$.*)?$/m;
/** The same of a control, of what a box of countries stands at, and of the page's address. */
export const US_BOX = /\bzip\b|zip_?code|country[^=]*=.*(\bUSA?\b|united states)|^https?:\/\/([^/]+\.us\/|[^/]+\/(en[-_])?us(\/|$))/i;
/** Language and host of a page that may be the United States'. */
export const US_PAGE = /^(en([-_]us)?)? (?!.*\.[a-z]{2}$(?<!\.(us|io|co|ai|me|tv|so|to|gg)))/i;
/** A box of countries, or the page's address, names another country that writes `$`, or any that is not the United States. */
export const OTHER_COUNTRY = /^(?!.*(phone|tel|code|birth|issu|citizen|nation))[^=]*country[^=]*=(?!.*(\bUSA?\b|united states|select|choose))\s*[a-z]{2}|^https?:\/\/[^/]+\/(?:[^/]+\/)?[a-z]{2}[-_](ca|au|nz|sg|hk|mx|tw)(\/|$)/i;
export const OTHER_DOLLAR_CODES: readonly string[] = ["CAD", "AUD", "NZD", "HKD", "SGD", "MXN"];
/** A sign of several countries without letters of one in front. */
export const SHARED = /(?<!\p{L} ?)[$¥]|\bkr\b|元|円/u;
/** The box in which a shopper chooses a currency. */
export const CURRENCY_BOX = /(?:currenc|w(?:ä|ae)hrung|devise|moneda|valuta|moeda|waluta|通貨|货币)[^=]*=.*?(?<![a-z])([a-z]{3})(?![a-z])/i;
/** Any word of a currency that shares its symbol. */
export const MONEY_SAID = /\b(usd|cad|aud|nzd|hkd|sgd|mxn|cny|rmb|jpy|sek|nok|dkk)\b|dollar|dolar|dollari|\b(us|ca|au|nz|hk|mx|c|a|s) ?\$|人民币|日本円|pesos? mex/;
/** Says it of all amounts of the page. */
export const STATED =
  /\b(prices?|amounts?|totals?|charges?|charged|billed|payments?|orders?|currency|transactions?|preise|betrage|abgerechnet|wahrung|prix|montants?|devise|precios?|importes?|moneda|prezzi|importi|valuta|precos?|valores|moeda|prijzen|bedragen|priser|belopp|ceny|waluta)\b.{0,40}\b(in|en|em|i|is|are|w|as|:)?.{0,12}(\b(usd|cad|aud|nzd|hkd|sgd|mxn|cny|jpy|sek|nok|dkk)\b|dollar|dolar)/;

/** Currencies said outright. */
export const EXPLICIT: readonly { readonly pattern: RegExp; readonly code: string }[] = [
  { pattern: /\bUS ?\$|\bUSD\b|\b(US|U\.S\.)[ -]?[Dd]oll?ar|[Dd]ollars? (américains?|US\b)|[Dd]ólares (estadounidenses|americanos)/, code: "USD" },
  { pattern: /\bCA ?\$|\bCAD\b|\bC\$ ?\d|[Cc]anadian [Dd]ollar|[Dd]ollars? canadien|[Kk]anadische[nr]? Dollar/, code: "CAD" },
  { pattern: /\bAU ?\$|\bAUD\b|\bA\$ ?\d|[Aa]ustralian [Dd]ollar/, code: "AUD" },
  { pattern: /\bNZ ?\$|\bNZD\b|New Zealand [Dd]ollar/, code: "NZD" },
  { pattern: /\bHK ?\$|\bHKD\b|Hong Kong [Dd]ollar/, code: "HKD" },
  { pattern: /\bSGD\b|\bS\$ ?\d|Singapore [Dd]ollar/, code: "SGD" },
  { pattern: /\bMXN\b|\bMX ?\$|[Pp]esos mexicanos|Mexican [Pp]esos/, code: "MXN" },
  { pattern: /\bCNY\b|\bRMB\b|人民币/, code: "CNY" },
  { pattern: /\bJPY\b|日本円/, code: "JPY" },
  { pattern: /\bSEK\b/, code: "SEK" },
  { pattern: /\bNOK\b/, code: "NOK" },
  { pattern: /\bDKK\b/, code: "DKK" },
];

/** Attributes that name an element and stay from visit to visit. */
export const STABLE: readonly string[] = ["data-testid", "data-test", "data-test-id", "data-qa", "data-cse", "data-checkout", "autocomplete", "aria-label", "placeholder", "title", "src", "class"];
/** Any of these in a class: worth a closer look at whether it hides or strikes out. */
export const TELLING = /hidden|only|screen|assist|clipped|stri?[ku]|through|old|was|compare/i;
/** Classes of small raised digits. */
export const CENTS_CLASS = /cents?\b|fraction|decimals?\b|minor|centimes|superscript|\bsup\b/i;
/** Languages that write a decimal comma, where nothing else says so. */
export const COMMA_LANGUAGES = /^(de|fr|es(?!-(mx|us))|it|pt|nl|pl|sv|da|nb|no|fi|cs|ru|tr|el|hu|ro|id)\b/i;
/** A placeholder of four groups of four. */
export const FOUR_GROUPS = /^[\dx•·*]{4}([ -]?[\dx•·*]{4}){3}$/;
/** Says that it is a number, in a field that is short for one. */
export const SAYS_NUMBER = /number|nummer|num\b|\d$|番号|numero/;
/** Speaks of a card before or around a number. */
export const SAYS_CARD = /card|karte|carte|tarjeta|カード/;
/** Amazon serves its card form from its own hosts. */
export const AMAZON = /^apx-security\.amazon\.[a-z.]{2,6}$/;
/** A piece of an amount that stands in several blocks. */
export const PIECE = /^([\p{Sc}\d.,'\s]|US|CA|AU|HK|NZ|[A-Z]{3}|kr|zł|Kč|円|元){1,20}$/u;
/** Says a currency beside digits. */
export const CURRENCY_SIGN = /\p{Sc}|[A-Z]{3}|kr|zł|円|元/u;
