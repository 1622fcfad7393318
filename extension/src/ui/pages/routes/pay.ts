/** Where the shopper agrees that the connected wallet pays: on the extension's own page, which no store can draw over. */
import type { Trouble, WalletTerms } from "../../../background/requests.ts";
import { formatMoney } from "../../../money/index.ts";
import type { WalletAsked } from "../../../types/panel.ts";
import { h, type Child } from "../../h.ts";
import { icon } from "../../icons.ts";
import { walletWords } from "../../stages/wallet.ts";
import { asking, describe, errorNote, heading, link, section, troubleText, type Page } from "../kit.ts";

const trouble = (code: string): Trouble => ({ code, detail: null, retryAfterMs: null });

/** The code of what the wallet said, in words. */
function walletWord(page: Page, code: string): string {
  return page.words.maybe(walletWords(code)) ?? troubleText(page.words, trouble(code));
}

function back(page: Page, id: string): HTMLElement {
  return asking(page, page.words.t("pay_back"), "main", async () => {
    const answer = await page.ask("wallet_back", { id });
    return answer.ok ? null : answer.trouble;
  });
}

function warning(head: string, rest: string): HTMLElement {
  return h("div", { class: "note warn", attrs: { role: "status" } }, icon("alert"), h("div", null, h("strong", null, head), h("span", { class: "rest" }, rest)));
}

function rowsOf(page: Page, terms: WalletTerms): HTMLElement {
  const { t, format } = page.words;
  return describe(
    [t("pay_store"), terms.storeName === terms.store ? terms.store : `${terms.storeName} (${terms.store})`],
    [t("pay_total"), formatMoney(terms.total, format.locale)],
    [t("pay_amount"), `${format.btc(terms.amountMsat)} · ${format.sat(terms.amountMsat)}`],
    [t("pay_fee"), format.sat(terms.feeBoundMsat)],
    [t("pay_left"), format.sat(terms.leftMsat)],
    [t("nwc_wallet"), terms.alias ?? t("nwc_unnamed")],
    [t("pay_expires"), format.dateTime(terms.expiresAtMs)],
  );
}

function toConfirm(page: Page, id: string, terms: WalletTerms): readonly Child[] {
  const { t, format } = page.words;
  const { asked, refusal, paymentHash } = terms;
  const pay = asking(page, t("pay_do", { amount: format.btc(terms.amountMsat) }), "main", async () => {
    const answer = await page.ask("wallet_pay", { id, paymentHash });
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    return null;
  });
  return [
    heading(t("pay_title"), t("pay_text")),
    asked?.state === "refused" ? warning(t("pay_refused"), walletWord(page, asked.code)) : null,
    section(null, rowsOf(page, terms), h("p", { class: "soft small" }, t("pay_fee_note")), h("p", null, t(`pay_promise_${terms.promise}`)), refusal === null ? pay : errorNote(page, trouble(refusal))),
    h("div", { class: "buttons" }, link(t("nav_wallet"), "wallet")),
  ];
}

function isAsked(page: Page, id: string, asked: Extract<WalletAsked, { state: "waiting" | "unknown" }>): readonly Child[] {
  const { t } = page.words;
  if (asked.state === "waiting") {
    return [heading(t("pay_waiting_title")), section(null, h("div", { class: "note" }, icon("wallet"), h("span", null, t("pay_waiting_text"))), back(page, id))];
  }
  const why = asked.why === null ? null : h("p", null, walletWord(page, asked.why));
  return [heading(t("pay_unknown_title")), section(null, why, h("p", null, t("pay_unknown_text")), back(page, id))];
}

/** `rest`: the purchase's id. */
export async function pay(page: Page, rest: string): Promise<readonly Child[]> {
  const { t } = page.words;
  const answer = await page.ask("wallet_terms", { id: rest });
  if (!answer.ok) return [heading(t("pay_title")), errorNote(page, answer.trouble)];
  const { terms, bitcoin } = answer.value;
  const asked = terms?.asked ?? null;
  if (asked?.state === "waiting" || asked?.state === "unknown") return isAsked(page, rest, asked);
  if (terms !== null) return toConfirm(page, rest, terms);
  const arrived = bitcoin === "held" || bitcoin === "claiming" || bitcoin === "claimed";
  const words = arrived ? ([t("pay_arrived_title"), t("pay_arrived_text")] as const) : ([t("pay_over_title"), t("pay_over_text")] as const);
  return [heading(words[0]), section(null, h("p", null, words[1]), back(page, rest))];
}
