/** What the stages are put together from. Nothing here decides anything. */
import type { Money, MoneyRead } from "../../types/money.ts";
import type { ClaimOn, GiftBought, OwedBack, PanelAction, PanelView, PriceParts } from "../../types/panel.ts";
import { h, type Child } from "../h.ts";
import { icon, type IconName } from "../icons.ts";
import type { PanelKey } from "../i18n/panel.ts";
import type { Words } from "../i18n/index.ts";
import { providerName } from "../providers.ts";

export interface Drawing {
  readonly view: PanelView;
  readonly words: Words<PanelKey>;
  readonly act: (action: PanelAction) => void;
  /** Called at once and then each second while this drawing stands. */
  readonly tick: (draw: (nowMs: number) => void) => void;
  /** Says something to a screen reader and shows it on the button that was pressed. */
  readonly say: (text: string) => void;
  readonly copy: (text: string) => Promise<boolean>;
  /** Reads a total that the shopper typed, knowing the page's host and language. */
  readonly readMoney: (text: string) => MoneyRead;
  /** What the shopper chose in this stage, kept over a redraw. */
  readonly choices: Map<string, string>;
}

export function title(text: string): HTMLElement {
  return h("h2", { class: "title" }, text);
}

export function text(words: string): HTMLElement {
  return h("p", null, words);
}

export function softText(words: string): HTMLElement {
  return h("p", { class: "soft small" }, words);
}

/** The one button of a stage that leads on. */
export function mainButton(label: string, key: string, press: () => void): HTMLElement {
  return h("button", { class: "btn main wide", key, click: press, attrs: { type: "button" } }, label);
}

export function button(label: string, key: string, press: () => void): HTMLElement {
  return h("button", { class: "btn wide", key, click: press, attrs: { type: "button" } }, label);
}

export function quietButton(label: string, key: string, press: () => void): HTMLElement {
  return h("div", { class: "end" }, h("button", { class: "link", key, click: press, attrs: { type: "button" } }, label));
}

export type Tone = "plain" | "good" | "warn" | "bad";

export function note(tone: Tone, iconName: IconName, head: string, rest?: string): HTMLElement {
  return h(
    "div",
    { class: `note ${tone}` },
    icon(iconName),
    h("div", null, h("strong", null, head), rest ? h("span", { class: "rest" }, rest) : null),
  );
}

export function seal(tone: "good" | "bad" | "plain", iconName: IconName): HTMLElement {
  return h("div", { class: `seal ${tone}` }, icon(iconName, 26));
}

export function rows(...pairs: readonly (readonly [label: string, value: string, sum?: boolean] | null)[]): HTMLElement {
  const list = h("dl", { class: "rows" });
  for (const pair of pairs) {
    if (pair === null) continue;
    const tone = pair[2] ? { class: "sum" } : null;
    list.append(h("dt", tone, pair[0]), h("dd", tone, pair[1]));
  }
  return list;
}

/** Every part of the price, as it is asked for before and while paying. */
export function priceRows(d: Drawing, price: PriceParts, code: string | null, gift?: GiftBought): HTMLElement {
  const { t, format } = d.words;
  return rows(
    [t("order_total"), format.money(gift?.total ?? price.total)],
    gift === undefined ? null : [t("gift_value"), format.money(gift.value)],
    gift === undefined || gift.left.minor === 0 ? null : [t("gift_left"), format.money(gift.left)],
    [t("fee"), price.fee.minor === 0 ? t("no_fee") : format.money(price.fee)],
    [t("rate"), format.rate(price.rateMicro, price.total.currency)],
    [t("spread"), format.percent(price.spreadPpm)],
    code === null ? null : [t("code"), code],
  );
}

export function bigPrice(d: Drawing, price: PriceParts, gift?: GiftBought): HTMLElement {
  const { t, format } = d.words;
  const what = gift === undefined ? t("pay_for", { total: format.money(price.total), store: d.view.store.name }) : t("pay_for_gift", { value: format.money(gift.value), store: d.view.store.name });
  return h(
    "div",
    { class: "price" },
    h("p", { class: "big" }, format.btc(price.amountMsat)),
    h("p", { class: "soft num" }, format.sat(price.amountMsat)),
    h("p", { class: "soft small" }, what),
  );
}

export function countdown(d: Drawing, label: string, untilMs: number, over?: string): HTMLElement {
  const clock = h("b", null);
  const box = h("p", { class: "timer", attrs: { role: "timer", "aria-live": "off" } }, h("span", null, label), clock);
  d.tick((now) => {
    const left = untilMs - now;
    clock.textContent = d.words.format.clock(left);
    if (left > 0 || !over || box.classList.contains("over")) return;
    box.classList.add("over");
    box.replaceChildren(h("b", null, over));
    d.say(over);
  });
  return box;
}

/** True under either policy, but what ends it differs: the store's charge, or the card's being filled in. */
export function stillYours(d: Drawing, claimOn: ClaimOn): HTMLElement {
  return note("good", "lock", d.words.t("still_yours"), d.words.t(claimOn === "authorization" ? "still_yours_text" : "still_yours_reveal"));
}

/** What is kept by the policy, said before it is agreed to. */
export function promise(d: Drawing, claimOn: ClaimOn, gift = false): HTMLElement {
  if (gift) return note("plain", "gift", d.words.t("promise_gift"));
  return note("plain", claimOn === "authorization" ? "lock" : "alert", d.words.t(`promise_${claimOn}`));
}

/** What of a gift card is not used by the order: on the shopper's account at the store, and nowhere else. */
export function leftNote(d: Drawing, left: Money): readonly HTMLElement[] {
  const { t, format } = d.words;
  return left.minor === 0 ? [] : [note("warn", "gift", t("gift_left_note", { left: format.money(left), store: d.view.store.name }), t("gift_left_text"))];
}

/** A button that copies and says so where it was pressed. */
export function copyButton(d: Drawing, label: string, key: string, look: string, press: () => Promise<boolean>): HTMLElement {
  const caption = h("span", null, label);
  return h(
    "button",
    {
      class: `btn ${look}`, key, attrs: { type: "button" },
      click: () => {
        void press().then((ok) => {
          const said = d.words.t(ok ? "copied" : "copy_failed");
          caption.textContent = said;
          d.say(said);
        });
      },
    },
    icon("copy", 18),
    caption,
  );
}

function owedAmount(d: Drawing, owed: OwedBack): string {
  const { format } = d.words;
  if (owed.msat !== null) return format.btc(owed.msat);
  return owed.owed === null ? "" : format.money(owed.owed);
}

/** An address as it is; of an invoice nobody reads four hundred characters. */
function destinationText(d: Drawing, destination: string | null): string {
  if (destination === null) return d.words.t("owed_your_wallet");
  return destination.includes("@") ? destination : d.words.t("owed_invoice");
}

function backTo(d: Drawing, { destination, toAccount }: OwedBack): string {
  return toAccount === undefined ? destinationText(d, destination) : d.words.t("owed_account", { provider: providerName(toAccount) });
}

function owedItem(d: Drawing, owed: OwedBack): HTMLElement {
  const { t, maybe, format } = d.words;
  const fill = { destination: backTo(d, owed), time: format.dateTime(owed.notBeforeMs) };
  const missing = owed.state === "awaiting_destination";
  return h(
    "li",
    { class: "owed" },
    h("div", { class: "top" }, h("span", null, t(owed.state === "paid" || owed.state === "cancelled" ? `owed_title_${owed.state}` : "owed_title")), h("span", { class: "num" }, owedAmount(d, owed))),
    h("span", { class: "soft" }, maybe(`owed_${owed.cause}`) ?? owed.cause),
    h("span", { class: "break" }, t(`owed_state_${owed.state}`, fill)),
    missing ? h("button", { class: "btn main", key: `owed-${owed.id}`, click: () => d.act({ do: "open_page", page: "refunds" }), attrs: { type: "button" } }, t("owed_give")) : null,
  );
}

export function owedList(d: Drawing, owed: readonly OwedBack[]): Child {
  if (owed.length === 0) return null;
  return h("ul", { class: "stack tight" }, ...owed.map((one) => owedItem(d, one)));
}
