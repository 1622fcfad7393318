/** The words of prices, as people write them: what stands around an amount, and what a symbol or a domain says of a currency. Data, handed over with the reader's words. */

/** Behind an amount: no price to pay. */
export const BEHIND = new RegExp(
  String.raw`^[ \n]*(?:` +
    [
      String.raw`[/⁄][ \n]*[\p{L}\d]`,
      String.raw`[-–~][ \n]*[^\d\s]{0,4}[ \n]?\d`,
      String.raw`[~+%‰]`,
      String.raw`p[/.][ \n]?(?:st|stuk|m|p|e)(?!\p{L})`,
      String.raw`[x×*][ \n]*\d`,
      String.raw`[@]`,
      String.raw`\(?[ \n]*(?:per|pro|por|par|a|an|each|ea|apiece|every|monthly|weekly|yearly|annually|mensual|mensuel|mensile|monatlich|mtl|jährlich|je|le kilo|stk|off|discount|rabatt|nachlass|de réduction|de remise|de descuento|di sconto|korting|rabat|less|cashback|back|credit|plus|zzgl|zuzüglich|exkl|excl|excluding|before|ohne|hors|sans|sin|senza|más|mais|più|plus|or more|or less|and up|and over|and above|or above|and below|minimum|oder mehr|ou plus|o más|ou mais|million|millions|millionen|mio|mln|mrd|ht|h\.t|netto|net|ex|billion|thousand|tausend|tsd|mille|mil|lakh|lac|crore|cr|k|тыс|млн|rb|ribu|jt|juta|tr|triệu|nghìn|ngàn|bin|milyon|mo|month|months|monat|mois|mes|mese|maand|yr|year|al mes|al mese|ao mês|im monat|i månaden|hr|hour|day|week|night|wk|p\.?m|p\.?a|за|в месяц|w|x)(?![\p{L}\d])`,
      String.raw`(?:から|より|起|以上|以下|未満|まで|引|割|オフ|OFF|ずつ|相当|分|ポイント|万|萬|億|亿|兆|千|百|만|천|억|부터|이상|이하|할인|씩|毎|每|至|折)`,
      String.raw`[（(]?[ \n]*(?:税抜|税別|不含税|未税|未稅)`,
      String.raw`[（(][ \n]*(?:ht|netto|excl|exkl|ex|hors|zzgl|plus|\+)(?![\p{L}\d])`,
    ].join("|") +
    ")",
  "iu",
);

/** In front of one. */
export const BEFORE = new RegExp(
  "(?:" +
    [
      String.raw`\d[ \n]*[x×*@/][ \n]*`,
      String.raw`[@~≈≃<>≤≥±][ \n]*`,
      String.raw`\d[ \n]*[-–][ \n]*`,
      // Twelve thousand as "1万2000": the digits behind are a part of it.
      String.raw`\d[ \n]?[百千万萬億亿兆만천억조][ \n]?`,
      // A price that was, or is only advised; what comes on top; the tax inside.
      String.raw`(?<![\p{L}\d])(?:uvp|rrp|msrp|srp|was|statt|list price|instead of|au lieu de|prix conseillé|antes|en lugar de|invece di|adviesprijs|zamiast|ord\.? pris|est\.)[:]?[ \n]*`,
      String.raw`\+[ \n]*\p{L}{0,12}\.?[ \n]*`,
      String.raw`(?:^|[\n(])[ ]*(?:incl|inkl|inc|dont|davon|di cui|w tym|waarvan|varav)\.?[ ][^\p{L}]{0,8}(?:vat|tax|gst|hst|mwst|ust|tva|iva|btw|moms)\.?:?[ \n]*`,
      String.raw`[%‰][ \n]*(?:von|of|off|de|des|del|di|do|da|van|auf|sur|sobre|su|z|från|av|af|på)[ \n]*`,
      String.raw`(?<![\p{L}\d])\d+[ \n]*[a-zа-яäöüé]{1,3}\.?[ \n]*`,
      String.raw`(?<![\p{L}\d])(?:from|starting at|starts at|as low as|only from|ab|je|à partir de|dès|desde|a partir de|da|vanaf|från|fra|od|от|до|από|começando em|up to|bis zu|bis|jusqu'à|hasta|até|fino a|tot|over|under|above|below|less than|more than|at least|at most|minimum|min|max|mehr als|über|unter|moins de|plus de|menos de|más de|approx|approximately|about|around|circa|ca|etwa|env|environ|aprox|save|saves|you save|saving|savings|spare|sparen|sie sparen|ahorra|ahorras|économisez|risparmi|each|every|per|pro|off|rabatt|discount|between|entre|zwischen|another|extra|additional|spend)[.:]?[ \n]*`,
      String.raw`(?:約|约|大约|大約|最大|最高|最低|毎月|每月|月額|月额|月々|年額|每件|每|単価|单价|立減|立减|省|满|滿|うち|平均|약|최대|월)[ \n]*`,
    ].join("|") +
    ")$",
  "iu",
);

/** Several instalments: what is printed is one of them. */
export const INSTALMENT = /\d[ \n]*(?:x|×)[ \n]*(?:de[ \n]*)?$|(?:payments?|instal?lments?|raten|mensualités|cuotas|parcelas|vezes|rate|termijnen|taksit|回払い|期)[ \n]*(?:of|von|zu|à|de|da|a|van|je|x|×)?[ \n]*$/iu;

/** A dash behind a total's name joins it to its amount. */
export const TOTAL_DASH = /(?:total|summe|betrag|importe|totale|totaal)[ \n][-–][ \n]$/iu;

/** Words of a total in front of a number without a currency. */
export const TOTAL_BEFORE = /(?:total|gesamt|summe|betrag|amount|price|preis|prix|precio|prezzo|preço|importe|importo|montant|somme|totaal|bedrag|suma|celkem|итого|合計|合计|总计|總計|総額|金額|金额|합계)[\p{L} ]{0,20}[ \n]?:?[ \n]?$/iu;

/** Shared symbols that mean one currency wherever none of the others is at home. */
export const SHARED_DEFAULT: Readonly<Record<string, string>> = { "£": "GBP", "₩": "KRW", "₱": "PHP", lei: "RON", Lei: "RON", LEI: "RON", "C$": "CAD", leu: "RON", руб: "RUB" };

/** Short, and yet nothing but a currency. */
export const STRONG: ReadonlySet<string> = new Set(["kr", "Kr", "RM", "Rp", "TL", "Ft", "lei", "Lei", "LEI", "leu", "RMB", "NIS", "SFr", "sFr", "Fr", "Rs", "yen", "NTD", "zl", "din", "Skr", "Dkr", "Nkr", "Ikr", "CFP", "KSh", "USh", "TSh", "Ksh", "Rs", "Php", "PhP"]);

/** Country domains that are sold to the whole world say nothing of a country. */
export const WORLDWIDE = new Set("ac ag ai am as bz cc cd cf cx fm ga gg gl gq gs im io is la li ly me ml ms mu nu pw sc sh so st tk to tv vc vg ws co".split(" "));
/** Shops for the United States under `.com`; the other countries have sites of their own. */
export const UNITED_STATES = /(?:^|\.)(?:amazon|ebay|target|walmart|bestbuy|dominos|costco|homedepot|lowes|newegg|kohls|macys)\.com$/u;

/** Codes in another case, only of currencies that shops write so. */
export const LOOSE_CODE = /^(?:usd|eur|gbp|chf|cad|aud|nzd|jpy|cny|sek|nok|dkk|pln|czk|huf|ron|inr|brl|mxn|zar|sgd|hkd|krw|rub|uah|aed|sar)$/u;
/** Codes that are also words in capitals, or other things' names. */
export const WORDLIKE = new Set(["ALL", "TOP", "TRY", "CUP", "GEL", "PEN", "MAD", "BAM", "SOS", "MOP", "COP", "PHP", "AMD", "LAK", "COU", "CHE", "STN", "BOB"]);

/** Small coins right behind a number, and the sign of the money that they are of. */
export const COINS: Readonly<Record<string, string>> = { "¢": "$", p: "£" };
/** How a price ends that names no currency, and whose it is: `499:-`, `499,-`. */
export const PRICE_ENDS: Readonly<Record<string, readonly string[]>> = { ":": ["SEK"], ",": ["NOK", "DKK"] };

/** Coins and coin-like things. */
export const NO_CURRENCY = /^(?:¢|₿|BTC|XBT|mBTC|ETH|LTC|BCH|XRP|DOGE|SOL|USDT|USDC|DAI|sats?|SATS?|cents?|Cents?|ct|Ct|pts?|Pts|PTS|points?|Points?|Punkte|miles|Miles|coins?|Coins?)(?![\p{L}\d])/u;

/** Of HTML, where a page shows its own source. */
export const ENTITIES: Readonly<Record<string, string>> = {
  nbsp: "\u00a0", thinsp: "\u2009", ensp: " ", emsp: " ", shy: "", lrm: "", rlm: "", zwnj: "", zwj: "", amp: "&",
  euro: "€", pound: "£", yen: "¥", cent: "¢", dollar: "$", minus: "-", ndash: "–", mdash: "–",
};

/** Signs, and the one that is read for them. */
export const FOLDED: readonly (readonly [string, string])[] = [
  ["’‘ʼʹ´`′＇٬⹁", "'"],
  ["−‐‑﹣", "-"],
  ["‒—―", "–"],
  ["✕✖⨯", "×"],
  ["،", ","],
  ["￠", "¢"],
  ["￡", "£"],
  ["￥", "¥"],
  ["￦", "₩"],
  ["﹩", "$"],
  ["～", "~"],
  ["〜", "~"],
];

/** Whose dollars, said in front of a bare sign, behind the number, and in two with the sign. */
export const DOLLARS_BEFORE = /(?:canadian|australian|zealand|kong|singapore|mexican|taiwan)[ \n]?$/iu;
export const DOLLARS_BEHIND = /^[ \n]?(Canad|Austral|New Zeal|Hong|Singap|Mexic|Taiw|US|U\.S\.|CAN|CDN|AUS|CA|AU|NZ|HK|SG|MX)(?:\p{L}{3,}|(?![\p{L}\d$]))/iu;
export const COUNTRY: Readonly<Record<string, string>> = { US: "USD", "U.S.": "USD", CAN: "CAD", CDN: "CAD", AUS: "AUD" };
export const SPACED_BEFORE = /^(?:US|U\.S\.|AU|AUS|Aus|CA|CAN|Can|CDN|Cdn|NZ|HK|NT|MX|RD|R|C)$/u;
export const SPACED_BEHIND = /^(?:US|CA|AU|NZ|HK|SG|ZN|SU|MX|TT)(?![\p{L}\d])/u;

/** Marks that nobody sees. */
export const INVISIBLE = /[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202d\u2060-\u2069\ufe00-\ufe0f\ufeff]/u;

/** Something between digits that no amount has: `5:30`, `1,,234`, `1_000`. */
export const JOINS = /^(?:[_:;'/\\=^#&"!?。、٫][.,]?|[.,]{2,}|[.,]['٫])\d/u;

/** Scripts written without spaces: a word before or behind says nothing. */
export const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}ー]/u;

/** What may stand between a currency and the number behind it. */
export const LEFT_GAP = /^(?:[ \n]*[-–+−]?[ \n]*|[ \n]?\)?[ \n]?:[ \n]*|[ \n]?\)[ \n]?)$/u;

/** Digits or their marks right before a number without a currency in front. */
export const NUMBER_BEFORE = /(?:\d |\d[.,][ \n]|[\d.,'٫_:;/\\=^][.,'٫_:;/\\=^]|#)$/u;

/** An amount with its decimals or groups. */
export const SHOWN_DECIMALS = /^[ \n:]{0,2}[$]|^[ \n:]{0,2}\d[\d.,'٫ ]*[.,'٫ ]\d{2,3}(?!\d)/u;
