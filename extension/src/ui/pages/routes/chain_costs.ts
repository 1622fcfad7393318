/** What the chain takes at the moment for what a newcomer may have to send, and how old that figure is. */
import type { ChainCosts } from "../../../background/requests.ts";
import { worthCeil } from "../../../money/index.ts";
import { chainFeeSat, CHAIN_VBYTES } from "../../../types/wallet.ts";
import { h, type Child } from "../../h.ts";
import { icon } from "../../icons.ts";
import { MINUTES_A_BLOCK, section, type Page } from "../kit.ts";

const REASONS = ["not_configured", "nothing_to_estimate_from", "unreachable"] as const;

export async function chainCosts(page: Page): Promise<HTMLElement> {
  const { t, format } = page.words;
  const answer = await page.ask("chain_costs", { language: format.locale });
  const title = t("chain_costs_title");
  if (!answer.ok || answer.value.fees.rates.length === 0) {
    const why = REASONS.find((reason) => answer.ok && answer.value.fees.unavailable === reason);
    return section(title, h("p", { class: "soft" }, why === undefined ? null : `${t(`chain_costs_${why}`)} `, t("chain_costs_unknown")));
  }
  return section(title, h("p", { class: "soft" }, t("chain_costs_text")), table(page, answer.value), age(page, answer.value));
}

/** "1,741 sat", and below it what that is worth. */
export function costOf(page: Page, { rate }: ChainCosts, sat: number): readonly Child[] {
  const { format } = page.words;
  const worth = rate === null ? undefined : worthCeil(sat, rate.rateMicro, rate.currency);
  return [format.sat(sat * 1000), worth === undefined ? null : h("div", { class: "soft small" }, format.money(worth))];
}

function table(page: Page, costs: ChainCosts): HTMLElement {
  const { t, format } = page.words;
  const heads = (["chain_costs_within", "chain_costs_deposit", "chain_costs_channel"] as const).map((key) => h("th", { attrs: { scope: "col" } }, t(key)));
  const rows = costs.fees.rates.map(({ blocks, sat_per_kvb: rate }) =>
    h(
      "tr",
      null,
      h("th", { attrs: { scope: "row" } }, format.span(blocks * MINUTES_A_BLOCK * 60_000)),
      ...[CHAIN_VBYTES.deposit, CHAIN_VBYTES.channel].map((vbytes) => h("td", null, ...costOf(page, costs, chainFeeSat(rate, vbytes)))),
    ),
  );
  return h("table", null, h("thead", null, h("tr", null, ...heads)), h("tbody", null, ...rows));
}

/** By the server's clock: how old it was when the server answered. */
function age(page: Page, { fees }: ChainCosts): Child {
  const { t, format } = page.words;
  const old = { age: format.span(fees.age_ms ?? 0), time: format.time(fees.estimated_at_ms ?? 0) };
  if (!fees.stale) return h("p", { class: "soft small" }, t("chain_costs_age", old));
  return h("div", { class: "note warn" }, icon("alert"), h("span", null, t("chain_costs_stale", old)));
}
