/** The shopper's own wallet: connected, tested, bounded and disconnected here. Its secret is typed here and shown nowhere. */
import type { AskView, Trouble, WalletView } from "../../../background/requests.ts";
import { h, type Child } from "../../h.ts";
import { asking, describe, errorNote, form, heading, section, type Field, type Page } from "../kit.ts";

type Connected = NonNullable<WalletView["connected"]>;

const SAT_PATTERN = /^[0-9]{1,10}$/;
/** Offered to begin with: about a week's shopping, and no fortune. */
const BUDGET_SAT_DEFAULT = 500_000;
const PERS = ["day", "month"] as const;

/** What is no whole number is none that the background takes. */
const satOf = (text: string | undefined): number => (text !== undefined && SAT_PATTERN.test(text) ? Number(text) : 0);
const perOf = (text: string | undefined): "day" | "month" => PERS.find((one) => one === text) ?? "day";

function budgetFields(page: Page, { amountSat, per }: Connected["budget"]): readonly Field[] {
  const { t } = page.words;
  return [
    { name: "amount", label: t("nwc_budget"), hint: t("nwc_budget_hint"), value: String(amountSat), maxLength: 10, plain: true },
    { name: "per", label: t("nwc_per"), value: per, options: PERS.map((one) => [one, t(`nwc_per_${one}`)] as const) },
  ];
}

function toConnect(page: Page): HTMLElement {
  const { t } = page.words;
  const fields: readonly Field[] = [
    // As a password is: seen by nobody who looks over a shoulder, and gone from the page once it was sent.
    { name: "connection", label: t("nwc_string"), hint: t("nwc_string_hint"), type: "password", maxLength: 2_000, plain: true },
    ...budgetFields(page, { amountSat: BUDGET_SAT_DEFAULT, per: "day" }),
  ];
  const send = async (values: Readonly<Record<string, string>>): Promise<Trouble | null> => {
    const answer = await page.ask("wallet_connect", { connection: values["connection"] ?? "", amountSat: satOf(values["amount"]), per: perOf(values["per"]) });
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    return null;
  };
  return section(null, form(page, { fields, submit: t("nwc_do"), send }), h("p", { class: "soft small" }, t("nwc_storage")));
}

function fold(title: string, ...children: Child[]): HTMLElement {
  return h("details", { class: "fold" }, h("summary", null, title), h("div", { class: "stack" }, ...children));
}

function changeBudget(page: Page, budget: Connected["budget"]): HTMLElement {
  const { t } = page.words;
  const send = async (values: Readonly<Record<string, string>>): Promise<Trouble | null> => {
    const answer = await page.ask("wallet_budget", { amountSat: satOf(values["amount"]), per: perOf(values["per"]) });
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    page.say(t("saved"));
    return null;
  };
  return fold(t("nwc_budget_change"), form(page, { fields: budgetFields(page, budget), submit: t("nwc_budget_do"), send, look: "" }));
}

function connectedNow(page: Page, now: Connected): HTMLElement {
  const { t, format } = page.words;
  const test = async (): Promise<Trouble | null> => {
    const answer = await page.ask("wallet_test", {});
    if (!answer.ok) return answer.trouble;
    tested.textContent = t("nwc_tested");
    return null;
  };
  const revoke = async (): Promise<Trouble | null> => {
    const answer = await page.ask("wallet_revoke", {});
    if (!answer.ok) return answer.trouble;
    await page.refresh();
    page.say(t("nwc_revoked"));
    return null;
  };
  const tested = h("p", { attrs: { role: "status" } });
  return section(
    null,
    describe(
      [t("nwc_wallet"), now.alias ?? t("nwc_unnamed")],
      [t("nwc_relays"), format.list(now.relays)],
      [t("nwc_since"), format.dateTime(now.sinceMs)],
      [t("nwc_budget_now"), t("nwc_budget_is", { amount: format.sat(now.budget.amountSat * 1_000), per: t(`nwc_per_${now.budget.per}`) })],
      [t("nwc_left"), format.sat(now.leftMsat)],
    ),
    now.looksUp ? null : h("p", { class: "soft small" }, t("nwc_no_lookup")),
    asking(page, t("nwc_test"), "", test),
    tested,
    changeBudget(page, now.budget),
    fold(t("nwc_revoke"), h("p", { class: "soft small" }, t("nwc_revoke_text")), asking(page, t("nwc_revoke_do"), "", revoke)),
    h("p", { class: "soft small" }, t("nwc_storage")),
  );
}

function askItem(page: Page, ask: AskView): HTMLElement {
  const { t, format } = page.words;
  const tone = ask.end === "paid" ? "tag good" : ask.end === "open" ? "tag warn" : "tag";
  const amounts = [format.sat(ask.amountMsat), ...(ask.feesMsat === null ? [] : [t("nwc_fees", { amount: format.sat(ask.feesMsat) })])];
  return h(
    "li",
    { class: "item" },
    h("div", { class: "grow" }, h("b", { class: "break" }, ask.store), h("p", { class: "num" }, amounts.join(" · ")), h("p", { class: "soft small" }, format.dateTime(ask.atMs))),
    h("span", { class: tone }, t(`nwc_end_${ask.end}`)),
  );
}

export async function wallet(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const head = heading(t("nwc_title"), t("nwc_text"));
  const answer = await page.ask("wallet_get", {});
  if (!answer.ok) return [head, errorNote(page, answer.trouble)];
  const { connected, asks } = answer.value;
  const list = asks.length === 0 ? [] : [h("h2", { class: "title" }, t("nwc_asks")), h("ul", { class: "stack tight" }, ...asks.map((ask) => askItem(page, ask)))];
  return [head, connected === null ? toConnect(page) : connectedNow(page, connected), ...list];
}
