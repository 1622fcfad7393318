/**
 * How shops write currencies beyond what CLDR's tables hold: names, and symbols with another country's habits. The
 * currencies they may stand for, then the spellings without spaces; joined with CLDR's own.
 */
export const SPELLINGS = `USD US$ US-$ U.S.$ $US U$S U$s u$s U$D 美元 美金 米ドル
CAD Cdn$ CAN$ Can$ CDN$ $CAN $CDN
AUD Aus$ AUS$
BSDBND B$
CVE $
BRL BR$
CADNIO C$
MXN Mex$
COP COL$
FJD F$
BOB $b
BOBVES Bs
INRPKRLKRNPRMURSCR Rs ₨
TWD NTD 台币 台幣 新台币 新台幣 新臺幣
CNY RMB 人民币 人民幣 圆
CNYTWDHKDMOP 元
TWDHKD 圓
JPY 円 日元 日圓 yen
EUR 欧元 歐元 ユーロ euro euros Euro Euros EURO EUROS ευρώ евро
GBP 英镑 英鎊
HKD 港币 港幣 港元
KRW 韩元 원
CHF SFr sFr
CHFXOFXAFXPF Fr fr
CZK Kc
PLN zł zl
SEKNOKDKKISK kr Kr
SEK кр
RONMDL lei leu Lei LEI
RUBBYN руб рублей рубля рубль р Р
UAH гривень
BGN лева
KZT тг тенге
UZS сум so'm
KGS сом
MKD ден
RSD дин
SARSCR SR
SAR ر.س
QAR QR
KWD KD
BHD BD
JOD JD
OMR RO
MADAED DH Dh dh
AED Dhs د.إ
EGP LE L.E
AEDMAD درهم
SARQAROMRYER ريال
KWDBHDJODIQDLYDDZDTND دينار
EGPSDG جنيه
IRRSARQAROMRYER ﷼
DZD دج
ILS ש'ח ש"ח ש״ח שח
THB บาท
VND đ Đ VNĐ vnđ
PHP Php PhP
PHPBWP P
INRNPR रु रू
INR રૂ
INRLKR ரூ
BDT টাকা
KES KSh
GHS GH¢
XOFXAF CFA
XOFXAFXPF F
ZMW K`;
