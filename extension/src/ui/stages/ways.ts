/** Other codes for a wallet to scan, on demand: the same invoice in a `bitcoin:` link, and an address where it fetches its own. */
import type { Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import { qr } from "../qr.ts";
import { bigPrice, button, copyButton, countdown, note, priceRows, quietButton, softText, text, title, type Drawing } from "./parts.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

/** Kept open or shut while the panel is drawn anew; gone when the price is over, as the invoice is. */
export function otherWays(d: Drawing, stage: Of<"pay">): Node[] {
  const { choices } = d;
  const fold: HTMLDetailsElement = h(
    "details",
    { class: "fold", attrs: { open: choices.has("ways") } },
    h("summary", { key: "ways", click: () => (fold.open ? choices.delete("ways") : choices.set("ways", "")) }, d.words.t("ways_title")),
    h("div", { class: "stack" }, ...unified(d, stage), ...fetching(d, stage), softText(d.words.t("ways_none"))),
  );
  d.tick((now) => { fold.hidden = now >= stage.expiresAtMs; });
  return [fold];
}

/** Made here, of the invoice that was checked: with it nothing changes but the form. */
function unified(d: Drawing, stage: Of<"pay">): Node[] {
  const { t, format } = d.words;
  const link = (bolt11: string): string => `bitcoin:?lightning=${bolt11}`;
  const lower = link(stage.bolt11.toLowerCase());
  return [
    h("p", { class: "label" }, t("ways_unified")),
    softText(t("ways_unified_text")),
    // Scheme and key as BIP 321 writes them: wallets differ in what else they read.
    h("div", { class: "qrbox" }, qr(link(stage.bolt11.toUpperCase()), t("qr_label", { amount: format.btc(stage.price.amountMsat) }))),
    copyButton(d, t("copy"), "copy-unified", "wide", () => d.copy(lower)),
  ];
}

function fetching(d: Drawing, stage: Of<"pay">): Node[] {
  const { lnurl } = stage;
  if (lnurl === undefined) return [];
  const { t, format } = d.words;
  const amount = format.btc(stage.price.amountMsat);
  return [
    h("p", { class: "label" }, t("ways_lnurl")),
    note("warn", "alert", t("unchecked"), t("unchecked_text", { amount })),
    h("div", { class: "qrbox" }, qr(lnurl, t("ways_lnurl_label", { amount }))),
    copyButton(d, t("copy"), "copy-lnurl", "wide", () => d.copy(lnurl.toLowerCase())),
  ];
}

/** The wallet has an invoice of its own, and the one that was shown is over. */
export function fetched(d: Drawing, stage: Of<"fetched">): Node[] {
  const { t, format } = d.words;
  return [
    title(t("fetched_title")),
    bigPrice(d, stage.price),
    text(t("fetched_text")),
    countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over")),
    note("warn", "alert", t("unchecked"), t("unchecked_text", { amount: format.btc(stage.price.amountMsat) })),
    priceRows(d, stage.price, stage.code),
    button(t("fetched_back"), "show-invoice", () => d.act({ do: "show_invoice" })),
    quietButton(t("cancel_unpaid"), "cancel", () => d.act({ do: "cancel" })),
  ];
}
