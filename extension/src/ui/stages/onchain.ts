/** Paid first, on the chain: what is promised instead of a hold, the address, and how deep it is. */
import type { PaidFrom, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import { icon } from "../icons.ts";
import { qr } from "../qr.ts";
import { priceMade, tableNote } from "./made.ts";
import { bigPrice, copyButton, countdown, mainButton, note, priceRows, quietButton, softText, text, title, type Drawing } from "./parts.ts";

type PayChain = Extract<Stage, { kind: "pay_chain" }>;

/** Between blocks, as a rule (Bitcoin's target). */
const BLOCK_MS = 10 * 60_000;

export function chainPromises(d: Drawing, from: PaidFrom, chain: NonNullable<PaidFrom["chain"]>): HTMLElement {
  const { t, format } = d.words;
  const fee = chain.backFeeMsat === null ? "?" : format.btc(chain.backFeeMsat);
  const back = from.back === "address" ? t("chain_back_address", { fee }) : t("funds_back_destination");
  const lines = [
    t("chain_final", { n: String(chain.confirmations), time: format.span(chain.confirmations * BLOCK_MS) }),
    t("chain_lock"),
    t("chain_unsigned"),
    back,
    t("funds_unused", { time: format.span(from.unusedAfterMs) }),
    t("funds_given_back"),
  ];
  return h(
    "div",
    { class: "stack tight" },
    note("warn", "alert", t("funds_first"), t("chain_first_text")),
    h("ul", { class: "plain stack tight" }, ...lines.map((line) => h("li", null, line))),
  );
}

/** Beside the offer: the way on, with an address for what goes back. */
export function offerOnChain(d: Drawing): Node[] {
  const { t } = d.words;
  const input = h("input", {
    class: "input", key: "refund-address",
    attrs: { id: "refund-address", type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 90, "aria-describedby": "refund-address-hint" },
  });
  const go = (): void => {
    const refundAddress = input.value.trim();
    d.act({ do: "begin", way: "card", from: "on_chain", ...(refundAddress === "" ? {} : { refundAddress }) });
  };
  return [
    note("warn", "alert", t("funds_first"), t("chain_first_text")),
    h("label", { attrs: { for: "refund-address" } }, t("chain_back_label"), h("span", { class: "hint", attrs: { id: "refund-address-hint" } }, t("chain_back_hint"))),
    input,
    softText(`${t("funds_before")} ${t("chain_sent_note")}`),
    mainButton(t("offer_do"), "main", go),
  ];
}

const MSAT_PER_SAT = 1_000;
const SAT_PER_BTC = 100_000_000;

/** As BIP 21 has it: whole satoshis, rounded up, in bitcoin. */
function btcOf(msat: number): string {
  const sat = Math.ceil(msat / MSAT_PER_SAT);
  return `${String(Math.floor(sat / SAT_PER_BTC))}.${String(sat % SAT_PER_BTC).padStart(8, "0")}`;
}

const addressOf = (uri: string): string => /^bitcoin:([0-9A-Za-z]+)\?/.exec(uri)?.[1] ?? "";

export function payOnChain(d: Drawing, stage: PayChain): Node[] {
  const { t, format } = d.words;
  const address = addressOf(stage.uri);
  const missing = stage.price.amountMsat - stage.seenMsat;
  const seen = stage.seenMsat > 0;
  // What is still missing, never the whole amount twice.
  const amount = btcOf(Math.max(missing, 0));
  const uri = `bitcoin:${address}?amount=${amount}`;
  const open = h("a", { class: "btn main", key: "wallet", attrs: { href: uri, rel: "noreferrer" } }, icon("wallet", 18), t("open_wallet"));
  // After the time nothing must be sent any more: the address is taken away, not only greyed.
  const ways = h(
    "div",
    { class: "stack" },
    h("div", { class: "qrbox" }, qr(uri, t("chain_qr", { amount: format.btc(missing) }))),
    h("p", { class: "soft mono break" }, address),
    h("div", { class: "pair" }, open, copyButton(d, t("chain_copy_address"), "copy-address", "", () => d.copy(address))),
    copyButton(d, t("chain_copy_amount"), "copy-amount", "", () => d.copy(amount)),
  );
  d.tick((now) => { ways.hidden = now >= stage.expiresAtMs || (seen && missing <= 0); });
  const depth = t("chain_seen", { amount: format.btc(stage.seenMsat), n: String(Math.min(stage.blocks, stage.needed)), needed: String(stage.needed) });
  return [
    title(seen && missing <= 0 ? t("funds_title_pending") : seen ? t("chain_pay_rest") : t("chain_pay_title")),
    ...(seen && missing > 0 ? [h("p", { class: "price big" }, format.btc(missing))] : [bigPrice(d, stage.price)]),
    ...(seen ? [h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, depth))] : []),
    ...(seen && missing > 0 ? [note("warn", "alert", t("chain_short", { amount: format.btc(missing) }))] : []),
    ...(seen && missing <= 0 ? [text(t("chain_wait"))] : []),
    ways,
    countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over_funds")),
    softText(t("chain_late")),
    priceRows(d, stage.price, stage.code),
    ...tableNote(d, stage.price),
    ...priceMade(d, stage.price),
    softText(t("funds_cancel")),
    quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
  ];
}
