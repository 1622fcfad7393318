/** Everything before a purchase: set-up, the total, what is not served, the offer. */
import type { Money } from "../../types/money.ts";
import type { NotServed, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import type { PanelKey } from "../i18n/panel.ts";
import { lookingForGifts, offerCard, offerPrice, offerWays } from "./offer.ts";
import { button, mainButton, note, promise, quietButton, rows, softText, text, title, type Drawing } from "./parts.ts";
import { totalForm } from "./total.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

const SETUP_PAGE = { pairing: "pair", login: "login", billing_address: "address", refund_destination: "refunds" } as const;

export function setup(d: Drawing, stage: Of<"setup">): Node[] {
  const { t } = d.words;
  return [
    title(t("setup_title")),
    text(t(`setup_${stage.missing}`)),
    mainButton(t(`setup_${stage.missing}_do`), "main", () => d.act({ do: "open_page", page: SETUP_PAGE[stage.missing] })),
    softText(t("not_served_nothing")),
  ];
}

export function noCheckout(d: Drawing): Node[] {
  const { t } = d.words;
  return [
    title(t("no_checkout_title")),
    text(t("no_checkout_text")),
    button(t("read_again"), "reread", () => d.act({ do: "reread" })),
    h("hr", { class: "rule" }),
    totalForm(d, null),
  ];
}

export function confirmTotal(d: Drawing, stage: Of<"confirm_total">): Node[] {
  const { t, maybe, format } = d.words;
  const why = maybe(`why_${stage.why}`);
  const { candidate } = stage;
  if (candidate === null) {
    return [
      title(t("no_checkout_title")),
      text(t("no_checkout_text")),
      ...(why === undefined ? [] : [text(why)]),
      ...(stage.text === null ? [] : [softText(t("confirm_why", { text: stage.text }))]),
      totalForm(d, null),
      quietButton(t("read_again"), "reread", () => d.act({ do: "reread" })),
    ];
  }
  const form = totalForm(d, candidate);
  form.hidden = true;
  const other = quietButton(t("confirm_other"), "other", () => {
    form.hidden = false;
    other.hidden = true;
    form.querySelector("input")?.focus();
  });
  return [
    title(t("confirm_title")),
    h("p", { class: "price big money" }, format.money(candidate)),
    text(why === undefined ? t("confirm_text") : `${why} ${t("confirm_compare")}`),
    ...(stage.text === null ? [] : [softText(t("confirm_why", { text: stage.text }))]),
    mainButton(t("confirm_yes", { amount: format.money(candidate) }), "main", () => d.act({ do: "confirm_total", total: candidate })),
    other,
    form,
  ];
}

function reasonText(d: Drawing, reason: NotServed): string {
  const { t, format } = d.words;
  switch (reason.why) {
    case "currency":
      return t("ns_currency", { currency: format.currencyName(reason.currency), served: format.list(reason.served.map((code) => format.currencyName(code))) });
    case "below_minimum":
    case "above_maximum":
      return t(`ns_${reason.why}`, { bound: format.money(reason.bound) });
    case "no_rate":
      return t("ns_no_rate", { currency: format.currencyName(reason.currency) });
    default:
      return t(`ns_${reason.why}`);
  }
}

export function notServed(d: Drawing, stage: Of<"not_served">): Node[] {
  const { t } = d.words;
  const { why } = stage.reason;
  const needsAddress = why === "address_missing" || why === "country_missing";
  const next = needsAddress
    ? mainButton(t("setup_billing_address_do"), "main", () => d.act({ do: "open_page", page: "address" }))
    : button(t("read_again"), "reread", () => d.act({ do: "reread" }));
  return [title(t("not_served_title")), note("warn", "alert", reasonText(d, stage.reason)), softText(t("not_served_nothing")), next];
}

export function offer(d: Drawing, stage: Of<"offer">): Node[] {
  const { t } = d.words;
  if (stage.gift !== undefined) return [title(t("offer_title")), ...offerWays(d, stage, stage.gift)];
  return [title(t("offer_title")), ...offerPrice(d, stage.total, stage.estimate), ...(stage.looking === true ? [lookingForGifts(d)] : []), ...offerCard(d, stage)];
}

export function path(d: Drawing, keys: readonly PanelKey[], at: number | null): HTMLElement {
  const item = (key: PanelKey, index: number): HTMLElement => {
    const state = at === null || index > at ? "" : index < at ? "done" : "now";
    return h("li", { class: state, attrs: { "aria-current": state === "now" ? "step" : null } }, h("span", null, d.words.t(key)));
  };
  return h("ol", { class: "path" }, ...keys.map(item));
}

export const CARD_FIRST_PATH = ["cf_step1", "cf_step2", "cf_step3", "cf_step4"] as const;

export function offerCardFirst(d: Drawing, stage: Of<"offer_card_first">): Node[] {
  const { t } = d.words;
  return [
    title(t("cf_title")),
    text(t("cf_text")),
    path(d, CARD_FIRST_PATH, null),
    note("plain", "card", t("cf_check")),
    ...(stage.claimOn === "reveal" ? [promise(d, "reveal")] : []),
    mainButton(t("cf_do"), "main", () => d.act({ do: "begin_card_first" })),
    ...(stage.giftInstead === true ? [h("hr", { class: "rule" }), h("h3", { class: "label" }, t("cf_gift_title")), softText(t("cf_gift_text")), totalForm(d, null)] : []),
  ];
}

export function totalChanged(d: Drawing, stage: Of<"total_changed">): Node[] {
  const { t, format } = d.words;
  const now: Money | null = stage.now;
  return [
    title(t("changed_title")),
    rows([t("changed_was"), format.money(stage.was)], [t("changed_now"), now === null ? t("changed_unknown") : format.money(now), true]),
    text(t("changed_text")),
    ...(stage.stillYours ? [note("good", "lock", t("still_yours"))] : []),
    mainButton(now === null ? t("read_again") : t("changed_do"), "main", () => d.act(now === null ? { do: "reread" } : { do: "requote" })),
    quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
  ];
}
