import { describe, expect, it } from "vitest";
import { amountsIn, readMoney } from "../../src/money/index.ts";
import { rows } from "./rows.ts";

describe("printed amounts by page", () => {
  it("what is half an amount, or written as only one country does", () => {
    rows({ locale: "ja-JP" }, "1万2000円 => malformed\n1万2,000円 => malformed\n3千円 => malformed\n¥3,000.00 => ambiguous_currency");
    rows({ locale: "ko-KR" }, "1만 2000원 => malformed\n12,000원 => 12000 KRW");
    rows({ locale: "zh-CN" }, "1万2000元 => malformed\n¥9.9 => 990 CNY");
    rows({ locale: "de-DE" }, "10 % von 50,00 € => malformed\n50 % auf 20,00 € => malformed\n19,9 € => ambiguous_number\n99,00 € netto => malformed\n99 Cent => malformed");
    rows({ locale: "fr-FR" }, "99,00 € HT => malformed\n99,00 € (HT) => malformed\n99,00 € TTC => 9900 EUR");
    rows({ locale: "en-US" }, "$12.5 => ambiguous_number\n100¢ => malformed\n$12,50 => ambiguous_number\n12,50 € => 1250 EUR\n$5 99¢ => malformed");
    rows({ locale: "en-GB" }, "99p => 99 GBP\n1080p => malformed\n99 p => no_currency\n5p off => malformed");
    rows({ locale: "en" }, "99¢ => ambiguous_currency\n99p => malformed");
    rows({ locale: "es-ES" }, "12'99 € => 1299 EUR\n1'299 € => 129900 EUR");
    rows({ locale: "de-CH" }, "CHF 1'29 => malformed");
    rows({ locale: "sv-SE" }, "499:- => 49900 SEK\n1 299:50 kr => 129950 SEK\n12:5 kr => malformed\n12:500 kr => malformed");
    rows({ locale: "nb-NO" }, "1.299 kr => 129900 NOK\n499,- => 49900 NOK\n12:50 kr => malformed");
    rows({ locale: "da-DK" }, "1.299 kr. => 129900 DKK\n499,- => 49900 DKK");
    rows({ locale: "ro-RO" }, "1.299,99 Lei => 129999 RON");
    rows({ locale: "en-US" }, "$1 299 => ambiguous_number\n1 299 € => ambiguous_number");
  });

  it("Germany", () => {
    rows({ locale: "de-DE" }, String.raw`
      1.234,56 € => 123456 EUR
      1.234,56\u00a0€ => 123456 EUR
      1.234 € => 123400 EUR
      1.234.567,89 EUR => 123456789 EUR
      EUR 27,11 => 2711 EUR
      €5,- => 500 EUR
      5,— € => 500 EUR
      5,-- € => 500 EUR
      5,-€ => 500 EUR
      12.50 € => 1250 EUR
      1,234.56 € => 123456 EUR
      0,99 € => 99 EUR
      Gesamtsumme: 93,62 € inkl. 19 % MwSt. => 9362 EUR
      Summe (3 Artikel): 93,62 € => 9362 EUR
      27,11 $ => 2711 USD
      27,11 Euro => 2711 EUR
      27,11 eur => 2711 EUR
      1,234 € => ambiguous_number
      1.234 => no_currency
      (0,52 €/100 g) => malformed
      0,52 € / 100 g => malformed
      ab 5,00 € => malformed
      je 5,00 € => malformed
      -5,00 € => out_of_range
      \u22125,00 € => out_of_range
      5,00- € => out_of_range
      93,62 € zzgl. Versand => malformed
      19 % => malformed
      kostenlos => no_amount
    `);
  });

  it("United States", () => {
    rows({ locale: "en-US" }, String.raw`
      $1,234.56 => 123456 USD
      US $1,334.99 => 133499 USD
      $ 267 . 49 => 26749 USD
      $\n  267\n  .\n  49 => 26749 USD
      $267. 49 => 26749 USD
      US $1.99 => 199 USD
      Total$93.62 => 9362 USD
      Total: $93.62 => 9362 USD
      Total $93.62 $93.62 => 9362 USD
      Order total (3 items): $93.62 => 9362 USD
      $1,234 => 123400 USD
      $5 => 500 USD
      $.99 => 99 USD
      $0.00 => 0 USD
      27.11 USD => 2711 USD
      USD 27.11 => 2711 USD
      USD27.11 => 2711 USD
      27.11USD => 2711 USD
      $27.11 USD => 2711 USD
      C$27.11 => 2711 CAD
      CA$27.11 => 2711 CAD
      $27.11 CAD => 2711 CAD
      A$27.11 => 2711 AUD
      NZ$27.11 => 2711 NZD
      HK$27.11 => 2711 HKD
      S$27.11 => 2711 SGD
      NT$271 => 27100 TWD
      MX$27.11 => 2711 MXN
      TotalUS$5 => 500 USD
      TotalR$ 12,90 => 1290 BRL
      £27.11 => 2711 GBP
      €1.234,56 => 123456 EUR
      ₹1,23,456.00 => 12345600 INR
      R$ 12,90 => 1290 BRL
      CHF 1'234.50 => 123450 CHF
      CHF 1\u2019234.50 => 123450 CHF
      Kč 1 299 => 129900 CZK
      1 299 Kč => 129900 CZK
      ₩12,345 => 12345 KRW
      ₫125.000 => 125000 VND
      KWD 12.345 => 12345 KWD
      $5.00* => 500 USD
      $1.234 => ambiguous_number
      $1.2345 => malformed
      $1,23 => ambiguous_number
      1.234 KWD => 1234 KWD
      1,234 KWD => ambiguous_number
      $5.00 + sales tax => malformed
      $5.00 plus tax => malformed
      $1.99/mo => malformed
      $1.99 per month => malformed
      2 x $5 => malformed
      $5 x 2 => malformed
      $3.99/kg => malformed
      from $5 => malformed
      $5 - $10 => malformed
      $5-10 => malformed
      $5 to $10 => several_amounts
      5% off => malformed
      $5 off => malformed
      5% => malformed
      -$5.00 => out_of_range
      $-5.00 => out_of_range
      ($5.00) => out_of_range
      $1,23,456.00 => malformed
      $1,2345 => malformed
      $12,34.56 => malformed
      $01.50 => malformed
      $5k => malformed
      $1.2M => malformed
      $1 million => malformed
      ~$5 => malformed
      99¢ => 99 USD
      ¥1500 => ambiguous_currency
      kr 199 => ambiguous_currency
      199 kr. => ambiguous_currency
      27.11 => no_currency
      555-123-4567 => no_currency
      Was $10.00 Now $8.00 => malformed
      $99999999999999999999 => out_of_range
      $90071992547409.91 => 9007199254740991 USD
      $90071992547409.92 => out_of_range
      27.11 USDT => malformed
    `);
  });

  it("others", () => {
    rows({ locale: "ja" }, "￥15 => 15 JPY\n12,345 円 => 12345 JPY\n合計12,345円(税込) => 12345 JPY\n１２，３４５円 => 12345 JPY\n1,000円〜 => malformed\n約1,000円 => malformed\n1万円 => malformed\n1万2800円 => malformed\n3万5,000円 => malformed\n1억 2,800円 => malformed");
    rows({ locale: "zh-CN" }, "¥15 => 1500 CNY\n￥15.50 => 1550 CNY\n15元 => 1500 CNY\n人民币 15.00 => 1500 CNY\n合计：￥15 => 1500 CNY\n￥15起 => malformed");
    rows({ locale: "cs-CZ" }, "1 299 Kč => 129900 CZK\n1 299,- Kč => 129900 CZK\n1.299 Kč => 129900 CZK");
    rows({ locale: "pl-PL" }, String.raw`
      1\u00a0234,56 zł => 123456 PLN
      1\u202f234,56 zł => 123456 PLN
      1\u2009234,56 zł => 123456 PLN
      1 234,56zł => 123456 PLN`);
    rows({ locale: "hu-HU" }, "12 990 Ft => 1299000 HUF\n12.990 Ft => 1299000 HUF\n12 990,50 Ft => 1299050 HUF");
    rows({ locale: "fr-CA" }, "27,11 $ CA => 2711 CAD\n27,11 $ => 2711 CAD\n27,11 $ US => 2711 USD");
    rows({ locale: "fr-FR" }, "12€50 => 1250 EUR\n1 234,56 € => 123456 EUR\n1.234 € => 123400 EUR");
    rows({ locale: "de-CH" }, "CHF 1'234.50 => 123450 CHF\n5.- CHF => 500 CHF\nCHF 5.– => 500 CHF\nFr. 12.50 => 1250 CHF");
    rows({ locale: "sv-SE" }, "1 299 kr => 129900 SEK\n199:- => 19900 SEK\nkr 199,50 => 19950 SEK");
    rows({ locale: "nb-NO" }, "kr 1 299,00 => 129900 NOK\nkr 199,- => 19900 NOK");
    rows({ locale: "da-DK" }, "1.299,00 kr. => 129900 DKK\nkr.199,95 => 19995 DKK");
    rows({ locale: "pt-BR" }, "R$ 12,90 => 1290 BRL\nR$1.234,56 => 123456 BRL\n12x de R$ 10,00 => malformed");
    rows({ locale: "ar-EG" }, "١٬٢٣٤٫٥٦ ج.م.\u200f => 123456 EGP\n1,234.56 ج.م => 123456 EGP");
    rows({ locale: "fa-IR" }, "﷼۱۲٬۳۴۵ => 1234500 IRR");
    rows({ locale: "hi-IN" }, "₹१,२३,४५६.०० => 12345600 INR\n₹1,23,456 => 12345600 INR");
    rows({ locale: "en-ZA" }, "R 1 234,56 => 123456 ZAR\nR1234.56 => 123456 ZAR");
    rows({ locale: "vi-VN" }, "1.250.000 ₫ => 1250000 VND\n1.250.000đ => 1250000 VND");
    rows({ locale: "id-ID" }, "Rp 12.990 => 1299000 IDR\nRp1.250.000 => 125000000 IDR");
    rows({ locale: "es-CL" }, "$12.990 => 12990 CLP");
    rows({ locale: "es-MX" }, "$1,234.50 => 123450 MXN");
    rows({ locale: "en" }, "$5.00 => ambiguous_currency\nUS$5.00 => 500 USD");
    rows({ locale: "en", host: "www.amazon.com" }, "$5.00 => 500 USD");
    rows({ locale: "en", host: "www.amazon.com.au" }, "$5.00 => 500 AUD");
    rows({ locale: "en-US", host: "www.amazon.ca" }, "$5.00 => 500 CAD");
    rows({ locale: "en", host: "www.amazon.co.jp" }, "¥500 => 500 JPY");
    rows({ locale: "en", host: "shop.se" }, "199 kr => 19900 SEK");
  });

  it("a hint decides what the text leaves open, and nothing else", () => {
    rows({ locale: "en-US", currency: "USD" }, "27.11 => 2711 USD\nTotal: 27.11 => 2711 USD\n1,299 => 129900 USD\n3 items => malformed\n€5.00 => 500 EUR\nQty 3 => malformed\n555-123-4567 => malformed\n27.11.2026 => malformed");
    rows({ locale: "en", currency: "CAD" }, "$5.00 => 500 CAD\nUS$5.00 => 500 USD");
    rows({ locale: "en-US", currency: "EUR" }, "$5.00 => 500 USD");
    rows({ currency: "EUR" }, "1.234 => ambiguous_number\n1.234,56 => 123456 EUR");
  });
});

describe("amounts in a longer text", () => {
  it("gives spans of the original", () => {
    const text = "Subtotal: $90.00\u00a0· Shipping: &nbsp;$3.62, total US\u00a0$93.62 (3 items)";
    const found = amountsIn(text, { locale: "en-US" });
    expect(found.map(({ start, end, read }) => [text.slice(start, end), "money" in read ? read.money.minor : read.unsure])).toEqual([
      ["$90.00", 9000],
      ["$3.62", 362],
      ["US\u00a0$93.62", 9362],
    ]);
  });

  it("stops at a limit", () => {
    expect(readMoney("$5.00 " + "x".repeat(5000), { locale: "en-US" })).toEqual({ unsure: "malformed" });
  });
});
