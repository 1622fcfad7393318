/** What wallets show, and how to begin without one. What is known of them stands in `wallets/wallets.json`; here it is only shown. */
import table from "../../../../wallets/wallets.json";
import { MEASURED, type Fact, type Sourced, type Wallet } from "../../../types/wallet.ts";
import { h, replaceChildren, type Child } from "../../h.ts";
import type { Words } from "../../i18n/index.ts";
import type { PagesKey } from "../../i18n/pages.ts";
import { heading, link, MINUTES_A_BLOCK, section, type Page } from "../kit.ts";
import { chainCosts } from "./chain_costs.ts";

/** As its check (`tools/wallets.ts`) has it, which a test runs. */
export const WALLETS = table.wallets as unknown as readonly Wallet[];

/** Those that are gone come last. */
const IN_ORDER = [...WALLETS].sort((a, b) => Number(a.gone_since !== undefined) - Number(b.gone_since !== undefined) || a.name.localeCompare(b.name, "en"));

type Say = Words<PagesKey>;

function day(say: Say, iso: string): string {
  return new Intl.DateTimeFormat(say.format.locale, { dateStyle: "medium", timeZone: "UTC" }).format(Date.parse(iso));
}

function away(label: string, address: string, look = "link small"): HTMLElement {
  return h("a", { class: look, attrs: { href: address, target: "_blank", rel: "noreferrer" } }, label);
}

function sourceOf(say: Say, fact: Sourced<unknown>): HTMLElement {
  if (fact.source === MEASURED) return h("span", { class: "soft small" }, say.t("wallets_measured", { version: fact.version ?? "", date: day(say, fact.date) }));
  const key = fact.undated ? "wallets_source_undated" : "wallets_source";
  return away(say.t(key, { host: new URL(fact.source).hostname, date: day(say, fact.date) }), fact.source, "link small break");
}

function factRow<T>(say: Say, label: PagesKey, fact: Fact<T>, show: (value: T) => string, ...more: Child[]): readonly HTMLElement[] {
  const known = fact !== "unknown";
  return [
    h("dt", null, say.t(label)),
    h("dd", null, h("span", { class: known ? "" : "soft" }, known ? show(fact.value) : say.t("wallets_unknown")), ...more, known ? h("div", null, sourceOf(say, fact)) : null),
  ];
}

function wordsOf(say: Say, fact: Fact<string>): Child {
  return fact === "unknown" ? null : h("p", { class: "small" }, say.t("wallets_words", { words: fact.value }));
}

const nameOf = (id: string): string => WALLETS.find((wallet) => wallet.id === id)?.name ?? id;

function facts(say: Say, wallet: Wallet): HTMLElement {
  const { t, format } = say;
  const limit = wallet.cltv_limit_blocks;
  return h(
    "dl",
    { class: "facts" },
    ...factRow(say, "wallets_held", wallet.held, (value) => t(`held_${value}`), wordsOf(say, wallet.held_words)),
    ...factRow(say, "wallets_returned_label", wallet.returned, (value) => t(`returned_${value}`), wordsOf(say, wallet.returned_words)),
    ...factRow(say, "wallets_cltv", wallet.cltv_80, (value) => t(`cltv_${value}`), limit === "unknown" ? null : h("p", { class: "small" }, t("wallets_limit", { blocks: String(limit.value) }))),
    ...factRow(say, "wallets_scans", wallet.scans, (value) => format.list(value.map((one) => t(`scans_${one}`)))),
    ...factRow(say, "wallets_custody", wallet.custody, (value) => t(`custody_${value}`)),
    ...factRow(say, "wallets_platform", wallet.platform, (value) => format.list(value.map((one) => t(`platform_${one}`)))),
    ...(wallet.notices ?? []).flatMap((notice) => factRow(say, "wallets_notice", notice, (value) => t(`notice_${value}`))),
  );
}

function walletItem(say: Say, wallet: Wallet, open: boolean): HTMLElement {
  const { t } = say;
  const { gone_since: gone } = wallet;
  return h(
    "details",
    { class: "wallet", attrs: { open } },
    h("summary", null, h("b", null, wallet.name), gone === undefined ? null : h("span", { class: "tag warn" }, t("wallets_gone_tag"))),
    h(
      "div",
      { class: "stack tight" },
      gone === undefined ? null : h("p", null, t("wallets_gone", { date: day(say, gone.value), instead: nameOf(wallet.instead ?? "") }), " ", sourceOf(say, gone)),
      ...wallet.told.map((code) => h("p", null, t(`told_${code}`))),
      facts(say, wallet),
    ),
  );
}

/** Typed with spaces or not, in any case: "wallet of satoshi" is found by "satoshi". */
export function matches(wallet: Wallet, typed: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  return plain(wallet.name).includes(plain(typed));
}

/** `#/wallets/zeus` has that one open. */
export function wallets(page: Page, open = ""): readonly Child[] {
  const { words: say } = page;
  const { t } = say;
  const items = IN_ORDER.map((wallet) => ({ wallet, item: walletItem(say, wallet, wallet.id === open) }));
  const none = h("p", { class: "note warn", attrs: { hidden: true } }, t("wallets_none"));
  const find = h("input", {
    class: "input",
    attrs: { id: "find-wallet", type: "search", autocomplete: "off", spellcheck: "false", maxlength: 40 },
    input: () => {
      for (const { wallet, item } of items) item.hidden = !matches(wallet, find.value);
      const left = items.filter(({ item }) => !item.hidden).length;
      none.hidden = left > 0;
      page.say(left > 0 ? t("wallets_count", { n: String(left) }) : t("wallets_none"));
    },
  });
  return [
    heading(t("wallets_title"), t("wallets_text")),
    h("p", null, t("wallets_returned")),
    h("p", null, link(t("wallets_new"), "new")),
    h("form", { class: "field", submit: () => undefined, attrs: { role: "search" } }, h("label", { attrs: { for: "find-wallet" } }, t("wallets_find")), find),
    none,
    h("div", { class: "stack tight" }, ...items.map(({ item }) => item)),
  ];
}

function feeText(say: Say, wallet: Wallet): Child {
  const { send_fee: fee } = wallet;
  if (fee === "unknown") return h("p", { class: "soft small" }, say.t("new_send_fee_unknown"));
  return h("p", { class: "small" }, say.t("new_send_fee", { percent: say.format.percent(fee.value.ppm), sat: say.format.sat(fee.value.base_sat * 1000) }), " ", sourceOf(say, fee));
}

function fundText(say: Say, wallet: Wallet): readonly Child[] {
  const { t, format } = say;
  const { fund_by: by, fund_confirmations: confirmations } = wallet;
  const onChain = by !== "unknown" && by.value.includes("onchain");
  return [
    by === "unknown"
      ? h("p", { class: "soft small" }, t("new_fund_unknown"))
      : h("p", { class: "small" }, `${t("new_fund")}: ${format.list(by.value.map((one) => t(`fund_${one}`)))}. `, sourceOf(say, by)),
    onChain && confirmations !== "unknown"
      ? h("p", { class: "small" }, `${t("new_confirmations", { n: String(confirmations.value), minutes: String(confirmations.value * MINUTES_A_BLOCK) })}. `, sourceOf(say, confirmations))
      : null,
  ];
}

function beginItem(say: Say, wallet: Wallet): HTMLElement {
  const { home } = wallet;
  return h(
    "li",
    { class: "stack tight" },
    h("h3", null, wallet.name),
    home === "unknown" ? null : h("p", null, away(say.t("new_install", { name: wallet.name }), home.value, "link")),
    ...fundText(say, wallet),
    feeText(say, wallet),
    wallet.told.includes("unknown") ? h("p", { class: "small" }, say.t("told_unknown")) : null,
  );
}

/** Those that show a held payment as what it is, and of which somebody said that they take a long one. */
const isGoodFirst = (wallet: Wallet): boolean =>
  wallet.gone_since === undefined && wallet.custody !== "unknown" && wallet.custody.value === "self" && wallet.cltv_80 !== "unknown" && wallet.told.every((code) => code === "wait_pending");

const paysFromBalance = (wallet: Wallet): boolean => wallet.gone_since === undefined && wallet.fund_by !== "unknown" && wallet.fund_by.value.includes("balance");

function beginList(say: Say, which: (wallet: Wallet) => boolean): HTMLElement {
  const list = h("ul", { class: "stack" });
  replaceChildren(list, ...WALLETS.filter(which).map((wallet) => beginItem(say, wallet)));
  return list;
}

export async function newcomer(page: Page): Promise<readonly Child[]> {
  const { words: say } = page;
  const { t } = say;
  return [
    heading(t("new_title"), t("new_text")),
    section(t("new_account_title"), h("p", { class: "soft" }, t("new_account_text")), beginList(say, paysFromBalance)),
    section(t("new_own_title"), h("p", { class: "soft" }, t("new_own_text")), beginList(say, isGoodFirst)),
    await chainCosts(page),
    h("p", null, link(t("wallets_title"), "wallets")),
  ];
}
