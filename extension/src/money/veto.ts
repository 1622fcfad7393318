/** What stands around an amount and makes it something else than a price to pay: a rate, a range, a unit price, a sum left open. */

const BEHIND = new RegExp(
  String.raw`^[ \n]*(?:` +
    [
      String.raw`[/⁄][ \n]*[\p{L}\d]`,
      String.raw`[-–~][ \n]*[^\d\s]{0,4}[ \n]?\d`,
      String.raw`[~+%‰]`,
      String.raw`[x×*][ \n]*\d`,
      String.raw`[@]`,
      String.raw`\(?[ \n]*(?:per|pro|por|par|a|an|each|ea|apiece|every|monthly|weekly|yearly|annually|mensual|mensuel|mensile|monatlich|mtl|jährlich|je|le kilo|stk|off|discount|rabatt|nachlass|de réduction|de remise|de descuento|di sconto|korting|rabat|less|cashback|back|credit|plus|zzgl|zuzüglich|exkl|excl|excluding|before|ohne|hors|sans|sin|senza|más|mais|più|plus|or more|or less|and up|and over|and above|or above|and below|minimum|oder mehr|ou plus|o más|ou mais|million|millions|millionen|mio|mln|mrd|billion|thousand|tausend|tsd|mille|mil|lakh|lac|crore|cr|k|тыс|млн|rb|ribu|jt|juta|tr|triệu|nghìn|ngàn|bin|milyon|mo|month|months|monat|mois|mes|mese|maand|yr|year|hr|hour|day|week|night|wk|p\.?m|p\.?a|за|в месяц|w|x)(?![\p{L}\d])`,
      String.raw`(?:から|より|起|以上|以下|未満|まで|引|割|オフ|OFF|ずつ|相当|分|ポイント|万|萬|億|亿|만|천|억|부터|이상|이하|할인|씩|毎|每|至|折)`,
      String.raw`[（(]?[ \n]*(?:税抜|税別|不含税|未税|未稅)`,
    ].join("|") +
    ")",
  "iu",
);

const BEFORE = new RegExp(
  "(?:" +
    [
      String.raw`\d[ \n]*[x×*@/][ \n]*`,
      String.raw`[@~≈≃<>≤≥±][ \n]*`,
      String.raw`\d[ \n]*[-–][ \n]*`,
      String.raw`(?<![\p{L}\d])\d+[ \n]*[a-zа-яäöüé]{1,3}\.?[ \n]*`,
      String.raw`(?<![\p{L}\d])(?:from|starting at|starts at|as low as|only from|ab|je|à partir de|dès|desde|a partir de|da|vanaf|från|fra|od|от|до|από|começando em|up to|bis zu|bis|jusqu'à|hasta|até|fino a|tot|over|under|above|below|less than|more than|at least|at most|minimum|min|max|mehr als|über|unter|moins de|plus de|menos de|más de|approx|approximately|about|around|circa|ca|etwa|env|environ|aprox|save|saves|you save|saving|savings|spare|sparen|sie sparen|ahorra|ahorras|économisez|risparmi|each|every|per|pro|off|rabatt|discount|between|entre|zwischen|another|extra|additional|spend)[.:]?[ \n]*`,
      String.raw`(?:約|约|大约|大約|最大|最高|最低|毎月|每月|月額|月额|月々|年額|每件|每|単価|单价|立減|立减|省|满|滿|うち|平均|약|최대|월)[ \n]*`,
    ].join("|") +
    ")$",
  "iu",
);

/** Several instalments: what is printed is one of them. */
const INSTALMENT = /\d[ \n]*(?:x|×)[ \n]*(?:de[ \n]*)?$|(?:payments?|instal?lments?|raten|mensualités|cuotas|parcelas|vezes|rate|termijnen|回払い|期)[ \n]*(?:of|von|zu|à|de|da|a|van|je)?[ \n]*$/iu;

const WINDOW = 40;

export function vetoed(text: string, start: number, end: number, prefixed: boolean): boolean {
  const before = text.slice(Math.max(0, start - WINDOW), start);
  const behind = text.slice(end, end + WINDOW);
  if (!prefixed && /(?:\d |\d[.,][ \n]|[\d.,'٫_:;/\\=^][.,'٫_:;/\\=^]|#)$/u.test(before)) return true;
  // `12 €50` may be twelve and a half.
  if (prefixed && /\d $/u.test(before) && /^[€£$]\d\d$/u.test(text.slice(start, end))) return true;
  return BEHIND.test(behind) || BEFORE.test(before) || INSTALMENT.test(before);
}

/** A dash behind a total's name joins it to its amount. */
const TOTAL_DASH = /(?:total|summe|betrag|importe|totale|totaal)[ \n][-–][ \n]$/iu;

/** Below zero: a sign at the amount, accountants' brackets, or a minus behind the number. */
export function negative(text: string, start: number, end: number): boolean {
  if (TOTAL_DASH.test(text.slice(Math.max(0, start - 12), start))) return false;
  const before = text.slice(Math.max(0, start - 4), start);
  const behind = text.slice(end, end + 2);
  if (/[▲△▼▽]$/u.test(before)) return true;
  if (/-[ \n]?$/u.test(before) || /(?:^|[\s(:])–[ \n]?$/u.test(before)) return true;
  if (/^-(?!\d)/u.test(behind)) return true;
  return /\([ \n]?$/u.test(before) && /^[ \n]?\)/u.test(behind);
}
