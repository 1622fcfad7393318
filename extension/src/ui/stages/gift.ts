/** A gift card under way: its vendor is paid, its code is there, the shopper redeems it. */
import type { CopyField, GiftBought, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import type { PanelKey } from "../i18n/panel.ts";
import { copyList, filledList } from "./during.ts";
import { priceMade, tableNote } from "./made.ts";
import { button, leftNote, mainButton, note, priceRows, quietButton, rows, softText, text, title, type Drawing } from "./parts.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

export function payingVendor(d: Drawing, stage: Of<"paying_vendor">): Node[] {
  const { t, format } = d.words;
  const { price, gift } = stage;
  return [
    title(t(stage.paid ? "vendor_paid_title" : "vendor_title")),
    ...(price === null ? [] : [h("p", { class: "price big" }, format.btc(price.amountMsat))]),
    h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t(stage.paid ? "vendor_paid_text" : "vendor_text"))),
    ...(price === null ? giftRows(d, gift) : [priceRows(d, price, null, gift), ...tableNote(d, price), ...priceMade(d, price)]),
    softText(t("vendor_no_cancel")),
  ];
}

function giftRows(d: Drawing, { value, total, left }: GiftBought): Node[] {
  const { t, format } = d.words;
  return [rows([t("order_total"), format.money(total)], [t("gift_value"), format.money(value)], left.minor === 0 ? null : [t("gift_left"), format.money(left)])];
}

const TITLES: Readonly<Record<Of<"gift_ready">["fill"]["kind"], PanelKey>> = {
  ready: "gift_title",
  filling: "gift_title",
  filled: "gift_filled_title",
  copy: "gift_copy_title",
  needs_permission: "gift_copy_title",
};

export function giftReady(d: Drawing, stage: Of<"gift_ready">): Node[] {
  const { t } = d.words;
  const { fill, opened, has } = stage;
  const linkOnly = has.length > 0 && !has.includes("giftCode");
  const over = fill.kind === "filled" || fill.kind === "copy";
  return [
    title(t(linkOnly ? "gift_link_title" : TITLES[fill.kind])),
    ...fillPart(d, stage, linkOnly),
    ...(has.includes("giftLink") ? [softText(t("gift_link_text", { host: opened?.linkHost ?? "https://" })), button(t("gift_link_do"), "open-link", () => d.act({ do: "open_link" }))] : []),
    ...(opened !== null && opened.instructions !== "" ? [instructions(d, opened.instructions)] : []),
    ...giftRows(d, stage.gift),
    ...leftNote(d, stage.gift.left),
    ...(over ? [button(t("gift_used_do"), "used", () => d.act({ do: "gift_used", used: true }))] : [quietButton(t("gift_used_do"), "used", () => d.act({ do: "gift_used", used: true }))]),
  ];
}

function fillPart(d: Drawing, { fill, has }: Of<"gift_ready">, linkOnly: boolean): Node[] {
  const { t } = d.words;
  const fields: readonly CopyField[] = has.length > 0 ? has : ["giftCode"];
  const again = quietButton(t("fill_again"), "fill-again", () => d.act({ do: "fill" }));
  if (linkOnly) return [copyList(d, fields)];
  switch (fill.kind) {
    case "ready":
      return [text(t("gift_text")), mainButton(t("gift_fill_do"), "main", () => d.act({ do: "fill" })), softText(t("gift_or_copy")), copyList(d, fields)];
    case "filling":
      return [h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t("gift_filling")))];
    case "filled":
      return [
        filledList(d, fill),
        ...(fill.missing.length > 0 ? [h("p", { class: "label" }, t("filled_missing")), copyList(d, fill.missing)] : []),
        note("plain", "arrow", t("gift_next")),
        softText(t("gift_or_copy")),
        copyList(d, fields.filter((field) => !fill.missing.includes(field))),
        again,
      ];
    case "copy":
    case "needs_permission":
      return [text(t("gift_copy_text")), copyList(d, fields), note("plain", "arrow", t("gift_next")), again];
  }
}

/** The vendor's own words, as text and nothing else. */
function instructions(d: Drawing, words: string): HTMLElement {
  return h("details", { class: "fold" }, h("summary", null, d.words.t("gift_instructions")), h("p", { class: "soft small break" }, words));
}
