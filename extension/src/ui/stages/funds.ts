/**
 * Paid first, from a linked account or on the chain: it cannot be held, so what holds instead is said before the shopper confirms, and
 * nothing in here says that the bitcoin is still theirs.
 */
import type { PaidFrom, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import type { PanelKey } from "../i18n/panel.ts";
import { providerName } from "../providers.ts";
import { priceMade, tableNote } from "./made.ts";
import { chainPromises } from "./onchain.ts";
import { bigPrice, countdown, mainButton, note, priceRows, quietButton, softText, text, title, type Drawing } from "./parts.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

/** All of it, before anything is sent. */
function promises(d: Drawing, from: PaidFrom): HTMLElement {
  const { t, format } = d.words;
  if (from.chain !== undefined) return chainPromises(d, from, from.chain);
  const provider = providerName(from.provider);
  const back: PanelKey = from.back === "linked_account" ? "funds_back_account" : "funds_back_destination";
  return h(
    "div",
    { class: "stack tight" },
    note("warn", "alert", t("funds_first"), t("funds_first_text", { provider })),
    h("ul", { class: "plain stack tight" }, ...[t(back, { provider }), t("funds_unused", { time: format.span(from.unusedAfterMs) }), t("funds_given_back")].map((line) => h("li", null, line))),
  );
}

export function confirmFunds(d: Drawing, stage: Of<"confirm_funds">): Node[] {
  const { t } = d.words;
  const provider = providerName(stage.from.provider);
  const chain = stage.from.chain !== undefined;
  const words = chain ? t("chain_confirm") : t("funds_confirm", { provider });
  const asking = h("div", { class: "stack" }, text(t("funds_nothing_yet")), mainButton(words, "main", () => d.act({ do: "confirm_funds" })));
  d.tick((now) => { asking.hidden = now >= stage.expiresAtMs; });
  return [
    title(chain ? t("chain_title") : t("funds_title", { provider })),
    bigPrice(d, stage.price),
    promises(d, stage.from),
    countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over_funds")),
    stage.confirming === true ? busy(chain ? t("chain_asking") : t("funds_asking", { provider })) : asking,
    priceRows(d, stage.price, null),
    ...tableNote(d, stage.price),
    ...priceMade(d, stage.price),
    quietButton(t("cancel_unpaid"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

const busy = (words: string): HTMLElement => h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, words));

export function secondFactor(d: Drawing, stage: Of<"second_factor">): Node[] {
  const { t } = d.words;
  const provider = providerName(stage.from.provider);
  const left = stage.codesLeft === null ? [] : [softText(stage.codesLeft === 1 ? t("code_left_one") : t("code_left", { n: String(stage.codesLeft) }))];
  const form = codeForm(d, provider);
  d.tick((now) => { form.hidden = now >= stage.expiresAtMs; });
  return [
    title(t("code_title", { provider })),
    text(t("code_text", { provider })),
    stage.sending === true ? busy(t("code_sending", { provider })) : form,
    ...(stage.sending === true ? [] : left),
    countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over_funds")),
    quietButton(t("cancel_unpaid"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

/** Letters and digits; spaces that come with copying do not matter. */
const readCode = (typed: string): string | null => /^[0-9A-Za-z]{1,32}$/.exec(typed.replace(/[\s-]/g, ""))?.[0] ?? null;

function codeForm(d: Drawing, provider: string): HTMLFormElement {
  const { t } = d.words;
  const wrong = h("p", { class: "error", attrs: { id: "code-wrong", role: "alert" } });
  const input = h("input", {
    class: "input", key: "second-factor",
    attrs: { id: "second-factor", type: "text", inputmode: "numeric", autocomplete: "one-time-code", spellcheck: "false", maxlength: 40, "aria-describedby": "code-hint code-wrong" },
  });
  const send = (): void => {
    const code = readCode(input.value);
    wrong.textContent = code === null ? t("code_malformed") : "";
    if (code === null) {
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return;
    }
    input.value = "";
    d.act({ do: "second_factor", code });
  };
  return h(
    "form",
    { class: "stack tight", submit: send, attrs: { novalidate: true } },
    h("label", { attrs: { for: "second-factor" } }, t("code_label"), h("span", { class: "hint", attrs: { id: "code-hint" } }, t("code_hint", { provider }))),
    input,
    wrong,
    h("button", { class: "btn main wide", key: "code-send", attrs: { type: "submit" } }, t("code_do")),
  );
}

export function fundsComing(d: Drawing, stage: Of<"funds_coming">): Node[] {
  const { t, format } = d.words;
  if (stage.from.chain !== undefined) return [title(t("chain_title")), busy(t("chain_asking"))];
  const provider = providerName(stage.from.provider);
  const back: PanelKey = stage.from.back === "linked_account" ? "funds_late_account" : "funds_late_destination";
  return [
    title(t(`funds_title_${stage.how}`, { provider })),
    h("p", { class: "price big" }, format.btc(stage.price.amountMsat)),
    busy(t(`funds_text_${stage.how}`, { provider })),
    countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over_funds")),
    softText(t(back, { provider })),
    priceRows(d, stage.price, null),
    ...tableNote(d, stage.price),
    ...priceMade(d, stage.price),
    softText(t("funds_cancel")),
    quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

/** Of a purchase that ended without a store's charge. */
export function fundsEnded(d: Drawing, { from, coming }: NonNullable<Of<"ended">["funds"]>, nothingTaken: boolean): Node[] {
  const { t } = d.words;
  const provider = providerName(from.provider);
  if (from.chain !== undefined) {
    if (coming) return [note("warn", "alert", t("funds_still_coming"), t("chain_late"))];
    return nothingTaken ? [note("good", "check", t("nothing_taken"), t("chain_nothing_sent"))] : [];
  }
  if (coming) return [note("warn", "alert", t("funds_still_coming"), t(from.back === "linked_account" ? "funds_late_account" : "funds_late_destination", { provider }))];
  return nothingTaken ? [note("good", "check", t("nothing_taken"), t("funds_nothing_sent", { provider }))] : [];
}
