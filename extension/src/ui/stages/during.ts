/** A purchase under way: waiting, held, the card. */
import type { CopyField, FillState, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import { icon } from "../icons.ts";
import type { PanelKey } from "../i18n/panel.ts";
import { invoiceQr } from "../qr.ts";
import { CARD_FIRST_PATH, path } from "./before.ts";
import { challengedNote } from "./challenge.ts";
import { priceMade, tableNote } from "./made.ts";
import { otherWays } from "./ways.ts";
import {
  bigPrice, copyButton, countdown, leftNote, mainButton, note, priceRows, promise, quietButton, seal, softText, stillYours, text, title, button, type Drawing,
} from "./parts.ts";
import { walletIsAsked, walletOffer } from "./wallet.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

export function working(d: Drawing, stage: Of<"working">): Node[] {
  return [h("div", { class: "busy" }, h("div", { class: "spin" }), title(d.words.t(`working_${stage.what}`)))];
}

export function untrusted(d: Drawing, stage: Of<"untrusted">): Node[] {
  const { t, maybe } = d.words;
  const kind = /^(terms|key_set)_/.exec(stage.fault)?.[1] ?? (stage.fault === "no_quote" || stage.fault === "quote_differs" ? "quote" : stage.fault);
  const fault = maybe(`fault_${kind}`) ?? stage.fault;
  return [
    seal("bad", "alert"),
    title(t("untrusted_title")),
    text(t("untrusted_text")),
    note("bad", "alert", t("untrusted_fault", { fault })),
    softText(t("untrusted_next")),
    button(t("cancel_unpaid"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

export function pay(d: Drawing, stage: Of<"pay">): Node[] {
  const { t, format } = d.words;
  if (stage.wallet?.state === "waiting" || stage.wallet?.state === "unknown") return walletIsAsked(d, stage, stage.wallet);
  const invoice = stage.bolt11.toLowerCase();
  const label = t("qr_label", { amount: format.btc(stage.price.amountMsat) });
  const open = h(
    "a",
    { class: "btn main", key: "wallet", attrs: { href: `lightning:${invoice}`, rel: "noreferrer" } },
    icon("wallet", 18),
    t("open_wallet"),
  );
  // After the deadline the invoice must not be paid any more: it is taken away, not only greyed.
  const ways = h(
    "div",
    { class: "stack" },
    ...(stage.wallet === undefined ? [] : walletOffer(d, stage.wallet)),
    h("div", { class: "qrbox" }, invoiceQr(stage.bolt11, label)),
    h("div", { class: "pair" }, open, copyButton(d, t("copy_invoice"), "copy-invoice", "", () => d.copy(invoice))),
  );
  const whose = stage.stillYours && stage.claimOn === "authorization" ? note("good", "lock", t("still_yours_pay")) : promise(d, stage.claimOn, stage.gift !== undefined);
  d.tick((now) => {
    ways.hidden = now >= stage.expiresAtMs;
    whose.hidden = ways.hidden;
  });
  return [
    title(t("pay_title")),
    bigPrice(d, stage.price, stage.gift),
    ways,
    countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over")),
    whose,
    ...(stage.gift === undefined ? [] : leftNote(d, stage.gift.left)),
    priceRows(d, stage.price, stage.code, stage.gift),
    ...tableNote(d, stage.price),
    ...priceMade(d, stage.price),
    ...otherWays(d, stage),
    quietButton(t("which_wallet"), "wallets", () => d.act({ do: "open_page", page: "wallets" })),
    quietButton(t("cancel_unpaid"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

export function held(d: Drawing, stage: Of<"held">): Node[] {
  const { t, format } = d.words;
  return [
    title(t("held_title")),
    h("p", { class: "price big" }, format.btc(stage.price.amountMsat)),
    h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t("held_text"))),
    ...(stage.stillYours ? [stillYours(d, stage.claimOn), countdown(d, t("held_left"), stage.heldUntilMs)] : [promise(d, stage.claimOn)]),
    priceRows(d, stage.price, null),
    ...tableNote(d, stage.price),
    ...priceMade(d, stage.price),
    quietButton(t("my_wallet_shows"), "wallets", () => d.act({ do: "open_page", page: "wallets" })),
    quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

function copyRow(d: Drawing, field: CopyField): HTMLElement {
  const { t } = d.words;
  const name = t(`field_${field}`);
  return h(
    "li",
    null,
    h("span", null, name),
    h(
      "button",
      {
        class: "btn little", key: `copy-${field}`, click: () => d.act({ do: "copy", field }),
        attrs: { type: "button", "aria-label": t("copy_field", { field: name }) },
      },
      icon("copy", 16),
      h("span", null, t("copy")),
    ),
  );
}

export function copyList(d: Drawing, fields: readonly CopyField[]): HTMLElement {
  return h("ul", { class: "fields" }, ...fields.map((field) => copyRow(d, field)));
}

export function filledList(d: Drawing, fill: Extract<FillState, { kind: "filled" }>): HTMLElement {
  const done = fill.fields.map((field) => h("li", { class: "ok" }, h("span", null, d.words.t(`field_${field}`)), icon("check", 18)));
  return h("ul", { class: "fields" }, ...done);
}

const ALL_FIELDS: readonly CopyField[] = ["number", "expiry", "securityCode", "holder", "postalCode"];

function fillPart(d: Drawing, stage: Of<"card_ready">): Node[] {
  const { t, format } = d.words;
  const { fill } = stage;
  switch (fill.kind) {
    case "ready":
      return [text(t("fill_ready_text")), mainButton(t("fill_do"), "main", () => d.act({ do: "fill" }))];
    case "filling":
      return [h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t("filling")))];
    case "filled":
      return [
        ...(fill.storeSavesCard && !stage.prepared ? [note("warn", "alert", t("saves_card"))] : []),
        filledList(d, fill),
        ...(fill.missing.length > 0 ? [h("p", { class: "label" }, t("filled_missing")), copyList(d, fill.missing)] : []),
        note("plain", "arrow", t(stage.prepared ? "prepared_next" : "place_order")),
        ...(stage.prepared ? [softText(t("cf_check"))] : []),
        // A store that declines, or is loaded anew, shows an empty form.
        quietButton(t("fill_again"), "fill-again", () => d.act({ do: "fill" })),
      ];
    case "needs_permission":
      return [
        text(t("permission_text", { hosts: format.list(fill.hosts) })),
        ...(fill.unknown === undefined ? [] : [note("warn", "alert", t("permission_unknown", { hosts: format.list(fill.unknown) }))]),
        mainButton(t("permission_do"), "main", () => d.act({ do: "open_page", page: "permission" })),
        h("p", { class: "soft small" }, t("permission_copy")),
        copyList(d, ALL_FIELDS),
      ];
    case "copy":
      return [
        text(t(`copy_${fill.why ?? "text"}`)),
        copyList(d, fill.fields),
        note("plain", "arrow", t(stage.prepared ? "prepared_next" : "place_order")),
        // The form may be on the next page, or there is one only now.
        quietButton(t("fill_do"), "fill-again", () => d.act({ do: "fill" })),
      ];
  }
}

/** What is listed already under what is missing is not listed twice. */
function copyable(fill: FillState): readonly CopyField[] {
  return fill.kind === "filled" ? ALL_FIELDS.filter((field) => !fill.missing.includes(field)) : ALL_FIELDS;
}

function totalPart(d: Drawing, stage: Of<"card_ready">): Node[] {
  const { t, format } = d.words;
  if (stage.price === null) return [];
  const total = format.money(stage.price.total);
  const { totalNow } = stage;
  if (totalNow === undefined) return stage.noTotalHere === true && stage.fill.kind === "ready" ? [note("plain", "card", t("no_total_here", { total }))] : [];
  return [
    note("warn", "alert", t("changed_after", { now: totalNow === null ? t("changed_unknown") : format.money(totalNow), was: total })),
    ...(stage.canRequote === true ? [button(t("changed_do"), "requote", () => d.act({ do: "requote" }))] : []),
  ];
}

function cardTitle(stage: Of<"card_ready">): PanelKey {
  switch (stage.fill.kind) {
    case "needs_permission":
      return "permission_title";
    case "copy":
      return "copy_title";
    case "filled":
      return "filled_title";
    default:
      return stage.prepared ? "prepared_title" : "card_title";
  }
}

export function cardReady(d: Drawing, stage: Of<"card_ready">): Node[] {
  const { t } = d.words;
  return [
    ...(stage.prepared ? [path(d, CARD_FIRST_PATH, 0)] : []),
    title(t(cardTitle(stage))),
    ...(stage.prepared ? [text(t("prepared_text"))] : []),
    ...(stage.challenged === undefined ? [] : [challengedNote(d, stage.challenged)]),
    ...totalPart(d, stage),
    ...fillPart(d, stage),
    // Paid for: whatever the page does, the card can be had.
    ...(stage.taken === true && (stage.fill.kind === "ready" || stage.fill.kind === "filled") ? [h("p", { class: "label" }, t("permission_copy")), copyList(d, copyable(stage.fill))] : []),
    ...(stage.stillYours && !stage.prepared ? [stillYours(d, stage.claimOn)] : []),
    ...(stage.taken === true ? [note("warn", "alert", t("taken"), t("taken_text"))] : []),
    ...(stage.stillYours && stage.heldUntilMs !== null ? [countdown(d, t("held_left"), stage.heldUntilMs)] : []),
    quietButton(t(stage.stillYours || stage.prepared ? "cancel" : "card_not_needed"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

export function goToReview(d: Drawing, stage: Of<"go_to_review">): Node[] {
  const { t } = d.words;
  return [
    path(d, CARD_FIRST_PATH, 1),
    title(t("review_title")),
    text(t("review_text")),
    stage.checked ? note("good", "check", t("review_checked")) : note("plain", "card", t("review_unchecked")),
    button(t("read_again"), "reread", () => d.act({ do: "reread" })),
    quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
  ];
}
