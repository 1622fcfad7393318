/** How a price is made: every part, from the market's to the shopper's, on demand. */
import type { PriceMade, PriceParts, RateBasis } from "../../types/panel.ts";
import { h } from "../h.ts";
import { rows, softText, type Drawing } from "./parts.ts";

/** Said beside the price, whether it is opened or not: the rate went through a daily table. */
export function tableNote(d: Drawing, price: PriceParts): Node[] {
  const { made, total } = price;
  return made === undefined || made.basis.kind === "venues" ? [] : [softText(basisText(d, made.basis, total.currency))];
}

function basisText(d: Drawing, basis: Exclude<RateBasis, { kind: "venues" }>, currency: string): string {
  const { t, format } = d.words;
  const said = { currency: format.currencyName(currency), table: basis.table.toUpperCase(), date: format.date(basis.date) };
  return basis.kind === "table" ? t("basis_table", { ...said, through: format.currencyName(basis.through) }) : t("basis_venues_and_table", said);
}

/** Kept open or shut while the panel is drawn anew. */
export function priceMade(d: Drawing, price: PriceParts): Node[] {
  const { made } = price;
  if (made === undefined) return [];
  const { choices, words } = d;
  const fold: HTMLDetailsElement = h(
    "details",
    { class: "fold", attrs: { open: choices.has("made") } },
    h("summary", { key: "made", click: () => (fold.open ? choices.delete("made") : choices.set("made", "")) }, words.t("made_title")),
    h("div", { class: "stack tight" }, rateRows(d, price, made), ...notes(d, made), amountRows(d, price, made)),
  );
  return [fold];
}

function rateRows(d: Drawing, price: PriceParts, { consolidatedMicro, venues, sold }: PriceMade): HTMLElement {
  const { t, format } = d.words;
  const rate = (micro: number): string => format.rate(micro, price.total.currency);
  return rows(
    [venues === 1 ? t("made_market_one") : t("made_market", { n: String(venues) }), rate(consolidatedMicro)],
    sold === undefined ? null : [t("made_sold"), rate(sold.rateMicro)],
    [t("spread"), format.percent(price.spreadPpm)],
    [t("rate"), rate(price.rateMicro), true],
  );
}

function notes(d: Drawing, { observedAtMs, outliers, sold }: PriceMade): Node[] {
  const { t, format } = d.words;
  return [
    softText(t("made_seen", { time: format.time(observedAtMs) })),
    ...(sold === undefined ? [softText(t("made_not_sold"))] : []),
    ...(outliers.length === 0 ? [] : [softText(t("made_outliers", { venues: format.list(outliers) }))]),
  ];
}

/** In bitcoin, to the thousandth of a satoshi, and with the sum that they add up to. */
function amountRows(d: Drawing, price: PriceParts, { orderMsat, feeMsat, sold, spreadMsat, roundingMsat }: PriceMade): HTMLElement {
  const { t, format } = d.words;
  const slippage = sold?.slippageMsat ?? 0;
  const order = sold === undefined ? "" : ` (${format.signedPercent(sold.slippagePpm)})`;
  return rows(
    [t("made_order"), format.msat(orderMsat)],
    price.fee.minor === 0 ? null : [t("fee"), format.msat(feeMsat)],
    sold === undefined ? null : [`${t("made_slippage")}${order}`, format.msat(slippage)],
    [t("made_spread"), format.msat(spreadMsat)],
    [t("made_rounding"), format.msat(roundingMsat)],
    [t("you_pay"), format.msat(price.amountMsat), true],
  );
}
