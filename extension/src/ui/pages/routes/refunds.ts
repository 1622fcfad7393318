/** Where refunds go, and what is owed. */
import type { DestinationSetting, RefundView, WithdrawLink } from "../../../api/types.ts";
import type { Answer, ChainCosts, Trouble } from "../../../background/requests.ts";
import { worthCeil } from "../../../money/index.ts";
import { h, replaceChildren, type Child } from "../../h.ts";
import { icon } from "../../icons.ts";
import { providerName } from "../../providers.ts";
import { qr } from "../../qr.ts";
import { asking, copyText, errorNote, form, growing, heading, section, type Page } from "../kit.ts";

async function settled(page: Page, answer: Promise<Answer<"destination_set" | "destination_call_off" | "refund_destination">>): Promise<Trouble | null> {
  const got = await answer;
  if (!got.ok) return got.trouble;
  await page.refresh();
  page.say(page.words.t("saved"));
  return null;
}

function waiting(page: Page, setting: DestinationSetting): Child {
  const { t, format } = page.words;
  const change = setting.waiting;
  if (!change) return null;
  const text = t("refunds_waiting", { time: format.dateTime(change.in_force_at_ms), address: change.lightning_address, device: change.asked_by });
  return h(
    "div",
    { class: "note warn" },
    icon("alert"),
    h("div", { class: "stack tight" }, h("strong", { class: "break" }, text), h("span", { class: "rest" }, t("refunds_waiting_text")), asking(page, t("refunds_call_off"), "", () => settled(page, page.ask("destination_call_off", {})))),
  );
}

function destination(page: Page, setting: DestinationSetting): HTMLElement {
  const { t } = page.words;
  const inForce = setting.in_force ?? null;
  const field = { name: "address", label: t("refunds_address"), hint: t("refunds_address_hint"), type: "email", autocomplete: "off", plain: true } as const;
  const password = { name: "password", label: t("password"), type: "password", autocomplete: "current-password" } as const;
  const send = (values: Readonly<Record<string, string>>): Promise<Trouble | null> =>
    settled(page, page.ask("destination_set", { lightningAddress: values["address"] ?? "", password: values["password"] ?? "" }));
  if (inForce === null) {
    return section(
      null,
      h("p", null, t("refunds_none")),
      waiting(page, setting),
      form(page, { fields: [field, password], submit: t("refunds_first_do"), send }),
    );
  }
  return section(
    null,
    h("p", null, h("span", { class: "soft" }, t("refunds_in_force")), h("br"), h("b", { class: "break" }, inForce)),
    waiting(page, setting),
    h(
      "details",
      { class: "fold" },
      h("summary", null, t("refunds_change")),
      h(
        "div",
        { class: "stack" },
        h("p", { class: "soft small" }, t("refunds_change_text")),
        form(page, { fields: [field, password], submit: t("refunds_change_do"), send }),
      ),
    ),
  );
}

function giveForm(page: Page, refund: RefundView, costs: ChainCosts | null): HTMLElement {
  const { t } = page.words;
  const give = form(page, {
    fields: [
      { name: "to", label: t("refund_give_title"), hint: t(page.state.onChain ? "refund_give_hint_chain" : "refund_give_hint"), plain: true, maxLength: 2000 },
      { name: "password", label: t("password"), type: "password", autocomplete: "current-password" },
    ],
    submit: t("refund_give_do"),
    send: (values) => {
      return settled(page, page.ask("refund_destination", { id: refund.id, password: values["password"] ?? "", to: values["to"] ?? "" }));
    },
  });
  return h("div", { class: "stack tight" }, chainFeeNote(page, costs), give);
}

/** Where the chain is served: that its fee is the shopper's, and how much that is, before anything is given. */
function chainFeeNote(page: Page, costs: ChainCosts | null): Child {
  if (!page.state.onChain) return null;
  const { t, format } = page.words;
  const fee = costs?.fees.refund_fee_sat ?? null;
  if (fee === null) return h("p", { class: "soft small" }, t("refund_chain_unknown"));
  const worth = costs?.rate ? worthCeil(fee, costs.rate.rateMicro, costs.rate.currency) : undefined;
  const amount = [format.sat(fee * 1000), worth === undefined ? null : format.money(worth)].filter((part) => part !== null).join(" / ");
  return h("p", { class: "soft small" }, t("refund_chain_fee", { amount, age: format.span(costs?.fees.age_ms ?? 0) }));
}

/** Shown once: whoever has it collects the refund, so it is kept nowhere and gone with the page. */
function linkFold(page: Page, refund: RefundView): HTMLElement {
  const { t, format } = page.words;
  const place = h("div", { class: "stack" });
  const show = (link: WithdrawLink): void =>
    replaceChildren(
      place,
      h("div", { class: "qrbox" }, qr(link.lnurl, t("refund_link_label"))),
      h("p", null, t("refund_link_amount", { amount: format.btc(link.amount_msat), time: format.dateTime(link.expires_at_ms) })),
      h("div", { class: "buttons" }, copyText(page, t("copy"), link.lnurl.toLowerCase())),
    );
  const ask = form(page, {
    fields: [{ name: "password", label: t("password"), type: "password", autocomplete: "current-password" }],
    submit: t("refund_link_do"),
    look: "",
    send: async (values) => {
      const answer = await page.ask("refund_link", { id: refund.id, password: values["password"] ?? "" });
      if (!answer.ok) return answer.trouble;
      show(answer.value);
      return null;
    },
  });
  return h("details", { class: "fold" }, h("summary", null, t("refund_link_title")), h("div", { class: "stack" }, h("p", { class: "soft small" }, t("refund_link_text")), ask, place));
}

export function refundAmount(page: Page, refund: RefundView): string {
  const { format } = page.words;
  const msat = refund.owed_msat ?? (refund.owed ? null : refund.sent_msat);
  if (msat !== null && msat !== undefined) return format.btc(msat);
  return refund.owed ? format.money(refund.owed) : "";
}

function destinationText({ words: { t } }: Page, destination: RefundView["destination"] & object | null): string | null {
  switch (destination?.kind) {
    case "lightning_address":
    case "on_chain":
      return destination.address;
    case "bolt11":
      return t("refund_to_invoice");
    case "linked_account":
      return t("refund_to_account", { provider: providerName(destination.provider) });
    // A kind that this version does not know yet.
    default:
      return null;
  }
}

export function refundItem(page: Page, refund: RefundView, costs: ChainCosts | null): HTMLElement {
  const { t, format } = page.words;
  const to = destinationText(page, refund.destination ?? null);
  return h(
    "li",
    { class: "card stack tight" },
    h("div", { class: "split" }, h("b", null, t(`refund_cause_${refund.cause}`)), h("b", { class: "num" }, refundAmount(page, refund))),
    h("p", { class: "soft small" }, format.dateTime(refund.created_at_ms)),
    h("p", null, t(`refund_state_${refund.state}`, { time: format.dateTime(refund.not_before_ms) }), refund.sent_msat && refund.owed ? ` · ${format.btc(refund.sent_msat)}` : null),
    to === null ? null : h("p", { class: "soft small break" }, t("refund_to", { destination: to })),
    refund.taken_msat ? h("p", { class: "soft small" }, t("refund_taken", { amount: format.sat(refund.taken_msat) })) : null,
    refund.destination_refused ? h("div", { class: "note warn" }, icon("alert"), h("span", null, t("refund_refused"))) : null,
    refund.waits_for_operator ? h("p", { class: "soft small" }, t("refund_operator")) : null,
    isWanting(refund) ? giveForm(page, refund, costs) : null,
    refund.state === "awaiting_destination" ? linkFold(page, refund) : null,
  );
}

const isWanting = (refund: RefundView): boolean => refund.state === "awaiting_destination" || (refund.destination_refused && refund.state !== "paid");

/** Asked for where somebody may give an address on the chain. */
export async function chainCostsOf(page: Page, refunds: readonly RefundView[]): Promise<ChainCosts | null> {
  if (!page.state.onChain || !refunds.some(isWanting)) return null;
  const answer = await page.ask("chain_costs", { language: page.words.format.locale });
  return answer.ok ? answer.value : null;
}

export async function refunds(page: Page): Promise<readonly Child[]> {
  const { t } = page.words;
  const [setting, list] = await Promise.all([page.ask("destination_get", {}), page.ask("refunds", { beforeMs: null })]);
  const where = setting.ok ? destination(page, setting.value) : errorNote(page, setting.trouble);
  const head = heading(t("refunds_title"), t("refunds_text"));
  const title = h("h2", { class: "title" }, t("refunds_list"));
  if (!list.ok) return [head, where, title, errorNote(page, list.trouble)];
  if (list.value.refunds.length === 0) return [head, where, title, h("p", { class: "soft" }, t("refunds_empty"))];
  const more = async (beforeMs: number): Promise<Trouble | { items: readonly RefundView[]; next: number | null }> => {
    const answer = await page.ask("refunds", { beforeMs });
    return answer.ok ? { items: answer.value.refunds, next: answer.value.next_before_ms ?? null } : answer.trouble;
  };
  const costs = await chainCostsOf(page, list.value.refunds);
  const all = growing(page, list.value.refunds, list.value.next_before_ms ?? null, (refund: RefundView) => refundItem(page, refund, costs), more);
  return [head, where, title, all];
}
