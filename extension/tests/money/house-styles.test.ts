import { describe, it } from "vitest";
import { rows } from "./rows.ts";

/** What shops print, and what only looks like it. */
describe("near misses and house styles", () => {
  it("Germany", () => {
    rows({ locale: "de-DE" }, String.raw`
      Gesamt 1.234,56 EUR => 123456 EUR
      € 1.234,56 => 123456 EUR
      1’234,56 € => 123456 EUR
      12 € => 1200 EUR
      €12 => 1200 EUR
      12,–€ => 1200 EUR
      12.– € => 1200 EUR
      Summe: EUR 12,00 => 1200 EUR
      EUR: 12,00 => 1200 EUR
      12,00 €* => 1200 EUR
      12,00 €¹ => 1200 EUR
      12,00 € pro Monat => malformed
      12,00 €/Monat => malformed
      12,00 € mtl. => malformed
      12,00 €/Stk. => malformed
      (12,00 €/kg) => malformed
      Grundpreis 12,00 €/l => malformed
      statt 15,00 € nur 12,00 € => several_amounts
      3 Artikel 12,00 € => 1200 EUR
      Sie sparen 5,00 € => malformed
      inkl. 19 % MwSt. 12,00 € => malformed
      2 × 5,00 € => malformed
      2x 5,00 € => malformed
      5,00 € x 2 => malformed
      - 5,00 € => out_of_range
      1,5 Mio. € => malformed
      5 Tsd. € => malformed
      12.345.678,90 € => 1234567890 EUR
      12,345.67 € => 1234567 EUR
      1.23.456,00 € => malformed
      1,234,567 € => 123456700 EUR
      1234,5 € => ambiguous_number
      0,123 € => malformed
      12.12.2026 12,00 € => malformed
      CHF 12,00 => 1200 CHF
      12,00 SFr. => 1200 CHF
      12 Fr. => ambiguous_currency
      12,00 kr => ambiguous_currency
      12,00 ¥ => ambiguous_currency
      12,00 US$ => 1200 USD
      US-$ 12,00 => 1200 USD
      Total12,00 € => 1200 EUR
      12,00€inkl. MwSt. => 1200 EUR
      1 234,56 € => 123456 EUR
      Menge 1 234,56 € => ambiguous_number
      1 299 € => 129900 EUR
      € 1 299,00 => 129900 EUR
    `);
  });

  it("United States", () => {
    rows({ locale: "en-US" }, String.raw`
      Total: US$ 1,234.56 => 123456 USD
      Total (USD): 27.11 => 2711 USD
      Total (USD) $27.11 => 2711 USD
      USD $27.11 => 2711 USD
      Grand Total $1,234.56 USD => 123456 USD
      Order Total: $93.62 (incl. $5.00 tax) => several_amounts
      $93.62 (3 items) => 9362 USD
      3 items $93.62 => 9362 USD
      Total of 3 items $93.62 => 9362 USD
      Qty 2 $5.00 => 500 USD
      A $5.00 fee => ambiguous_currency
      Total - $93.62 => 9362 USD
      Discount -$5.00 => out_of_range
      $5. => 500 USD
      $5, => 500 USD
      $5 00 => malformed
      $12 345.67 => 1234567 USD
      $1.234.567 => 123456700 USD
      $1,234,56 => malformed
      $1,234.567 => malformed
      $0.999 => malformed
      $00.50 => malformed
      $ .50 => 50 USD
      $1e3 => malformed
      $1_000 => malformed
      $1,,234 => malformed
      $1..50 => malformed
      $1OO => malformed
      $5 USD 5 => 500 USD
      $5 EUR => malformed
      $5/$6 => several_amounts
      $5 or $6 => several_amounts
      $5.oo => malformed
      $5.S0 => malformed
      $5|$5 => 500 USD
      $5 each => malformed
      (2 @ $5.00) => malformed
      4 interest-free payments of $5.00 => malformed
      $5 a month => malformed
      $5.00 USD/month => malformed
      up to $5 => malformed
      <$5 => malformed
      $5+ => malformed
      $5 + $3 => malformed
      $5 and up => malformed
      50% off $10 => malformed
      $10 (50% off) => 1000 USD
      $10.00 -50% => malformed
      Total: $27.11 (12/25/2026) => 2711 USD
      Order #12345 $27.11 => 2711 USD
      $ => no_amount
      free => no_amount
      $TBD => no_amount
      TOTALUS$93.62 => ambiguous_currency
      U.S. $5.00 => 500 USD
      £1.50p => malformed
      $5¢ => malformed
      $5.00¹ => 500 USD
      $19⁹⁹ => 1999 USD
      ＄5.00 => 500 USD
      $５.００ => 500 USD
      $1٢3 => malformed
      $5. 3 items => malformed
      $5, 3 items => malformed
      $5.00, 3 items => 500 USD
      1,,234 USD => malformed
      12:30 USD => malformed
      12 345 6789 USD => malformed
      $27.11 US => 2711 USD
      $27.11 CAN => 2711 CAD
      $27.11 CA => ambiguous_currency
      $27.11 Canadian => ambiguous_currency
      Canadian $5.00 => ambiguous_currency
      12 €50 => malformed
      $5:30 => malformed
      C $5 => ambiguous_currency
      CAD 27 => 2700 CAD
      PHP 8.1 => malformed
      TOP 10 $5.00 => 500 USD
      PHP 1,234.00 => 123400 PHP
      SOS 5 => malformed
      Rs. 500 => ambiguous_currency
      $_5 => malformed
      B$5 => ambiguous_currency
      WS$5 => ambiguous_currency
      R12.90 => malformed
      0.5 ¢ => malformed
      ₿0.01 => no_currency
      1,234 points => malformed
    `);
  });

  it("Canada", () => {
    rows({ locale: "en-CA" }, String.raw`
      U.S. $5.00 => 500 USD
      us$5.00 => 500 USD
      Us$5.00 => 500 USD
      $5.00 US => 500 USD
      US $5 => 500 USD
      C $5 => 500 CAD
      $5 => 500 CAD
      A $5 => ambiguous_currency
      $5.00 USD => 500 USD
    `);
  });

  it("France", () => {
    rows({ locale: "fr-FR" }, String.raw`
      12€ => 1200 EUR
      12€50 TTC => 1250 EUR
      12 € 50 => malformed
      12,50 €/mois => malformed
      à partir de 12 € => malformed
      dès 12€ => malformed
      3x 33,33 € => malformed
      12,50 euros => 1250 EUR
      Total TTC : 12,50 € => 1250 EUR
      27,11 $ => ambiguous_currency
      27,11 $US => 2711 USD
      100 000 F CFA => ambiguous_currency
      12,50 € dont 2,50 € TVA => several_amounts
    `);
  });

  it("Senegal", () => {
    rows({ locale: "fr-SN" }, String.raw`
      100 000 F CFA => 100000 XOF
      100 000 FCFA => 100000 XOF
    `);
  });

  it("Japan", () => {
    rows({ locale: "ja-JP" }, String.raw`
      ¥1,234（税込） => 1234 JPY
      ¥1,234（税抜） => malformed
      1,234円（税別） => malformed
      合計(税込) ¥1,234 => 1234 JPY
      2点 1,234円 => 1234 JPY
      1万2千円 => malformed
      1,234円~2,000円 => malformed
      1,234円/月 => malformed
      月額1,234円 => malformed
      ¥1,234.00 => ambiguous_currency
      ¥1.234 => 1234 JPY
      一千円 => no_amount
      100円OFF => malformed
      10%OFF => malformed
      -500円 => out_of_range
      ▲500円 => out_of_range
      1,234ポイント => no_currency
      1,234円分 => malformed
      お支払い金額：￥1,234（税込） => 1234 JPY
      $12.00 => 1200 USD
    `);
  });

  it("China", () => {
    rows({ locale: "zh-CN" }, String.raw`
      ￥1,234.50 => 123450 CNY
      15.5元 => 1550 CNY
      15元5角 => malformed
      CN¥15 => 1500 CNY
      RMB15.00 => 1500 CNY
      共3件，合计：¥15.00元 => 1500 CNY
      -￥15.00 => out_of_range
      ¥15/件 => malformed
      ¥15×2 => malformed
      ￥15-￥20 => malformed
      1.5万元 => malformed
      每件15元 => malformed
      15美元 => 1500 USD
      HK$15 => 1500 HKD
    `);
  });

  it("India", () => {
    rows({ locale: "en-IN" }, String.raw`
      Rs. 500/- => 50000 INR
      Rs.1,234.50 => 123450 INR
      ₹1.5 lakh => malformed
      ₹ 1,234/- => 123400 INR
      ₹50/kg => malformed
      ₹12,34,567 => 123456700 INR
      MRP ₹500 => 50000 INR
      ₹ ५०० => 50000 INR
      $5.00 => 500 USD
    `);
  });

  it("Arabia", () => {
    rows({ locale: "ar-SA" }, String.raw`
      ١٬٢٣٤٫٥٦ ر.س.\u200f => 123456 SAR
      ر.س 1,234.56 => 123456 SAR
      SR 500 => 50000 SAR
      ٥٠٠ ريال => 50000 SAR
      ١٢٣,٤٥ ر.س => 12345 SAR
      ﷼ 500 => 50000 SAR
    `);
  });

  it("Kuwait", () => {
    rows({ locale: "ar-KW" }, String.raw`
      د.ك 12.345 => 12345 KWD
      KD 12.345 => 12345 KWD
      ١٢٫٣٤٥ د.ك => 12345 KWD
    `);
  });

  it("Israel", () => {
    rows({ locale: "he-IL" }, String.raw`
      ₪1,234.56 => 123456 ILS
      \u200f1,234.56 ₪ => 123456 ILS
      100 ש"ח => 10000 ILS
      NIS 100 => 10000 ILS
    `);
  });

  it("Thailand", () => {
    rows({ locale: "th-TH" }, String.raw`
      ฿1,234.00 => 123400 THB
      1,234 บาท => 123400 THB
      ๑,๒๓๔ บาท => 123400 THB
    `);
  });

  it("Korea", () => {
    rows({ locale: "ko-KR" }, String.raw`
      12,345원 => 12345 KRW
      총 12,345원 => 12345 KRW
      1만원 => malformed
      12,345원부터 => malformed
      ￦12,345 => 12345 KRW
      월 12,345원 => malformed
    `);
  });

  it("Turkey", () => {
    rows({ locale: "tr-TR" }, String.raw`
      1.234,56 TL => 123456 TRY
      ₺1.234,56 => 123456 TRY
      1.234 TL => 123400 TRY
    `);
  });

  it("Russia", () => {
    rows({ locale: "ru-RU" }, String.raw`
      1 234,56 ₽ => 123456 RUB
      1 234 руб. => 123400 RUB
      1 234 руб. 50 коп. => malformed
      1 234 р. => 123400 RUB
      от 500 ₽ => malformed
      500 ₽/мес => malformed
    `);
  });

  it("Indonesia", () => {
    rows({ locale: "id-ID" }, String.raw`
      Rp12.990 => 1299000 IDR
      Rp. 12.990 => 1299000 IDR
      Rp50rb => malformed
      Rp 1,2 jt => malformed
    `);
  });

  it("English without a country", () => {
    rows({ locale: "en" }, String.raw`
      Rp 50.000 => 5000000 IDR
      €1.234 => ambiguous_number
      £1,234 => 123400 GBP
      kr 500 NOK => 50000 NOK
      $5 SGD => 500 SGD
      1.234 kr => ambiguous_currency
      DH 50 => ambiguous_currency
      SR 50 => ambiguous_currency
      CLF 12,3456 => 123456 CLF
      ¥500 => ambiguous_currency
      $5 => ambiguous_currency
      LE 500 => malformed
    `);
  });

  it("Sweden", () => {
    rows({ locale: "sv-SE" }, String.raw`
      1 299:- kr => 129900 SEK
      199 kr/mån => malformed
      från 199 kr => malformed
      1.299 kr => 129900 SEK
    `);
  });

  it("South Africa", () => {
    rows({ locale: "en-ZA" }, String.raw`
      R1,234.56 => 123456 ZAR
      R1 234.56 => 123456 ZAR
      R1,234 => 123400 ZAR
      R500 off => malformed
    `);
  });

  it("Philippines", () => {
    rows({ locale: "en-PH" }, String.raw`
      P1,234.00 => 123400 PHP
      PHP 500 => 50000 PHP
      TOP 10 => malformed
    `);
  });

  it("Argentina", () => {
    rows({ locale: "es-AR" }, String.raw`
      $1.234,56 => 123456 ARS
      u$s 12 => 1200 USD
      U$S 12 => 1200 USD
      12 cuotas de $1.234 => malformed
    `);
  });

  it("Peru", () => {
    rows({ locale: "es-PE" }, String.raw`
      S/ 12.90 => 1290 PEN
      S/. 12.90 => 1290 PEN
    `);
  });

  it("no surroundings", () => {
    rows({}, String.raw`
      $5 => ambiguous_currency
      1.234 € => ambiguous_number
      1.234,56 € => 123456 EUR
      1,234 USD => ambiguous_number
      1 299 Kč => 129900 CZK
      R$ 1.234 => 123400 BRL
      1.234 KWD => ambiguous_number
      ₩1.234 => 1234 KRW
      1 234 € => ambiguous_number
      199 kr => ambiguous_currency
      £5 => 500 GBP
    `);
  });

  it("hint EUR", () => {
    rows({ locale: "de-DE", currency: "EUR" }, String.raw`
      1.234 => 123400 EUR
      12,34 => 1234 EUR
      1,234 => ambiguous_number
      12,- => 1200 EUR
      5 kr => ambiguous_currency
      PLZ 12345 => malformed
      01234 => malformed
      12345678901 => malformed
      3 Artikel => malformed
      12:30 => malformed
      12.11.2026 => malformed
      -12,34 => out_of_range
      12,34 % => malformed
      ca. 12 => malformed
      12 kg => malformed
      BTC 0,5 => malformed
      12,34 Punkte => malformed
      XYZ 12,34 => malformed
      12,34 XYZ => malformed
    `);
  });

  it("hint KWD", () => {
    rows({ locale: "en", currency: "KWD" }, String.raw`
      1.234 => 1234 KWD
      1,234 => ambiguous_number
      1,234.567 => 1234567 KWD
      12.5 => 12500 KWD
      12.3456 => malformed
    `);
  });

  it("eBay", () => {
    rows({ locale: "en-US", host: "www.ebay.com" }, String.raw`
      C $27.11 => 2711 CAD
      AU $27.11 => 2711 AUD
      US $27.11 => 2711 USD
      GBP 27.11 => 2711 GBP
    `);
  });
});
