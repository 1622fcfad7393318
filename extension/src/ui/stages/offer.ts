/** The offer: what it would cost, by card or by gift card. */
import type { Money } from "../../types/money.ts";
import type { GiftOffer, GiftValue, PriceParts, Stage, Way } from "../../types/panel.ts";
import { h, replaceChildren } from "../h.ts";
import { icon } from "../icons.ts";
import { providerName } from "../providers.ts";
import { priceMade, tableNote } from "./made.ts";
import { offerOnChain } from "./onchain.ts";
import { bigPrice, leftNote, mainButton, note, priceRows, promise, softText, text, type Drawing } from "./parts.ts";

type Offer = Extract<Stage, { kind: "offer" }>;

export function offerPrice(d: Drawing, total: Money, estimate: PriceParts | null): Node[] {
  const { t, format } = d.words;
  if (estimate !== null) return [bigPrice(d, estimate), priceRows(d, estimate, null), ...tableNote(d, estimate), softText(t("estimate_note")), ...priceMade(d, estimate)];
  return [h("p", { class: "price big money" }, format.money(total)), softText(t("estimate_missing"))];
}

/** What is promised, and the way on. */
export function offerCard(d: Drawing, stage: Offer): Node[] {
  const { t } = d.words;
  const asked = stage.gift !== undefined || stage.looking === true;
  return [...offerSource(d, stage), softText(t(asked ? "sent_note_gifts" : "sent_note"))];
}

type From = "wallet" | "linked" | "chain";

/** With a linked account, or the chain, beside the wallet there is a choice, and what is promised goes with it. */
function offerSource(d: Drawing, stage: Offer): Node[] {
  const { t, format } = d.words;
  const { linked, onChain } = stage;
  const wallet = (): Node[] => [promise(d, stage.claimOn), mainButton(t("offer_do"), "main", () => d.act({ do: "begin", way: "card" }))];
  if (linked === undefined && onChain === undefined) return wallet();
  const provider = providerName(linked?.provider ?? "");
  const account = (): Node[] => [
    note("warn", "alert", t("funds_first"), t("funds_first_text", { provider })),
    softText(t("funds_before")),
    mainButton(t("offer_do"), "main", () => d.act({ do: "begin", way: "card", from: "linked_account" })),
  ];
  const choices: readonly { readonly from: From; readonly label: string; readonly said: string; readonly parts: () => Node[] }[] = [
    { from: "wallet", label: t("from_wallet"), said: t("from_wallet_text"), parts: wallet },
    ...(linked === undefined ? [] : [{ from: "linked", label: t("from_linked", { provider }), said: t("from_linked_text", { available: format.btc(linked.availableMsat) }), parts: account } as const]),
    ...(onChain === undefined ? [] : [{ from: "chain", label: t("from_chain"), said: t("from_chain_text"), parts: () => offerOnChain(d) } as const]),
  ];
  const chosen = (): From => choices.find(({ from }) => from === d.choices.get("from"))?.from ?? "wallet";
  const box = h("div", { class: "stack" });
  const draw = (): void => replaceChildren(box, ...(choices.find(({ from }) => from === chosen())?.parts() ?? []));
  draw();
  const option = (name: From, label: string, said: string): HTMLElement =>
    h(
      "label",
      { class: "way" },
      h("input", {
        key: `from-${name}`, attrs: { type: "radio", name: "from", value: name, checked: name === chosen() },
        change: () => {
          d.choices.set("from", name);
          draw();
        },
      }),
      icon(name === "wallet" ? "wallet" : "arrow", 24),
      h("span", null, h("b", null, label), h("span", { class: "soft" }, said)),
    );
  const choice = h("fieldset", { class: "ways" }, h("legend", { class: "label" }, t("offer_from")), ...choices.map(({ from, label, said }) => option(from, label, said)));
  return [choice, box];
}

export function lookingForGifts(d: Drawing): HTMLElement {
  return h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, d.words.t("looking_gifts")));
}

/** Both ways, or the gift card alone. What changes with the choice stands below it. */
export function offerWays(d: Drawing, stage: Offer, gift: GiftOffer): Node[] {
  const box = h("div", { class: "stack" });
  const chosen = (): Way => stage.ways.find((way) => way === d.choices.get("way")) ?? stage.ways[0] ?? "card";
  const draw = (): void => replaceChildren(box, ...(chosen() === "card" ? [...offerPrice(d, stage.total, stage.estimate), ...offerCard(d, stage)] : giftPart(d, stage, gift)));
  const choose = (way: Way): void => {
    d.choices.set("way", way);
    draw();
  };
  draw();
  return stage.ways.length > 1 ? [wayChoice(d, stage.ways, chosen(), choose), box] : [box];
}

function wayChoice(d: Drawing, ways: readonly Way[], chosen: Way, choose: (way: Way) => void): HTMLElement {
  const { t } = d.words;
  const option = (way: Way): HTMLElement =>
    h(
      "label",
      { class: "way" },
      h("input", { key: `way-${way}`, change: () => choose(way), attrs: { type: "radio", name: "way", value: way, checked: way === chosen } }),
      icon(way === "card" ? "card" : "gift", 24),
      h("span", null, h("b", null, t(`way_${way}`)), h("span", { class: "soft" }, t(`way_${way}_text`))),
    );
  return h("fieldset", { class: "ways" }, h("legend", { class: "label" }, t("offer_ways")), ...ways.map(option));
}

const nameOf = ({ product, value }: GiftValue): string => `${product} ${String(value.minor)}`;

/** The value's choice stays while what depends on it is drawn anew. */
function giftPart(d: Drawing, stage: Offer, gift: GiftOffer): Node[] {
  const [first] = gift.values;
  const box = h("div", { class: "stack" });
  const chosen = (): GiftValue | undefined => gift.values.find((one) => nameOf(one) === d.choices.get("value")) ?? first;
  const draw = (): void => {
    const value = chosen();
    if (value !== undefined) replaceChildren(box, ...valuePart(d, stage, gift, value));
  };
  draw();
  const choose = (one: GiftValue): void => {
    d.choices.set("value", nameOf(one));
    draw();
  };
  return gift.values.length > 1 ? [valueChoice(d, gift.values, chosen(), choose), box] : [box];
}

function valuePart(d: Drawing, stage: Offer, gift: GiftOffer, value: GiftValue): Node[] {
  const { t, format } = d.words;
  const bought = { value: value.value, total: stage.total, left: value.left };
  const price = value.estimate
    ? [bigPrice(d, value.estimate, bought), priceRows(d, value.estimate, null, bought), ...tableNote(d, value.estimate), softText(t("estimate_note")), ...priceMade(d, value.estimate)]
    : [h("p", { class: "price big money" }, format.money(value.value)), softText(t("estimate_missing"))];
  const wanted = { product: value.product, value: value.value };
  const onward = gift.needsDestination
    ? [text(t("gift_destination")), mainButton(t("setup_refund_destination_do"), "main", () => d.act({ do: "open_page", page: "refunds" }))]
    : [mainButton(t("offer_do"), "main", () => d.act({ do: "begin", way: "gift_card", gift: wanted }))];
  return [...price, ...leftNote(d, value.left), promise(d, stage.claimOn, true), ...onward, softText(t("sent_note_gifts"))];
}

function valueChoice(d: Drawing, values: readonly GiftValue[], chosen: GiftValue | undefined, choose: (value: GiftValue) => void): HTMLElement {
  const { t, format } = d.words;
  const option = (one: GiftValue): HTMLElement =>
    h(
      "label",
      { class: "way" },
      h("input", { key: `value-${String(one.value.minor)}`, change: () => choose(one), attrs: { type: "radio", name: "value", value: nameOf(one), checked: one === chosen } }),
      h("span", null, h("b", null, format.money(one.value)), h("span", { class: "soft" }, one.left.minor === 0 ? t("gift_exact") : t("gift_leaves", { left: format.money(one.left) }))),
    );
  return h("fieldset", { class: "ways" }, h("legend", { class: "label" }, t("gift_values")), ...values.map(option));
}
