/** Amounts that were written and labelled before the reader saw them, to try it: `?` is "not sure", for whatever reason. */
import { describe, expect, it } from "vitest";
import { readMoney } from "../../src/money/index.ts";

const HELD = String.raw`
@de-DE
249,00 € => 24900 EUR
€ 249,- => 24900 EUR
249.- EUR => 24900 EUR
1.049,5 € => ?
UVP 59,99 € => ?
statt 59,99 € nur 39,99 € => ?
2 x 9,99 € => ?
9,99 €/Stück => ?
19,98 €/kg => ?
Gesamt: 1.234,00 € => 123400 EUR
inkl. 19 % MwSt. 7,98 € => ?
bis zu 50,00 € => ?
12.999 € => 1299900 EUR
0,00 EUR => 0 EUR
+ 4,95 € => ?
49,95 EUR* => 4995 EUR
1.00 € => 100 EUR
99 ct => ?
60 €-Gutschein => ?
ca. 12,00 € => ?
@fr-FR
1 249,90 € => 124990 EUR
19 € 90 => ?
19€90 => 1990 EUR
249 €TTC => 24900 EUR
83,33 € H.T. => ?
dès 29 € => ?
3 x 33,00 € => ?
33,00 € / mois => ?
-20 % => ?
12,00 EUR => 1200 EUR
1.249,90 € => 124990 EUR
À payer : 50,00 € => 5000 EUR
50 euros => 5000 EUR
10 000,00 € => 1000000 EUR
@es-ES
1.299,00 € => 129900 EUR
€ 12,50 => 1250 EUR
12,5 € => ?
Total: 45,90€ => 4590 EUR
desde 12,00 € => ?
12,00 €/ud => ?
1 299,00 € => 129900 EUR
3 cuotas de 15,00 € => ?
@es-MX
$1,599.00 => 159900 MXN
$1,599.00 M.N. => 159900 MXN
MXN 1,599 => 159900 MXN
US$ 89.00 => 8900 USD
6 x $266.50 => ?
$266.50 al mes => ?
@es-AR
$ 48.500,00 => 4850000 ARS
$48.500 => 4850000 ARS
12 cuotas de $ 4.041,67 => ?
@it-IT
€ 78,00 => 7800 EUR
1.200 € => 120000 EUR
78,00€ => 7800 EUR
EUR 78 => 7800 EUR
da 9,90 € => ?
9,90 € al mese => ?
+ IVA 22,00 € => ?
100,00 € + IVA => ?
Totale € 1.078,50 => 107850 EUR
@pt-PT
59,50 € => 5950 EUR
1.059,50 € => 105950 EUR
€59,50 => 5950 EUR
desde 5,00 € => ?
5,00 €/mês => ?
@pt-BR
R$ 1.270,00 => 127000 BRL
R$270 => 27000 BRL
3x de R$ 90,00 => ?
R$ 90,00 por mês => ?
R$ 256,50 no Pix => 25650 BRL
até R$ 50,00 => ?
BRL 270,00 => 27000 BRL
@nl-NL
€ 69,90 => 6990 EUR
€69,90 => 6990 EUR
€ 120,- => 12000 EUR
€ 120,-- => 12000 EUR
€ 1.120,00 => 112000 EUR
vanaf € 9,95 => ?
€ 9,95 per maand => ?
€ 2,50 p/st => ?
69,90 euro => 6990 EUR
€ 99,00 excl. btw => ?
€ 99,00 incl. btw => 9900 EUR
@ja-JP
5,350円 => 5350 JPY
¥5,350 => 5350 JPY
￥5,350（税込） => 5350 JPY
5,350円（税抜） => ?
5350 JPY => 5350 JPY
合計 5,350円 => 5350 JPY
1万円 => ?
1,200円〜 => ?
100ポイント => ?
月々1,980円 => ?
５，３５０円 => 5350 JPY
@zh-CN
¥189.00 => 18900 CNY
￥189 => 18900 CNY
189.00元 => 18900 CNY
189元起 => ?
¥1,189.00 => 118900 CNY
满¥199减¥20 => ?
¥9.9 => 990 CNY
RMB 189.00 => 18900 CNY
1.2万元 => ?
到手价¥189 => 18900 CNY
@zh-TW
NT$1,360 => 136000 TWD
$1,360 => 136000 TWD
1,360元 => 136000 TWD
NTD 1,360 => 136000 TWD
@zh-HK
HK$136.00 => 13600 HKD
$136 => 13600 HKD
@sv-SE
947 kr => 94700 SEK
1 947 kr => 194700 SEK
947:- => 94700 SEK
947,00 kr => 94700 SEK
947:50 => ?
87 kr/mån => ?
från 87 kr => ?
SEK 947 => 94700 SEK
1.947 kr => 194700 SEK
@nb-NO
947,- => 94700 NOK
kr 1 947,00 => 194700 NOK
947 kr => 94700 NOK
@da-DK
947,00 kr. => 94700 DKK
1.947,00 kr => 194700 DKK
947 DKK => 94700 DKK
@pl-PL
230,99 zł => 23099 PLN
1 230,99 zł => 123099 PLN
230,99 PLN => 23099 PLN
200,00 zł netto => ?
od 9,99 zł => ?
1230,99zł => 123099 PLN
9,99 zł/szt. => ?
@tr-TR
1.199,90 TL => 119990 TRY
₺1.199,90 => 119990 TRY
1.199,90 ₺ => 119990 TRY
1199,90 TRY => 119990 TRY
3 taksit x ₺266,67 => ?
₺800 => 80000 TRY
@en-US
$73.13 => 7313 USD
$1,273.13 => 127313 USD
USD $73.13 => 7313 USD
$73 => 7300 USD
$73.1 => ?
$73.135 => ?
$1,27.13 => ?
$0.10/oz => ?
$5 off => ?
Save $5.00 => ?
$10.00 credit => ?
$45.00–$60.00 => ?
$45.00 each => ?
as low as $15/mo => ?
4 interest-free payments of $11.25 => ?
12,400 points => ?
0.00061 BTC => ?
Total: USD 73.13 => 7313 USD
CA$73.13 => 7313 CAD
AU$73.13 => 7313 AUD
€94.10 => 9410 EUR
£94.10 => 9410 GBP
¥1,200 => ?
50¢ => 50 USD
$ 73.13 => 7313 USD
$73.13 USD => 7313 USD
($73.13) => ?
- $73.13 => ?
$73.13 + tax => ?
$73.13 (incl. tax) => 7313 USD
$73.13 plus shipping => ?
$1.2k => ?
15% of $73.13 => ?
$73.13* => 7313 USD
$73.13. => 7313 USD
Est. $73.13 => ?
@en-GB
£50.50 => 5050 GBP
£1,050.50 => 105050 GBP
50p => 50 GBP
£50 => 5000 GBP
£2.50/kg => ?
£50.50 ex VAT => ?
£50.50 inc VAT => 5050 GBP
£50.5 => ?
from £9.99 => ?
GBP50.50 => 5050 GBP
£50.50pm => ?
$50.50 => ?
@en-AU
$220.00 => 22000 AUD
$220.00 inc GST => 22000 AUD
$200.00 ex GST => ?
US$220 => 22000 USD
@en-IN
₹1,23,456 => 12345600 INR
Rs. 499 => 49900 INR
₹499/- => 49900 INR
₹99/month => ?
@en-CA
$114.98 => 11498 CAD
US$114.98 => 11498 USD
@fr-CA
114,98 $ => 11498 CAD
1 114,98 $ => 111498 CAD
@de-CH
CHF 189.00 => 18900 CHF
CHF 1'189.– => 118900 CHF
189.05 CHF => 18905 CHF
Fr. 189.- => 18900 CHF
@de-AT
€ 45,00 => 4500 EUR
€ 1.045,00 => 104500 EUR
@ko-KR
12,900원 => 12900 KRW
₩12,900 => 12900 KRW
1만원 => ?
@cs-CZ
1 299 Kč => 129900 CZK
1 299,- Kč => 129900 CZK
@en
$73.13 => ?
kr 100 => ?
€73.13 => 7313 EUR
73.13 => ?
A$73.13 => 7313 AUD
`;

describe("held amounts", () => {
  it("are read as labelled", () => {
    let locale = "";
    const wrong: string[] = [];
    for (const line of HELD.split("\n")) {
      if (line.startsWith("@")) locale = line.slice(1);
      const [text, wanted] = line.split(" => ");
      if (text === undefined || wanted === undefined) continue;
      const read = readMoney(text, { locale });
      const got = "money" in read ? `${String(read.money.minor)} ${read.money.currency}` : "?";
      if (got !== wanted) wrong.push(`${locale}: ${line}   but got ${got}`);
    }
    expect(wrong).toEqual([]);
  });
});
