/** What was bought, and the receipts. */
import type { ChargeView, PurchaseView, Receipt } from "../../../api/types.ts";
import type { Trouble } from "../../../background/requests.ts";
import { h, replaceChildren, type Child } from "../../h.ts";
import type { PagesKey } from "../../i18n/pages.ts";
import { asking, copyText, describe, errorNote, form, growing, heading, link, section, type Page } from "../kit.ts";
import { chainCostsOf, refundItem } from "./refunds.ts";

const ENDS: readonly PurchaseView["state"][] = ["completed", "returned", "expired"];
/** The server decides what can still be cancelled; before these states it is a plain way out. */
const CANCELS: readonly PurchaseView["state"][] = ["opened", "card_prepared", "quoted", "invoiced", "awaiting_funds", "held", "card_ready"];

function total(page: Page, purchase: PurchaseView): string {
  return purchase.quote ? page.words.format.money(purchase.quote.total) : page.words.t("history_no_total");
}

function unlock(page: Page, purchase: PurchaseView): HTMLElement {
  const { t } = page.words;
  const box = h("div", { class: "stack tight" });
  const ask = form(page, {
    fields: [{ name: "password", label: t("password"), type: "password", autocomplete: "current-password" }],
    submit: t("history_unlock_do"),
    look: "",
    send: async (values) => {
      const answer = await page.ask("unlock_card", { id: purchase.id, password: values["password"] ?? "" });
      if (!answer.ok) return answer.trouble;
      replaceChildren(box, h("p", { attrs: { role: "status" } }, t("history_unlocked")));
      return null;
    },
  });
  replaceChildren(box, h("p", { class: "soft small" }, t("history_unlock_text")), ask);
  return h("details", { class: "fold" }, h("summary", null, t("history_unlock")), box);
}

/** Shown on a page of our own, which no store can look into; where another device began it, the password is asked for. */
function giftCode(page: Page, purchase: PurchaseView): HTMLElement {
  const { t } = page.words;
  const box = h("div", { class: "stack tight" });
  const show = async (password: string | null): Promise<Trouble | null> => {
    const answer = await page.ask("gift_code", { id: purchase.id, password });
    if (!answer.ok) return answer.trouble;
    const parts = (["code", "pin", "link"] as const).flatMap((name) => {
      const text = answer.value[name];
      return text === null ? [] : [describe([t(`code_${name}`), text]), h("div", { class: "buttons" }, copyText(page, t("copy"), text))];
    });
    replaceChildren(box, ...parts, h("p", { class: "soft small" }, t("history_code_kept")));
    return null;
  };
  const withPassword = form(page, {
    fields: [{ name: "password", label: t("password"), type: "password", autocomplete: "current-password" }],
    submit: t("history_code"),
    look: "",
    send: (values) => show(values["password"] ?? ""),
  });
  const press = asking(page, t("history_code"), "", async () => {
    const trouble = await show(null);
    if (trouble?.code !== "password_needed") return trouble;
    replaceChildren(box, h("p", { class: "soft small" }, t("history_unlock_text")), withPassword);
    return null;
  });
  replaceChildren(box, press);
  return box;
}

export function purchaseItem(page: Page, purchase: PurchaseView, mine: boolean): HTMLElement {
  const { t, format } = page.words;
  const open = !ENDS.includes(purchase.state);
  const cancel = async (): Promise<Trouble | null> => {
    const answer = await page.ask("cancel", { id: purchase.id });
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    return null;
  };
  const tone = purchase.state === "completed" ? "good" : open ? "warn" : "";
  return h(
    "li",
    { class: "card stack tight" },
    h("div", { class: "split" }, h("b", { class: "break" }, purchase.store_name), h("b", { class: "num" }, total(page, purchase))),
    h("p", { class: "soft small break" }, `${format.dateTime(purchase.created_at_ms)} · ${purchase.store_host} · ${purchase.code}`),
    h("p", { class: "small" }, h("span", { class: `tag ${tone}` }, t(`state_${purchase.state}`)), " ", t(`bitcoin_${purchase.bitcoin}`)),
    purchase.waits_for_operator ? h("p", { class: "small" }, t("history_operator")) : null,
    purchase.state === "card_ready" && !mine ? unlock(page, purchase) : null,
    purchase.gift_card?.delivered === true ? giftCode(page, purchase) : null,
    h(
      "div",
      { class: "buttons" },
      h("a", { class: "btn", attrs: { href: `#/receipt/${purchase.id}`, "aria-label": t("history_receipt_of", { store: purchase.store_name, time: format.dateTime(purchase.created_at_ms) }) } }, t("history_receipt")),
      CANCELS.includes(purchase.state) ? asking(page, t("history_cancel"), "", cancel) : null,
    ),
  );
}

export async function history(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const answer = await page.ask("purchases", { beforeMs: null });
  const head = heading(t("history_title"));
  if (!answer.ok) return [head, errorNote(page, answer.trouble)];
  if (answer.value.purchases.length === 0) return [head, section(null, h("p", null, t("history_empty")))];
  const mine = new Set(page.state.open.filter((one) => one.tabId !== null).map((one) => one.id));
  const more = async (beforeMs: number): Promise<Trouble | { items: readonly PurchaseView[]; next: number | null }> => {
    const next = await page.ask("purchases", { beforeMs });
    return next.ok ? { items: next.value.purchases, next: next.value.next_before_ms ?? null } : next.trouble;
  };
  return [head, growing(page, answer.value.purchases, answer.value.next_before_ms ?? null, (one: PurchaseView) => purchaseItem(page, one, mine.has(one.id)), more)];
}

function chargeItem(page: Page, charge: ChargeView): HTMLElement {
  const { t, maybe, format } = page.words;
  const why = charge.decline_reason ? maybe(`decline_${charge.decline_reason}`) : undefined;
  const money = (minor: number): string => format.money({ minor, currency: charge.amount.currency });
  const parts = [
    t(`charge_${charge.decision}` as PagesKey) + (why ? `: ${why}` : ""),
    charge.captured_minor > 0 ? t("charge_captured", { amount: money(charge.captured_minor) }) : null,
    charge.reversed_minor > 0 ? t("charge_reversed", { amount: money(charge.reversed_minor) }) : null,
  ];
  return h(
    "li",
    { class: "item" },
    h("div", { class: "grow" }, h("b", { class: "break" }, charge.merchant), h("p", { class: "soft small" }, `${format.dateTime(charge.asked_at_ms)} · ${parts.filter(Boolean).join(", ")}`)),
    h("b", { class: "num" }, format.money(charge.amount)),
  );
}

function receiptRows(page: Page, receipt: Receipt): HTMLElement {
  const { t, format } = page.words;
  const quote = receipt.quote;
  return describe(
    [t("receipt_code"), receipt.code],
    [t("receipt_date"), format.dateTime(receipt.created_at_ms)],
    [t("receipt_state"), `${t(`state_${receipt.state}`)}, ${t(`bitcoin_${receipt.bitcoin}`)}`],
    quote ? [t("receipt_total"), format.money(quote.total)] : null,
    quote ? [t("receipt_fee"), format.money(quote.fee)] : null,
    quote ? [t("receipt_rate"), format.rate(quote.rate_micro, quote.total.currency)] : null,
    quote ? [t("receipt_spread"), format.percent(quote.spread_ppm)] : null,
    quote ? [t("receipt_asked"), format.btc(quote.amount_msat)] : null,
    [t("receipt_held"), format.btc(receipt.held_msat)],
    [t("receipt_claimed"), format.btc(receipt.claimed_msat)],
    [t("receipt_captured"), format.money(receipt.captured)],
    receipt.store_refunded.minor > 0 ? [t("receipt_store_refunded"), format.money(receipt.store_refunded)] : null,
    receipt.refunded_msat > 0 ? [t("receipt_refunded"), format.btc(receipt.refunded_msat)] : null,
  );
}

export async function receipt(page: Page, id: string): Promise<readonly Child[]> {
  const { t } = page.words;
  const answer = await page.ask("receipt", { id });
  const back = h("div", { class: "buttons noprint" }, link(t("receipt_back"), "history"));
  if (!answer.ok) return [heading(t("receipt_title")), errorNote(page, answer.trouble), back];
  const got = answer.value;
  const costs = await chainCostsOf(page, got.refunds);
  return [
    heading(t("receipt_title"), `${got.store_name} · ${got.store_host}`),
    section(null, receiptRows(page, got), got.final ? null : h("p", { class: "soft small" }, t("receipt_open"))),
    got.charges.length > 0 ? section(t("receipt_charges"), h("ul", { class: "stack tight" }, ...got.charges.map((charge) => chargeItem(page, charge)))) : null,
    got.refunds.length > 0 ? h("ul", { class: "stack tight" }, ...got.refunds.map((refund) => refundItem(page, refund, costs))) : null,
    h("div", { class: "buttons noprint" }, h("button", { class: "btn main", click: () => print(), attrs: { type: "button" } }, t("print"))),
    back,
  ];
}
