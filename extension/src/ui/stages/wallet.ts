/** Paying from the shopper's connected wallet. The press here opens the extension's own page: nothing is agreed to in a store's. */
import type { Stage, WalletAsked } from "../../types/panel.ts";
import { h } from "../h.ts";
import { button, countdown, mainButton, note, quietButton, softText, text, title, type Drawing } from "./parts.ts";

type Pay = Extract<Stage, { kind: "pay" }>;
type Asked = Extract<WalletAsked, { state: "waiting" | "unknown" }>;

/** A code of ours as it is, the wallet's own among them. */
export const walletWords = (code: string): string => (/^[A-Z]/.test(code) ? `problem_nwc_code_${code.toLowerCase()}` : `problem_${code}`);

function why(d: Drawing, code: string): string {
  return d.words.maybe(walletWords(code)) ?? d.words.t("nwc_code_other", { code });
}

/** Above the code that other wallets scan. */
export function walletOffer(d: Drawing, wallet: WalletAsked): Node[] {
  const press = mainButton(d.words.t("nwc_pay"), "nwc", () => d.act({ do: "open_page", page: "pay" }));
  return wallet.state === "refused" ? [note("warn", "alert", d.words.t("nwc_refused"), why(d, wallet.code)), press] : [press];
}

/** The invoice is not shown any more: paid by another wallet as well, the second time could be lost. */
export function walletIsAsked(d: Drawing, stage: Pay, wallet: Asked): Node[] {
  const { t, format } = d.words;
  const amount = h("p", { class: "price big" }, format.btc(stage.price.amountMsat));
  const left = countdown(d, t("price_locked"), stage.expiresAtMs, t("price_over"));
  if (wallet.state === "waiting") {
    return [
      title(t("nwc_waiting_title")),
      amount,
      h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t("nwc_waiting_text"))),
      left,
      quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
    ];
  }
  return [
    title(t("nwc_unknown_title")),
    amount,
    note("warn", "alert", t("nwc_unknown_note"), wallet.why === null ? undefined : why(d, wallet.why)),
    text(t("nwc_unknown_text")),
    left,
    button(t("nwc_new_price"), "requote", () => d.act({ do: "requote" })),
    softText(t("nwc_new_price_text")),
    quietButton(t("cancel"), "cancel", () => d.act({ do: "cancel" })),
  ];
}
